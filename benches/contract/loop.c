// Starts COUNT processes of PROGRAM with posix_spawn(3), then sends TERM to each and waits for it: the minimum for
// starting and stopping them.
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int count = atoi(argv[1]);
  pid_t *pids = calloc(count, sizeof *pids);
  for (int i = 0; i < count; i++)
    if (posix_spawnp(&pids[i], argv[2], NULL, NULL, argv + 2, environ)) return 1;
  for (int i = 0; i < count; i++) kill(pids[i], SIGTERM);
  for (int i = 0; i < count; i++) waitpid(pids[i], NULL, 0);
  return 0;
}
