package io.k8or.seccomp.machine;

import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Where functions begin, found step by step while an object's code is decoded: where its parts, its
 * known functions and its frames do, then where calls, jumps and pointers lead.
 */
public final class FunctionStarts {
  private final List<CodeBytes> parts;
  private final Frames frames;
  private final int unit;
  private final Set<Long> callable;
  private final TreeSet<Long> starts = new TreeSet<>();

  /**
   * Begins with what is known.
   *
   * @param unit what the address of each instruction is a multiple of
   */
  public FunctionStarts(CodeBuilder<?> builder, int unit) {
    this.unit = unit;
    parts = builder.parts();
    frames = builder.frames();
    callable = new TreeSet<>(builder.known());
    parts.forEach(part -> starts.add(part.start()));
    callable.stream().filter(this::isCode).forEach(starts::add);
    Arrays.stream(frames.starts()).filter(this::isCode).forEach(starts::add);
  }

  /** What is at the end of a function: whether control goes on behind it; a call, or 0. */
  public record Ending(boolean goesOn, long call) {
    /** An end that nothing goes on from. */
    public static final Ending STOP = new Ending(false, 0);
  }

  /** Looks at the last instruction of a function. */
  @FunctionalInterface
  public interface Endings {
    /** Returns what is at the end of the instructions between two addresses. */
    Ending of(CodeBytes part, long from, long to);
  }

  /** Code that is split: its functions, how each ends, and the references that leave a function. */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  public record Split(Functions table, Ending[] endings, References references) {}

  /** Says whether an instruction may stand at an address. */
  public boolean isCode(long address) {
    return address % unit == 0 && CodeBytes.at(parts, address) != null;
  }

  /** Returns where functions begin, ascending: a view. */
  public NavigableSet<Long> all() {
    return starts;
  }

  /** Adds where one begins. */
  public void add(long start) {
    starts.add(start);
  }

  /** Adds where one begins that something calls. */
  public void called(long start) {
    callable.add(start);
    starts.add(start);
  }

  /** Adds where one begins whose address is taken, but within a frame. */
  public void taken(long address) {
    callable.add(address);
    if (!frames.isInside(address)) {
      starts.add(address);
    }
  }

  /**
   * Adds where jumps lead from one function to the next. They are calls at the end of functions;
   * without frames nothing else tells of them.
   */
  public void splitAtJumps(References references) {
    int before = -1;
    while (before != starts.size()) {
      before = starts.size();
      for (int i = 0; i < references.size(); i++) {
        long target = references.target(i);
        if (references.kind(i) == References.JUMP
            && frames.at(target) < 0
            && isCode(target)
            && !Objects.equals(starts.floor(references.at(i)), starts.floor(target))) {
          called(target);
        }
      }
    }
  }

  /** Splits the code at the starts. */
  public Split split(References references, Endings endings) {
    long[] from = starts.stream().mapToLong(Long::longValue).toArray();
    long[] to = new long[from.length];
    boolean[] isCallable = new boolean[from.length];
    Ending[] ends = new Ending[from.length];
    for (int i = 0; i < from.length; i++) {
      @Nullable CodeBytes part = CodeBytes.at(parts, from[i]);
      boolean last = i + 1 == from.length;
      long end = part == null ? from[i] : part.end();
      to[i] = last ? end : Math.min(from[i + 1], end);
      isCallable[i] =
          callable.contains(from[i])
              || (part != null && (part.linkage() || part.start() == from[i]));
      ends[i] =
          part == null || last || from[i + 1] != to[i]
              ? Ending.STOP
              : endings.of(part, from[i], to[i]);
    }
    Functions table = new Functions(from, to, isCallable);
    References kept =
        references.sortedAndKept(
            (at, kind, target) -> {
              int function = table.before(at);
              return kind != References.JUMP
                  || function < 0
                  || target < from[function]
                  || target >= to[function];
            });
    return new Split(table, ends, kept);
  }

  @Override
  public String toString() {
    return starts.size() + " starts of functions";
  }
}
