package io.k8or.seccomp;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Calls that a libc or a language's runtime tries, and does without where the kernel says ENOSYS.
 * Another error number would be taken for an answer.
 */
final class ProbedCalls {
  static final SortedMap<String, String> REASONS = reasons();

  private ProbedCalls() {}

  private static SortedMap<String, String> reasons() {
    SortedMap<String, String> reasons = new TreeMap<>();
    reasons.put("clone3", "glibc 2.34 makes threads and children with it, else with clone");
    reasons.put("close_range", "glibc's closefrom, Python and crun; else they read /proc/self/fd");
    reasons.put("copy_file_range", "cp and language runtimes; else they read and write");
    reasons.put("epoll_pwait2", "event loops that wait for nanoseconds; else epoll_wait");
    reasons.put("faccessat2", "glibc's and musl's faccessat with flags; else fstatat");
    reasons.put("fchmodat2", "glibc 2.39's and musl's fchmodat with flags; else /proc/self/fd");
    reasons.put("io_uring_setup", "libuv (Node.js); else its threads");
    reasons.put("landlock_create_ruleset", "xz and others that fence themselves in; else unfenced");
    reasons.put("membarrier", "liburcu and the JVM ask whether there is one; else fences");
    reasons.put("openat2", "systemd, container tools and Go 1.24; else openat, step by step");
    reasons.put("pidfd_open", "Go 1.23 and Python ask whether there is one; else numbers");
    reasons.put("pidfd_send_signal", "Go 1.23; else kill");
    reasons.put("preadv2", "glibc's preadv2; without flags preadv");
    reasons.put("pwritev2", "glibc's pwritev2; without flags pwritev");
    reasons.put("renameat2", "glibc's and musl's renameat2; without flags renameat");
    reasons.put("rseq", "glibc 2.35 registers each thread; else it goes without");
    reasons.put("statx", "glibc, coreutils and language runtimes; else fstatat");
    return Collections.unmodifiableSortedMap(reasons);
  }
}
