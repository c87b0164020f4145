// stamp FILE: waits a moment, so that its neighbours start, writes the time into FILE and exits.
// stamp FILE COMMAND...: runs COMMAND, which runs `stamp FILE`, and prints the nanoseconds from that time to its exit.
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  if (argc == 2) {
    usleep(150000);
    FILE *file = fopen(argv[1], "w");
    if (!file) return 1;
    fprintf(file, "%lld\n", now());
    fclose(file);
    _exit(0);
  }
  pid_t pid;
  long long stamped;
  if (posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ)) return 1;
  waitpid(pid, NULL, 0);
  long long ended = now();
  FILE *file = fopen(argv[1], "r");
  if (!file || fscanf(file, "%lld", &stamped) != 1) return 1;
  printf("%lld\n", ended - stamped);
  return 0;
}
