package io.k8or.seccomp.x86;

import io.k8or.elf.AddressRange;
import io.k8or.seccomp.machine.Functions;
import io.k8or.seccomp.machine.MachineCode;
import io.k8or.seccomp.machine.Memory;
import io.k8or.seccomp.machine.References;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongPredicate;

/**
 * The machine code of one ELF object, split into functions, with all that its instructions refer
 * to. Immutable.
 *
 * <p>A function is a range of addresses that begins where a symbol, an unwinding frame, a call, or
 * a pointer says that one begins, and ends where the next begins. Each is decoded from its first
 * byte to its last, so that code which only a jump table or an exception leads to is seen too.
 */
public final class Code implements MachineCode {
  // Functions that never return are short, but for main.
  private static final int MAX_ENDLESS = 2000;
  private static final int MAX_DEPTH = 50;

  private final List<Part> parts;
  private final Functions table;
  private final boolean[] fallsThrough;
  // The target of a call that is a function's last instruction, or 0.
  private final long[] lastCalls;
  private final References references;
  private final Map<Integer, Boolean> endless = new HashMap<>();
  private int depth;

  private Code(
      List<Part> parts,
      Functions table,
      boolean[] fallsThrough,
      long[] lastCalls,
      References references) {
    this.parts = parts;
    this.table = table;
    this.fallsThrough = fallsThrough;
    this.lastCalls = lastCalls;
    this.references = references;
  }

  /** A run of executable bytes. */
  static final class Part {
    private final long start;
    private final byte[] bytes;
    // Whether it holds the stubs of a procedure linkage table, each a function.
    private final boolean linkage;
    private final BitSet boundaries;

    private Part(long start, byte[] bytes, boolean linkage) {
      this.start = start;
      this.bytes = bytes;
      this.linkage = linkage;
      this.boundaries = new BitSet(bytes.length);
    }

    long start() {
      return start;
    }

    byte[] bytes() {
      return bytes;
    }

    /** Where instructions begin, as offsets. */
    BitSet boundaries() {
      return boundaries;
    }

    boolean contains(long address) {
      return address >= start && address < start + bytes.length;
    }
  }

  /** What is known of an object's code before it is decoded. */
  public static final class Builder implements MachineCode.Builder {
    private final List<Part> parts = new ArrayList<>();
    private final TreeSet<Long> known = new TreeSet<>();
    private final TreeSet<Long> taken = new TreeSet<>();
    private final List<AddressRange> frames = new ArrayList<>();
    private final LongPredicate immediates;

    /**
     * Begins.
     *
     * @param immediates whether a number in an instruction may be an address of the object, which
     *     only programs at fixed addresses have
     */
    public Builder(LongPredicate immediates) {
      this.immediates = immediates;
    }

    @Override
    public Builder bytes(long start, byte[] bytes, boolean linkage) {
      parts.add(new Part(start, bytes, linkage));
      return this;
    }

    @Override
    public Builder function(long start) {
      known.add(start);
      return this;
    }

    @Override
    public Builder taken(long address) {
      taken.add(address);
      return this;
    }

    @Override
    public Builder frame(AddressRange frame) {
      frames.add(frame);
      return this;
    }

    @Override
    public Code build() {
      return new Scan(parts, known, taken, frames, immediates).run();
    }
  }

  @Override
  public Functions table() {
    return table;
  }

  @Override
  public boolean fallsThrough(int function) {
    // What ends with a call of something that never returns does not.
    return fallsThrough[function] && !neverReturnsAt(lastCalls[function]);
  }

  @Override
  public References references() {
    return references;
  }

  @Override
  public Values values(int function) {
    return Values.of(this, function);
  }

  @Override
  public Values values(int function, Map<Integer, Long> constants, Memory memory) {
    return Values.of(this, function, constants, memory);
  }

  private boolean neverReturnsAt(long address) {
    int called = functionAt(address);
    return called >= 0 && start(called) == address && neverReturns(called);
  }

  /**
   * Says whether the function surely does not return to its caller: no path through it leads to a
   * return, an indirect jump, or a function that returns.
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
    Part part = partAt(start(function));
    if (part == null) {
      return false;
    }
    Decoder decoder = new Decoder(part.bytes, part.start);
    Instruction i = new Instruction();
    Deque<Long> work = new ArrayDeque<>();
    Set<Long> seen = new HashSet<>();
    work.add(start(function));
    while (!work.isEmpty()) {
      long at = work.poll();
      while (seen.add(at)) {
        if (at < start(function)
            || at >= end(function)
            || seen.size() > MAX_ENDLESS
            || !decoder.decode((int) (at - part.start), i)
            || i.isReturn()
            || i.isIndirectJump()) {
          return false;
        }
        boolean jump = i.isDirectJump();
        if (jump || i.isConditionalJump()) {
          work.add(i.target());
        }
        boolean call = i.isDirectCall();
        long target = call ? i.target() : 0;
        at = i.next();
        if (jump || i.isStop()) {
          break;
        }
        if (call) {
          int called = functionAt(target);
          if (called >= 0 && start(called) == target && neverReturns(called)) {
            break;
          }
        }
      }
    }
    return true;
  }

  /** Returns the decoder of the code at the address; null where there is none. */
  @org.jspecify.annotations.Nullable
  Part partAt(long address) {
    for (Part part : parts) {
      if (part.contains(address)) {
        return part;
      }
    }
    return null;
  }

