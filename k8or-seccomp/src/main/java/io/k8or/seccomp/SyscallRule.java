package io.k8or.seccomp;

import java.util.List;
import java.util.Objects;

/**
 * What happens to a system call whose arguments meet all of some conditions.
 *
 * @param conditions what must hold; none where the rule holds for all arguments
 * @param verdict what happens
 */
public record SyscallRule(List<ArgumentCondition> conditions, Verdict verdict) {
  /** Makes a rule. */
  public SyscallRule {
    conditions = List.copyOf(conditions);
    Objects.requireNonNull(verdict);
  }

  /** Returns the rule for all arguments. */
  public static SyscallRule always(Verdict verdict) {
    return new SyscallRule(List.of(), verdict);
  }

  /** Says whether it holds for all arguments. */
  public boolean isUnconditional() {
    return conditions.isEmpty();
  }

  /**
   * Says whether arguments meet all conditions.
   *
   * @param arguments six numbers
   */
  public boolean matches(List<Long> arguments) {
    return conditions.stream().allMatch(c -> c.test(arguments.get(c.index())));
  }
}
