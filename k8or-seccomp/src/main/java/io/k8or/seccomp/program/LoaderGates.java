package io.k8or.seccomp.program;

import io.k8or.content.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What glibc's loader calls only where something asks for it that most programs have not: a
 * variable, a relative path, a path with {@code $ORIGIN}, more rights
 * (docs/decisions/0065-what-the-loader-does-when-asked.md).
 */
final class LoaderGates {
  /** Why the loader may make a call. */
  enum Reason {
    /** {@code LD_PROFILE} names a library: {@code _dl_start_profile}, {@code profil}. */
    PROFILING,
    /** {@code LD_DEBUG} or {@code LD_DEBUG_OUTPUT}: lines and files carry the process's number. */
    DEBUGGING,
    /** An object by a relative path: {@code _dl_new_object} makes it absolute. */
    RELATIVE_PATHS,
    /** A path with a {@code $}: {@code _dl_get_origin}. */
    ORIGIN,
    /** More rights than the caller's: {@code __libc_check_standard_fds}. */
    RIGHTS,
    /** It is run as a program: {@code --list-diagnostics}, or to start a static program. */
    ITSELF
  }

  // By soname, and by number: a call counts if one of the reasons holds.
  private static final Map<ByteString, Map<Long, Set<Reason>>> LOADERS =
      Map.of(
          ByteString.utf8("ld-linux-x86-64.so.2"),
          Map.of(
              38L, EnumSet.of(Reason.PROFILING), // setitimer
              13L, EnumSet.of(Reason.PROFILING), // rt_sigaction
              15L, EnumSet.of(Reason.PROFILING), // rt_sigreturn
              39L, EnumSet.of(Reason.DEBUGGING), // getpid
              79L, EnumSet.of(Reason.RELATIVE_PATHS), // getcwd
              217L, EnumSet.of(Reason.RELATIVE_PATHS), // getdents64
              72L, EnumSet.of(Reason.RELATIVE_PATHS, Reason.RIGHTS), // fcntl
              89L, EnumSet.of(Reason.ORIGIN), // readlink
              59L, EnumSet.of(Reason.ITSELF), // execve
              63L, EnumSet.of(Reason.ITSELF)), // uname
          ByteString.utf8("ld-linux-aarch64.so.1"),
          Map.of(
              103L, EnumSet.of(Reason.PROFILING),
              134L, EnumSet.of(Reason.PROFILING),
              139L, EnumSet.of(Reason.PROFILING),
              172L, EnumSet.of(Reason.DEBUGGING),
              17L, EnumSet.of(Reason.RELATIVE_PATHS),
              61L, EnumSet.of(Reason.RELATIVE_PATHS),
              25L, EnumSet.of(Reason.RELATIVE_PATHS, Reason.RIGHTS),
              78L, EnumSet.of(Reason.ORIGIN),
              221L, EnumSet.of(Reason.ITSELF),
              160L, EnumSet.of(Reason.ITSELF)));

  private static final Pattern ELEMENTS = Pattern.compile("[:; ]");
  // Before 2.37 some loaders ask for the kernel's version, and say this.
  private static final byte[] OLD_KERNEL =
      "FATAL: kernel too old".getBytes(StandardCharsets.US_ASCII);

  private final Set<Reason> reasons = EnumSet.noneOf(Reason.class);

  /**
   * Looks at what the loader is started with.
   *
   * @param environment {@code NAME=VALUE}
   */
  LoaderGates(Collection<String> environment) {
    for (String variable : environment) {
      int equals = variable.indexOf('=');
      String name = equals < 0 ? variable : variable.substring(0, equals);
      String value = equals < 0 ? "" : variable.substring(equals + 1);
      if (name.equals("LD_LIBRARY_PATH") || name.equals("LD_PRELOAD")) {
        paths(value);
      } else if (name.equals("GCONV_PATH")) {
        reasons.addAll(Set.of(Reason.RELATIVE_PATHS, Reason.ORIGIN));
      } else if (name.startsWith("LD_") && !name.startsWith("LD_BIND_N")) {
        reasons.addAll(EnumSet.allOf(Reason.class));
      }
    }
  }

  /** Notes a reason. */
  void add(Reason reason) {
    reasons.add(reason);
  }

  /** Notes a list of folders or objects that the loader is given. */
  void paths(String list) {
    for (String path : ELEMENTS.split(list, -1)) {
      if (!path.startsWith("/") && !path.startsWith("$ORIGIN") && !path.startsWith("${ORIGIN}")) {
        reasons.add(Reason.RELATIVE_PATHS);
      }
    }
    dollar(list);
  }

  /** Notes the name of an object that the loader is given. */
  void name(String name) {
    if (name.indexOf('/') > 0) {
      reasons.add(Reason.RELATIVE_PATHS);
    }
    dollar(name);
  }

  private void dollar(String text) {
    if (text.indexOf('$') >= 0) {
      reasons.add(Reason.ORIGIN);
    }
  }

  /** Notes what an object asks the loader for. */
  void object(ObjectAnalysis object) {
    for (ByteString needed : object.needed) {
      name(needed.toLatin1());
    }
    for (Optional<ByteString> path : List.of(object.rpath, object.runpath)) {
      path.ifPresent(list -> paths(list.toLatin1()));
    }
  }

  /** Says whether a loader makes the call for a reason that does not hold. */
  boolean isShut(ObjectAnalysis loader, long number) {
    Set<Reason> needed =
        loader.soname.map(LOADERS::get).map(calls -> calls.get(number)).orElse(Set.of());
    return !needed.isEmpty()
        && needed.stream().noneMatch(reasons::contains)
        && !(needed.contains(Reason.ITSELF) && loader.contains(OLD_KERNEL));
  }
}
