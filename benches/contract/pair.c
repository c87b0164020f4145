// pair STAMP FILE SECONDS: starts `STAMP FILE` and `sleep SECONDS`, waits for the first to exit, sends TERM to the other and
// waits for it: what a supervisor of two processes has to do at least.
#include <signal.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  char *first[] = {argv[1], argv[2], 0}, *second[] = {"sleep", argv[3], 0};
  pid_t pids[2];
  if (posix_spawnp(&pids[0], first[0], 0, 0, first, environ)) return 1;
  if (posix_spawnp(&pids[1], second[0], 0, 0, second, environ)) return 1;
  int status;
  pid_t ended = waitpid(-1, &status, 0);
  pid_t other = pids[ended == pids[0]];
  kill(other, SIGTERM);
  waitpid(other, 0, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
