package io.k8or.seccomp.program;

import io.k8or.elf.ElfHeader;
import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the first argument of some system calls can be: the family of socket and socketpair, the
 * flags of clone, the personality.
 */
final class FirstArguments {
  private static final Set<Long> X86_64 = Set.of(41L, 53L, 56L, 135L);
  private static final Set<Long> AARCH64 = Set.of(198L, 199L, 220L, 92L);
  // More are no rule that is worth its place in a filter.
  private static final int MOST = 8;

  private final Map<Integer, Set<Long>> constants = new HashMap<>();
  private final Set<Integer> unknown = new HashSet<>();

  /** Says whether the argument of a call is of interest. */
  boolean isAsked(int machine, long number) {
    return (machine == ElfHeader.EM_AARCH64 ? AARCH64 : X86_64).contains(number);
  }

  /** Adds what the argument is at one place. */
  void add(int number, Set<Long> values) {
    constants.computeIfAbsent(number, n -> new TreeSet<>()).addAll(values);
  }

  /** Notes that it is not known at some place. */
  void unknown(int number) {
    unknown.add(number);
  }

  /** Returns the constants of those of the calls of which all is known. */
  Map<Integer, Set<Long>> found(Set<Integer> calls) {
    Map<Integer, Set<Long>> found = new HashMap<>();
    constants.forEach(
        (number, values) -> {
          if (calls.contains(number) && !unknown.contains(number) && values.size() <= MOST) {
            found.put(number, Set.copyOf(values));
          }
        });
    return Map.copyOf(found);
  }

  /**
   * Notes what the first argument of a call can be. Unlike for numbers nothing is taken for granted
   * of words of the stack.
   */
  void note(ProgramModule module, int function, long at, int number) {
    int place = module.object.machine.argumentPlace(0);
    Set<Long> found = new TreeSet<>();
    Caller site = new Caller(module, function, at, false);
    if (isConstant(site, place, found, new HashSet<>()) && !found.isEmpty()) {
      add(number, found);
    } else {
      unknown(number);
    }
  }

  /** Collects what a place can be, through all callers; says whether that is all known. */
  private static boolean isConstant(
      Caller site, int place, Set<Long> found, Set<ConstantSearch.Demand> seen) {
    ProgramModule module = site.module();
    for (int owner : module.owners(site.function())) {
      FunctionValues values = module.object.valuesWith(owner, Map.of(), true);
      if (!module.object.isFollowed(owner, true)
          || !values.isComplete()
          || !values.enters(site.at())) {
        return false;
      }
      Value value = values.at(site.at(), place, site.call());
      if (value.isAnything() || value.isNothing()) {
        return false;
      }
      for (long constant : value.constants()) {
        found.add(constant);
      }
      for (int from = 0; from < Value.PLACES; from++) {
        if ((value.places() >> from & 1) != 0
            && !isPassed(new ConstantSearch.Demand(module, owner, from), found, seen)) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean isPassed(
      ConstantSearch.Demand demand, Set<Long> found, Set<ConstantSearch.Demand> seen) {
    if (!seen.add(demand)) {
      return true;
    }
    ProgramModule module = demand.module();
    Set<Caller> callers = module.callers.getOrDefault(demand.function(), Set.of());
    return demand.place() < Value.FIRST_SLOT
        && !module.taken.get(demand.function())
        && !callers.isEmpty()
        && seen.size() <= ConstantSearch.MAX_DEPTH
        && callers.stream().allMatch(each -> isConstant(each, demand.place(), found, seen));
  }
}
