/* Functions that only a table in the data leads to, and a switch dense enough for a jump table. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <unistd.h>

static int who(void) { return (int)getuid(); }
static int used(void) { struct rusage use; return getrusage(RUSAGE_SELF, &use); }
static int where(void) { char path[4096]; return getcwd(path, sizeof path) == NULL; }
static int never(void) { return chroot("/"); }

static const struct { const char *name; int (*run)(void); } table[] = {
  {"who", who}, {"used", used}, {"where", where}, {"never", never}};

static long many(int which) {
  struct tms ticks;
  switch (which) {
    case 0: return getppid();
    case 1: return getpgrp();
    case 2: return getsid(0);
    case 3: return times(&ticks) < 0;
    case 4: return nice(0);
    case 5: return sysconf(_SC_NPROCESSORS_ONLN);
    case 6: return gethostid();
    default: return alarm(0);
  }
}

int main(int count, char **arguments) {
  int sum = 0;
  for (int i = 0; i < 3; i++) sum += table[i].run();
  for (int i = 0; i < 8; i++) sum += many(i) >= 0;
  if (count > 1) sum += table[atoi(arguments[1])].run();
  printf("%d\n", sum);
  return 0;
}
