package io.k8or.seccomp.x86;

import io.k8or.seccomp.machine.ForwardAnalysis;
import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.Memory;
import io.k8or.seccomp.machine.Value;
import java.util.Map;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * What places hold at the instructions of one function: constants carried forward over its control
 * flow graph, through registers, copies, words of the stack, and where paths meet (a conditional
 * constant propagation without the conditions).
 */
final class Values implements ForwardAnalysis.Transfer<State> {
  private static final long ALIGNED_STACK = 1L << 20;
  private static final int RAX = 0;
  private static final int RSP = 4;
  private static final int RBP = 5;
  private static final int[] CALLER_SAVED = {0, 1, 2, 6, 7, 8, 9, 10, 11};

  private final Code code;
  private final int function;
  private final Instruction instruction = new Instruction();
  // Of the step before: mostly the next is in the same part.
  private Code.@Nullable Part lastPart;
  private @Nullable Decoder lastDecoder;

  private Values(Code code, int function) {
    this.code = code;
    this.function = function;
  }

  /** Analyses a function. Cost: some passes over its instructions. */
  static FunctionValues of(Code code, int function) {
    ForwardAnalysis<State> flow =
        new ForwardAnalysis<>(code, function, false, new Values(code, function));
    flow.runFrom(State.atEntry());
    flow.runTheRest();
    return flow;
  }

  /** Analyses a function that is entered with constants. */
  static FunctionValues of(Code code, int function, Map<Integer, Long> constants, Memory memory) {
    ForwardAnalysis<State> flow =
        new ForwardAnalysis<>(code, function, true, new Values(code, function));
    flow.runFrom(State.atEntry(constants, memory));
    return flow;
  }

  @Override
  public Value value(State state, int place, boolean call) {
    if (place < Value.FIRST_SLOT) {
      return place == RSP ? Value.ANYTHING : state.registers[place];
    }
    if (place >= Value.FIRST_WORD) {
      return state.word(state.registers[place - Value.FIRST_WORD], 8);
    }
    Value rsp = state.registers[RSP];
    long offset = (place - Value.FIRST_SLOT) * 8L - (call ? 8 : 0);
    return rsp.isStack() && offset >= 0 ? state.slot(rsp.offset() + offset) : Value.ANYTHING;
  }

  @Override
  public State unknown() {
    return State.unknown();
  }

  @Override
  public int unit() {
    return 1;
  }

  @Override
  public long step(State state, long at) {
    if (lastPart == null || lastDecoder == null || !lastPart.contains(at)) {
      lastPart = code.partAt(at);
      lastDecoder = lastPart == null ? null : lastPart.decoder();
    }
    if (lastPart == null
        || lastDecoder == null
        || !lastDecoder.decode((int) (at - lastPart.start()), instruction)) {
      return -1;
    }
    step(state, instruction);
    return instruction.next();
  }

  @Override
  public long uncovered(long from, NavigableMap<Long, Long> covered) {
    long end = code.end(function);
    Code.Part part = code.partAt(code.start(function));
    if (part == null) {
      return -1;
    }
    long at = from;
    while (at < end) {
      Map.Entry<Long, Long> block = covered.floorEntry(at);
      if (block != null && at < block.getValue()) {
        at = block.getValue();
        continue;
      }
      int offset = part.boundaries().nextSetBit((int) (at - part.start()));
      if (offset < 0 || part.start() + offset >= end) {
        return -1;
      }
      if (part.start() + offset == at) {
        if (!isPadding(part, offset)) {
          return at;
        }
        at = instruction.next();
        continue;
      }
      at = part.start() + offset;
    }
    return -1;
  }

  // Nothing jumps to padding, but it would run on into what is behind it.
  private boolean isPadding(Code.Part part, int offset) {
    return part.decoder().decode(offset, instruction)
        && (instruction.is(0x90) || instruction.is0f(0x1f) || instruction.is(0xcc));
  }

