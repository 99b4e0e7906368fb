package io.k8or.seccomp.bpf;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds a program from its end. A place is counted from the end, so it stays what it is while the
 * program grows at its beginning; jumps go to places that are there already. Where one is too far
 * for the eight bits of a jump, a copy of the return or an unconditional jump is put in between.
 */
final class Assembler {
  private static final int FARTHEST = 255;

  private final List<BpfInstruction> reversed = new ArrayList<>();
  private final Map<Integer, Integer> returns = new HashMap<>();

  /** Returns the place of a return with the value. */
  int ret(int value) {
    Integer known = returns.get(value);
    return known != null ? known : newReturn(value);
  }

  private int newReturn(int value) {
    int place = add(new BpfInstruction(BpfInstruction.RETURN, 0, 0, value));
    returns.put(value, place);
    return place;
  }

  /** Adds an instruction that goes on at a place. */
  int then(int code, int k, int next) {
    if (next != reversed.size() - 1) {
      // Two conditional jumps' worth of room is left for what comes between.
      add(new BpfInstruction(BpfInstruction.JUMP, 0, 0, reversed.size() - 1 - next));
    }
    return add(new BpfInstruction(code, 0, 0, k));
  }

  /** Adds a conditional jump. */
  int jump(int code, int k, int ifTrue, int ifFalse) {
    if (ifTrue == ifFalse) {
      return ifTrue;
    }
    // What is brought near for one may push the other out of reach: one slot is kept for that.
    int near = near(ifTrue, 1);
    int other = near(ifFalse, 0);
    return add(new BpfInstruction(code, distance(near), distance(other), k));
  }

  private int near(int place, int reserve) {
    if (distance(place) + reserve <= FARTHEST) {
      return place;
    }
    BpfInstruction target = reversed.get(place);
    if (target.code() == BpfInstruction.RETURN) {
      int known = ret(target.k());
      return distance(known) + reserve <= FARTHEST ? known : newReturn(target.k());
    }
    return add(new BpfInstruction(BpfInstruction.JUMP, 0, 0, distance(place)));
  }

  private int distance(int place) {
    return reversed.size() - 1 - place;
  }

  private int add(BpfInstruction instruction) {
    reversed.add(instruction);
    return reversed.size() - 1;
  }

  /**
   * Returns the program that begins at a place.
   *
   * @throws IllegalStateException if something was added after it
   */
  List<BpfInstruction> program(int start) {
    if (start != reversed.size() - 1) {
      add(new BpfInstruction(BpfInstruction.JUMP, 0, 0, distance(start)));
    }
    List<BpfInstruction> program = new ArrayList<>(reversed);
    Collections.reverse(program);
    return program;
  }
}
