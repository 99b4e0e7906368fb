package io.k8or.elf;

import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads {@code .eh_frame}: which addresses have a description for unwinding, which is each function
 * and each cold part of one, in stripped files too (Linux Standard Base, "Exception Frames").
 */
final class EhFrame {
  private static final int DW_EH_PE_OMIT = 0xff;

  private final ElfFile file;
  private final ByteBuffer b;
  private final long address;
  private final boolean handledOnly;
  private final Map<Integer, Integer> encodings = new HashMap<>();
  // How common entries write the address of a function's table of handlers.
  private final Map<Integer, Integer> handled = new HashMap<>();
  private final List<HandledFrame> tables = new ArrayList<>();

  private EhFrame(ElfFile file, ByteBuffer b, long address, boolean handledOnly) {
    this.file = file;
    this.b = b;
    this.address = address;
    this.handledOnly = handledOnly;
  }

  /** Reads all frames, or only those that exceptions may lead into. */
  static List<AddressRange> read(ElfFile file, boolean handledOnly) throws IOException {
    Optional<Section> section = file.section(".eh_frame");
    if (section.isEmpty() || section.get().type() == Section.SHT_NOBITS) {
      return List.of();
    }
    Section s = section.get();
    ByteBuffer bytes = file.table().read(s.offset(), s.size(), ".eh_frame");
    return new EhFrame(file, bytes, s.address(), handledOnly).ranges();
  }

  /**
   * Reads the frames with a table of handlers (Itanium C++ ABI, "Exception Handling Tables"; GCC's
   * {@code .gcc_except_table}). A table that cannot be read counts as empty.
   */
  static List<HandledFrame> readHandlers(ElfFile file) throws IOException {
    Optional<Section> section = file.section(".eh_frame");
    if (section.isEmpty() || section.get().type() == Section.SHT_NOBITS) {
      return List.of();
    }
    Section s = section.get();
    ByteBuffer bytes = file.table().read(s.offset(), s.size(), ".eh_frame");
    EhFrame frames = new EhFrame(file, bytes, s.address(), true);
    frames.ranges();
    HandlerTable handlers = HandlerTable.of(file);
    return frames.tables.stream().map(handlers::of).toList();
  }

  private List<AddressRange> ranges() throws MalformedContentException {
    List<AddressRange> ranges = new ArrayList<>();
    while (b.remaining() >= 4) {
      int start = b.position();
      long length = b.getInt() & 0xffffffffL;
      if (length == 0) {
        continue; // a terminator; linked files may have several
      }
      if (length == 0xffffffffL) {
        require(b.remaining() >= 8, start);
        length = b.getLong();
      }
      int body = b.position();
      require(length >= 4 && length <= b.remaining(), start);
      int end = body + (int) length;
      int pointer = b.getInt();
      if (pointer != 0) {
        int cie = body - pointer;
        require(cie >= 0 && cie < start, start);
        int encoding = encoding(cie);
        Integer handlers = handled.get(cie);
        if (!handledOnly || handlers != null) {
          description(encoding, handlers == null ? DW_EH_PE_OMIT : handlers, end, ranges);
        }
      }
      b.position(end);
    }
    return ranges;
  }

  private void description(int encoding, int handlers, int end, List<AddressRange> ranges)
      throws MalformedContentException {
    if (encoding == DW_EH_PE_OMIT) {
      return;
    }
    int at = b.position();
    long start = pointer(encoding, end);
    if ((encoding & 0x70) == 0x10) {
      start += address + at; // relative to where it stands
    }
    long length = pointer(encoding & 0x07, end);
    if (length <= 0) {
      return;
    }
    AddressRange range = new AddressRange(file.header().is64Bit() ? start : (int) start, length);
    ranges.add(range);
    if (handledOnly && handlers != DW_EH_PE_OMIT && (handlers & 0x80) == 0) {
      long size = leb(end);
      at = b.position();
      long table = size > 0 ? pointer(handlers, end) : 0;
      if (table != 0) {
        long base = (handlers & 0x70) == 0x10 ? address + at : 0;
        tables.add(new HandledFrame(range, table + base, List.of()));
      }
    }
  }

  /** Returns how the descriptions of the common entry at an offset write addresses. */
  private int encoding(int cie) throws MalformedContentException {
    Integer known = encodings.get(cie);
    if (known != null) {
      return known;
    }
    int back = b.position();
    b.position(cie);
    int encoding = commonEntry(cie);
    b.position(back);
    encodings.put(cie, encoding);
    return encoding;
  }

  private int commonEntry(int start) throws MalformedContentException {
    require(b.remaining() >= 4, start);
    long length = b.getInt() & 0xffffffffL;
    if (length == 0xffffffffL) {
      require(b.remaining() >= 8, start);
      length = b.getLong();
    }
    require(length >= 5 && length <= b.remaining(), start);
    int end = b.position() + (int) length;
    require(b.getInt() == 0, start);
    int version = unsignedByte(end);
    StringBuilder augmentation = new StringBuilder();
    for (int c = unsignedByte(end); c != 0; c = unsignedByte(end)) {
      augmentation.append((char) c);
    }
    if (version >= 4) {
      unsignedByte(end);
      unsignedByte(end);
    }
    leb(end);
    leb(end);
    if (version == 1) {
      unsignedByte(end);
    } else {
      leb(end);
    }
    if (augmentation.length() == 0 || augmentation.charAt(0) != 'z') {
      return 0; // absolute addresses
    }
    leb(end);
    int encoding = 0;
    for (int i = 1; i < augmentation.length(); i++) {
      switch (augmentation.charAt(i)) {
        case 'R' -> encoding = unsignedByte(end);
        case 'L' -> {
          handled.put(start, unsignedByte(end));
        }
        case 'P' -> pointer(unsignedByte(end), end);
        default -> {} // S, B, G: no data
      }
    }
    return encoding;
  }

  private long pointer(int encoding, int end) throws MalformedContentException {
    int size =
        switch (encoding & 0x0f) {
          case 0x00 -> file.header().is64Bit() ? 8 : 4;
          case 0x02, 0x0a -> 2;
          case 0x03, 0x0b -> 4;
          case 0x04, 0x0c -> 8;
          case 0x01, 0x09 -> 0;
          default -> throw malformed("an unknown encoding of pointers, " + encoding);
        };
    if (size == 0) {
      return leb(end);
    }
    require(b.position() <= end - size, b.position());
    boolean signed = (encoding & 0x08) != 0;
    return switch (size) {
      case 2 -> signed ? b.getShort() : b.getShort() & 0xffff;
      case 4 -> signed ? b.getInt() : b.getInt() & 0xffffffffL;
      default -> b.getLong();
    };
  }

  private long leb(int end) throws MalformedContentException {
    long value = 0;
    int shift = 0;
    int c;
    do {
      c = unsignedByte(end);
      value |= (long) (c & 0x7f) << shift;
      shift += 7;
    } while ((c & 0x80) != 0 && shift < 64);
    return value;
  }

  private int unsignedByte(int end) throws MalformedContentException {
    require(b.position() < end, b.position());
    return b.get() & 0xff;
  }

  private void require(boolean holds, int at) throws MalformedContentException {
    if (!holds) {
      throw malformed("an entry at " + at + " does not end where it says");
    }
  }

  private MalformedContentException malformed(String why) {
    return new MalformedContentException("ELF file", file.where(), ".eh_frame: " + why);
  }
}
