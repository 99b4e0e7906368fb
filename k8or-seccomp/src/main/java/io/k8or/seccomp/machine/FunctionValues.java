package io.k8or.seccomp.machine;

/** What places hold at the instructions of one function, see {@link Value} for places. */
public interface FunctionValues {
  /**
   * Returns what a place of the callee holds where an instruction calls or jumps to it, or where it
   * enters the kernel.
   *
   * @param at the instruction's address
   * @param place the callee's place
   * @param call whether it is a call: a machine may push a return address
   */
  Value at(long at, int place, boolean call);

  /**
   * Says whether jumps lead from the function's start to the instruction; else what is known of the
   * places there is a guess.
   */
  boolean reaches(long at);

  /** Says whether the instruction is in the function's graph at all. */
  boolean covers(long at);
}