  @Override
  public void block(ForwardAnalysis<State> flow, long start, State state) {
    Code.Part part = code.partAt(start);
    if (part == null) {
      return;
    }
    Decoder decoder = part.decoder();
    long at = start;
    Tested tested = Tested.NOTHING;
    while (true) {
      flow.count();
      if (at != start && flow.isBlock(at)) {
        flow.cover(start, at);
        flow.flow(at, state);
        return;
      }
      if (!part.contains(at) || !decoder.decode((int) (at - part.start()), instruction)) {
        flow.cover(start, at);
        if (!part.contains(at)) {
          flow.miss(); // What is no instruction ends the program.
        }
        return;
      }
      Instruction i = instruction;
      long next = i.next();
      boolean jump = i.isDirectJump();
      boolean branch = i.isConditionalJump();
      long target = jump || branch ? i.target() : 0;
      boolean stop =
          i.isReturn() || i.isStop() || (i.isDirectCall() && code.neverReturnsAt(i.target()));
      boolean indirect = i.isIndirectJump();
      boolean fixed = i.hasFixedMemory(); // another function's word: it leaves this one
      Value to = indirect && flow.decides() ? read(state, i) : Value.NOTHING;
      int way = branch && flow.decides() ? decide(flow, state, i) : EITHER;
      step(state, i);
      if (jump || branch || stop || indirect) {
        flow.cover(start, next);
        if (indirect) {
          flow.indirectJump(at);
          if (!fixed) {
            jump(flow, to, state);
          }
        }
        boolean onZero = branch && (i.is(0x74) || i.is0f(0x84));
        boolean onOther = branch && (i.is(0x75) || i.is0f(0x85));
        State zero = onZero || onOther ? tested.zero(state) : state;
        State other = onZero || onOther ? tested.other(state) : state;
        if ((jump || (branch && way != GOES_ON)) && flow.isOwn(target)) {
          flow.flow(target, onZero ? zero : other);
        }
        if (branch && way != JUMPS && flow.isOwn(next)) {
          flow.flow(next, onOther ? zero : other);
        }
        return;
      }
      tested = Tested.by(state, i);
      at = next;
      if (!flow.runsOn(at)) {
        flow.cover(start, at);
        return;
      }
    }
  }

  /**
   * What an instruction compared with 0: a register or a word of the stack.
   *
   * @param register or {@link Instruction#NONE}
   * @param slot where the word is, if it is not a register
   * @param size in bytes; 0 for nothing
   */
  private record Tested(int register, long slot, int size) {
    static final Tested NOTHING = new Tested(Instruction.NONE, 0, 0);

    static Tested by(State state, Instruction i) {
      int size = i.wide ? 8 : 4;
      if (i.operand16) {
        return NOTHING;
      }
      if (i.is(0x85) && i.rmIsRegister && i.reg == i.rm) {
        return new Tested(i.reg, 0, size);
      }
      boolean compares = (i.is(0x83) || i.is(0x81)) && (i.reg & 7) == 7 && i.immediate == 0;
      if (compares && !i.rmIsRegister) {
        Value at = address(state, i);
        return at.isStack() ? new Tested(Instruction.NONE, at.offset(), size) : NOTHING;
      }
      return NOTHING;
    }

    /** Returns what holds where it is 0: musl's writev and read call on with such. */
    State zero(State state) {
      if (register == Instruction.NONE) {
        return state;
      }
      State zero = state.copy();
      zero.registers[register] = Value.constant(0);
      return zero;
    }

    /** Returns what holds where it is not 0. */
    State other(State state) {
      if (size == 0) {
        return state;
      }
      State other = state.copy();
      if (register != Instruction.NONE) {
        other.registers[register] = other.notZero(other.registers[register], size);
      } else {
        other.slots.put(slot, other.notZero(other.slot(slot), size));
      }
      return other;
    }
  }

  private static final int EITHER = 0;
  private static final int JUMPS = 1;
  private static final int GOES_ON = 2;

  /** Follows an indirect jump to where it can lead, where that is known. */
  private static void jump(ForwardAnalysis<State> flow, Value to, State state) {
    if (!to.isConstant()) {
      flow.miss();
      return;
    }
    for (long target : to.constants()) {
      if (flow.isOwn(target)) {
        flow.flow(target, state);
      } else {
        flow.miss();
      }
    }
  }

