package io.k8or.seccomp.program;

import io.k8or.content.ByteString;
import io.k8or.elf.ElfHeader;
import io.k8or.seccomp.machine.References;
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

  private static final String LANGUAGE = "LANGUAGE";
  private static final String LARGE_PAGES = "/sys/kernel/mm/hugepages";
  // POSIX_SPAWN_SETSCHEDPARAM and POSIX_SPAWN_SETSCHEDULER.
  private static final long SPAWN_PRIORITIES = 0x30;

  /**
   * A gate: calls of some functions from glibc's inside count only where an opener is alive.
   *
   * @param called the names of the functions, without leading underscores
   * @param text what the calling function refers to; empty for each function without a name
   * @param openers the functions that open it
   * @param variable the variable that opens it, or nothing
   * @param cache how the path ends of the file that keeps it shut, or nothing
   */
  record Gate(
      Set<String> called, String text, List<Opener> openers, String variable, String cache) {
    Gate(Set<String> called, String text, List<Opener> openers, String variable) {
      this(called, text, openers, variable, "");
    }
  }

  /**
   * A function that opens a gate where it is alive.
   *
   * @param argument the argument that decides, or {@link #ALIVE}, or {@link #OUTSIDE}
   * @param harmless which constants do not
   */
  record Opener(ByteString name, int argument, Harmless harmless) {}

  /** Which constants open no gate. */
  interface Harmless {
    /** Says whether an object that gives this constant opens nothing. */
    boolean is(ObjectAnalysis caller, long constant);
  }

  /** An opener opens where it is alive, whoever calls it. */
  static final int ALIVE = -1;

  /** An opener opens where another object calls it, or something calls it by a pointer. */
  static final int OUTSIDE = -2;

  private static final Harmless NEVER = (caller, constant) -> false;

  private static List<Opener> openers(String... names) {
    return Stream.of(names).map(name -> new Opener(ByteString.utf8(name), ALIVE, NEVER)).toList();
  }

  private static Opener opener(String name, int argument, Harmless harmless) {
    return new Opener(ByteString.utf8(name), argument, harmless);
  }

  private static List<Opener> join(List<Opener> first, Opener... more) {
    return Stream.concat(first.stream(), Stream.of(more)).toList();
  }

  private static final Gate PRIORITIES =
      new Gate(
          Set.of(
              "sched_get_priority_max",
              "sched_get_priority_min",
              "sched_getparam",
              "sched_getscheduler",
              "sched_setscheduler"),
          "",
          join(
              openers(
                  "pthread_mutexattr_setprotocol",
                  "pthread_mutexattr_setprioceiling",
                  "pthread_mutex_setprioceiling",
                  "pthread_attr_setinheritsched",
                  "pthread_attr_setschedparam",
                  "pthread_attr_setschedpolicy",
                  "pthread_setattr_default_np",
                  "posix_spawnattr_setschedparam",
                  "posix_spawnattr_setschedpolicy"),
              opener(
                  "posix_spawnattr_setflags",
                  1,
                  (caller, flags) -> (flags & SPAWN_PRIORITIES) == 0)),
          "");

  private static final Gate RPC_SERVICES =
      new Gate(Set.of("svc_unregister"), "", openers("svc_register", "registerrpc"), "");

  /** Waiting for a lock that another thread has. */
  private static final Gate THREADS =
      new Gate(
          Set.of("sched_yield"),
          "",
          openers("pthread_create", "thrd_create", "clone", "clone3"),
          "");

  /** Translations in a folder that is relative to where the program runs. */
  private static final Gate TRANSLATIONS =
      new Gate(
          Set.of("getcwd"),
          LANGUAGE,
          List.of(
              opener(
                  "bindtextdomain",
                  1,
                  (caller, folder) ->
                      folder == 0
                          || caller.text(folder).filter(t -> t.startsWith("/")).isPresent())),
          "");

  /** Memory in large pages, {@code glibc.malloc.hugetlb}. */
  private static final Gate PAGES =
      new Gate(Set.of("getdents64"), LARGE_PAGES, List.of(), "GLIBC_TUNABLES");

  /** Character sets from folders of one's own, which are made absolute. */
  private static final Gate FOLDERS_OF_CONVERSIONS =
      new Gate(Set.of("getcwd"), "__gconv_get_path", List.of(), "GCONV_PATH");

  /** Character sets where nobody made the cache of them: files {@code *.conf} are looked for. */
  private static final Gate LISTS_OF_CONVERSIONS =
      new Gate(
          Set.of("opendir", "readdir64", "readdir"),
          ".conf",
          List.of(),
          "GCONV_PATH",
          "/gconv/gconv-modules.cache");

  /** Threads that are bound to processors before they begin. */
  private static final Gate PROCESSORS =
      new Gate(
          Set.of(),
          "",
          // libc's own call copies the attributes that another may have set.
          List.of(
              new Opener(ByteString.utf8("pthread_attr_setaffinity_np"), OUTSIDE, NEVER),
              new Opener(ByteString.utf8("pthread_setattr_default_np"), ALIVE, NEVER)),
          "");

  // What pthread_create and what it is made of call without a function of that name, by number.
  private static final Map<Long, Gate> NUMBERS_X86 =
      Map.of(
          203L, PROCESSORS, // sched_setaffinity
          144L, PRIORITIES, // sched_setscheduler
          143L, PRIORITIES, // sched_getparam
          145L, PRIORITIES); // sched_getscheduler
  private static final Map<Long, Gate> NUMBERS_A64 =
      Map.of(122L, PROCESSORS, 119L, PRIORITIES, 121L, PRIORITIES, 120L, PRIORITIES);
  private static final String CREATES = "pthread_create";

  static final List<Gate> ALL =
      List.of(
          PRIORITIES,
          PROCESSORS,
          RPC_SERVICES,
          THREADS,
          TRANSLATIONS,
          PAGES,
          FOLDERS_OF_CONVERSIONS,
          LISTS_OF_CONVERSIONS);

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
    return ALL.stream()
        .filter(gate -> gate.called.contains(plain) && refers(object, caller, gate.text))
        .findFirst();
  }

  /** Returns the gate that a call is behind which a function makes itself, if there is one. */
  static Optional<Gate> of(ObjectAnalysis object, int function, long number) {
    String name = object.names.getOrDefault(object.code.start(function), CREATES);
    if (!isLibc(object) || !name.equals(CREATES)) {
      return Optional.empty();
    }
    boolean x86 = object.header.machine() == ElfHeader.EM_X86_64;
    return Optional.ofNullable((x86 ? NUMBERS_X86 : NUMBERS_A64).get(number));
  }

  private static boolean refers(ObjectAnalysis object, int function, String text) {
    if (text.isEmpty()) {
      return true;
    }
    References references = object.code.references();
    for (int i = references.firstAt(object.code.start(function));
        i < references.size() && references.at(i) < object.code.end(function);
        i++) {
      if (references.kind(i) == References.ADDRESS
          && object.text(references.target(i)).filter(text::equals).isPresent()) {
        return true;
      }
    }
    return false;
  }
}
