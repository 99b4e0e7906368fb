package io.k8or.seccomp;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A program that starts containers, with the system calls that it makes itself between installing
 * the filter and starting the service. They were seen with strace over many runs of the version
 * named; later versions of one line get what they are known to add.
 */
public enum ContainerRuntime {
  /** No runtime: the calls of the service alone. */
  NONE("", "", ""),
  /** runc 1.1. */
  RUNC_1_1(
      "runc 1.1",
      "close epoll_ctl epoll_pwait execve fstatfs futex getdents64 getpid nanosleep openat prctl"
          + " rt_sigreturn sched_yield tgkill write",
      "capget capset chdir faccessat2 fchown fcntl fstat getcwd getppid newfstatat read setgid"
          + " setgroups setuid"),
  /** runc 1.2 and 1.3. */
  RUNC_1_2(
      "runc 1.2",
      "close epoll_ctl epoll_pwait execve fstatfs futex getdents64 getpid nanosleep openat openat2"
          + " prctl rt_sigreturn sched_yield statx tgkill write",
      "capget capset chdir faccessat2 fchown fcntl fstat getcwd getppid newfstatat read setgid"
          + " setgroups setuid"),
  /** crun 1.8 and later. */
  CRUN_1_8(
      "crun 1.8",
      "close close_range execve",
      "capset prctl pselect6 read rt_sigaction rt_sigprocmask setresgid setresuid write");

  private static final List<String> ALWAYS =
      List.of("execve", "exit", "exit_group", "restart_syscall", "rt_sigreturn");

  private final String title;
  private final String withNoNewPrivileges;
  private final String more;

  ContainerRuntime(String title, String withNoNewPrivileges, String more) {
    this.title = title;
    this.withNoNewPrivileges = withNoNewPrivileges;
    this.more = more;
  }

  /**
   * Returns the names of the calls that a profile must allow for the runtime, and those that any
   * process needs.
   *
   * @param noNewPrivileges whether the container's processes have no_new_privs set: then the filter
   *     is installed last
   */
  public SortedSet<String> syscalls(boolean noNewPrivileges) {
    SortedSet<String> names = new TreeSet<>(ALWAYS);
    String all = noNewPrivileges ? withNoNewPrivileges : withNoNewPrivileges + " " + more;
    for (String name : all.split(" ", -1)) {
      if (!name.isEmpty()) {
        names.add(name);
      }
    }
    return Collections.unmodifiableSortedSet(names);
  }

  @Override
  public String toString() {
    return title.isEmpty() ? "no runtime" : title;
  }
}