  /** Says which way a conditional jump goes. */
  private static int decide(ForwardAnalysis<State> flow, State s, Instruction i) {
    boolean simple =
        (i.map == Instruction.ONE_BYTE && i.opcode >= 0x70 && i.opcode <= 0x7f)
            || (i.map == Instruction.MAP_0F && i.opcode >= 0x80 && i.opcode <= 0x8f);
    if (!simple || s.comparedSize == 0 || !isDecidable(i.opcode & 15)) {
      return EITHER;
    }
    flow.condition(s.compared.places());
    if (!s.compared.isConstant()) {
      return EITHER;
    }
    int ways = 0;
    for (long value : s.compared.constants()) {
      ways |= holds(i.opcode & 15, value, s.against, s.comparedSize) ? JUMPS : GOES_ON;
    }
    return ways == (JUMPS | GOES_ON) ? EITHER : ways;
  }

  // Intel SDM volume 1, appendix B: conditions after a comparison.
  private static boolean holds(int condition, long left, long right, int size) {
    long a = size == 1 ? (byte) left : size == 4 ? (int) left : left;
    long b = size == 1 ? (byte) right : size == 4 ? (int) right : right;
    boolean below = Long.compareUnsigned(a, b) < 0; // the same of both, extended by their signs
    boolean result =
        switch (condition & ~1) {
          case 2 -> below;
          case 4 -> a == b;
          case 6 -> below || a == b;
          case 8 -> (size == 1 ? (byte) (a - b) : size == 4 ? (int) (a - b) : a - b) < 0;
          case 12 -> a < b;
          case 14 -> a <= b;
          default -> throw new IllegalArgumentException("not a condition: " + condition);
        };
    return result ^ ((condition & 1) != 0);
  }

  private static boolean isDecidable(int condition) {
    return (condition & ~1) != 0 && (condition & ~1) != 10; // overflow, parity
  }

  // -- instructions

  private static void step(State s, Instruction i) {
    Value compared = Value.ANYTHING;
    long against = 0;
    int size = 0;
    boolean kept = false;
    if (i.map == Instruction.ONE_BYTE && !i.vector && !i.operand16) {
      int op = i.opcode;
      size = i.wide ? 8 : 4;
      if (op == 0x39
          || op == 0x3b
          || op == 0x3d
          || ((op == 0x81 || op == 0x83) && (i.reg & 7) == 7)) {
        boolean immediate = op == 0x3d || op == 0x81 || op == 0x83;
        Value left = op == 0x3d ? s.registers[RAX] : op == 0x3b ? s.registers[i.reg] : read(s, i);
        Value right = op == 0x3b ? read(s, i) : s.registers[op == 0x39 ? i.reg : 0];
        if (immediate) {
          compared = left;
          against = i.immediate;
        } else if (right.isConstant() && right.constants().length == 1) {
          compared = left;
          against = right.constants()[0];
        } else {
          size = 0;
        }
      } else if (op == 0x85 || op == 0xa9 || (op == 0xf7 && (i.reg & 7) <= 1)) {
        Value left = op == 0xa9 ? s.registers[RAX] : read(s, i);
        Value mask = op == 0x85 ? s.registers[i.reg] : Value.constant(i.immediate);
        if (op == 0x85 && i.rmIsRegister && i.reg == i.rm) {
          compared = left;
        } else if (mask.isConstant() && mask.constants().length == 1) {
          long bits = mask.constants()[0];
          // Of what came from outside it is only said that it is looked at.
          compared = left.isConstant() ? left.map(v -> v & bits) : left.derived();
        } else {
          size = 0;
        }
      } else if (isByteComparison(i)) {
        // Of each constant its lowest byte is compared.
        boolean al = op == 0x3c || op == 0xa8;
        Value left = al ? s.registers[RAX] : read(s, i);
        boolean bits = op == 0xa8 || op == 0xf6;
        compared =
            !bits ? left : left.isConstant() ? left.map(v -> v & i.immediate) : left.derived();
        against = bits || op == 0x84 ? 0 : i.immediate;
        size = 1;
      } else {
        size = 0;
        kept = keepsFlags(i);
      }
    } else {
      kept = i.map == Instruction.MAP_0F && !i.vector && (i.opcode == 0x1f || i.opcode == 0x1e);
    }
    if (kept) {
      compared = s.compared;
      against = s.against;
      size = s.comparedSize;
    }
    int logic = size == 0 && !kept ? logicTarget(i) : -1;
    apply(s, i);
    if (logic >= 0) {
      compared = s.registers[logic];
      size = i.wide ? 8 : 4;
    }
    s.compared = compared;
    s.against = against;
    s.comparedSize = size;
  }

