package io.k8or.seccomp.aarch64;

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
import io.k8or.seccomp.machine.References;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** The A64 code of one ELF object, split into functions, with all that it refers to. Immutable. */
final class Code implements MachineCode {
  private static final int BTI_C = 0xd503245f;
  private static final int NUMBER = 8;
  private static final int EXIT = 93;
  private static final int EXIT_GROUP = 94;

  private final List<CodeBytes> parts;
  private final Functions table;
  private final References references;
  private final FunctionEnds ends;

  private Code(List<CodeBytes> parts, FunctionStarts.Split split) {
    this.table = split.table();
    this.references = split.references();
    this.ends = new FunctionEnds(split, this::stepAt);
    this.parts = parts;
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

  private @Nullable Step stepAt(long address) {
    CodeBytes part = partAt(address);
    Instruction i = new Instruction();
    if (part == null || !new Decoder(part).decode((int) (address - part.start()), i)) {
      return null;
    }
    Operation operation = i.operation;
    return new Step(
        i.next(),
        operation == Operation.RETURN || operation == Operation.INDIRECT_JUMP,
        i.isEnd(),
        operation == Operation.JUMP || operation == Operation.BRANCH ? i.target : 0,
        operation == Operation.CALL ? i.target : 0);
  }

  @Nullable CodeBytes partAt(long address) {
    return CodeBytes.at(parts, address);
  }

  /** Finds functions and references: one pass for the calls, some over each function. */
  private static final class Scan {
    private final List<CodeBytes> parts;
    private final Set<Long> taken;
    private final Frames frames;
    private final FunctionStarts starts;
    private final LongPredicate immediates;
    private final Instruction instruction = new Instruction();
    private final References all = new References();

    Scan(CodeBuilder<Code> builder) {
      parts = builder.parts();
      taken = builder.taken();
      frames = builder.frames();
      starts = new FunctionStarts(builder, 4);
      immediates = builder.immediates();
    }

    Code run() {
      for (CodeBytes part : parts) {
        calls(part);
        if (part.linkage()) {
          stubs(part);
        }
      }
      Set<Long> inside = new HashSet<>();
      for (CodeBytes part : parts) {
        References found = new References();
        Addresses addresses = new Addresses(part, immediates, found);
        for (long start : List.copyOf(starts.all().subSet(part.start(), part.end()))) {
          Long next = starts.all().higher(start);
          addresses.run(start, next == null ? part.end() : Math.min(next, part.end()));
          inside.addAll(addresses.labels());
        }
        for (int i = 0; i < found.size(); i++) {
          all.add(found.at(i), found.kind(i), found.target(i));
          if (found.kind(i) == References.ADDRESS) {
            taken.add(found.target(i));
          }
        }
      }
      starts.splitAtJumps(all);
      for (long address : taken) {
        if (starts.isCode(address) && !inside.contains(address)) {
          starts.taken(address);
        }
      }
      return new Code(parts, starts.split(all, this::ending));
    }

    private void calls(CodeBytes part) {
      Decoder decoder = new Decoder(part);
      for (int offset = 0; offset + 4 <= part.bytes().length; offset += 4) {
        if (decoder.decode(offset, instruction)
            && instruction.operation == Operation.CALL
            && starts.isCode(instruction.target)) {
          starts.called(instruction.target);
        }
      }
    }

    // A stub begins with adrp x16, or with a landing pad before it.
    private void stubs(CodeBytes part) {
      Decoder decoder = new Decoder(part);
      for (int offset = 0; offset + 4 <= part.bytes().length; offset += 4) {
        if (decoder.decode(offset, instruction)
            && instruction.operation == Operation.ADRP
            && instruction.rd == 16) {
          boolean pad = offset >= 4 && word(part.bytes(), offset - 4) == BTI_C;
          starts.add(part.start() + offset - (pad ? 4 : 0));
        }
      }
    }

    private static int word(byte[] bytes, int at) {
      return (bytes[at] & 0xff)
          | (bytes[at + 1] & 0xff) << 8
          | (bytes[at + 2] & 0xff) << 16
          | (bytes[at + 3] & 0xff) << 24;
    }

    private Ending ending(CodeBytes part, long from, long to) {
      int frame = frames.at(from);
      boolean framed = frame >= 0 && frames.end(frame) <= to;
      long end = framed ? frames.end(frame) : to; // what is behind it is padding
      Decoder decoder = new Decoder(part);
      for (long at = ((end - from) & ~3L) + from - 4; at >= from; at -= 4) {
        int offset = (int) (at - part.start());
        if (!decoder.decode(offset, instruction) || word(part.bytes(), offset) == Values.NOP) {
          continue;
        }
        Operation operation = instruction.operation;
        long called = operation == Operation.CALL ? instruction.target : 0;
        boolean call = called != 0 || operation == Operation.INDIRECT_CALL;
        return instruction.isEnd() || (framed && call) || exits(decoder, offset, from)
            ? Ending.STOP
            : new Ending(true, called);
      }
      return new Ending(true, 0);
    }

    // mov x8, #93; svc: exit has nothing behind it.
    private boolean exits(Decoder decoder, int offset, long from) {
      return instruction.operation == Operation.SYSTEM_CALL
          && instruction.address - 4 >= from
          && decoder.decode(offset - 4, instruction)
          && instruction.operation == Operation.MOVE_WIDE
          && instruction.rd == NUMBER
          && (instruction.immediate == EXIT || instruction.immediate == EXIT_GROUP);
    }
  }
}
