package io.k8or.seccomp.x86;

import io.k8or.seccomp.machine.ForwardAnalysis;
import io.k8or.seccomp.machine.Memory;
import io.k8or.seccomp.machine.Value;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What the registers and the words of the stack hold at one point of a function. */
final class State implements ForwardAnalysis.Facts<State> {
  final Value[] registers = new Value[16];
  // By the offset from the stack pointer at entry; what is missing is as it was at entry.
  final Slots slots;
  // What never changes; null where nothing is looked up and the stack is taken to be private.
  private final @Nullable Memory memory;
  // Whether an address in the frame was given away, and whether what is missing above is unknown.
  private boolean escaped;
  private boolean lost;
  // What was compared last: a value of so many bytes, with a constant; 0 bytes for nothing known.
  Value compared = Value.ANYTHING;
  long against;
  int comparedSize;
  // The places that did not hold 0 at entry, on all ways that lead here; a bit each.
  private long nonZero;

  private State(Slots slots, @Nullable Memory memory) {
    this.slots = slots;
    this.memory = memory;
  }

  static State atEntry() {
    return atEntry(Map.of(), null);
  }

  static State atEntry(Map<Integer, Long> constants, @Nullable Memory memory) {
    State state = new State(new Slots(), memory);
    for (int i = 0; i < 16; i++) {
      Long constant = constants.get(i);
      state.registers[i] = constant == null ? Value.place(i) : Value.constant(constant);
    }
    state.registers[4] = Value.stack(0);
    return state;
  }

  static State unknown() {
    State state = new State(new Slots(), null);
    for (int i = 0; i < 16; i++) {
      state.registers[i] = Value.ANYTHING;
    }
    return state;
  }

  @Override
  public State copy() {
    State copy = new State(slots.copy(), memory);
    copy.escaped = escaped;
    copy.lost = lost;
    copy.compared = compared;
    copy.against = against;
    copy.comparedSize = comparedSize;
    copy.nonZero = nonZero;
    System.arraycopy(registers, 0, copy.registers, 0, 16);
    return copy;
  }

  Value slot(long offset) {
    Value value = slots.get(offset);
    if (value != null) {
      return value;
    }
    return !lost
            && offset >= 0
            && offset % 8 == 0
            && offset / 8 < Value.FIRST_WORD - Value.FIRST_SLOT
        ? Value.place(Value.FIRST_SLOT + (int) (offset / 8))
        : Value.ANYTHING;
  }

  /** Notes that an address in the frame stands in a register, and may be handed on. */
  void giveAway() {
    escaped = memory != null;
  }

  /** Notes that something unknown may have written to what was given away. */
  void stray() {
    if (escaped) {
      slots.clear();
      lost = true;
    }
  }

  /** Returns the word that the address points to. */
  Value word(Value address, int size) {
    if (address.isStack()) {
      return slot(address.offset());
    }
    if (memory != null && address.isConstant()) {
      Value read = Value.NOTHING;
      for (long at : address.constants()) {
        OptionalLong word = memory.read(at, size);
        read = read.or(word.isPresent() ? Value.constant(word.getAsLong()) : Value.ANYTHING);
      }
      return read;
    }
    int register = address.register();
    return register < 0 ? Value.ANYTHING : Value.place(Value.FIRST_WORD + register);
  }

  /** Notes that a value is not 0 here; returns what it can be. */
  Value notZero(Value value, int size) {
    int place = value.onePlace();
    nonZero |= place < 0 ? 0 : 1L << place;
    return value.withoutZero(size);
  }

  /** Forgets what may be in the bytes. */
  void forget(long from, long size) {
    slots.forget(from - 7, from + size);
    for (long at = Math.max(0, from & ~7L); at < from + size; at += 8) {
      slots.put(at, Value.ANYTHING);
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
    boolean changed = (other.escaped && !escaped) || (other.lost && !lost);
    escaped |= other.escaped;
    changed |= (nonZero & ~other.nonZero) != 0;
    nonZero &= other.nonZero;
    if (comparedSize != 0
        && (comparedSize != other.comparedSize
            || against != other.against
            || !compared.equals(other.compared))) {
      comparedSize = 0; // Compilers compare where they branch.
      changed = true;
    }
    for (int i = 0; i < 16; i++) {
      Value both = registers[i].or(other.registers[i]);
      if ((registers[i].isStack() || other.registers[i].isStack()) && !both.isStack()) {
        giveAway();
      }
      if (!both.equals(registers[i])) {
        registers[i] = both;
        changed = true;
      }
    }
    for (int i = 0; i < slots.size(); i++) {
      Value here = slots.value(i);
      Value both = here.or(other.slot(slots.offset(i)));
      if (!both.equals(here)) {
        slots.set(i, both);
        changed = true;
      }
    }
    for (int i = 0; i < other.slots.size(); i++) {
      long offset = other.slots.offset(i);
      if (slots.get(offset) == null) {
        Value before = slot(offset);
        Value both = before.or(other.slots.value(i));
        if (!both.equals(before)) {
          slots.put(offset, both);
          changed = true;
        }
      }
    }
    lost |= other.lost;
    return changed;
  }
}
