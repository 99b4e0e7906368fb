package io.k8or.seccomp.bpf;

import io.k8or.seccomp.Architecture;
import io.k8or.seccomp.ArgumentCondition;
import java.util.List;

/**
 * What a filter sees of a system call, {@code struct seccomp_data} of linux/seccomp.h.
 *
 * @param number the call's number; above 0x40000000 for the x32 interface
 * @param architecture {@code AUDIT_ARCH_*} of linux/audit.h
 * @param instructionPointer where the call was made
 * @param arguments its six arguments
 */
public record SyscallData(
    int number, int architecture, long instructionPointer, List<Long> arguments) {
  static final int NUMBER = 0;
  static final int ARCHITECTURE = 4;
  static final int ARGUMENTS = 16;
  static final int SIZE = ARGUMENTS + 8 * ArgumentCondition.ARGUMENTS;

  /**
   * Makes the data of a call.
   *
   * @throws IllegalArgumentException if there are not six arguments
   */
  public SyscallData {
    arguments = List.copyOf(arguments);
    if (arguments.size() != ArgumentCondition.ARGUMENTS) {
      throw new IllegalArgumentException("not six arguments: " + arguments);
    }
  }

  /** Returns the data of a call with these arguments; further ones are 0. */
  public static SyscallData of(Architecture architecture, int number, long... arguments) {
    Long[] all = {0L, 0L, 0L, 0L, 0L, 0L};
    if (arguments.length > all.length) {
      throw new IllegalArgumentException("more than six arguments: " + arguments.length);
    }
    for (int i = 0; i < arguments.length; i++) {
      all[i] = arguments[i];
    }
    return new SyscallData(number, architecture.auditNumber(), 0, List.of(all));
  }

  /** Returns the word of 32 bits at an offset, as a little-endian machine has it. */
  int word(int offset) {
    if (offset == NUMBER) {
      return number;
    } else if (offset == ARCHITECTURE) {
      return architecture;
    } else if (offset < ARGUMENTS) {
      return (int) (instructionPointer >>> (8 * (offset - 8)));
    }
    long argument = arguments.get((offset - ARGUMENTS) / 8);
    return (int) (argument >>> (8 * ((offset - ARGUMENTS) % 8)));
  }
}
