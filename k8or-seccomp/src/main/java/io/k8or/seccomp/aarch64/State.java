package io.k8or.seccomp.aarch64;

import io.k8or.seccomp.machine.ForwardAnalysis;
import io.k8or.seccomp.machine.Value;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** What the registers and the words of the stack hold at one point of a function. */
final class State implements ForwardAnalysis.Facts<State> {
  private static final int REGISTERS = 32;
  // Registers that can bring something in, as places have it.
  private static final int PLACES = Value.FIRST_SLOT;

  private final Value[] registers = new Value[REGISTERS];
  // By the offset from the stack pointer at entry; what is missing is as it was at entry.
  private final Map<Long, Value> slots;
  // The places that did not hold 0 at entry, on all ways that lead here; a bit each.
  private long nonZero;

  private State(Map<Long, Value> slots) {
    this.slots = slots;
  }

  static State atEntry() {
    State state = unknown();
    for (int i = 0; i < PLACES; i++) {
      state.registers[i] = Value.place(i);
    }
    state.registers[Instruction.SP] = Value.stack(0);
    return state;
  }

  static State unknown() {
    State state = new State(new HashMap<>());
    Arrays.fill(state.registers, Value.ANYTHING);
    return state;
  }

  @Override
  public State copy() {
    State copy = new State(new HashMap<>(slots));
    System.arraycopy(registers, 0, copy.registers, 0, REGISTERS);
    copy.nonZero = nonZero;
    return copy;
  }

  Value get(int register) {
    return register == Instruction.ZERO ? Value.constant(0) : registers[register];
  }

  void set(int register, Value value) {
    if (register >= 0 && register < REGISTERS) {
      registers[register] = value;
    }
  }

  private Value slot(long offset) {
    Value value = slots.get(offset);
    if (value != null) {
      return value;
    }
    return offset >= 0 && offset % 8 == 0 && offset / 8 < Value.FIRST_WORD - Value.FIRST_SLOT
        ? Value.place(Value.FIRST_SLOT + (int) (offset / 8))
        : Value.ANYTHING;
  }

  /** Returns the word that the address points to. */
  Value word(Value address) {
    if (address.isStack()) {
      return slot(address.offset());
    }
    int register = address.register();
    return register < 0 ? Value.ANYTHING : Value.place(Value.FIRST_WORD + register);
  }

  /** Returns what holds where a register is not 0. */
  State whereNotZero(int register, int size) {
    State other = copy();
    Value value = get(register);
    int place = value.onePlace();
    other.nonZero |= place < 0 ? 0 : 1L << place;
    if (register != Instruction.ZERO) {
      other.set(register, value.withoutZero(size));
    }
    return other;
  }

  /** Notes that bytes are written; a value where they are a word. */
  void store(Value address, int size, Value value) {
    if (!address.isStack()) {
      return;
    }
    long from = address.offset();
    for (long at = from - 7; at < from + size; at++) {
      if (slots.containsKey(at) || (at >= 0 && at % 8 == 0)) {
        slots.put(at, Value.ANYTHING);
      }
    }
    if (size == 8 || size == 4) {
      // Of a word of four bytes its upper half is what no system call number needs.
      slots.put(from, size == 8 ? value : value.low32());
    }
  }

  @Override
  public long nonZero() {
    return nonZero;
  }

  @Override
  public void forgetNonZero() {
    nonZero = 0;
  }

  @Override
  public boolean join(State other) {
    boolean changed = (nonZero & ~other.nonZero) != 0;
    nonZero &= other.nonZero;
    for (int i = 0; i < REGISTERS; i++) {
      Value both = registers[i].or(other.registers[i]);
      if (!both.equals(registers[i])) {
        registers[i] = both;
        changed = true;
      }
    }
    for (Map.Entry<Long, Value> entry : Map.copyOf(slots).entrySet()) {
      Value both = entry.getValue().or(other.slot(entry.getKey()));
      if (!both.equals(entry.getValue())) {
        slots.put(entry.getKey(), both);
        changed = true;
      }
    }
    for (Map.Entry<Long, Value> entry : other.slots.entrySet()) {
      if (!slots.containsKey(entry.getKey())) {
        Value here = slot(entry.getKey());
        Value both = here.or(entry.getValue());
        if (!both.equals(here)) {
          slots.put(entry.getKey(), both);
          changed = true;
        }
      }
    }
    return changed;
  }
}
