package io.k8or.seccomp.aarch64;

import io.k8or.seccomp.machine.Value;
import java.util.function.LongUnaryOperator;

/** What instructions do to registers and words of the stack. */
final class Steps {
  // How far down an aligned stack is is not known: it counts as one of its own, far away.
  private static final long ALIGNED_STACK = 1L << 20;
  private static final int LAST_LOST = 18;
  private static final int LINK = 30;
  private static final int UXTW = 31;

  private Steps() {}

  static void step(State s, Instruction i) {
    switch (i.operation) {
      case ADR, ADRP -> s.set(i.rd, Value.constant(i.target));
      case ADD_IMMEDIATE -> set(s, i, s.get(i.rn).plus(i.immediate, i.wide));
      case ADD -> set(s, i, sum(s, i));
      case SUB -> set(s, i, difference(s, i));
      case AND_IMMEDIATE -> {
        if (i.rd == Instruction.SP) {
          s.set(i.rd, s.get(i.rn).plus(-ALIGNED_STACK, true));
        } else {
          set(s, i, map(s.get(i.rn), v -> v & i.immediate));
        }
      }
      case ORR_IMMEDIATE -> set(s, i, map(s.get(i.rn), v -> v | i.immediate));
      case EOR_IMMEDIATE -> set(s, i, map(s.get(i.rn), v -> v ^ i.immediate));
      case AND, ORR, EOR -> logical(s, i);
      case MOVE_WIDE -> s.set(i.rd, Value.constant(i.immediate));
      case MOVE_KEEP ->
          set(s, i, map(s.get(i.rd), v -> (v & ~(0xffffL << i.amount)) | i.immediate));
      case UNSIGNED_FIELD, SIGNED_FIELD -> set(s, i, field(s.get(i.rn), i));
      case SELECT -> set(s, i, s.get(i.rn).or(s.get(i.rm)));
      case SELECT_INCREMENT -> set(s, i, s.get(i.rn).or(map(s.get(i.rm), v -> v + 1)));
      case SELECT_INVERT -> set(s, i, s.get(i.rn).or(map(s.get(i.rm), v -> ~v)));
      case SELECT_NEGATE -> set(s, i, s.get(i.rn).or(map(s.get(i.rm), v -> -v)));
      case LOAD_LITERAL -> s.set(i.rd, Value.ANYTHING);
      case LOAD, LOAD_SIGNED, STORE, LOAD_PAIR, STORE_PAIR -> access(s, i);
      case ATOMIC -> {
        s.store(s.get(i.rn), 16, Value.ANYTHING);
        s.set(i.rd, Value.ANYTHING);
        s.set(i.rm, Value.ANYTHING);
        s.set(i.rd2, Value.ANYTHING);
      }
      case CLOBBER -> {
        // Stores of several vectors or of tags are among them.
        s.store(s.get(i.rn), 64, Value.ANYTHING);
        s.set(i.rd, Value.ANYTHING);
        s.set(i.rm, Value.ANYTHING);
      }
      case CALL, INDIRECT_CALL -> {
        for (int r = 0; r <= LAST_LOST; r++) {
          s.set(r, Value.ANYTHING);
        }
        s.set(LINK, Value.ANYTHING);
      }
      case SYSTEM_CALL -> s.set(0, Value.ANYTHING);
      case NOTHING, UNDEFINED, JUMP, BRANCH, INDIRECT_JUMP, RETURN, STOP -> {}
    }
  }

  private static void set(State s, Instruction i, Value value) {
    s.set(i.rd, i.wide ? value : value.low32());
  }

  private static Value map(Value value, LongUnaryOperator f) {
    return value.map(f);
  }

  private static boolean isOne(Value value) {
    return value.isConstant() && value.constants().length == 1;
  }

  private static long one(Value value) {
    return value.constants()[0];
  }

  // The second operand, shifted; extended ones are told where they are constant only.
  private static Value operand(State s, Instruction i) {
    Value value = s.get(i.rm);
    if (i.shift == 0 && i.amount == 0) {
      return value;
    }
    return switch (i.shift) {
      case 0 -> map(value, v -> v << i.amount);
      case 1 -> map(value, v -> (i.wide ? v : v & 0xffffffffL) >>> i.amount);
      case 2 -> map(value, v -> (i.wide ? v : (int) v) >> i.amount);
      case 4 -> map(value, v -> extend(v, i.last) << i.amount);
      default -> Value.ANYTHING;
    };
  }