  /** Says whether a lowest byte is compared with a constant, or tested. */
  private static boolean isByteComparison(Instruction i) {
    boolean lowest = !i.rmIsRegister || i.rex || i.rm < 4 || i.rm > 7;
    return switch (i.opcode) {
      case 0x3c, 0xa8 -> true;
      case 0x80 -> (i.reg & 7) == 7 && lowest;
      case 0x84 -> i.rmIsRegister && i.reg == i.rm && lowest;
      case 0xf6 -> (i.reg & 7) <= 1 && lowest;
      default -> false;
    };
  }

  private static boolean keepsFlags(Instruction i) {
    int op = i.opcode;
    return op == 0x89
        || op == 0x8b
        || op == 0x8d
        || op == 0x63
        || op == 0x90
        || (op >= 0xb8 && op <= 0xbf)
        || op == 0xc7
        || (op >= 0x50 && op <= 0x5f)
        || (op >= 0x70 && op <= 0x7f);
  }

  /** Returns the register that and, or, xor leave their result in, with which they compare to 0. */
  private static int logicTarget(Instruction i) {
    if (i.map != Instruction.ONE_BYTE || i.vector || i.operand16) {
      return -1;
    }
    int op = i.opcode;
    boolean first = op == 0x09 || op == 0x21 || op == 0x31;
    boolean second = op == 0x0b || op == 0x23 || op == 0x33;
    boolean immediate =
        (op == 0x81 || op == 0x83) && ((i.reg & 7) == 1 || (i.reg & 7) == 4 || (i.reg & 7) == 6);
    if (second) {
      return i.reg;
    }
    if (op == 0x0d || op == 0x25 || op == 0x35) {
      return RAX;
    }
    return (first || immediate) && i.rmIsRegister ? i.rm : -1;
  }

  private static void apply(State s, Instruction i) {
    if (i.vector) {
      vector(s, i);
    } else if (i.map == Instruction.ONE_BYTE) {
      oneByte(s, i);
    } else if (i.map == Instruction.MAP_0F) {
      twoByte(s, i);
    } else {
      clobberOperands(s, i);
    }
  }

  private static void oneByte(State s, Instruction i) {
    int op = i.opcode;
    if (op < 0x40) {
      arithmetic(s, i, op >> 3, op & 7);
    } else if (op >= 0x50 && op <= 0x57) {
      push(s, s.registers[i.opcodeRegister]);
    } else if (op >= 0x58 && op <= 0x5f) {
      Value popped = pop(s);
      s.registers[i.opcodeRegister] = popped;
    } else if (op >= 0xb8 && op <= 0xbf) {
      long value = i.wide ? i.immediate : i.immediate & 0xffffffffL;
      s.registers[i.opcodeRegister] = i.operand16 ? Value.ANYTHING : Value.constant(value);
    } else if (op >= 0xb0 && op <= 0xb7) {
      int r = i.opcodeRegister;
      Value old = s.registers[r];
      clobberByte(s, r);
      if (r < 4 || r > 7) {
        s.registers[r] = old.map(v -> (v & ~0xffL) | (i.immediate & 0xff));
      }
    } else if (op >= 0x90 && op <= 0x97) {
      int r = i.opcodeRegister;
      if (r != RAX) {
        swap(s, RAX, r, i);
      }
    } else if ((op >= 0xd8 && op <= 0xdf)) {
      if (op == 0xdf && i.rmIsRegister) {
        s.registers[RAX] = Value.ANYTHING;
      }
      stored(s, i, 108);
    } else {
      other(s, i);
    }
  }

