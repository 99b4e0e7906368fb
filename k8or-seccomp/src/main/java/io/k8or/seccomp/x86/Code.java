package io.k8or.seccomp.x86;

import io.k8or.seccomp.machine.CodeBuilder;
import io.k8or.seccomp.machine.CodeBytes;
import io.k8or.seccomp.machine.Frames;
import io.k8or.seccomp.machine.FunctionEnds;
import io.k8or.seccomp.machine.FunctionEnds.Step;
import io.k8or.seccomp.machine.FunctionStarts;
import io.k8or.seccomp.machine.FunctionStarts.Ending;
import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.Functions;
import io.k8or.seccomp.machine.MachineCode;
import io.k8or.seccomp.machine.Memory;
import io.k8or.seccomp.machine.References;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The machine code of one ELF object, split into functions, with all that its instructions refer
 * to. Immutable.
 *
 * <p>A function is a range of addresses that begins where a symbol, an unwinding frame, a call, or
 * a pointer says that one begins, and ends where the next begins. Each is decoded from its first
 * byte to its last, so that code which only a jump table or an exception leads to is seen too.
 */
final class Code implements MachineCode {
  private final List<Part> parts;
  private final Functions table;
  private final References references;
  private final FunctionEnds ends;

  private Code(List<Part> parts, FunctionStarts.Split split) {
    this.table = split.table();
    this.references = split.references();
    this.ends = new FunctionEnds(split, this::stepAt);
    this.parts = parts;
  }

  /** Executable bytes, and where instructions begin in them, as offsets. */
  record Part(CodeBytes code, BitSet boundaries) {
    long start() {
      return code.start();
    }

    boolean contains(long address) {
      return code.contains(address);
    }

    Decoder decoder() {
      return new Decoder(code.bytes(), code.start());
    }
  }

  static Code of(CodeBuilder<Code> builder) {
    return new Scan(builder).run();
  }

  @Override
  public Functions table() {
    return table;
  }

  @Override
  public References references() {
    return references;
  }

  @Override
  public boolean fallsThrough(int function) {
    return ends.fallsThrough(function);
  }

  /** Says whether a function begins at the address that surely does not return to its caller. */
  boolean neverReturnsAt(long address) {
    return ends.neverReturnsAt(address);
  }

  @Override
  public FunctionValues values(int function) {
    return Values.of(this, function);
  }

  @Override
  public FunctionValues values(int function, Map<Integer, Long> constants, Memory memory) {
    return Values.of(this, function, constants, memory);
  }

  private @Nullable Step stepAt(long address) {
    Part part = partAt(address);
    Instruction i = new Instruction();
    if (part == null || !part.decoder().decode((int) (address - part.start()), i)) {
      return null;
    }
    boolean jump = i.isDirectJump();
    return new Step(
        i.next(),
        i.isReturn() || i.isIndirectJump(),
        jump || i.isStop(),
        jump || i.isConditionalJump() ? i.target() : 0,
        i.isDirectCall() ? i.target() : 0);
  }

  /** Returns the code that an address is in; null where there is none. */
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

  /** The one pass. */
  private static final class Scan {
    private final List<Part> parts = new ArrayList<>();
    private final Set<Long> taken;
    private final Frames frames;
    private final FunctionStarts starts;
    private final LongPredicate immediates;
    private final References all = new References();
    private final Instruction instruction = new Instruction();

    Scan(CodeBuilder<Code> builder) {
      builder.parts().forEach(code -> parts.add(new Part(code, new BitSet(code.bytes().length))));
      taken = builder.taken();
      frames = builder.frames();
      starts = new FunctionStarts(builder, 1);
      immediates = builder.immediates();
    }

    Code run() {
      parts.stream().map(Part::code).filter(CodeBytes::linkage).forEach(this::stubs);
      List<Long> first = List.copyOf(starts.all());
      for (int i = 0; i < first.size(); i++) {
        Part part = partAt(parts, first.get(i));
        if (part != null) {
          long end = part.code().end();
          sweep(part, first.get(i), i + 1 < first.size() ? Math.min(first.get(i + 1), end) : end);
        }
      }
      Set<Long> called = new TreeSet<>();
      for (int i = 0; i < all.size(); i++) {
        if (all.kind(i) == References.CALL) {
          called.add(all.target(i));
        } else if (all.kind(i) == References.ADDRESS) {
          taken.add(all.target(i));
        }
      }
      starts.splitAtJumps(all);
      for (long address : taken) {
        if (redecode(address)) {
          starts.add(address); // it is no instruction of the function around it
        }
      }
      for (long target : called) {
        if (starts.isCode(target)) {
          redecode(target);
          starts.called(target);
        }
      }
      taken.stream().filter(starts::isCode).forEach(starts::taken);
      return new Code(List.copyOf(parts), starts.split(all, this::ending));
    }

    // A stub has 16 bytes, or 8 where the table's size says so.
    private void stubs(CodeBytes code) {
      int step = code.bytes().length % 16 != 0 ? 8 : 16;
      for (int at = step; at < code.bytes().length; at += step) {
        starts.add(code.start() + at);
      }
    }

    private Ending ending(CodeBytes code, long from, long to) {
      Part part = Objects.requireNonNull(partAt(parts, from));
      int frame = frames.at(from);
      boolean framed = frame >= 0 && frames.end(frame) <= to;
      long end = framed ? frames.end(frame) : to; // what is behind it is padding
      Decoder decoder = part.decoder();
      for (int at = part.boundaries().previousSetBit((int) (end - 1 - code.start()));
          at >= 0 && code.start() + at >= from;
          at = part.boundaries().previousSetBit(at - 1)) {
        if (!decoder.decode(at, instruction) || isPadding(instruction)) {
          continue;
        }
        boolean direct = instruction.isDirectCall();
        boolean stops =
            instruction.isReturn()
                || instruction.isDirectJump()
                || instruction.isIndirectJump()
                || instruction.isStop();
        // A function that ends with a call ends with one that never returns.
        return stops || (framed && (direct || instruction.isIndirectCall()))
            ? Ending.STOP
            : new Ending(true, direct ? instruction.target() : 0);
      }
      return new Ending(true, 0);
    }

    private static boolean isPadding(Instruction i) {
      return i.is(0x90) || i.is0f(0x1f) || i.is(0xcc);
    }

    private void sweep(Part part, long start, long end) {
      Decoder decoder = part.decoder();
      long at = start;
      while (at < end) {
        int offset = (int) (at - part.start());
        if (!decoder.decode(offset, instruction)) {
          at++;
          continue;
        }
        part.boundaries().set(offset);
        note();
        at = instruction.next();
      }
    }

    /** Decodes from an address at which no instruction was seen to begin, up to one that was. */
    private boolean redecode(long address) {
      Part part = partAt(parts, address);
      if (part == null) {
        return false;
      }
      Decoder decoder = part.decoder();
      int offset = (int) (address - part.start());
      boolean was = part.boundaries().get(offset);
      while (offset < part.code().bytes().length && !part.boundaries().get(offset)) {
        if (!decoder.decode(offset, instruction)) {
          break;
        }
        part.boundaries().set(offset);
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
