package io.k8or.seccomp.program;

import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.Value;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Looks for calls in which the handle stands for all objects and the name is not constant: both in
 * the same call, through as many callers as it takes.
 */
final class SymbolRequests {
  /**
   * A handle and a name that a function is called with.
   *
   * @param handle the place that holds the handle, or {@link #BAD}
   * @param notZero whether what is called goes on with the handle only where it is not 0
   * @param name the place that holds the name, or {@link #BAD}
   */
  record Request(ProgramModule module, int function, int handle, boolean notZero, int name) {
    /** A handle that stands for all objects, or a name that is not constant. */
    static final int BAD = -1;
  }

  private final Set<Request> seen = new HashSet<>();

  /** Where such calls are. */
  final Set<Place> open = new LinkedHashSet<>();

  /** Follows a request to all callers. */
  void look(Request request, int depth) {
    if (!seen.add(request)) {
      return;
    }
    ProgramModule module = request.module;
    Set<Caller> callers = module.callers.getOrDefault(request.function, Set.of());
    boolean byPointer = module.taken.get(request.function) || callers.isEmpty();
    // A handle that comes from anywhere is taken for one that dlopen gave.
    if (depth > ConstantSearch.MAX_DEPTH || (byPointer && request.handle == Request.BAD)) {
      open.add(new Place(module, request.function));
      return;
    }
    for (Caller caller : callers) {
      look(request, caller, depth + 1);
    }
  }

  private void look(Request request, Caller caller, int depth) {
    List<Integer> owners = caller.module().known(caller.function(), caller.at());
    for (int owner : owners) {
      look(request, caller, owner, depth);
    }
    if (owners.isEmpty()) {
      open.add(new Place(caller.module(), caller.function()));
    }
  }

  private void look(Request request, Caller caller, int owner, int depth) {
    ObjectAnalysis object = caller.module().object;
    FunctionValues values = object.values(owner);
    Value handle = ask(values, caller, request.handle);
    Value name = ask(values, caller, request.name);
    boolean all = request.handle == Request.BAD;
    for (long constant : handle.constants()) {
      all |= (constant == 0 && !request.notZero) || (int) constant == -1;
    }
    boolean unknown = name.isAnything();
    for (long constant : name.constants()) {
      unknown |= constant != 0 && object.text(constant).isEmpty();
    }
    if (all && unknown) {
      open.add(new Place(caller.module(), owner));
    }
    long nonZero = handle.places() == 0 ? 0 : values.nonZero(caller.at());
    for (int h = all ? Request.BAD : 0; h < Value.PLACES; h++) {
      boolean isHandle = h == Request.BAD || (handle.places() >> h & 1) != 0;
      for (int n = unknown ? Request.BAD : 0; isHandle && n < Value.PLACES; n++) {
        boolean isName = n == Request.BAD || (name.places() >> n & 1) != 0;
        if (isName && (h >= 0 || n >= 0)) {
          boolean notZero = h >= 0 && (request.notZero || (nonZero >> h & 1) != 0);
          look(new Request(caller.module(), owner, h, notZero, n), depth);
        }
      }
    }
  }

  /** Returns what a place holds; of what is bad already that it is anything, or nothing new. */
  private static Value ask(FunctionValues values, Caller caller, int place) {
    return place == Request.BAD ? Value.ANYTHING : values.at(caller.at(), place, caller.call());
  }
}
