package io.k8or.seccomp.aarch64;

import io.k8or.elf.AddressRange;
import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.Functions;
import io.k8or.seccomp.machine.MachineCode;
import io.k8or.seccomp.machine.References;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** The A64 code of one ELF object, split into functions, with all that it refers to. Immutable. */
final class Code implements MachineCode {
  // Functions that never return are short, but for main.
  private static final int MAX_ENDLESS = 2000;
  private static final int MAX_DEPTH = 50;
  private static final int BTI_C = 0xd503245f;
  private static final int NUMBER = 8;
  private static final int EXIT = 93;
  private static final int EXIT_GROUP = 94;

  private final List<Part> parts;
  private final Functions table;
  private final boolean[] falls;
  // The target of a call that is a function's last instruction, or 0.
  private final long[] lastCalls;
  private final References references;
  private final Map<Integer, Boolean> endless = new HashMap<>();
  private int depth;

  private Code(
      List<Part> parts, Functions table, boolean[] falls, long[] lastCalls, References references) {
    this.parts = parts;
    this.table = table;
    this.falls = falls;
    this.lastCalls = lastCalls;
    this.references = references;
  }

  /** A run of executable bytes. */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  record Part(long start, byte[] bytes, boolean linkage) {
    boolean contains(long address) {
      return address >= start && address < end();
    }

    long end() {
      return start + bytes.length;
    }

    Decoder decoder() {
      return new Decoder(bytes, start);
    }
  }

  /** What is known before the code is decoded. */
  static final class Builder implements MachineCode.Builder {
    private final List<Part> parts = new ArrayList<>();
    private final TreeSet<Long> known = new TreeSet<>();
    private final TreeSet<Long> taken = new TreeSet<>();
    private final List<AddressRange> frames = new ArrayList<>();
    private final LongPredicate immediates;

    Builder(LongPredicate immediates) {
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
    public MachineCode build() {
      return new Scan(this).run();
    }
  }

  @Override
  public Functions table() {
    return table;
  }

  @Override
  public boolean fallsThrough(int function) {
    // What ends with a call of something that never returns does not.
    return falls[function] && !neverReturnsAt(lastCalls[function]);
  }

  @Override
  public References references() {
    return references;
  }

  @Override
  public FunctionValues values(int function) {
    return Values.of(this, function);
  }

  @Nullable Part partAt(long address) {
    return partAt(parts, address);
  }

  private static @Nullable Part partAt(List<Part> parts, long address) {
    for (Part part : parts) {
      if (part.contains(address)) {
        return part;
      }
    }
    return null;
  }

  boolean neverReturnsAt(long address) {
    int called = functionAt(address);
    return called >= 0 && start(called) == address && neverReturns(called);
  }

