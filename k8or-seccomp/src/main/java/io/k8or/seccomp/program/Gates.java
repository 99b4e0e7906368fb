package io.k8or.seccomp.program;

import io.k8or.content.ByteString;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What glibc's code holds for each program, and only runs where something else was asked for first
 * (docs/decisions/0050-syscalls-behind-gates.md).
 */
final class Gates {
  private static final ByteString LIBC = ByteString.utf8("libc.so.6");
  // The loaders, with their number of setitimer.
  private static final Map<ByteString, Long> LOADERS =
      Map.of(
          ByteString.utf8("ld-linux-x86-64.so.2"), 38L,
          ByteString.utf8("ld-linux-aarch64.so.1"), 103L);

  /**
   * A gate: calls of some functions from glibc's inside count only where an opener is alive.
   *
   * @param called the names of the functions, without leading underscores
   * @param openers the names of the functions that open it
   */
  record Gate(Set<String> called, List<ByteString> openers) {}

  private static final Gate PRIORITIES =
      new Gate(
          Set.of(
              "sched_get_priority_max",
              "sched_get_priority_min",
              "sched_getparam",
              "sched_getscheduler",
              "sched_setscheduler"),
          Stream.of(
                  "pthread_mutexattr_setprotocol",
                  "pthread_mutexattr_setprioceiling",
                  "pthread_mutex_setprioceiling",
                  "pthread_attr_setinheritsched",
                  "pthread_attr_setschedparam",
                  "pthread_attr_setschedpolicy",
                  "posix_spawnattr_setflags",
                  "posix_spawnattr_setschedparam",
                  "posix_spawnattr_setschedpolicy")
              .map(ByteString::utf8)
              .toList());

  private static final Gate RPC_SERVICES =
      new Gate(
          Set.of("svc_unregister"),
          Stream.of("svc_register", "registerrpc").map(ByteString::utf8).toList());

  static final List<Gate> ALL = List.of(PRIORITIES, RPC_SERVICES);

  private Gates() {}

  static boolean isLibc(ObjectAnalysis object) {
    return object.soname.filter(LIBC::equals).isPresent();
  }

  /** Returns the gate that a call from one function to another is behind, if there is one. */
  static Optional<Gate> of(ObjectAnalysis object, int caller, int called) {
    if (!isLibc(object) || object.names.containsKey(object.code.start(caller))) {
      return Optional.empty();
    }
    String name = object.names.get(object.code.start(called));
    if (name == null) {
      return Optional.empty();
    }
    String plain = name.replaceFirst("^__", "");
    return ALL.stream().filter(gate -> gate.called.contains(plain)).findFirst();
  }

  /** Says whether it is the loader's timer, which it sets where LD_PROFILE names a library. */
  static boolean isForProfiling(ObjectAnalysis object, long number) {
    return object.soname.map(LOADERS::get).filter(setitimer -> setitimer == number).isPresent();
  }
}
