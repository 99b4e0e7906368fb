/* Signals, a child, a pipe. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t seen;
static void handle(int signal) { seen = signal; }

int main(void) {
  struct sigaction action = {.sa_handler = handle};
  sigaction(SIGUSR1, &action, NULL);
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, &old);
  int ends[2];
  if (pipe(ends)) return 1;
  pid_t child = fork();
  if (child == 0) {
    kill(getppid(), SIGUSR1);
    if (write(ends[1], "x", 1) != 1) _exit(3);
    _exit(0);
  }
  char byte;
  if (read(ends[0], &byte, 1) != 1) return 2;
  sigsuspend(&old);
  int status;
  waitpid(child, &status, 0);
  raise(SIGUSR1);
  printf("%d %d\n", seen == SIGUSR1, status);
  return 0;
}
