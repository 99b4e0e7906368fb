package io.k8or.seccomp;

import java.util.Objects;

/**
 * A condition on one argument of a system call, as an unsigned number of 64 bits (OCI runtime
 * specification, {@code linux.seccomp.syscalls.args}). Without pointers: a filter cannot follow
 * them.
 *
 * @param index which argument, from 0
 * @param operator the comparison
 * @param mask which bits of the argument count; all ones but for {@link Operator#MASKED_EQUAL}
 * @param value what the argument is compared with
 */
public record ArgumentCondition(int index, Operator operator, long mask, long value) {
  /** The arguments that a system call can have. */
  public static final int ARGUMENTS = 6;

  /**
   * Makes a condition.
   *
   * @throws IllegalArgumentException if there is no such argument, or a mask where none belongs
   */
  public ArgumentCondition {
    Objects.requireNonNull(operator);
    if (index < 0 || index >= ARGUMENTS) {
      throw new IllegalArgumentException("not the index of an argument: " + index);
    }
    if (mask != -1 && operator != Operator.MASKED_EQUAL) {
      throw new IllegalArgumentException(operator + " takes no mask");
    }
  }

  /** The comparisons. */
  public enum Operator {
    /** The argument is another one. */
    NOT_EQUAL("SCMP_CMP_NE", "!="),
    /** The argument is less. */
    LESS("SCMP_CMP_LT", "<"),
    /** The argument is less or equal. */
    LESS_OR_EQUAL("SCMP_CMP_LE", "<="),
    /** The argument is equal. */
    EQUAL("SCMP_CMP_EQ", "=="),
    /** The argument is greater or equal. */
    GREATER_OR_EQUAL("SCMP_CMP_GE", ">="),
    /** The argument is greater. */
    GREATER("SCMP_CMP_GT", ">"),
    /** The argument's bits under a mask are equal. */
    MASKED_EQUAL("SCMP_CMP_MASKED_EQ", "==");

    private final String seccompName;
    private final String sign;

    Operator(String seccompName, String sign) {
      this.seccompName = seccompName;
      this.sign = sign;
    }

    /** Returns its name in profiles, such as {@code SCMP_CMP_EQ}. */
    public String seccompName() {
      return seccompName;
    }
  }

  /** Returns the condition that an argument compares so with a number. */
  public static ArgumentCondition of(int index, Operator operator, long value) {
    return new ArgumentCondition(index, operator, -1, value);
  }

  /** Returns the condition that an argument's bits under a mask are those of a number. */
  public static ArgumentCondition masked(int index, long mask, long value) {
    return new ArgumentCondition(index, Operator.MASKED_EQUAL, mask, value);
  }

  /** Says whether an argument meets the condition. */
  public boolean test(long argument) {
    int order = Long.compareUnsigned(argument, value);
    return switch (operator) {
      case NOT_EQUAL -> order != 0;
      case LESS -> order < 0;
      case LESS_OR_EQUAL -> order <= 0;
      case EQUAL -> order == 0;
      case GREATER_OR_EQUAL -> order >= 0;
      case GREATER -> order > 0;
      case MASKED_EQUAL -> (argument & mask) == value;
    };
  }

  /** Returns the condition such as {@code arg0 & 0x7e020000 == 0x0}. */
  @Override
  public String toString() {
    String left = "arg" + index;
    if (operator == Operator.MASKED_EQUAL) {
      left += " & 0x" + Long.toHexString(mask);
    }
    return left + " " + operator.sign + " 0x" + Long.toHexString(value);
  }
}
