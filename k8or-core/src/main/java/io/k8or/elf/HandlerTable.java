package io.k8or.elf;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads {@code .gcc_except_table}: where the calls of a function go on with an exception. */
final class HandlerTable {
  private static final int OMITTED = 0xff;

  private final ElfFile file;
  private final ByteBuffer b;
  private final long address;

  private HandlerTable(ElfFile file, ByteBuffer b, long address) {
    this.file = file;
    this.b = b;
    this.address = address;
  }

  /** Reads the section; one without it has no tables. */
  static HandlerTable of(ElfFile file) throws IOException {
    Optional<Section> section = file.section(".gcc_except_table");
    if (section.isEmpty() || section.get().type() == Section.SHT_NOBITS) {
      return new HandlerTable(file, ByteBuffer.allocate(0), 0);
    }
    Section s = section.get();
    ByteBuffer bytes = file.table().read(s.offset(), s.size(), ".gcc_except_table");
    return new HandlerTable(file, bytes, s.address());
  }

  /** Returns a frame with its handlers; those of a table that is not well-formed up to there. */
  HandledFrame of(HandledFrame frame) {
    TreeSet<Long> handlers = new TreeSet<>();
    long at = frame.table() - address;
    if (at >= 0 && at < b.limit()) {
      b.position((int) at);
      try {
        read(frame.range().start(), handlers);
      } catch (BufferUnderflowException e) {
        // The last entry ends outside of the section.
      }
    }
    return new HandledFrame(frame.range(), frame.table(), List.copyOf(handlers));
  }

  private void read(long function, Set<Long> handlers) {
    long base = function;
    int encoding = b.get() & 0xff;
    if (encoding != OMITTED) {
      int at = b.position();
      base = number(encoding) + ((encoding & 0x70) == 0x10 ? address + at : 0);
    }
    if ((b.get() & 0xff) != OMITTED) {
      leb(); // where the types of exceptions are
    }
    encoding = b.get() & 0xff;
    long size = leb();
    long end = b.position() + size;
    while (size > 0 && b.position() < end) {
      number(encoding); // from this call
      number(encoding); // so far
      long handler = number(encoding);
      leb(); // what is done there
      if (handler != 0) {
        handlers.add(base + handler);
      }
    }
  }

  private long number(int encoding) {
    return switch (encoding & 0x0f) {
      case 0x00 -> file.header().is64Bit() ? b.getLong() : b.getInt();
      case 0x02 -> b.getShort() & 0xffff;
      case 0x03 -> b.getInt() & 0xffffffffL;
      case 0x0a -> b.getShort();
      case 0x0b -> b.getInt();
      case 0x04, 0x0c -> b.getLong();
      case 0x01, 0x09 -> leb();
      default -> throw new BufferUnderflowException();
    };
  }

  private long leb() {
    long value = 0;
    int shift = 0;
    int c;
    do {
      c = b.get() & 0xff;
      value |= (long) (c & 0x7f) << shift;
      shift += 7;
    } while ((c & 0x80) != 0 && shift < 64);
    return value;
  }
}
