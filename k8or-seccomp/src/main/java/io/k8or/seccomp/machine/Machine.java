package io.k8or.seccomp.machine;

import java.util.function.LongPredicate;

/** What differs from one architecture to the next in an ELF object and in calling conventions. */
public interface Machine {
  /** What a relocation asks of the loader. */
  enum RelocationKind {
    /** An address of a symbol, plus an addend. */
    SYMBOL_PLUS,
    /** An address of a symbol. */
    SYMBOL,
    /** A copy of a variable of a library. */
    COPY,
    /** An address of the object itself. */
    RELATIVE,
    /** What a function of the object returns, which the loader calls. */
    CHOSEN,
    /** Something of thread-local storage. */
    THREAD_LOCAL,
    /** Another thing, which holds no address. */
    OTHER
  }

  /** Returns the number of the machine in an ELF header. */
  int number();

  /** Returns what a relocation of the type asks for. */
  RelocationKind kind(int relocationType);

  /** Returns the place that holds the number of a system call where the kernel is entered. */
  int numberPlace();

  /** Returns the number of seccomp(2). */
  int seccompNumber();

  /** Returns the place that holds an argument of a call; the first is 0. */
  int argumentPlace(int argument);

  /**
   * Begins to read code.
   *
   * @param immediates whether a number in an instruction may be an address of the object, which
   *     only programs at fixed addresses have
   */
  CodeBuilder<? extends MachineCode> code(LongPredicate immediates);
}