  /** The one pass. */
  private static final class Scan {
    private final List<Part> parts;
    private final Set<Long> known;
    private final Set<Long> taken;
    private final long[] frameStarts;
    private final long[] frameEnds;
    private final LongPredicate immediates;
    private final References all = new References();
    private final Instruction instruction = new Instruction();

    Scan(
        List<Part> parts,
        Set<Long> known,
        Set<Long> taken,
        List<AddressRange> frames,
        LongPredicate immediates) {
      this.parts = parts;
      this.known = known;
      this.taken = taken;
      this.immediates = immediates;
      AddressRange[] sorted = frames.toArray(AddressRange[]::new);
      Arrays.sort(sorted, (a, b) -> Long.compare(a.start(), b.start()));
      frameStarts = new long[sorted.length];
      frameEnds = new long[sorted.length];
      for (int i = 0; i < sorted.length; i++) {
        frameStarts[i] = sorted[i].start();
        frameEnds[i] = sorted[i].end();
      }
    }

    Code run() {
      TreeSet<Long> starts = new TreeSet<>();
      for (Part part : parts) {
        starts.add(part.start);
        int step = part.linkage ? 8 : 0;
        for (int at = step; step > 0 && at < part.bytes.length; at += step) {
          if (part.bytes.length % 16 != 0 || at % 16 == 0) {
            starts.add(part.start + at);
          }
        }
      }
      for (long start : known) {
        if (isCode(start)) {
          starts.add(start);
        }
      }
      for (long start : frameStarts) {
        if (isCode(start)) {
          starts.add(start);
        }
      }
      TreeSet<Long> first = new TreeSet<>(starts);
      for (Part part : parts) {
        for (long start : first.subSet(part.start, part.start + part.bytes.length)) {
          Long next = first.higher(start);
          long end = part.start + part.bytes.length;
          sweep(part, start, next == null ? end : Math.min(next, end));
        }
      }
      TreeSet<Long> targets = new TreeSet<>();
      for (int i = 0; i < all.size(); i++) {
        long target = all.target(i);
        if (all.kind(i) == References.CALL) {
          targets.add(target);
        } else if (all.kind(i) == References.ADDRESS) {
          taken.add(target);
        }
      }
      splitAtJumps(starts, targets);
      taken.removeIf(address -> !isCode(address));
      for (long address : taken) {
        if (redecode(address)) {
          starts.add(address); // it is no instruction of the function around it
        }
      }
      for (long target : targets) {
        if (isCode(target)) {
          redecode(target);
          starts.add(target);
        }
      }
      for (long address : taken) {
        if (!insideFrame(address)) {
          starts.add(address);
        }
      }
      return result(starts, targets);
    }

    // Calls at the end of functions, which are jumps; without frames nothing else tells of them.
    private void splitAtJumps(NavigableSet<Long> starts, Set<Long> targets) {
      int before = -1;
      while (before != starts.size() + targets.size()) {
        before = starts.size() + targets.size();
        for (int i = 0; i < all.size(); i++) {
          long target = all.target(i);
          if (all.kind(i) == References.JUMP
              && frameAt(target) < 0
              && isCode(target)
              && !Objects.equals(starts.floor(all.at(i)), starts.floor(target))) {
            starts.add(target);
            targets.add(target);
          }
        }
      }
    }

    private Code result(SortedSet<Long> starts, Set<Long> called) {
      long[] from = new long[starts.size()];
      long[] to = new long[from.length];
      boolean[] callable = new boolean[from.length];
      boolean[] falls = new boolean[from.length];
      long[] lastCalls = new long[from.length];
      int n = 0;
      for (long start : starts) {
        from[n++] = start;
      }
      for (int i = 0; i < n; i++) {
        Part part = partAt(from[i]);
        long end = part == null ? from[i] : part.start + part.bytes.length;
        to[i] = i + 1 < n ? Math.min(from[i + 1], end) : end;
        callable[i] =
            known.contains(from[i])
                || called.contains(from[i])
                || taken.contains(from[i])
                || (part != null && (part.linkage || part.start == from[i]));
        falls[i] = part != null && i + 1 < n && from[i + 1] == to[i] && falls(part, from[i], to[i]);
        lastCalls[i] = falls[i] && instruction.isDirectCall() ? instruction.target() : 0;
      }
      References kept =
          all.sortedAndKept(
              (at, kind, target) -> {
                if (kind != References.JUMP) {
                  return true;
                }
                int i = Arrays.binarySearch(from, at);
                i = i >= 0 ? i : -i - 2;
                return i < 0 || target < from[i] || target >= to[i];
              });
      Functions table = new Functions(from, to, callable);
      return new Code(parts, table, falls, lastCalls, kept);
    }