  private static void other(State s, Instruction i) {
    switch (i.opcode) {
      case 0x63 -> setRegister(s, i.reg, read(s, i).map(v -> (long) (int) v), i);
      case 0x68, 0x6a -> push(s, Value.constant(i.immediate));
      case 0x69, 0x6b -> s.registers[i.reg] = Value.ANYTHING;
      case 0x80, 0x82 -> {
        if (i.rmIsRegister && i.rm == RSP && (i.reg & 7) == 4) {
          // and ah: nothing works on the lowest byte of the stack pointer.
          s.registers[RAX] = s.registers[RAX].map(v -> v & (~0xff00L | (i.immediate & 0xff) << 8));
        } else if ((i.reg & 7) != 7) {
          clobberByteOperand(s, i);
        }
      }
      case 0x81, 0x83 -> immediateArithmetic(s, i);
      case 0x84, 0x85, 0xa8, 0xa9 -> {} // test
      case 0x86 -> {
        clobberByte(s, i.reg);
        clobberByteOperand(s, i);
      }
      case 0x87 -> {
        if (i.rmIsRegister) {
          swap(s, i.reg, i.rm, i);
        } else {
          Value old = read(s, i);
          write(s, i, s.registers[i.reg]);
          setRegister(s, i.reg, old, i);
        }
      }
      case 0x88 -> clobberByteOperand(s, i);
      case 0x89 -> write(s, i, s.registers[i.reg]);
      case 0x8a -> clobberByte(s, i.reg);
      case 0x8b -> setRegister(s, i.reg, read(s, i), i);
      case 0x8d -> setRegister(s, i.reg, address(s, i), i);
      case 0x8f -> {
        Value popped = pop(s);
        write(s, i, popped);
      }
      case 0x98 -> {
        Value rax = s.registers[RAX];
        s.registers[RAX] = i.wide ? rax.map(v -> (long) (int) v) : Value.ANYTHING;
      }
      case 0x99 -> s.registers[2] = Value.ANYTHING;
      case 0x9c -> push(s, Value.ANYTHING);
      case 0x9d -> pop(s);
      case 0xa4, 0xa5, 0xaa, 0xab -> {
        Value to = s.registers[7];
        s.registers[7] = Value.ANYTHING;
        s.registers[6] = i.opcode < 0xa8 ? Value.ANYTHING : s.registers[6];
        if (i.repeat != 0) {
          s.registers[1] = Value.constant(0);
        }
        if (to.isStack()) {
          s.forget(to.offset(), i.repeat == 0 ? 8 : 1024); // how far it reaches is not known
        } else {
          s.stray();
        }
      }
      case 0xa6, 0xa7, 0xae, 0xaf -> {
        s.registers[7] = Value.ANYTHING;
        s.registers[6] = Value.ANYTHING;
        s.registers[1] = Value.ANYTHING;
      }
      case 0xac, 0xad, 0xa0, 0xa1, 0xe4, 0xe5, 0xec, 0xed -> {
        s.registers[RAX] = Value.ANYTHING;
        s.registers[6] = Value.ANYTHING;
      }
      case 0xc0, 0xd0, 0xd2 -> clobberByteOperand(s, i);
      case 0xc1, 0xd1, 0xd3 -> shift(s, i);
      case 0xc6 -> clobberByteOperand(s, i);
      case 0xc7 -> write(s, i, Value.constant(i.wide ? i.immediate : i.immediate & 0xffffffffL));
      case 0xc9 -> {
        s.registers[RSP] = s.registers[RBP];
        Value popped = pop(s);
        s.registers[RBP] = popped;
      }
      case 0xc8 -> {
        s.registers[RSP] = Value.ANYTHING;
        s.registers[RBP] = Value.ANYTHING;
      }
      case 0xe8 -> called(s);
      case 0xe0, 0xe1, 0xe2 -> s.registers[1] = Value.ANYTHING;
      case 0xf6, 0xf7 -> group3(s, i);
      case 0xfe -> clobberByteOperand(s, i);
      case 0xff -> {
        switch (i.reg & 7) {
          case 0 -> write(s, i, read(s, i).plus(1, i.wide));
          case 1 -> write(s, i, read(s, i).plus(-1, i.wide));
          case 2, 3 -> called(s);
          case 6 -> push(s, i.rmIsRegister ? s.registers[i.rm] : read(s, i));
          default -> {}
        }
      }
      default -> {
        if (i.hasModRm) {
          clobberOperands(s, i);
        }
      }
    }
  }

