// Sends SIGUSR1 to its parent and waits until the handler gets it back, COUNT times. Prints the
// nanoseconds of the median round and of the 99th percentile.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t handled;

static void handle(int signal) {
  (void)signal;
  handled = 1;
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int compare(const void *first, const void *second) {
  long long a = *(const long long *)first, b = *(const long long *)second;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  int count = atoi(argv[1]);
  struct sigaction action = {.sa_handler = handle};
  sigset_t blocked, before;
  sigaction(SIGUSR1, &action, NULL);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  // The start of the supervisor is over by then.
  usleep(100000);
  long long *taken = calloc(count, sizeof *taken);
  if (!taken) return 1;
  for (int i = 0; i < count; i++) {
    handled = 0;
    long long began = now();
    kill(getppid(), SIGUSR1);
    while (!handled) sigsuspend(&before);
    taken[i] = now() - began;
  }
  qsort(taken, count, sizeof *taken, compare);
  printf("%lld %lld\n", taken[count / 2], taken[count * 99LL / 100]);
  return 0;
}
