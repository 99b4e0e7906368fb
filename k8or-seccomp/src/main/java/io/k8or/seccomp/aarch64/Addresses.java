package io.k8or.seccomp.aarch64;

import io.k8or.seccomp.machine.CodeBytes;
import io.k8or.seccomp.machine.References;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds what the instructions of a range refer to. An address takes two instructions or more: adrp
 * makes a page, and an add, a load or a store the rest, maybe far behind it. So the addresses that
 * registers can hold are carried along all paths, several for a register where paths meet.
 *
 * <p>An over-approximation, but for this: of addresses that a loop adds to, only a few are kept.
 * What matters of those is the object that they begin with, which was seen before the loop.
 */
final class Addresses {
  private static final int REGISTERS = 31;
  private static final int FIRST_KEPT = 19;
  private static final int LAST_KEPT = 28;
  private static final int FRAME = 29;
  private static final int MAX_DERIVED = 8;
  private static final int MAX_PASSES = 20;
  private static final int CALL_DISTANCE = 12;
  private static final long[] NONE = new long[0];

  private final CodeBytes part;
  private final Decoder decoder;
  private final LongPredicate immediates;
  private final References found;
  private final Instruction instruction = new Instruction();
  private final Instruction ahead = new Instruction();
  private final Set<Long> labels = new HashSet<>();

  // What adrp makes in the range: of these all are kept where paths meet.
  private final Set<Long> pages = new HashSet<>();
  private final Map<Long, long[][]> joins = new HashMap<>();
  private long[][] registers = new long[REGISTERS][];
  // The number that movz and movk made in a register, and whether there is one.
  private final long[] numbers = new long[REGISTERS];
  private final boolean[] isNumber = new boolean[REGISTERS];
  // The address that a register was loaded from, for a call through it; 0 for none.
  private final long[] slots = new long[REGISTERS];
  // What was seen in the registers that calls keep, and in words of the stack, anywhere.
  private long[][] ever = new long[REGISTERS][];
  private long[] spilled = NONE;
  private long @Nullable [][] atJumps;
  private boolean emits;
  private boolean changed;
  private long start;
  private long end;

  Addresses(CodeBytes part, LongPredicate immediates, References found) {
    this.part = part;
    this.decoder = new Decoder(part);
    this.immediates = immediates;
    this.found = found;
  }

  /** Returns addresses inside the last range that are bases of its jump tables. */
  Set<Long> labels() {
    return labels;
  }

  /** Notes what the instructions of a range refer to. */
  void run(long from, long to) {
    start = from;
    end = to;
    joins.clear();
    labels.clear();
    pages.clear();
    ever = empty();
    spilled = NONE;
    atJumps = null;
    emits = false;
    changed = true;
    for (int pass = 0; changed && pass < MAX_PASSES; pass++) {
      changed = pass == 0; // once more for what switches and handlers lead to
      pass();
    }
    emits = true;
    pass();
    if (atJumps == null) {
      labels.clear();
    }
  }

  private static long[][] empty() {
    long[][] none = new long[REGISTERS][];
    Arrays.fill(none, NONE);
    return none;
  }

  private void pass() {
    registers = empty();
    forgetNumbers();
    boolean reached = true;
    for (long at = start; at + 4 <= end; at += 4) {
      long[][] join = joins.get(at);
      if (join != null) {
        registers = reached ? union(registers, join) : join.clone();
        forgetNumbers();
      } else if (!reached) {
        // A case of a switch, or the handler of an exception.
        registers = union(atJumps == null ? empty() : atJumps, ever);
        forgetNumbers();
      }
      reached = true;
      if (!decoder.decode((int) (at - part.start()), instruction)) {
        reached = false;
        continue;
      }
      step(instruction);
      if (instruction.isEnd()) {
        reached = false;
      }
    }
  }

  private void forgetNumbers() {
    Arrays.fill(isNumber, false);
    Arrays.fill(slots, 0);
  }

  private long[][] union(long[][] a, long[][] b) {
    long[][] both = new long[REGISTERS][];
    for (int r = 0; r < REGISTERS; r++) {
      both[r] = union(a[r], b[r]);
    }
    return both;
  }

  private long[] union(long[] a, long[] b) {
    if (a == b || b.length == 0) {
      return a;
    }
    if (a.length == 0) {
      return b;
    }
    long[] both = a;
    int derived = 0;
    for (long value : a) {
      derived += pages.contains(value) ? 0 : 1;
    }
    for (long value : b) {
      boolean has = false;
      for (long other : both) {
        has |= other == value;
      }
      if (!has && (pages.contains(value) || derived++ < MAX_DERIVED)) {
        both = Arrays.copyOf(both, both.length + 1);
        both[both.length - 1] = value;
      }
    }
    return both;
  }

