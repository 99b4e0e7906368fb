package io.k8or.seccomp.program;

import io.k8or.content.ByteString;
import io.k8or.elf.ElfHeader;
import io.k8or.elf.ElfSymbol;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The functions of C libraries, and the system calls, that start programs. */
final class Starters {
  /**
   * A function that starts a program.
   *
   * @param argument which argument says what; -1 where none does
   * @param isShellText whether it is a command of the shell
   * @param isSearched whether a name without a slash is looked up in PATH
   */
  record Starter(int argument, boolean isShellText, boolean isSearched) {}

  private static final Map<String, Starter> BY_NAME = new HashMap<>();

  static {
    add("execve execv execl execle __execve", new Starter(0, false, false));
    add("execvp execvpe execlp", new Starter(0, false, true));
    add("fexecve", new Starter(-1, false, false));
    add("execveat posix_spawn __posix_spawn pidfd_spawn", new Starter(1, false, false));
    add("posix_spawnp pidfd_spawnp", new Starter(1, false, true));
    add("system popen wordexp __libc_system _IO_popen", new Starter(0, true, false));
  }

  private static void add(String names, Starter starter) {
    for (String name : names.split(" ", -1)) {
      BY_NAME.put(name, starter);
    }
  }

  // What these functions are made of, in a static program that has their names.
  private static final Set<String> INSIDE =
      Set.of(
          "do_system",
          "cancel_handler",
          "spawn_process",
          "_IO_new_proc_open",
          "_IO_proc_open",
          "exec_comm",
          "exec_comm_child",
          "do_wordexp",
          "__spawni",
          "__spawni_child",
          "__spawnix",
          "__execvpe",
          "__execvpe_common",
          "__execvpe_common.isra.0",
          "__execvpex",
          "maybe_script_execute",
          "child");

  private Starters() {}

  /** Returns an object's functions that start programs, by function. */
  static Map<Integer, Starter> of(ObjectAnalysis object) {
    Map<Integer, Starter> found = new HashMap<>();
    BY_NAME.forEach(
        (name, starter) -> {
          for (ElfSymbol symbol :
              object.definitions.getOrDefault(ByteString.utf8(name), List.of())) {
            if (symbol.isFunction()) {
              add(object, symbol.value(), starter, found);
            }
          }
        });
    if (isStatic(object)) {
      // A static program: what it has of its own by such a name only leads to more findings.
      object.names.forEach(
          (address, name) -> {
            Starter starter = BY_NAME.get(name);
            if (starter != null) {
              add(object, address, starter, found);
            }
          });
    }
    return found;
  }

  private static void add(
      ObjectAnalysis object, long address, Starter starter, Map<Integer, Starter> found) {
    int function = object.code.functionAt(address);
    if (function >= 0) {
      found.put(function, starter);
    }
  }

  /** Says whether a function is one of those that a C library starts programs with. */
  static boolean isInside(ObjectAnalysis object, int function) {
    String name = object.nameOf(function);
    return isCLibrary(object)
        || (isStatic(object) && (BY_NAME.containsKey(name) || INSIDE.contains(name)));
  }

  private static boolean isStatic(ObjectAnalysis object) {
    return object.interpreter.isEmpty() && object.soname.isEmpty();
  }

  /** Says whether an object is a C library, which starts programs in its known functions only. */
  static boolean isCLibrary(ObjectAnalysis object) {
    String name = object.soname.map(ByteString::toLatin1).orElse("");
    // A loader that is run as a program itself runs what it is given, which is told as a command.
    return name.startsWith("libc.")
        || name.startsWith("ld-linux")
        || name.startsWith("libpthread.so.")
        || isMuslFile(object);
  }

  private static boolean isMuslFile(ObjectAnalysis object) {
    String file = object.where.substring(object.where.lastIndexOf('/') + 1);
    return file.startsWith("ld-musl-") || file.startsWith("libc.musl-") || file.equals("libc.so");
  }

  /**
   * Returns the argument of a system call that names a program; -1 where it names none.
   *
   * @param machine the number of the machine in an ELF header
   */
  static int argumentOfCall(int machine, long number) {
    if (machine == ElfHeader.EM_AARCH64) {
      return number == 221 ? 0 : number == 281 ? 1 : -1;
    }
    return number == 59 ? 0 : number == 322 ? 1 : -1;
  }
}
