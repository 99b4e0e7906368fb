/* Clocks and timers. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

int main(void) {
  int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  struct itimerspec soon = {.it_value = {0, 1000000}};
  timerfd_settime(timer, 0, &soon, NULL);
  uint64_t count = 0;
  if (read(timer, &count, sizeof count) != sizeof count) return 1;
  struct timespec now, nap = {0, 1000};
  clock_getres(CLOCK_REALTIME, &now);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  nanosleep(&nap, NULL);
  int event = eventfd(1, 0);
  eventfd_read(event, &count);
  struct itimerval later = {{0, 0}, {100, 0}}, old;
  setitimer(ITIMER_REAL, &later, &old);
  getitimer(ITIMER_REAL, &old);
  printf("%d\n", (int)count);
  return 0;
}
