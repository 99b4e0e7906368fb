package io.k8or.seccomp.aarch64;

import io.k8or.seccomp.machine.CodeBytes;
import io.k8or.seccomp.machine.ForwardAnalysis;
import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.Value;
import java.util.Map;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * What places hold at the instructions of one function: constants carried forward over its control
 * flow graph, as for x86-64.
 */
final class Values implements ForwardAnalysis.Transfer<State> {
  static final int NOP = 0xd503201f;
  // cbz and cbnz (Arm ARM C4.1, "Compare and branch (immediate)"); a bit tells them apart.
  private static final int COMPARE_MASK = 0x7e000000;
  private static final int COMPARE_AND_BRANCH = 0x34000000;
  private static final int BRANCH_ON_OTHER = 1 << 24;

  private final Code code;
  private final int function;
  private final Instruction instruction = new Instruction();
  // Of the step before: mostly the next is in the same part.
  private @Nullable CodeBytes lastPart;
  private @Nullable Decoder lastDecoder;

  private Values(Code code, int function) {
    this.code = code;
    this.function = function;
  }

  static FunctionValues of(Code code, int function) {
    ForwardAnalysis<State> flow =
        new ForwardAnalysis<>(code, function, false, new Values(code, function));
    flow.runFrom(State.atEntry());
    flow.runTheRest();
    return flow;
  }

  @Override
  public Value value(State state, int place, boolean call) {
    if (place < Value.FIRST_SLOT) {
      return state.get(place);
    }
    if (place >= Value.FIRST_WORD) {
      return state.word(state.get(place - Value.FIRST_WORD));
    }
    Value slot = state.get(Instruction.SP).plus((place - Value.FIRST_SLOT) * 8L, true);
    return slot.isStack() ? state.word(slot) : Value.ANYTHING;
  }

  @Override
  public State unknown() {
    return State.unknown();
  }

  @Override
  public int unit() {
    return 4;
  }

  @Override
  public long step(State state, long at) {
    if (lastPart == null || lastDecoder == null || !lastPart.contains(at)) {
      lastPart = code.partAt(at);
      lastDecoder = lastPart == null ? null : new Decoder(lastPart);
    }
    if (lastPart == null
        || lastDecoder == null
        || !lastDecoder.decode((int) (at - lastPart.start()), instruction)) {
      return -1;
    }
    Steps.step(state, instruction);
    return instruction.next();
  }

  @Override
  public long uncovered(long from, NavigableMap<Long, Long> covered) {
    long end = code.end(function);
    CodeBytes part = code.partAt(code.start(function));
    if (part == null) {
      return -1;
    }
    Decoder decoder = new Decoder(part);
    long at = from;
    while (at + 4 <= end) {
      Map.Entry<Long, Long> block = covered.floorEntry(at);
      if (block != null && at < block.getValue()) {
        at = block.getValue();
      } else if (decoder.decode((int) (at - part.start()), instruction) && !isPadding(part, at)) {
        return at;
      } else {
        at += 4;
      }
    }
    return -1;
  }

  // Nothing jumps to padding, but it would run on into what is behind it.
  private static boolean isPadding(CodeBytes part, long at) {
    return word(part, at) == NOP;
  }

  private static int word(CodeBytes part, long at) {
    int offset = (int) (at - part.start());
    byte[] bytes = part.bytes();
    return (bytes[offset] & 0xff)
        | ((bytes[offset + 1] & 0xff) << 8)
        | ((bytes[offset + 2] & 0xff) << 16)
        | (bytes[offset + 3] << 24);
  }

  @Override
  public void block(ForwardAnalysis<State> flow, long start, State state) {
    CodeBytes part = code.partAt(start);
    if (part == null) {
      return;
    }
    Decoder decoder = new Decoder(part);
    long at = start;
    while (true) {
      flow.count();
      if (at != start && flow.isBlock(at)) {
        flow.cover(start, at);
        flow.flow(at, state);
        return;
      }
      if (!part.contains(at) || !decoder.decode((int) (at - part.start()), instruction)) {
        flow.cover(start, at);
        return;
      }
      Operation operation = instruction.operation;
      long next = instruction.next();
      long target = instruction.target;
      boolean jump = operation == Operation.JUMP;
      boolean branch = operation == Operation.BRANCH;
      boolean indirect = operation == Operation.INDIRECT_JUMP;
      boolean stop =
          instruction.isEnd() || (operation == Operation.CALL && code.neverReturnsAt(target));
      Steps.step(state, instruction);
      if (jump || branch || stop) {
        flow.cover(start, next);
        if (indirect) {
          flow.indirectJump(at);
        }
        int word = word(part, at);
        boolean compares = branch && (word & COMPARE_MASK) == COMPARE_AND_BRANCH;
        State other = compares ? state.whereNotZero(word & 31, word < 0 ? 8 : 4) : state;
        boolean onOther = (word & BRANCH_ON_OTHER) != 0;
        if ((jump || branch) && flow.isOwn(target)) {
          flow.flow(target, onOther ? other : state);
        }
        if (branch && flow.isOwn(next)) {
          flow.flow(next, onOther ? state : other);
        }
        return;
      }
      at = next;
      if (!flow.runsOn(at)) {
        flow.cover(start, at);
        return;
      }
    }
  }
}
