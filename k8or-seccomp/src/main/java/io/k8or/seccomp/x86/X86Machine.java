package io.k8or.seccomp.x86;

import io.k8or.elf.ElfHeader;
import io.k8or.seccomp.machine.CodeBuilder;
import io.k8or.seccomp.machine.Machine;
import io.k8or.seccomp.machine.MachineCode;
import java.util.function.LongPredicate;

/** x86-64 with the System V ABI. */
public final class X86Machine implements Machine {
  private static final int[] ARGUMENTS = {7, 6, 2, 1, 8, 9}; // rdi rsi rdx rcx r8 r9

  /** Makes it. */
  public X86Machine() {}

  @Override
  public int number() {
    return ElfHeader.EM_X86_64;
  }

  @Override
  public RelocationKind kind(int type) {
    return switch (type) {
      case 1 -> RelocationKind.SYMBOL_PLUS;
      case 5 -> RelocationKind.COPY;
      case 6, 7 -> RelocationKind.SYMBOL;
      case 8 -> RelocationKind.RELATIVE;
      case 16, 17, 18, 19, 20, 21, 22, 23, 36 -> RelocationKind.THREAD_LOCAL;
      case 37 -> RelocationKind.CHOSEN;
      default -> RelocationKind.OTHER;
    };
  }

  @Override
  public int numberPlace() {
    return 0; // rax
  }

  @Override
  public int seccompNumber() {
    return 317;
  }

  @Override
  public int argumentPlace(int argument) {
    return ARGUMENTS[argument];
  }

  @Override
  public CodeBuilder<? extends MachineCode> code(LongPredicate immediates) {
    return new CodeBuilder<Code>(immediates, Code::of);
  }

  @Override
  public String toString() {
    return "x86-64";
  }
}