  private void joinAt(long target) {
    if (target < start || target >= end) {
      return;
    }
    long[][] known = joins.get(target);
    if (known == null) {
      joins.put(target, registers.clone());
      changed |= target <= instruction.address;
      return;
    }
    for (int r = 0; r < REGISTERS; r++) {
      long[] both = union(known[r], registers[r]);
      if (both != known[r]) {
        known[r] = both;
        changed |= target <= instruction.address;
      }
    }
  }

  private void emit(byte kind, long target) {
    // The address of its slot, that a stub leaves for the loader, is of no use to others.
    boolean slot = kind == References.ADDRESS || kind == References.ACCESS;
    if (emits && !(part.linkage() && slot)) {
      found.add(instruction.address, kind, target);
    }
  }

  private void emitAll(long[] addresses) {
    for (long address : addresses) {
      emit(References.ADDRESS, address);
    }
  }

  private long[] of(int register) {
    return register >= 0 && register < REGISTERS ? registers[register] : NONE;
  }

  private boolean isNumber(int register) {
    return register >= 0 && register < REGISTERS && isNumber[register];
  }

  private void set(int register, long[] addresses) {
    if (register < 0 || register >= REGISTERS) {
      return;
    }
    registers[register] = addresses;
    isNumber[register] = false;
    slots[register] = 0;
    if (register >= FIRST_KEPT && register <= LAST_KEPT && addresses.length > 0) {
      ever[register] = union(ever[register], addresses);
    }
  }

  private static long[] plus(long[] addresses, long distance) {
    return addresses.length == 0 || distance == 0
        ? addresses
        : Arrays.stream(addresses).map(address -> address + distance).toArray();
  }

  private void step(Instruction i) {
    switch (i.operation) {
      case ADRP -> {
        pages.add(i.target);
        set(i.rd, new long[] {i.target});
      }
      case ADR -> {
        emit(References.ADDRESS, i.target);
        if (i.target > start && i.target < end) {
          labels.add(i.target);
        }
        set(i.rd, new long[] {i.target});
      }
      case ADD_IMMEDIATE -> {
        long[] sums = i.wide ? plus(of(i.rn), i.immediate) : NONE;
        emitAll(sums);
        set(i.rd, sums);
      }
      case ADD -> set(i.rd, sum(i));
      case ORR -> {
        boolean copies = i.rn == Instruction.ZERO && i.amount == 0 && i.wide;
        boolean number = copies && isNumber(i.rm);
        long value = number ? numbers[i.rm] : 0;
        set(i.rd, copies ? of(i.rm) : NONE);
        number(i.rd, number, value);
      }
      case SELECT -> set(i.rd, union(of(i.rn), of(i.rm)));
      case MOVE_WIDE -> {
        set(i.rd, address(i.immediate));
        number(i.rd, true, i.immediate);
      }
      case MOVE_KEEP -> {
        boolean number = isNumber(i.rd);
        long value = number ? (numbers[i.rd] & ~(0xffffL << i.amount)) | i.immediate : 0;
        set(i.rd, number ? address(value) : NONE);
        number(i.rd, number, value);
      }
      case ORR_IMMEDIATE -> {
        boolean copies = i.rn == Instruction.ZERO;
        set(i.rd, copies ? address(i.immediate) : NONE);
        number(i.rd, copies, i.immediate);
      }
      case LOAD_LITERAL -> literal(i);
      case LOAD, LOAD_SIGNED, STORE, LOAD_PAIR, STORE_PAIR -> access(i);
      case ATOMIC -> {
        emitAll(of(i.rn));
        set(i.rd, NONE);
        set(i.rm, NONE);
        set(i.rd2, NONE);
      }
      case JUMP, BRANCH -> {
        emit(References.JUMP, i.target);
        joinAt(i.target);
      }
      case CALL, INDIRECT_CALL -> {
        if (i.operation == Operation.CALL) {
          emit(References.CALL, i.target);
        } else {
          through(i, References.CALL_SLOT, References.INDIRECT_CALL);
        }
        for (int r = 0; r < FIRST_KEPT; r++) {
          set(r, NONE);
        }
        set(30, NONE);
      }
      case INDIRECT_JUMP -> {
        through(i, References.JUMP_SLOT, References.INDIRECT_JUMP);
        atJumps = atJumps == null ? registers.clone() : union(atJumps, registers);
      }
      case SYSTEM_CALL -> {
        emit(References.SYSCALL, 0);
        set(0, NONE);
      }
      case NOTHING, RETURN, STOP, UNDEFINED -> {}
      case CLOBBER -> {
        emitAll(of(i.rn));
        set(i.rd, NONE);
        set(i.rm, NONE);
      }
      default -> set(i.rd, NONE);
    }
  }