  private static void group3(State s, Instruction i) {
    switch (i.reg & 7) {
      case 0, 1 -> {} // test
      case 2, 3 -> {
        if (i.opcode == 0xf6) {
          clobberByteOperand(s, i);
        } else {
          write(s, i, Value.ANYTHING);
        }
      }
      default -> {
        s.registers[RAX] = Value.ANYTHING;
        s.registers[2] = Value.ANYTHING;
      }
    }
  }

  private static void shift(State s, Instruction i) {
    if (i.opcode == 0xc1 && (i.reg & 7) == 4 && i.rmIsRegister) {
      long by = i.immediate & 63;
      write(s, i, s.registers[i.rm].map(v -> v << by));
    } else {
      write(s, i, Value.ANYTHING);
    }
  }

  // add or adc sbb and sub xor cmp, in the six forms of the first rows of the map.
  private static void arithmetic(State s, Instruction i, int operation, int form) {
    if (operation == 7 || form > 5) {
      return;
    }
    boolean same = i.hasModRm && i.rmIsRegister && i.reg == i.rm;
    switch (form) {
      case 0 -> clobberByteOperand(s, i);
      case 2 -> clobberByte(s, i.reg);
      case 1, 3 -> {
        Value result;
        if (same && (operation == 6 || operation == 5)) {
          result = Value.constant(0);
        } else {
          Value left = form == 1 ? read(s, i) : s.registers[i.reg];
          Value right = form == 1 ? s.registers[i.reg] : read(s, i);
          result = both(left, operation, right, i);
          if ((left.isStack() || right.isStack()) && !result.isStack()) {
            s.giveAway();
          }
        }
        if (form == 1) {
          write(s, i, result);
        } else {
          setRegister(s, i.reg, result, i);
        }
      }
      case 4 -> clobberByte(s, RAX);
      case 5 ->
          setRegister(s, RAX, both(s.registers[RAX], operation, Value.constant(i.immediate), i), i);
      default -> {}
    }
  }

  private static Value both(Value left, int operation, Value right, Instruction i) {
    if (right.isConstant() && right.constants().length == 1) {
      return constantOperand(left, operation, right.constants()[0], i);
    }
    if (operation == 0 && left.isConstant() && left.constants().length == 1) {
      return right.plus(left.constants()[0], i.wide);
    }
    return Value.ANYTHING;
  }

  private static Value constantOperand(Value left, int operation, long right, Instruction i) {
    return switch (operation) {
      case 0 -> left.plus(right, i.wide);
      case 5 -> left.plus(-right, i.wide);
      case 1 -> right == -1 ? Value.constant(-1) : left.map(v -> v | right);
      case 4 ->
          right == 0
              ? Value.constant(0)
              : left.isStack() ? Value.ANYTHING : left.map(v -> v & right);
      case 6 -> left.map(v -> v ^ right);
      default -> Value.ANYTHING;
    };
  }

  private static void immediateArithmetic(State s, Instruction i) {
    int operation = i.reg & 7;
    if (operation == 7) {
      return;
    }
    Value old = read(s, i);
    if (i.rmIsRegister && i.rm == RSP && operation == 4) {
      // How far down is not known: the aligned stack counts as one of its own, far away.
      s.registers[RSP] = old.plus(-ALIGNED_STACK, true);
      return;
    }
    if (old.isStack() && operation != 0 && operation != 5) {
      s.giveAway();
    }
    write(s, i, constantOperand(old, operation, i.immediate, i));
  }

