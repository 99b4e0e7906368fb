package io.k8or.seccomp;

import io.k8or.seccomp.ArgumentCondition.Operator;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Unions, intersections and differences of the rules of one call. */
final class ProfileAlgebra {
  private ProfileAlgebra() {}

  static Verdict milder(Verdict a, Verdict b) {
    return b.action().compareTo(a.action()) > 0 ? b : a;
  }

  static Verdict stricter(Verdict a, Verdict b) {
    return b.action().compareTo(a.action()) < 0 ? b : a;
  }

  /** Returns rules that allow what one of two lists allows. */
  static List<SyscallRule> either(List<SyscallRule> a, List<SyscallRule> b) {
    Optional<Verdict> one = always(a);
    Optional<Verdict> two = always(b);
    if (one.isPresent() && two.isPresent()) {
      return List.of(SyscallRule.always(milder(one.get(), two.get())));
    }
    if (one.filter(Verdict::isAllowed).isPresent()) {
      return a;
    }
    if (two.filter(Verdict::isAllowed).isPresent()) {
      return b;
    }
    List<SyscallRule> all = new ArrayList<>(allowing(a));
    all.addAll(allowing(b));
    return all.isEmpty() ? one.isPresent() ? a : b : all;
  }

  /** Returns rules that allow what both lists allow; empty where that is nothing. */
  static List<SyscallRule> both(String name, List<SyscallRule> a, List<SyscallRule> b) {
    Optional<Verdict> one = always(a);
    Optional<Verdict> two = always(b);
    if (one.isPresent() && two.isPresent()) {
      return List.of(SyscallRule.always(stricter(one.get(), two.get())));
    }
    if (one.isPresent()) {
      return one.get().isAllowed() ? b : a;
    }
    if (two.isPresent()) {
      return two.get().isAllowed() ? a : b;
    }
    List<SyscallRule> all = new ArrayList<>();
    for (SyscallRule first : allowing(a)) {
      for (SyscallRule second : allowing(b)) {
        conjunction(name, first.conditions(), second.conditions())
            .ifPresent(
                conditions ->
                    all.add(
                        new SyscallRule(conditions, stricter(first.verdict(), second.verdict()))));
      }
    }
    return all;
  }

  /** Says whether the first list allows what the second does not. */
  static boolean isBeyond(List<SyscallRule> a, List<SyscallRule> b) {
    for (SyscallRule rule : allowing(a)) {
      if (allowing(b).stream().noneMatch(other -> implies(rule, other))) {
        return true;
      }
    }
    return false;
  }

  private static Optional<Verdict> always(List<SyscallRule> rules) {
    return rules.get(0).isUnconditional() ? Optional.of(rules.get(0).verdict()) : Optional.empty();
  }

  private static List<SyscallRule> allowing(List<SyscallRule> rules) {
    return rules.stream().filter(rule -> rule.verdict().isAllowed()).toList();
  }

  private static boolean implies(SyscallRule rule, SyscallRule other) {
    return other.conditions().stream()
        .allMatch(wanted -> rule.conditions().stream().anyMatch(known -> implies(known, wanted)));
  }

  private static boolean implies(ArgumentCondition known, ArgumentCondition wanted) {
    return known.equals(wanted)
        || (known.index() == wanted.index()
            && known.operator() == Operator.EQUAL
            && wanted.test(known.value()));
  }

  /** Returns the conditions of both, one for each argument; empty where they exclude each other. */
  private static Optional<List<ArgumentCondition>> conjunction(
      String name, List<ArgumentCondition> a, List<ArgumentCondition> b) {
    SortedMap<Integer, ArgumentCondition> all = new TreeMap<>();
    a.forEach(condition -> all.put(condition.index(), condition));
    for (ArgumentCondition condition : b) {
      ArgumentCondition known = all.get(condition.index());
      if (known == null || implies(condition, known)) {
        all.put(condition.index(), condition);
      } else if (!implies(known, condition)) {
        Optional<ArgumentCondition> merged = merge(name, known, condition);
        if (merged.isEmpty()) {
          return Optional.empty();
        }
        all.put(condition.index(), merged.get());
      }
    }
    return Optional.of(List.copyOf(all.values()));
  }

  private static Optional<ArgumentCondition> merge(
      String name, ArgumentCondition a, ArgumentCondition b) {
    if (a.operator() == Operator.EQUAL || b.operator() == Operator.EQUAL) {
      return Optional.empty(); // else one would imply the other
    }
    if (a.operator() == Operator.MASKED_EQUAL && b.operator() == Operator.MASKED_EQUAL) {
      long common = a.mask() & b.mask();
      boolean possible = ((a.value() & ~a.mask()) | (b.value() & ~b.mask())) == 0;
      return possible && (a.value() & common) == (b.value() & common)
          ? Optional.of(
              ArgumentCondition.masked(a.index(), a.mask() | b.mask(), a.value() | b.value()))
          : Optional.empty();
    }
    throw new IllegalArgumentException(
        "no rule of " + name + " can have two conditions on one argument: " + a + ", " + b);
  }
}
