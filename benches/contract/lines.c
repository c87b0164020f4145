// Writes BYTES of lines of 100 bytes. A write that blocks is never partial, since there is no signal handler.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  static char block[65500];
  if (argc < 2) return 2;
  memset(block, 'm', sizeof block);
  for (size_t end = 99; end < sizeof block; end += 100) block[end] = '\n';
  for (long long left = atoll(argv[1]); left > 0;) {
    ssize_t written = write(1, block, left < (long long)sizeof block ? (size_t)left : sizeof block);
    if (written <= 0) return 1;
    left -= written;
  }
  return 0;
}
