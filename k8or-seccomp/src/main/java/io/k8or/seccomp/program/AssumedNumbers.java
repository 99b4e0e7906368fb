package io.k8or.seccomp.program;

import io.k8or.content.ByteString;
import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.References;
import io.k8or.seccomp.machine.Value;
import java.util.Set;
import java.util.TreeSet;

/** Numbers of system calls that are told by what is known of some libraries. */
final class AssumedNumbers {
  // Above all numbers of system calls, for a while.
  private static final int MAX_NUMBER = 600;
  private static final ByteString LIBSECCOMP = ByteString.utf8("libseccomp.so.2");

  private AssumedNumbers() {}

  /** Says whether it is libseccomp, which keeps the number in a variable (src/system.c). */
  static boolean isLibseccomp(ProgramModule module) {
    return module.object.soname.filter(LIBSECCOMP::equals).isPresent();
  }

  /**
   * Says whether the function is glibc's handler of the signal with which setuid and the like reach
   * all threads: it repeats the system call of the thread that sends it, which is found there.
   */
  static boolean repeatsSetId(ProgramModule module, int function) {
    String symbol = module.object.names.getOrDefault(module.object.code.start(function), "");
    if (symbol.equals("runtime.runPerThreadSyscall") || symbol.equals("__nptl_setxid_sighandler")) {
      return true; // Go: what syscall.AllThreadsSyscall makes in its own thread first; static glibc
    }
    String name = module.object.soname.map(ByteString::toLatin1).orElse("");
    return (name.equals("libc.so.6") || name.equals("libpthread.so.0"))
        && module.taken.get(function)
        && !module.object.names.containsKey(module.object.code.start(function));
  }

  /**
   * Where a function gets the number in a structure of the stack, as musl's setuid and the like
   * have it: one function takes its address, hands it and the structure to another, and itself has
   * the number as its first argument. Returns the numbers; none if that is not so, or not all are
   * found.
   */
  static Set<Long> handedOver(Place place) {
    ProgramModule module = place.module();
    ObjectAnalysis object = module.object;
    if (place.index() < 0 || !module.taken.get(place.index())) {
      return Set.of();
    }
    long start = object.code.start(place.index());
    References references = object.code.references();
    int taker = -1;
    for (int i = 0; i < references.size(); i++) {
      if (references.kind(i) == References.ADDRESS && references.target(i) == start) {
        int function = object.code.functionAt(references.at(i));
        if (taker >= 0 && function != taker) {
          return Set.of();
        }
        taker = function;
      }
    }
    if (taker < 0 || !handsOver(object, taker, start)) {
      return Set.of();
    }
    Set<Long> found = new TreeSet<>();
    ConstantSearch search =
        new ConstantSearch(
            (caller, value) -> {
              if (value >= MAX_NUMBER) {
                return false;
              }
              found.add(value);
              return true;
            });
    search.demand(new ConstantSearch.Demand(module, taker, object.machine.argumentPlace(0)));
    return search.failed.isEmpty() ? found : Set.of();
  }

  private static boolean handsOver(ObjectAnalysis object, int taker, long start) {
    References references = object.code.references();
    for (int i = references.firstAt(object.code.start(taker));
        i < references.size() && references.at(i) < object.code.end(taker);
        i++) {
      if (references.kind(i) == References.CALL) {
        FunctionValues values = object.values(taker);
        Value first = values.at(references.at(i), object.machine.argumentPlace(0), true);
        Value second = values.at(references.at(i), object.machine.argumentPlace(1), true);
        long[] constants = first.constants();
        if (first.isConstant()
            && constants.length == 1
            && constants[0] == start
            && second.isStack()) {
          return true;
        }
      }
    }
    return false;
  }

  /** The numbers that calls through pointers pass at a place, in live functions or in all. */
  static Set<Integer> passed(ProgramModule module, int place, boolean live) {
    Set<Integer> found = new TreeSet<>();
    References references = module.object.code.references();
    for (int i = 0; i < references.size(); i++) {
      if (references.kind(i) != References.INDIRECT_CALL) {
        continue;
      }
      int function = module.object.code.functionAt(references.at(i));
      if (function < 0 || (live && !module.live.get(function))) {
        continue;
      }
      Value value = module.object.values(function).at(references.at(i), place, true);
      for (long constant : value.constants()) {
        if (constant > 0 && constant < MAX_NUMBER) {
          found.add((int) constant);
        }
      }
    }
    return found;
  }
}
