/* The few system calls of Linux on x86-64 that the sample services make: no libc, no other header. */
#ifndef K8OR_LINUX_H
#define K8OR_LINUX_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

enum {
  SYS_read = 0,
  SYS_write = 1,
  SYS_close = 3,
  SYS_rt_sigaction = 13,
  SYS_nanosleep = 35,
  SYS_socket = 41,
  SYS_accept = 43,
  SYS_bind = 49,
  SYS_listen = 50,
  SYS_setsockopt = 54,
  SYS_exit_group = 231
};

static inline long call4(long number, long a, long b, long c, long d) {
  long result;
  register long r10 __asm__("r10") = d;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                   : "rcx", "r11", "memory");
  return result;
}

static inline long call5(long number, long a, long b, long c, long d, long e) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}

static inline void leave(int status) {
  for (;;) {
    call4(SYS_exit_group, status, 0, 0, 0);
  }
}

static u64 length(const char *text) {
  u64 n = 0;
  while (text[n]) {
    n++;
  }
  return n;
}

/* Writes all bytes; 0 where that failed. */
static int write_all(int fd, const char *bytes, u64 count) {
  while (count > 0) {
    long n = call4(SYS_write, fd, (long)bytes, (long)count, 0);
    if (n == -4) { /* EINTR */
      continue;
    }
    if (n <= 0) {
      return 0;
    }
    bytes += n;
    count -= (u64)n;
  }
  return 1;
}

static void say(const char *text) { write_all(1, text, length(text)); }

/* Reads a whole decimal number from 1 to most; 0 where the text is none. */
static u32 number(const char *text, u32 most) {
  u32 value = 0;
  for (; *text; text++) {
    if (*text < '0' || *text > '9') {
      return 0;
    }
    value = value * 10 + (u32)(*text - '0');
    if (value > most) {
      return 0;
    }
  }
  return value;
}

/*
 * The first process of a container gets no default action for a signal: without a handler it could
 * only be killed. The kernel asks for a restorer even if the handler never returns.
 */
struct action {
  void (*handler)(int);
  u64 flags;
  void (*restorer)(void);
  u64 mask;
};

static void on_signal(int signal) {
  (void)signal;
  say("stopped\n");
  leave(0);
}

static void stop_on_signals(void) {
  struct action action = {on_signal, 0x04000000 /* SA_RESTORER */, (void (*)(void))leave, 0};
  call4(SYS_rt_sigaction, 15 /* SIGTERM */, (long)&action, 0, 8);
  call4(SYS_rt_sigaction, 2 /* SIGINT */, (long)&action, 0, 8);
}

int service(int count, char **words);

/* The kernel starts a process with the number of arguments on top of the stack. */
__asm__(
    ".globl _start\n"
    ".type _start, @function\n"
    "_start:\n"
    "  xor %ebp, %ebp\n"
    "  mov (%rsp), %edi\n"
    "  lea 8(%rsp), %rsi\n"
    "  and $-16, %rsp\n"
    "  call begin\n"
    "  hlt\n");

__attribute__((used)) void begin(int count, char **words) { leave(service(count, words)); }

#endif
