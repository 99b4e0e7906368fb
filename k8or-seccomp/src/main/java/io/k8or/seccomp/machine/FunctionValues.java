package io.k8or.seccomp.machine;

import java.util.List;

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

  /**
   * Says whether all that can run of the function was seen: each jump's targets are known. Else
   * {@link #enters} says nothing.
   */
  default boolean isComplete() {
    return false;
  }

  /** Says whether the instruction can run. */
  default boolean enters(long at) {
    return true;
  }

  /**
   * Returns the blocks that can run: their starts, ascending, each with its end behind it. Where
   * that is not known it is all there is.
   */
  default long[] blocks() {
    return new long[] {Long.MIN_VALUE, Long.MAX_VALUE};
  }

  /** Returns the functions whose code belongs to the function's graph, itself included. */
  default List<Integer> parts() {
    return List.of();
  }

  /** Returns the places whose value at entry conditions look at, a bit each. */
  default long conditions() {
    return 0;
  }

  /**
   * Returns the places, a bit each, that did not hold 0 when the function was entered, if the
   * instruction is reached: all ways to it have asked for that.
   */
  default long nonZero(long at) {
    return 0;
  }

  /** Says whether the instruction is in the function's graph at all. */
  boolean covers(long at);
}
