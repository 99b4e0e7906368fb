package io.k8or.seccomp.machine;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A forward data-flow analysis of one function: what holds at the start of each block, carried over
 * the control-flow graph until nothing changes.
 *
 * <p>The graph follows jumps into parts of the function that stand elsewhere ("cold" parts), but
 * not those to other functions. What a jump table or an exception leads to is taken to follow from
 * each indirect jump; without one nothing is known there.
 *
 * @param <S> what holds at one point
 */
public final class ForwardAnalysis<S extends ForwardAnalysis.Facts<S>> implements FunctionValues {
  // Beyond this a function is given up: nothing is known at its instructions.
  private static final int MAX_STEPS = 400_000;

  private final MachineCode code;
  private final int function;
  private final boolean decides;
  private final Transfer<S> transfer;
  private final Map<Long, S> blocks = new HashMap<>();
  // By address: code mostly runs forward, so that few blocks are taken twice.
  private final TreeSet<Long> work = new TreeSet<>();
  private final Set<Integer> entered = new HashSet<>();
  private final Set<Long> indirectJumps = new HashSet<>();
  private final NavigableMap<Long, Long> covered = new TreeMap<>();
  // What was found before anything had to be guessed; null while nothing was.
  private @Nullable Snapshot<S> certain;
  private boolean complete = true;
  private long conditions;
  private int steps;

  /**
   * Begins with nothing known of a function.
   *
   * @param decides whether ways that conditions exclude are not gone
   */
  public ForwardAnalysis(MachineCode code, int function, boolean decides, Transfer<S> transfer) {
    this.code = code;
    this.function = function;
    this.decides = decides;
    this.transfer = transfer;
    entered.add(function);
  }

  /**
   * What holds at one point. Can be changed.
   *
   * @param <S> its own kind
   */
  public interface Facts<S> {
    /** Returns another that can be changed by itself. */
    S copy();

    /** Keeps what holds in both; returns whether that is less than before. */
    boolean join(S other);

    /** Returns the places that did not hold 0 at entry, on all ways that lead here; a bit each. */
    long nonZero();

    /** Forgets which places did not hold 0. */
    void forgetNonZero();
  }

  /**
   * What a machine's instructions do.
   *
   * @param <S> what holds at one point
   */
  public interface Transfer<S extends Facts<S>> {
    /**
     * Runs one block from its start to its end, which it {@linkplain #cover covers} and {@linkplain
     * #flow flows} on from, and {@linkplain #count counts} its instructions.
     */
    void block(ForwardAnalysis<S> flow, long start, S state);

    /** Runs the instruction at an address; returns the address of the next, or -1 for none. */
    long step(S state, long at);

    /** Returns the first instruction from an address on that is not covered, no padding; or -1. */
    long uncovered(long from, NavigableMap<Long, Long> covered);

    /** Returns the least length of an instruction, bytes. */
    int unit();

    /** Returns a state in which nothing is known. */
    S unknown();

    /** Returns what a place holds, see {@link FunctionValues#at}. */
    Value value(S state, int place, boolean call);
  }

  // -- the passes

  /** Carries a state from the function's start to wherever jumps lead. */
  public void runFrom(S entry) {
    flow(code.start(function), entry);
    run();
  }

  private void run() {
    while (!work.isEmpty() && !isGivenUp()) {
      long start = Objects.requireNonNull(work.pollFirst());
      transfer.block(this, start, Objects.requireNonNull(blocks.get(start)).copy());
    }
  }

  /**
   * Runs the cases of switches and the handlers of exceptions: code of the function that no jump
   * leads to.
   */
  public void runTheRest() {
    S state = null;
    int jumps = 0;
    long next = transfer.uncovered(code.start(function), covered);
    while (next >= 0 && !isGivenUp()) {
      if (indirectJumps.size() > jumps) {
        jumps = indirectJumps.size();
        state = joined(indirectJumps);
      }
      if (state == null) {
        beginToGuess();
      } else {
        state.forgetNonZero(); // a handler may follow from elsewhere
      }
      flow(next, state == null ? transfer.unknown() : state);
      run();
      if (all().blockOf(next) == null) {
        covered.put(next, next + transfer.unit());
      }
      next = transfer.uncovered(next, covered);
    }
  }