  private static void twoByte(State s, Instruction i) {
    int op = i.opcode;
    if (op >= 0x40 && op <= 0x4f) {
      Value other = read(s, i);
      if (s.registers[i.reg].isStack() || other.isStack()) {
        s.giveAway();
      }
      setRegister(s, i.reg, s.registers[i.reg].or(other), i);
    } else if (op == 0x05) {
      s.registers[RAX] = Value.ANYTHING;
      s.registers[1] = Value.ANYTHING;
      s.registers[11] = Value.ANYTHING;
    } else if (op >= 0x90 && op <= 0x9f) {
      clobberByteOperand(s, i);
    } else if (op == 0xa2 || op == 0x31 || op == 0x32 || op == 0x33 || op == 0x01) {
      for (int r = 0; r < 4; r++) {
        s.registers[r] = Value.ANYTHING;
      }
    } else if (op == 0xb0 || op == 0xb1) {
      s.registers[RAX] = Value.ANYTHING;
      clobberOperands(s, i);
    } else if (op == 0xc7) {
      s.registers[RAX] = Value.ANYTHING;
      s.registers[2] = Value.ANYTHING;
      clobberOperands(s, i);
    } else if (op == 0xb6 || op == 0xb7 || op == 0xbe || op == 0xbf) {
      Value from = i.rmIsRegister && op != 0xb6 && op != 0xbe ? s.registers[i.rm] : Value.ANYTHING;
      if (op == 0xb6 && i.rmIsRegister && (i.rm < 4 || i.rm > 7)) {
        from = s.registers[i.rm].map(v -> v & 0xff);
      } else if (op == 0xb7) {
        from = from.map(v -> v & 0xffff);
      } else {
        from = Value.ANYTHING;
      }
      setRegister(s, i.reg, from, i);
    } else if (op >= 0xc8 && op <= 0xcf) {
      s.registers[i.opcodeRegister] = Value.ANYTHING; // bswap
    } else if (op == 0xa3 || op == 0x1e || op == 0x1f || op == 0x18 || op == 0x0d) {
      // bt, hints
    } else if (i.hasModRm && writesVectorOnly(op)) {
      stored(s, i, 64);
    } else if (i.hasModRm) {
      clobberOperands(s, i);
    }
  }

  private static boolean writesVectorOnly(int op) {
    return (op >= 0x10 && op <= 0x17)
        || (op >= 0x28 && op <= 0x2b)
        || op == 0x2e
        || op == 0x2f
        || (op >= 0x51 && op <= 0x76)
        || (op >= 0x7c && op <= 0x7d)
        || op == 0x7f
        || op == 0xc2
        || op == 0xc4
        || op == 0xc6
        || (op >= 0xd0 && op <= 0xd6)
        || (op >= 0xd8 && op <= 0xfe);
  }

  private static void vector(State s, Instruction i) {
    if (i.hasModRm && i.map == Instruction.MAP_0F && writesVectorOnly(i.opcode)) {
      stored(s, i, 64);
    } else if (i.hasModRm) {
      clobberOperands(s, i);
      if (i.map == 2 && i.opcode >= 0xf2 && i.opcode <= 0xf7) {
        for (int r = 0; r < 16; r++) {
          // BMI: one of the registers written is named by a field that the decoder does not keep.
          s.registers[r] = r == RSP ? s.registers[r] : Value.ANYTHING;
        }
      }
    }
  }

  private static void called(State s) {
    for (int r : CALLER_SAVED) {
      s.registers[r] = Value.ANYTHING;
    }
    s.stray();
  }

  private static void push(State s, Value value) {
    Value rsp = s.registers[RSP];
    s.registers[RSP] = rsp.plus(-8, true);
    if (value.isStack()) {
      s.giveAway();
    }
    if (rsp.isStack()) {
      s.slots.put(rsp.offset() - 8, value);
    }
  }

