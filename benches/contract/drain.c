// Forks COUNT descendants, then creates FILE and waits for TERM, at which it exits at once. Each descendant drains: it
// exits some time after its own TERM, one after another within about two seconds.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t asked;

static void handle(int signal) {
  (void)signal;
  asked = 1;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int count = atoi(argv[1]);
  struct sigaction action = {.sa_handler = handle};
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  sigaction(SIGTERM, &action, NULL);
  for (int i = 0; i < count; i++) {
    pid_t pid = fork();
    if (pid < 0) return 1;
    if (pid == 0) {
      setpgid(0, 0);
      while (!asked) sigsuspend(&before);
      usleep((useconds_t)(2000000LL * i / count));
      _exit(0);
    }
  }
  close(open(argv[2], O_WRONLY | O_CREAT, 0600));
  while (!asked) sigsuspend(&before);
  return 0;
}
