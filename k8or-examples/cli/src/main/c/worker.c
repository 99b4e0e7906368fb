/* A worker that says each second that it lives: worker [SECONDS], 1 by default. SIGTERM ends it. */
#include "linux.h"

static void print_beat(u64 beat) {
  char line[32] = "beat ";
  char digits[20];
  u32 n = 0;
  do {
    digits[n++] = (char)('0' + beat % 10);
    beat /= 10;
  } while (beat > 0);
  u32 at = 5;
  while (n > 0) {
    line[at++] = digits[--n];
  }
  line[at++] = '\n';
  write_all(1, line, at);
}

int service(int count, char **words) {
  u32 seconds = count > 1 ? number(words[1], 3600) : 1;
  if (seconds == 0) {
    static const char usage[] = "worker: expected a number of seconds from 1 to 3600\n";
    write_all(2, usage, sizeof usage - 1);
    return 2;
  }
  stop_on_signals();
  for (u64 beat = 1;; beat++) {
    print_beat(beat);
    u64 pause[2] = {seconds, 0};
    call4(SYS_nanosleep, (long)pause, 0, 0, 0);
  }
}