  private static Value pop(State s) {
    Value rsp = s.registers[RSP];
    s.registers[RSP] = rsp.plus(8, true);
    return rsp.isStack() ? s.slot(rsp.offset()) : Value.ANYTHING;
  }

  private static void swap(State s, int a, int b, Instruction i) {
    Value kept = s.registers[a];
    setRegister(s, a, s.registers[b], i);
    setRegister(s, b, kept, i);
  }

  private static void setRegister(State s, int register, Value value, Instruction i) {
    s.registers[register] =
        i.operand16 && !i.wide ? Value.ANYTHING : i.wide ? value : value.low32();
    // A frame pointer is given away when it is copied.
    boolean frame = register == RSP || (register == RBP && i.rmIsRegister && !i.is(0x8d));
    if (value.isStack() && !frame) {
      s.giveAway();
    }
  }

  /** Returns the address of the memory operand. */
  private static Value address(State s, Instruction i) {
    if (i.segment != 0) {
      return Value.ANYTHING;
    }
    if (i.base == Instruction.RIP) {
      return Value.constant(i.next() + i.displacement);
    }
    if (i.index != Instruction.NONE) {
      Value index = s.registers[i.index];
      if (i.base != Instruction.NONE && index.isConstant() && index.constants().length == 1) {
        long distance = index.constants()[0] * i.scale + i.displacement;
        return s.registers[i.base].plus(distance, true);
      }
      if (i.base == Instruction.NONE && index.isConstant()) {
        return index.map(v -> v * i.scale + i.displacement);
      }
      if (index.isStack() || (i.base != Instruction.NONE && s.registers[i.base].isStack())) {
        s.giveAway();
      }
      return Value.ANYTHING;
    }
    if (i.base == Instruction.NONE) {
      return Value.constant(i.displacement);
    }
    return s.registers[i.base].plus(i.displacement, true);
  }

  private static Value read(State s, Instruction i) {
    if (i.rmIsRegister) {
      return s.registers[i.rm];
    }
    boolean wide = (i.wide && !i.is(0x63)) || (i.is(0xff) && (i.reg & 7) >= 2);
    return s.word(address(s, i), wide ? 8 : 4);
  }

  private static void write(State s, Instruction i, Value value) {
    if (i.rmIsRegister) {
      setRegister(s, i.rm, value, i);
      return;
    }
    if (value.isStack()) {
      s.giveAway();
    }
    Value at = address(s, i);
    if (at.isStack()) {
      int size = i.wide ? 8 : i.operand16 ? 2 : 4;
      s.forget(at.offset(), size);
      // Of a word of four bytes its upper half is what no system call number needs.
      s.slots.put(at.offset(), size == 8 ? value : size == 4 ? value.low32() : Value.ANYTHING);
    } else {
      s.stray();
    }
  }

  private static void stored(State s, Instruction i, int size) {
    if (i.hasModRm && !i.rmIsRegister) {
      Value at = address(s, i);
      if (at.isStack()) {
        s.forget(at.offset(), size);
      } else {
        s.stray();
      }
    }
  }

  // Without REX the byte registers 4 to 7 are the second bytes of the first four registers.
  private static void clobberByte(State s, int register) {
    s.registers[register] = register == RSP ? s.registers[RSP] : Value.ANYTHING;
    if (register >= 4 && register <= 7) {
      s.registers[register - 4] = Value.ANYTHING;
    }
  }

  private static void clobberByteOperand(State s, Instruction i) {
    if (i.rmIsRegister) {
      clobberByte(s, i.rm);
    } else {
      stored(s, i, 1);
    }
  }

  private static void clobberOperands(State s, Instruction i) {
    if (i.hasModRm) {
      if (i.reg != RSP) {
        s.registers[i.reg] = Value.ANYTHING;
      }
      if (!i.rmIsRegister) {
        stored(s, i, 64);
      } else if (i.rm != RSP) {
        s.registers[i.rm] = Value.ANYTHING;
      }
    }
  }
}
