// Writes BYTES of lines of LENGTH bytes, or of JSON objects where LENGTH is `objects`. A write that blocks is never partial,
// since there is no signal handler.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char block[66000];

static size_t fill_with_lines(size_t length) {
  size_t size = sizeof block / length * length;
  memset(block, 'm', size);
  for (size_t end = length - 1; end < size; end += length) block[end] = '\n';
  return size;
}

static size_t fill_with_objects(void) {
  size_t size = 0;
  for (int number = 0; size + 200 < sizeof block; number++)
    size += (size_t)sprintf(block + size,
                            "{\"level\":\"info\",\"msg\":\"GET /items/%d\",\"status\":200,\"took\":%d.25,\"tags\":[\"a\",null]}\n",
                            number, number % 90);
  return size;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  size_t size = strcmp(argv[2], "objects") ? fill_with_lines((size_t)atoll(argv[2])) : fill_with_objects();
  for (long long left = atoll(argv[1]); left > 0;) {
    ssize_t written = write(1, block, size);
    if (written <= 0) return 1;
    left -= written;
  }
  return 0;
}