  private static long extend(long value, int extension) {
    return switch (extension) {
      case 0 -> value & 0xff;
      case 1 -> value & 0xffff;
      case 2 -> value & 0xffffffffL;
      case 4 -> (byte) value;
      case 5 -> (short) value;
      case 6 -> (int) value;
      default -> value;
    };
  }

  private static Value sum(State s, Instruction i) {
    Value left = s.get(i.rn);
    Value right = operand(s, i);
    if (isOne(right)) {
      return left.plus(one(right), i.wide);
    }
    return isOne(left) ? right.plus(one(left), i.wide) : Value.ANYTHING;
  }

  private static Value difference(State s, Instruction i) {
    Value right = operand(s, i);
    if (isOne(right)) {
      return s.get(i.rn).plus(-one(right), i.wide);
    }
    return i.rn == i.rm && i.amount == 0 && i.shift == 0 ? Value.constant(0) : Value.ANYTHING;
  }

  private static void logical(State s, Instruction i) {
    Value left = s.get(i.rn);
    Value right = operand(s, i);
    Value result;
    if (i.operation == Operation.ORR && isOne(left) && one(left) == 0) {
      result = right;
    } else if (isOne(right)) {
      long value = one(right);
      result =
          switch (i.operation) {
            case AND -> map(left, v -> v & value);
            case ORR -> value == 0 ? left : map(left, v -> v | value);
            default -> map(left, v -> v ^ value);
          };
    } else if (i.operation == Operation.EOR && i.rn == i.rm && i.amount == 0) {
      result = Value.constant(0);
    } else {
      result = Value.ANYTHING;
    }
    set(s, i, result);
  }

  private static Value field(Value value, Instruction i) {
    boolean signed = i.operation == Operation.SIGNED_FIELD;
    if (i.amount == 0 && i.last >= UXTW && !value.isConstant()) {
      return value.low32(); // what came from outside stays what it is: a number fits
    }
    int bits = i.wide ? 64 : 32;
    if (i.last >= i.amount) {
      int width = i.last - i.amount + 1;
      return map(
          value, v -> signed ? v << (63 - i.last) >> (64 - width) : cut(v >>> i.amount, width));
    }
    int width = i.last + 1;
    int left = bits - i.amount;
    return map(value, v -> (signed ? v << (64 - width) >> (64 - width) : cut(v, width)) << left);
  }

  private static long cut(long value, int width) {
    return width >= 64 ? value : value & ((1L << width) - 1);
  }

  private static void access(State s, Instruction i) {
    Value base = s.get(i.rn);
    Value moved = i.rm == Instruction.NONE ? base.plus(i.immediate, true) : indexed(s, i, base);
    Value at = i.mode == Instruction.POST_INDEX ? base : moved;
    boolean load = i.operation != Operation.STORE && i.operation != Operation.STORE_PAIR;
    boolean pair = i.operation == Operation.LOAD_PAIR || i.operation == Operation.STORE_PAIR;
    if (!load) {
      int bytes = i.vector && pair ? 2 * i.size : i.size;
      s.store(at, bytes, i.vector ? Value.ANYTHING : s.get(i.rd));
      if (i.vector) {
        s.store(at, Math.max(bytes, 16), Value.ANYTHING);
      } else if (pair) {
        s.store(at.plus(i.size, true), i.size, s.get(i.rd2));
      }
    } else if (!i.vector) {
      Value first = loaded(s, i, at);
      Value second = pair ? loaded(s, i, at.plus(i.size, true)) : Value.ANYTHING;
      s.set(i.rd, first);
      s.set(i.rd2, second);
    }
    if (i.mode != Instruction.OFFSET) {
      s.set(i.rn, moved);
    }
  }

  private static Value indexed(State s, Instruction i, Value base) {
    Value index = s.get(i.rm);
    return isOne(index) && (i.last == 3 || i.last == 7)
        ? base.plus(one(index) << i.amount, true)
        : Value.ANYTHING;
  }

  private static Value loaded(State s, Instruction i, Value at) {
    if (i.size < 4) {
      return Value.ANYTHING;
    }
    Value value = s.word(at);
    if (i.size == 8) {
      return value;
    }
    boolean signed =
        i.wide && (i.operation == Operation.LOAD_SIGNED || i.operation == Operation.LOAD_PAIR);
    return signed && value.isConstant() ? value.map(v -> (int) v) : value.low32();
  }
}
