// Sends SIGUSR1 to its parent and waits until the handler gets it back, COUNT times. Prints the nanoseconds of one round.
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
  long long began = now();
  for (int i = 0; i < count; i++) {
    handled = 0;
    kill(getppid(), SIGUSR1);
    while (!handled) sigsuspend(&before);
  }
  printf("%lld\n", (now() - began) / count);
  return 0;
}
