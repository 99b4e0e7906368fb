package io.k8or.elf;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * ELF files: each part is asked for by itself, as one that is malformed does not hide the others.
 */
public final class ElfFuzz {
  private ElfFuzz() {}

  private interface Part {
    Object read() throws IOException;
  }

  /** Reads all that there is. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    Content content = Content.of(data);
    ElfFile file;
    try {
      file = ElfFile.open(content, "fuzz");
    } catch (MalformedContentException e) {
      return;
    }
    List<Part> parts =
        List.of(
            file::interpreter,
            file::needed,
            file::soname,
            file::rpath,
            file::runpath,
            file::buildId,
            file::dynamicSymbols,
            file::symbols,
            file::frames,
            file::handlers,
            file::relocations,
            () -> file.offsetOf(0x1000),
            file::toString);
    for (Part part : parts) {
      try {
        part.read();
      } catch (MalformedContentException e) {
        if (e.where().isEmpty()) {
          throw new AssertionError("an error without a place", e);
        }
      }
    }
    for (Section section : file.sections()) {
      try {
        file.bytes(section).readAll(1 << 20);
      } catch (MalformedContentException e) {
        // not inside the file
      }
    }
  }

  /** Returns a small library of both classes and byte orders. */
  public static List<byte[]> seeds() {
    return List.of(
        library(true, ByteOrder.LITTLE_ENDIAN),
        library(true, ByteOrder.BIG_ENDIAN),
        library(false, ByteOrder.LITTLE_ENDIAN));
  }

  // A header, one loaded segment, a dynamic one, and the strings that it speaks of.
  private static byte[] library(boolean is64, ByteOrder order) {
    int header = is64 ? 64 : 52;
    int entry = is64 ? 56 : 32;
    ByteBuffer out = ByteBuffer.allocate(1024).order(order);
    out.put(new byte[] {0x7f, 'E', 'L', 'F', (byte) (is64 ? 2 : 1)});
    out.put((byte) (order == ByteOrder.LITTLE_ENDIAN ? 1 : 2)).put((byte) 1);
    out.position(16);
    out.putShort((short) 3).putShort((short) 62).putInt(1);
    word(out, is64, 0x200);
    word(out, is64, header);
    word(out, is64, 0);
    out.putInt(0).putShort((short) header).putShort((short) entry).putShort((short) 2);
    out.putShort((short) 0).putShort((short) 0).putShort((short) 0);
    segment(out, is64, 1, 0, 1024);
    segment(out, is64, 2, 0x200, 0x80);
    out.position(0x200);
    long[] dynamic = {5, 0x300, 10, 32, 1, 1, 14, 6, 29, 11, 6, 0x340, 11, 24, 0, 0};
    for (long value : dynamic) {
      word(out, is64, value);
    }
    out.position(0x300);
    out.put("\0libc\0self\0path\0".getBytes(StandardCharsets.US_ASCII));
    return out.array();
  }

  private static void segment(ByteBuffer out, boolean is64, int type, long offset, long size) {
    out.putInt(type);
    if (is64) {
      out.putInt(4);
    }
    for (long value : new long[] {offset, offset, offset, size, size}) {
      word(out, is64, value);
    }
    if (!is64) {
      out.putInt(4);
    }
    word(out, is64, 0x1000);
  }

  private static void word(ByteBuffer out, boolean is64, long value) {
    if (is64) {
      out.putLong(value);
    } else {
      out.putInt((int) value);
    }
  }
}
