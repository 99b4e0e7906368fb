package io.k8or.seccomp.x86;

import io.k8or.seccomp.machine.Value;
import java.util.HashMap;
import java.util.Map;

/** What the registers and the words of the stack hold at one point of a function. */
final class State {
  final Value[] registers = new Value[16];
  // By the offset from the stack pointer at entry; what is missing is as it was at entry.
  final Map<Long, Value> slots;

  private State(Map<Long, Value> slots) {
    this.slots = slots;
  }

  static State atEntry() {
    State state = new State(new HashMap<>());
    for (int i = 0; i < 16; i++) {
      state.registers[i] = Value.place(i);
    }
    state.registers[4] = Value.stack(0);
    return state;
  }

  static State unknown() {
    State state = new State(new HashMap<>());
    for (int i = 0; i < 16; i++) {
      state.registers[i] = Value.ANYTHING;
    }
    return state;
  }

  State copy() {
    State copy = new State(new HashMap<>(slots));
    System.arraycopy(registers, 0, copy.registers, 0, 16);
    return copy;
  }

  Value slot(long offset) {
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

  /** Forgets what may be in the bytes. */
  void forget(long from, long size) {
    for (long at = from - 7; at < from + size; at++) {
      if (slots.containsKey(at) || (at >= 0 && at % 8 == 0)) {
        slots.put(at, Value.ANYTHING);
      }
    }
  }

  /** Takes in the other state; says whether this one changed. */
  boolean join(State other) {
    boolean changed = false;
    for (int i = 0; i < 16; i++) {
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
        Value both = slot(entry.getKey()).or(entry.getValue());
        if (!both.equals(slot(entry.getKey()))) {
          slots.put(entry.getKey(), both);
          changed = true;
        }
      }
    }
    return changed;
  }
}
