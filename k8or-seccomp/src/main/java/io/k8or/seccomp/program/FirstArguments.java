package io.k8or.seccomp.program;

import io.k8or.elf.ElfHeader;
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
}