    // Whether control can leave the range at its end.
    private boolean falls(Part part, long from, long to) {
      long end = to;
      int frame = frameAt(from);
      boolean framed = frame >= 0 && frameEnds[frame] <= to;
      if (framed) {
        end = frameEnds[frame]; // what is behind it is padding
      }
      long last = -1;
      Decoder decoder = new Decoder(part.bytes, part.start);
      for (int at = part.boundaries.previousSetBit((int) (end - 1 - part.start));
          at >= 0 && part.start + at >= from;
          at = part.boundaries.previousSetBit(at - 1)) {
        if (!decoder.decode(at, instruction)) {
          continue;
        }
        if (!isPadding(instruction)) {
          last = part.start + at;
          break;
        }
      }
      if (last < 0) {
        return true;
      }
      boolean stops =
          instruction.isReturn()
              || instruction.isDirectJump()
              || instruction.isIndirectJump()
              || instruction.isStop();
      // A function that ends with a call ends with one that never returns.
      boolean call = instruction.isDirectCall() || instruction.isIndirectCall();
      return !(stops || (framed && call));
    }

    private static boolean isPadding(Instruction i) {
      return i.is(0x90) || i.is0f(0x1f) || i.is(0xcc);
    }

    private boolean isCode(long address) {
      return partAt(address) != null;
    }

    private @org.jspecify.annotations.Nullable Part partAt(long address) {
      for (Part part : parts) {
        if (part.contains(address)) {
          return part;
        }
      }
      return null;
    }

    private int frameAt(long address) {
      int i = Arrays.binarySearch(frameStarts, address);
      i = i >= 0 ? i : -i - 2;
      return i >= 0 && address < frameEnds[i] ? i : -1;
    }

    private boolean insideFrame(long address) {
      int frame = frameAt(address);
      return frame >= 0 && frameStarts[frame] != address;
    }

    private void sweep(Part part, long start, long end) {
      Decoder decoder = new Decoder(part.bytes, part.start);
      long at = start;
      while (at < end) {
        int offset = (int) (at - part.start);
        if (!decoder.decode(offset, instruction)) {
          at++;
          continue;
        }
        part.boundaries.set(offset);
        note();
        at = instruction.next();
      }
    }

    /** Decodes from an address at which no instruction was seen to begin, up to one that was. */
    private boolean redecode(long address) {
      Part part = partAt(address);
      if (part == null) {
        return false;
      }
      Decoder decoder = new Decoder(part.bytes, part.start);
      int offset = (int) (address - part.start);
      boolean was = part.boundaries.get(offset);
      while (offset < part.bytes.length && !part.boundaries.get(offset)) {
        if (!decoder.decode(offset, instruction)) {
          break;
        }
        part.boundaries.set(offset);
        note();
        offset += instruction.length;
      }
      return !was;
    }

    private void note() {
      Instruction i = instruction;
      if (i.isDirectCall()) {
        all.add(i.address, References.CALL, i.target());
        return;
      }
      if (i.isDirectJump() || i.isConditionalJump()) {
        all.add(i.address, References.JUMP, i.target());
        return;
      }
      boolean fixed = i.hasFixedMemory();
      if (i.isIndirectCall() || i.isIndirectJump()) {
        boolean call = i.isIndirectCall();
        if (fixed) {
          all.add(i.address, call ? References.CALL_SLOT : References.JUMP_SLOT, i.memoryAddress());
        } else {
          all.add(i.address, call ? References.INDIRECT_CALL : References.INDIRECT_JUMP, 0);
          indexed(i);
        }
        return;
      }
      if (i.isSystemCall()) {
        all.add(i.address, i.isSyscall() ? References.SYSCALL : References.SYSCALL_32, 0);
        return;
      }
      // A comparison tells whether a word is 0, and leaves what it points to alone.
      if (fixed && !i.isComparison()) {
        boolean lea = i.is(0x8d);
        if (i.base == Instruction.RIP || immediates.test(i.displacement)) {
          all.add(i.address, lea ? References.ADDRESS : References.ACCESS, i.memoryAddress());
          // A vector register takes several words at once.
          int words = i.vector ? 8 : i.map != Instruction.ONE_BYTE ? 2 : 1;
          for (int word = 1; word < words; word++) {
            all.add(i.address, References.ACCESS, i.memoryAddress() + 8L * word);
          }
        }
      } else if (!fixed) {
        indexed(i);
      }
      if (i.hasImmediate && immediates.test(i.immediate)) {
        all.add(i.address, References.ADDRESS, i.immediate);
      }
    }

    private void indexed(Instruction i) {
      if (i.hasModRm && !i.rmIsRegister && i.segment == 0 && immediates.test(i.displacement)) {
        all.add(i.address, References.ADDRESS, i.displacement);
      }
    }
  }
}
