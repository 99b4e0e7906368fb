package io.k8or.packages;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an ELF file asks the loader for: its interpreter, the libraries by soname, and where it
 * would have them looked for (System V ABI, chapters 4 and 5).
 *
 * @param interpreter empty for a library, or a static program
 * @param needed the sonames
 * @param paths of DT_RPATH and DT_RUNPATH, as they are written
 */
record ElfNeeds(String interpreter, List<String> needed, List<String> paths) {
  private static final int PT_LOAD = 1;
  private static final int PT_DYNAMIC = 2;
  private static final int PT_INTERP = 3;

  /** Returns what a file asks for; empty if it is no ELF file, or not one that can be read. */
  static Optional<ElfNeeds> read(byte[] file) {
    if (file.length < 64 || file[0] != 0x7f || file[1] != 'E' || file[2] != 'L' || file[3] != 'F') {
      return Optional.empty();
    }
    try {
      return Optional.of(new Reader(file).read());
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      return Optional.empty(); // offsets that lead nowhere: no loader would take it either
    }
  }

  private static final class Reader {
    private final ByteBuffer file;
    private final boolean wide;
    private final List<long[]> loads = new ArrayList<>();

    Reader(byte[] bytes) {
      this.file =
          ByteBuffer.wrap(bytes)
              .order(bytes[5] == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
      this.wide = bytes[4] == 2;
    }

    ElfNeeds read() {
      long table = word(wide ? 32 : 28);
      int size = file.getShort(wide ? 54 : 42) & 0xffff;
      int count = file.getShort(wide ? 56 : 44) & 0xffff;
      String interpreter = "";
      long dynamic = -1;
      long dynamicSize = 0;
      for (int i = 0; i < count; i++) {
        int at = index(table + (long) i * size);
        int type = file.getInt(at);
        long offset = word(at + (wide ? 8 : 4));
        long address = word(at + (wide ? 16 : 8));
        long length = word(at + (wide ? 32 : 16));
        if (type == PT_LOAD) {
          loads.add(new long[] {address, offset, length});
        } else if (type == PT_INTERP) {
          interpreter = text(offset);
        } else if (type == PT_DYNAMIC) {
          dynamic = offset;
          dynamicSize = length;
        }
      }
      List<String> needed = new ArrayList<>();
      List<String> paths = new ArrayList<>();
      if (dynamic >= 0) {
        readDynamic(dynamic, dynamicSize, needed, paths);
      }
      return new ElfNeeds(interpreter, List.copyOf(needed), List.copyOf(paths));
    }

    private void readDynamic(long start, long size, List<String> needed, List<String> paths) {
      int step = wide ? 16 : 8;
      List<Long> names = new ArrayList<>();
      List<Long> folders = new ArrayList<>();
      long strings = -1;
      for (long at = start; at + step <= start + size; at += step) {
        long tag = word(index(at));
        long value = word(index(at) + step / 2);
        if (tag == 0) {
          break;
        } else if (tag == 1) {
          names.add(value);
        } else if (tag == 5) {
          strings = value;
        } else if (tag == 15 || tag == 29) {
          folders.add(value);
        }
      }
      for (long[] load : loads) {
        if (strings >= load[0] && strings - load[0] < load[2]) {
          long offset = strings - load[0] + load[1];
          names.forEach(name -> needed.add(text(offset + name)));
          folders.forEach(name -> paths.addAll(List.of(text(offset + name).split(":", -1))));
          return;
        }
      }
    }

    private long word(int at) {
      return wide ? file.getLong(at) : file.getInt(at) & 0xffffffffL;
    }

    private int index(long offset) {
      if (offset < 0 || offset >= file.capacity()) {
        throw new IndexOutOfBoundsException("offset " + offset);
      }
      return (int) offset;
    }

    private String text(long offset) {
      int from = index(offset);
      int to = from;
      while (file.get(to) != 0) {
        to++;
      }
      byte[] bytes = new byte[to - from];
      file.get(from, bytes);
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
  }
}
