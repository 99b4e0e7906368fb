package io.k8or.seccomp.program;

import io.k8or.content.ByteString;
import java.util.List;
import java.util.Set;

/**
 * What glibc's code holds for each program, and only runs where something else was asked for first
 * (docs/decisions/0050-syscalls-behind-gates.md).
 */
final class Gates {
  private static final ByteString LIBC = ByteString.utf8("libc.so.6");
  private static final ByteString LOADER = ByteString.utf8("ld-linux-x86-64.so.2");
  private static final int SETITIMER = 38;

  /** Functions one of which a program calls before any thread's priority is changed unasked. */
  static final List<ByteString> PRIORITIES =
      List.of(
          ByteString.utf8("pthread_mutexattr_setprotocol"),
          ByteString.utf8("pthread_mutexattr_setprioceiling"),
          ByteString.utf8("pthread_mutex_setprioceiling"),
          ByteString.utf8("pthread_attr_setinheritsched"),
          ByteString.utf8("pthread_attr_setschedparam"),
          ByteString.utf8("pthread_attr_setschedpolicy"),
          ByteString.utf8("posix_spawnattr_setflags"),
          ByteString.utf8("posix_spawnattr_setschedparam"),
          ByteString.utf8("posix_spawnattr_setschedpolicy"));

  private static final Set<String> SCHEDULING =
      Set.of(
          "sched_get_priority_max",
          "sched_get_priority_min",
          "sched_getparam",
          "sched_getscheduler",
          "sched_setscheduler");

  private Gates() {}

  /**
   * Says whether a call leads from a function inside glibc, such as that for mutexes with a
   * priority ceiling, to one that changes priorities.
   */
  static boolean isForPriorities(ObjectAnalysis object, int caller, int called) {
    if (object.soname.filter(LIBC::equals).isEmpty()
        || object.names.containsKey(object.code.start(caller))) {
      return false;
    }
    String name = object.names.get(object.code.start(called));
    return name != null && SCHEDULING.contains(name.replaceFirst("^__", ""));
  }

  /** Says whether it is the loader's timer, which it sets where LD_PROFILE names a library. */
  static boolean isForProfiling(ObjectAnalysis object, long number) {
    return number == SETITIMER && object.soname.filter(LOADER::equals).isPresent();
  }
}
