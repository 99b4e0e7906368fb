package io.k8or.seccomp.machine;

import java.util.Map;

/**
 * The machine code of one ELF object, split into functions, with all that its instructions refer
 * to.
 *
 * <p>A function is a range of addresses that begins where a symbol, an unwinding frame, a call, or
 * a pointer says that one begins, and ends where the next begins.
 */
public interface MachineCode {
  /** Returns where the functions are. */
  Functions table();

  /** Returns the number of functions. */
  default int functions() {
    return table().count();
  }

  /** Returns the first address of a function. */
  default long start(int function) {
    return table().start(function);
  }

  /** Returns the address behind a function. */
  default long end(int function) {
    return table().end(function);
  }

  /**
   * Says whether something calls the function's first address or takes it; else it is a part of
   * another function, or of no use.
   */
  default boolean isCallable(int function) {
    return table().isCallable(function);
  }

  /** Says whether the function's last instruction goes on into the next function. */
  boolean fallsThrough(int function);

  /** Returns all references but jumps within a function. */
  References references();

  /** Returns the function at the address, or -1. */
  default int functionAt(long address) {
    return table().at(address);
  }

  /** Returns what places hold at the instructions of a function. Cost: passes over the function. */
  FunctionValues values(int function);

  /**
   * Returns what places hold at the instructions of a function that is entered with constants:
   * branches that these decide are not followed, and words of the stack that the function gives
   * away are not known any more. Cost: passes over what can run of the function.
   *
   * @param constants by place
   */
  default FunctionValues values(int function, Map<Integer, Long> constants, Memory memory) {
    return values(function); // which says that it is not complete
  }
}
