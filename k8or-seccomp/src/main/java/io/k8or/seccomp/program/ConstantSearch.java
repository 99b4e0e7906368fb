package io.k8or.seccomp.program;

import io.k8or.seccomp.machine.Value;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Collects the constants that a place can hold, through as many callers as it takes. */
final class ConstantSearch {
  /** Callers of callers that an argument is followed through. */
  static final int MAX_DEPTH = 200;

  /**
   * What a function is asked for.
   *
   * @param place one that held something when it was entered
   */
  record Demand(ProgramModule module, int function, int place) {}

  /** What a constant is good for; says whether it could be used. */
  interface Use {
    boolean of(ProgramModule caller, long constant);
  }

  /**
   * Where a constant was not found.
   *
   * @param argument the place that holds it when the function is called by a pointer, or -1
   */
  record Failure(Place place, int argument) {}

  private final Use use;
  private final Set<Demand> seen = new HashSet<>();
  private int depth;
  final Set<Failure> failed = new LinkedHashSet<>();

  ConstantSearch(Use use) {
    this.use = use;
  }

  /** Looks at what a place holds at an instruction. */
  void evaluate(ProgramModule module, int function, long at, int place, boolean call) {
    List<Integer> owners = module.known(function, at);
    for (int owner : owners) {
      found(module, owner, module.object.values(owner).at(at, place, call));
    }
    if (owners.isEmpty()) {
      fail(module, function, -1);
    }
  }

  private void found(ProgramModule module, int function, Value value) {
    for (long constant : value.constants()) {
      if (!use.of(module, constant)) {
        fail(module, function, -1);
      }
    }
    if (value.isAnything()) {
      fail(module, function, -1);
    }
    for (int place = 0; place < Value.PLACES; place++) {
      if ((value.places() >> place & 1) != 0) {
        demand(new Demand(module, function, place));
      }
    }
  }

  /** Looks at what all callers hand over. */
  void demand(Demand demand) {
    if (!seen.add(demand)) {
      return;
    }
    ProgramModule module = demand.module;
    if (depth > MAX_DEPTH) {
      fail(module, demand.function, -1);
      return;
    }
    depth++;
    Set<Caller> callers = module.callers.getOrDefault(demand.function, Set.of());
    if (module.taken.get(demand.function) || callers.isEmpty()) {
      fail(module, demand.function, demand.place);
    }
    for (Caller caller : callers) {
      evaluate(caller.module(), caller.function(), caller.at(), demand.place, caller.call());
    }
    depth--;
  }

  /** Notes that a constant was not found. */
  void fail(ProgramModule module, int function, int place) {
    failed.add(new Failure(new Place(module, function), place));
  }
}
