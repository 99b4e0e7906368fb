package io.k8or.seccomp.aarch64;

import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What places hold at the instructions of one function: constants carried forward over its control
 * flow graph, as for x86-64. What a jump table or an exception leads to is taken to follow from
 * each indirect jump; without one nothing is known there.
 */
final class Values implements FunctionValues {
  static final int NOP = 0xd503201f;
  // cbz and cbnz (Arm ARM C4.1, "Compare and branch (immediate)"); a bit tells them apart.
  private static final int COMPARE_MASK = 0x7e000000;
  private static final int COMPARE_AND_BRANCH = 0x34000000;
  private static final int BRANCH_ON_OTHER = 1 << 24;

  // Beyond this a function is given up: nothing is known at its instructions.
  private static final int MAX_STEPS = 400_000;

  private final Code code;
  private final int function;
  private final Map<Long, State> blocks = new HashMap<>();
  // By address: code mostly runs forward, so that few blocks are taken twice.
  private final TreeSet<Long> work = new TreeSet<>();
  private final Set<Integer> entered = new HashSet<>();
  private final Set<Long> indirectJumps = new HashSet<>();
  private final NavigableMap<Long, Long> covered = new TreeMap<>();
  private final Instruction instruction = new Instruction();
  // What was found before anything had to be guessed; null while nothing was.
  private @Nullable Snapshot certain;
  private int steps;

  private Values(Code code, int function) {
    this.code = code;
    this.function = function;
  }

  static Values of(Code code, int function) {
    Values values = new Values(code, function);
    values.entered.add(function);
    values.flow(code.start(function), State.atEntry());
    values.run();
    values.enterTheRest();
    return values;
  }

  @Override
  public Value at(long at, int place, boolean call) {
    if (steps > MAX_STEPS) {
      return Value.ANYTHING;
    }
    State state = stateAt(at, certain());
    if (state == null) {
      state = stateAt(at, all());
    }
    if (state == null) {
      return Value.NOTHING;
    }
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
  public long nonZero(long at) {
    State state = steps > MAX_STEPS ? null : stateAt(at, certain());
    return state == null ? 0 : state.nonZero;
  }

  @Override
  public boolean reaches(long at) {
    return steps <= MAX_STEPS && stateAt(at, certain()) != null;
  }

  @Override
  public boolean covers(long at) {
    return steps > MAX_STEPS || stateAt(at, all()) != null;
  }

  /** The blocks with where they end, and what holds at their starts. */
  private record Snapshot(NavigableMap<Long, Long> covered, Map<Long, State> blocks) {
    @Nullable Long blockOf(long at) {
      Map.Entry<Long, Long> block = covered.floorEntry(at);
      return block != null && at < block.getValue() ? block.getKey() : null;
    }
  }

  private Snapshot all() {
    return new Snapshot(covered, blocks);
  }

  private Snapshot certain() {
    return certain == null ? all() : certain;
  }

  private void beginToGuess() {
    if (certain == null) {
      Map<Long, State> copies = new HashMap<>();
      blocks.forEach((at, state) -> copies.put(at, state.copy()));
      certain = new Snapshot(new TreeMap<>(covered), copies);
    }
  }

  private @Nullable State stateAt(long at, Snapshot from) {
    Long block = from.blockOf(at);
    if (block == null) {
      // Where a function runs into the next one.
      Map.Entry<Long, Long> before = from.covered.lowerEntry(at);
      if (before == null || before.getValue() != at) {
        return null;
      }
      block = before.getKey();
    }
    State known = from.blocks.get(block);
    Code.Part part = code.partAt(block);
    if (part == null || known == null) {
      return null;
    }
    State state = known.copy();
    Decoder decoder = part.decoder();
    for (long i = block; i < at; i += 4) {
      if (!decoder.decode((int) (i - part.start()), instruction)) {
        return null;
      }
      Steps.step(state, instruction);
    }
    return state;
  }

  private void flow(long to, State state) {
    State known = blocks.get(to);
    if (known == null) {
      blocks.put(to, state.copy());
      work.add(to);
      // A block that is jumped into is cut: its first half flows into the second.
      Long inside = all().blockOf(to);
      if (inside != null && inside != to) {
        covered.put(inside, to);
        work.add(inside);
      }
    } else if (known.join(state)) {
      work.add(to);
    }
  }

  private void run() {
    while (!work.isEmpty() && steps <= MAX_STEPS) {
      block(Objects.requireNonNull(work.pollFirst()));
    }
  }

  // Cases of switches and handlers of exceptions: code of the function that no jump leads to.
  private void enterTheRest() {
    State state = null;
    int jumps = 0;
    long next = uncovered(code.start(function));
    while (next >= 0 && steps <= MAX_STEPS) {
      if (indirectJumps.size() > jumps) {
        jumps = indirectJumps.size();
        state = null;
        for (long jump : indirectJumps) {
          State there = stateAt(jump, all());
          if (there != null && state == null) {
            state = there;
          } else if (there != null && state != null) {
            state.join(there);
          }
        }
      }
      if (state == null) {
        beginToGuess();
      } else {
        state.nonZero = 0; // a handler may follow from elsewhere
      }
      flow(next, state == null ? State.unknown() : state);
      run();
      if (all().blockOf(next) == null) {
        covered.put(next, next + 4);
      }
      next = uncovered(next);
    }
  }

  private long uncovered(long from) {
    long end = code.end(function);
    Code.Part part = code.partAt(code.start(function));
    if (part == null) {
      return -1;
    }
    Decoder decoder = part.decoder();
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
  private static boolean isPadding(Code.Part part, long at) {
    return word(part, at) == NOP;
  }

  private static int word(Code.Part part, long at) {
    int offset = (int) (at - part.start());
    byte[] bytes = part.bytes();
    return (bytes[offset] & 0xff)
        | ((bytes[offset + 1] & 0xff) << 8)
        | ((bytes[offset + 2] & 0xff) << 16)
        | (bytes[offset + 3] << 24);
  }

  private void block(long start) {
    Code.Part part = code.partAt(start);
    if (part == null) {
      return;
    }
    State state = Objects.requireNonNull(blocks.get(start)).copy();
    Decoder decoder = part.decoder();
    long at = start;
    while (true) {
      steps++;
      if (at != start && blocks.containsKey(at)) {
        covered.put(start, at);
        flow(at, state);
        return;
      }
      if (!part.contains(at) || !decoder.decode((int) (at - part.start()), instruction)) {
        covered.put(start, at);
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
        covered.put(start, next);
        if (indirect) {
          indirectJumps.add(at);
        }
        int word = word(part, at);
        boolean compares = branch && (word & COMPARE_MASK) == COMPARE_AND_BRANCH;
        State other = compares ? state.whereNotZero(word & 31, word < 0 ? 8 : 4) : state;
        boolean onOther = (word & BRANCH_ON_OTHER) != 0;
        if ((jump || branch) && isOwn(target)) {
          flow(target, onOther ? other : state);
        }
        if (branch && isOwn(next)) {
          flow(next, onOther ? state : other);
        }
        return;
      }
      at = next;
      int here = code.functionAt(at);
      if (here < 0 || (!entered.contains(here) && !isOwn(at))) {
        covered.put(start, at);
        return;
      }
    }
  }

  /** Whether the address belongs to this function's graph, and not to another function's start. */
  private boolean isOwn(long address) {
    int there = code.functionAt(address);
    if (there < 0) {
      return false;
    }
    if (there == function) {
      return true;
    }
    if (code.start(there) == address && code.isCallable(there)) {
      return false;
    }
    entered.add(there);
    return true;
  }
}