  private @Nullable S joined(Set<Long> places) {
    S state = null;
    for (long place : places) {
      S there = stateAt(place, all());
      if (there != null && state == null) {
        state = there;
      } else if (there != null && state != null) {
        state.join(there);
      }
    }
    return state;
  }

  /** Carries a state to a block. */
  public void flow(long to, S state) {
    S known = blocks.get(to);
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

  /** Counts a step of a block. */
  public void count() {
    steps++;
  }

  /** Says whether there were too many steps. */
  public boolean isGivenUp() {
    return steps > MAX_STEPS;
  }

  /** Says whether a block begins at an address. */
  public boolean isBlock(long at) {
    return blocks.containsKey(at);
  }

  /** Notes where a block ends. */
  public void cover(long start, long end) {
    covered.put(start, end);
  }

  /** Notes an indirect jump: what no jump leads to may follow from it. */
  public void indirectJump(long at) {
    indirectJumps.add(at);
  }

  /** Says whether control that runs on to an address stays in the function's graph. */
  public boolean runsOn(long at) {
    int here = code.functionAt(at);
    return here >= 0 && (entered.contains(here) || isOwn(at));
  }

  /** Says whether an address belongs to the function's graph, and is not another's start. */
  public boolean isOwn(long address) {
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

  /** Says whether ways that conditions exclude are not gone. */
  public boolean decides() {
    return decides;
  }

  /** Notes that not all that can run is seen. */
  public void miss() {
    complete = false;
  }

  /** Notes places that a condition looks at, a bit each. */
  public void condition(long places) {
    conditions |= places;
  }

  // -- what was found

  @Override
  public Value at(long at, int place, boolean call) {
    if (isGivenUp()) {
      return Value.ANYTHING;
    }
    S state = stateAt(at, certain());
    if (state == null) {
      state = stateAt(at, all());
    }
    return state == null ? Value.NOTHING : transfer.value(state, place, call);
  }

  @Override
  public long nonZero(long at) {
    S state = isGivenUp() ? null : stateAt(at, certain());
    return state == null ? 0 : state.nonZero();
  }

  @Override
  public boolean reaches(long at) {
    return !isGivenUp() && stateAt(at, certain()) != null;
  }

  @Override
  public boolean covers(long at) {
    return isGivenUp() || stateAt(at, all()) != null;
  }

  @Override
  public boolean enters(long at) {
    return all().blockOf(at) != null;
  }

  @Override
  public long[] blocks() {
    long[] found = new long[covered.size() * 2];
    int i = 0;
    for (Map.Entry<Long, Long> block : covered.entrySet()) {
      found[i++] = block.getKey();
      found[i++] = block.getValue();
    }
    return found;
  }

  @Override
  public boolean isComplete() {
    return decides && complete && !isGivenUp();
  }

  @Override
  public long conditions() {
    return conditions;
  }

  @Override
  public List<Integer> parts() {
    return List.copyOf(entered);
  }

  /** The blocks with where they end, and what holds at their starts. */
  private record Snapshot<S>(NavigableMap<Long, Long> covered, Map<Long, S> blocks) {
    @Nullable Long blockOf(long at) {
      Map.Entry<Long, Long> block = covered.floorEntry(at);
      return block != null && at < block.getValue() ? block.getKey() : null;
    }
  }

  private Snapshot<S> all() {
    return new Snapshot<>(covered, blocks);
  }

  private Snapshot<S> certain() {
    return certain == null ? all() : certain;
  }

  private void beginToGuess() {
    if (certain == null) {
      Map<Long, S> copies = new HashMap<>();
      blocks.forEach((at, state) -> copies.put(at, state.copy()));
      certain = new Snapshot<>(new TreeMap<>(covered), copies);
    }
  }

  private @Nullable S stateAt(long at, Snapshot<S> from) {
    Long block = from.blockOf(at);
    if (block == null) {
      // Where a function runs into the next one.
      Map.Entry<Long, Long> before = from.covered().lowerEntry(at);
      if (before == null || before.getValue() != at) {
        return null;
      }
      block = before.getKey();
    }
    S known = from.blocks().get(block);
    if (known == null) {
      return null;
    }
    S state = known.copy();
    for (long i = block; i < at; ) {
      i = transfer.step(state, i);
      if (i < 0) {
        return null;
      }
    }
    return state;
  }
}
