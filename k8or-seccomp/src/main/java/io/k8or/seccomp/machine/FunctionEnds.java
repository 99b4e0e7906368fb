package io.k8or.seccomp.machine;

import io.k8or.seccomp.machine.FunctionStarts.Ending;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which functions of an object's code go on into the next, and which never return. */
public final class FunctionEnds {
  // Functions that never return are short, but for main.
  private static final int MAX_ENDLESS = 2000;
  private static final int MAX_DEPTH = 50;

  private final Functions table;
  private final Ending[] endings;
  private final Steps steps;
  private final Map<Integer, Boolean> endless = new HashMap<>();
  private int depth;

  /** Takes over what code was split into. */
  public FunctionEnds(FunctionStarts.Split split, Steps steps) {
    this.table = split.table();
    this.endings = split.endings();
    this.steps = steps;
  }

  /**
   * Where control goes behind an instruction.
   *
   * @param leaves whether it returns, or jumps to where is not said
   * @param ends whether the next instruction does not follow
   * @param jump where it jumps to, or may; else 0
   * @param call what it calls; else 0
   */
  public record Step(long next, boolean leaves, boolean ends, long jump, long call) {}

  /** Reads instructions. */
  @FunctionalInterface
  public interface Steps {
    /** Returns what the instruction at an address does; null where there is none. */
    @Nullable Step at(long address);
  }

  /** Says whether the function's last instruction goes on into the next function. */
  public boolean fallsThrough(int function) {
    // What ends with a call of something that never returns does not.
    return endings[function].goesOn() && !neverReturnsAt(endings[function].call());
  }

  /**
   * Says whether a function begins at the address that {@linkplain #neverReturns does not return}.
   */
  public boolean neverReturnsAt(long address) {
    int called = table.at(address);
    return called >= 0 && table.start(called) == address && neverReturns(called);
  }

  /**
   * Says whether the function surely does not return to its caller: no path through it leads to a
   * return, an indirect jump, another function by a jump, or a function that returns. Cost: a walk
   * over the function at the first call, of no more than 2,000 instructions.
   */
  public boolean neverReturns(int function) {
    Boolean known = endless.get(function);
    if (known == null && depth > MAX_DEPTH) {
      return false;
    }
    if (known == null) {
      endless.put(function, false); // while it is not known: of a recursion, say
      depth++;
      known = neverReturnsNow(function);
      depth--;
      endless.put(function, known);
    }
    return known;
  }

  private boolean neverReturnsNow(int function) {
    Deque<Long> work = new ArrayDeque<>();
    Set<Long> seen = new HashSet<>();
    work.add(table.start(function));
    while (!work.isEmpty()) {
      long at = work.poll();
      while (seen.add(at)) {
        boolean inside = at >= table.start(function) && at < table.end(function);
        Step step = inside && seen.size() <= MAX_ENDLESS ? steps.at(at) : null;
        if (step == null || step.leaves()) {
          return false;
        }
        if (step.jump() != 0) {
          work.add(step.jump());
        }
        if (step.ends() || (step.call() != 0 && neverReturnsAt(step.call()))) {
          break;
        }
        at = step.next();
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return "ends of " + table;
  }
}
