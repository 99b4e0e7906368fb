package io.k8or.seccomp.aarch64;

import io.k8or.elf.ElfHeader;
import io.k8or.seccomp.machine.CodeBuilder;
import io.k8or.seccomp.machine.Machine;
import io.k8or.seccomp.machine.MachineCode;
import java.util.function.LongPredicate;

/**
 * 64-bit Arm with its procedure call standard (AAPCS64) and its ELF (both in Arm's "ABI for the Arm
 * 64-bit Architecture").
 */
public final class Aarch64Machine implements Machine {
  /** Makes it. */
  public Aarch64Machine() {}

  @Override
  public int number() {
    return ElfHeader.EM_AARCH64;
  }

  @Override
  public RelocationKind kind(int type) {
    return switch (type) {
      case 257 -> RelocationKind.SYMBOL_PLUS; // ABS64
      case 1024 -> RelocationKind.COPY;
      case 1025, 1026 -> RelocationKind.SYMBOL; // GLOB_DAT, JUMP_SLOT
      case 1027 -> RelocationKind.RELATIVE;
      case 1028, 1029, 1030, 1031 -> RelocationKind.THREAD_LOCAL; // with TLSDESC
      case 1032 -> RelocationKind.CHOSEN; // IRELATIVE
      default -> RelocationKind.OTHER;
    };
  }

  @Override
  public int numberPlace() {
    return 8; // x8
  }

  @Override
  public int seccompNumber() {
    return 277;
  }

  @Override
  public int argumentPlace(int argument) {
    return argument;
  }

  @Override
  public CodeBuilder<? extends MachineCode> code(LongPredicate immediates) {
    return new CodeBuilder<Code>(immediates, Code::of);
  }

  @Override
  public String toString() {
    return "aarch64";
  }
}