  /**
   * Says whether the function surely does not return to its caller: no path through it leads to a
   * return, an indirect jump, another function by a jump, or a function that returns.
   */
  boolean neverReturns(int function) {
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
    Decoder decoder = part.decoder();
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
            || i.operation == Operation.RETURN
            || i.operation == Operation.INDIRECT_JUMP) {
          return false;
        }
        Operation operation = i.operation;
        long target = i.target;
        if (operation == Operation.JUMP || operation == Operation.BRANCH) {
          work.add(target);
        }
        if (i.isEnd()) {
          break;
        }
        at = i.next();
        if (operation == Operation.CALL) {
          if (neverReturnsAt(target)) {
            break;
          }
        }
      }
    }
    return true;
  }

  @Override
  public String toString() {
    return table.count() + " functions of aarch64";
  }

  /** Finds functions and references: one pass for the calls, some over each function. */
  private static final class Scan {
    private final List<Part> parts;
    private final Set<Long> known;
    private final TreeSet<Long> taken;
    private final TreeSet<Long> called = new TreeSet<>();
    private final long[] frameStarts;
    private final long[] frameEnds;
    private final LongPredicate immediates;
    private final Instruction instruction = new Instruction();
    private final References all = new References();

    Scan(Builder builder) {
      parts = builder.parts;
      known = builder.known;
      taken = builder.taken;
      immediates = builder.immediates;
      AddressRange[] sorted = builder.frames.toArray(AddressRange[]::new);
      Arrays.sort(sorted, (a, b) -> Long.compare(a.start(), b.start()));
      frameStarts = Arrays.stream(sorted).mapToLong(AddressRange::start).toArray();
      frameEnds = Arrays.stream(sorted).mapToLong(AddressRange::end).toArray();
    }

    Code run() {
      TreeSet<Long> starts = new TreeSet<>();
      for (Part part : parts) {
        starts.add(part.start);
        calls(part);
        if (part.linkage) {
          stubs(part, starts);
        }
      }
      known.stream().filter(this::isCode).forEach(starts::add);
      Arrays.stream(frameStarts).filter(this::isCode).forEach(starts::add);
      called.removeIf(address -> !isCode(address));
      starts.addAll(called);
      Set<Long> inside = new HashSet<>();
      for (Part part : parts) {
        References found = new References();
        Addresses addresses = new Addresses(part, immediates, found);
        for (long start : List.copyOf(starts.subSet(part.start, part.end()))) {
          Long next = starts.higher(start);
          long end = next == null ? part.end() : Math.min(next, part.end());
          addresses.run(start, end);
          inside.addAll(addresses.labels());
        }
        for (int i = 0; i < found.size(); i++) {
          all.add(found.at(i), found.kind(i), found.target(i));
          if (found.kind(i) == References.ADDRESS) {
            taken.add(found.target(i));
          }
        }
      }
      splitAtJumps(starts);
      taken.removeIf(address -> !isCode(address) || inside.contains(address));
      for (long address : taken) {
        if (!insideFrame(address)) {
          starts.add(address);
        }
      }
      return result(starts);
    }

    // Calls at the end of functions, which are jumps; without frames nothing else tells of them.
    private void splitAtJumps(NavigableSet<Long> starts) {
      int before = -1;
      while (before != starts.size()) {
        before = starts.size();
        for (int i = 0; i < all.size(); i++) {
          long target = all.target(i);
          if (all.kind(i) == References.JUMP
              && isCode(target)
              && frameAt(target) < 0
              && !Objects.equals(starts.floor(all.at(i)), starts.floor(target))) {
            starts.add(target);
            called.add(target);
          }
        }
      }
    }

    private void calls(Part part) {
      Decoder decoder = part.decoder();
      for (int offset = 0; offset + 4 <= part.bytes.length; offset += 4) {
        if (decoder.decode(offset, instruction) && instruction.operation == Operation.CALL) {
          called.add(instruction.target);
        }
      }
    }

    // A stub begins with adrp x16, or with a landing pad before it.
    private void stubs(Part part, Set<Long> starts) {
      Decoder decoder = part.decoder();
      for (int offset = 0; offset + 4 <= part.bytes.length; offset += 4) {
        if (decoder.decode(offset, instruction)
            && instruction.operation == Operation.ADRP
            && instruction.rd == 16) {
          boolean pad = offset >= 4 && word(part.bytes, offset - 4) == BTI_C;
          starts.add(part.start + offset - (pad ? 4 : 0));
        }
      }
    }

    private static int word(byte[] bytes, int at) {
      return (bytes[at] & 0xff)
          | (bytes[at + 1] & 0xff) << 8
          | (bytes[at + 2] & 0xff) << 16
          | (bytes[at + 3] & 0xff) << 24;
    }

    private Code result(NavigableSet<Long> starts) {
      long[] from = starts.stream().mapToLong(Long::longValue).toArray();
      long[] to = new long[from.length];
      boolean[] callable = new boolean[from.length];
      boolean[] falls = new boolean[from.length];
      long[] lastCalls = new long[from.length];
      for (int i = 0; i < from.length; i++) {
        Part part = partAt(parts, from[i]);
        long end = part == null ? from[i] : part.end();
        to[i] = i + 1 < from.length ? Math.min(from[i + 1], end) : end;
        callable[i] =
            known.contains(from[i])
                || called.contains(from[i])
                || taken.contains(from[i])
                || (part != null && (part.linkage || part.start == from[i]));
        falls[i] =
            part != null
                && i + 1 < from.length
                && from[i + 1] == to[i]
                && falls(part, from[i], to[i]);
        lastCalls[i] = falls[i] && instruction.operation == Operation.CALL ? instruction.target : 0;
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
      int frame = frameAt(from);
      boolean framed = frame >= 0 && frameEnds[frame] <= to;
      long end = framed ? frameEnds[frame] : to; // what is behind it is padding
      Decoder decoder = part.decoder();
      for (long at = ((end - from) & ~3L) + from - 4; at >= from; at -= 4) {
        boolean is = decoder.decode((int) (at - part.start), instruction);
        if (!is || isPadding((int) (at - part.start), part.bytes)) {
          continue;
        }
        boolean call =
            instruction.operation == Operation.CALL
                || instruction.operation == Operation.INDIRECT_CALL;
        return !(instruction.isEnd() || (framed && call) || exits(decoder, at - part.start, from));
      }
      return true;
    }

    // mov x8, #93; svc: exit has nothing behind it.
    private boolean exits(Decoder decoder, long offset, long from) {
      return instruction.operation == Operation.SYSTEM_CALL
          && instruction.address - 4 >= from
          && decoder.decode((int) offset - 4, instruction)
          && instruction.operation == Operation.MOVE_WIDE
          && instruction.rd == NUMBER
          && (instruction.immediate == EXIT || instruction.immediate == EXIT_GROUP);
    }

    private static boolean isPadding(int offset, byte[] bytes) {
      return word(bytes, offset) == Values.NOP;
    }

    private boolean isCode(long address) {
      return (address & 3) == 0 && partAt(parts, address) != null;
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
  }
}