  private void number(int register, boolean is, long value) {
    if (register < REGISTERS) {
      isNumber[register] = is;
      numbers[register] = value;
    }
  }

  private long[] address(long value) {
    if (!immediates.test(value)) {
      return NONE;
    }
    emit(References.ADDRESS, value);
    return new long[] {value};
  }

  private long[] sum(Instruction i) {
    boolean plain = i.wide && i.amount == 0 && i.shift == 0;
    emitAll(of(i.rn));
    if (!plain) {
      return NONE;
    }
    emitAll(of(i.rm));
    long[] sums = NONE;
    if (isNumber(i.rm)) {
      sums = plus(of(i.rn), numbers[i.rm]);
    } else if (isNumber(i.rn)) {
      sums = plus(of(i.rm), numbers[i.rn]);
    }
    emitAll(sums);
    return sums;
  }

  private void literal(Instruction i) {
    emit(References.ACCESS, i.target);
    int at = (int) (i.target - part.start());
    long[] value = NONE;
    if (i.size == 8 && part.contains(i.target) && at + 8 <= part.bytes().length) {
      long word = 0;
      for (int n = 7; n >= 0; n--) {
        word = word << 8 | (part.bytes()[at + n] & 0xff);
      }
      value = address(word);
    }
    set(i.rd, value);
  }

  private void access(Instruction i) {
    boolean load =
        switch (i.operation) {
          case STORE, STORE_PAIR -> false;
          default -> true;
        };
    boolean pair = i.rd2 != Instruction.NONE;
    boolean stack = i.rn == Instruction.SP || i.rn == FRAME;
    long[] bases = of(i.rn);
    boolean indexed = i.rm != Instruction.NONE;
    boolean distance = indexed && i.amount == 0 && isNumber(i.rm);
    long slot = 0;
    if (indexed && !distance) {
      emitAll(bases);
      if (i.amount == 0) {
        emitAll(of(i.rm));
      }
    } else {
      long by = distance ? numbers[i.rm] : i.mode == Instruction.POST_INDEX ? 0 : i.immediate;
      boolean called = load && !pair && i.size == 8 && bases.length == 1 && isForCall(i);
      for (long base : bases) {
        if (called) {
          slot = base + by;
        } else {
          words(i, base + by, pair);
        }
      }
    }
    if (!load && stack && !i.vector) {
      long[] more = union(union(spilled, of(i.rd)), of(i.rd2));
      changed |= more.length != spilled.length;
      spilled = more;
    }
    if (load && !i.vector) {
      boolean restores = stack && i.size == 8;
      set(i.rd, restores ? spilled : NONE);
      if (pair) {
        set(i.rd2, restores ? spilled : NONE);
      }
      if (slot != 0 && i.rd < REGISTERS) {
        slots[i.rd] = slot;
      }
    }
    if (i.mode != Instruction.OFFSET) {
      emitAll(bases);
      set(i.rn, NONE);
    }
  }

  private void words(Instruction i, long address, boolean pair) {
    int bytes = i.size * (pair || (i.vector && i.rd2 != Instruction.NONE) ? 2 : 1);
    for (int at = 0; at < bytes; at += 8) {
      emit(References.ACCESS, address + at);
    }
  }

  /** Says whether what is loaded is only called or jumped to, a few instructions on. */
  private boolean isForCall(Instruction load) {
    int register = load.rd;
    if (register >= FIRST_KEPT) {
      return false;
    }
    for (int n = 1; n <= CALL_DISTANCE; n++) {
      long at = load.address + 4L * n;
      if (at + 4 > end || joins.containsKey(at)) {
        return false;
      }
      if (!decoder.decode((int) (at - part.start()), ahead)) {
        return false;
      }
      if (ahead.operation == Operation.INDIRECT_CALL
          || ahead.operation == Operation.INDIRECT_JUMP) {
        return ahead.rn == register;
      }
      boolean uses =
          ahead.rd == register
              || ahead.rn == register
              || ahead.rm == register
              || ahead.rd2 == register;
      boolean leaves =
          ahead.isEnd()
              || ahead.operation == Operation.CALL
              || ahead.operation == Operation.BRANCH
              || ahead.operation == Operation.ATOMIC;
      if (uses || leaves) {
        return false;
      }
    }
    return false;
  }

  private void through(Instruction i, byte slotKind, byte otherKind) {
    long slot = i.rn < REGISTERS ? slots[i.rn] : 0;
    emit(slot != 0 ? slotKind : otherKind, slot);
  }
}
