package io.k8or.seccomp;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.elf.ElfFile;
import io.k8or.elf.Section;
import io.k8or.elf.Segment;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** ELF files that are not what they seem: changed where a parser looks. */
final class HostileElf {
  private static final ImagePath PROGRAM = ImagePath.of("/service");
  private static final long[] WORDS = {
    0,
    1,
    2,
    7,
    8,
    16,
    24,
    0x40,
    0x1000,
    0x7fffffff,
    0x80000000L,
    0xffffffffL,
    0x100000000L,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -1,
    -8,
    0x7fffffff_fffff000L
  };

  private HostileElf() {}

  /** Analyses bytes as a program; only an error that says where may come out. */
  static void analyze(byte[] bytes) throws IOException {
    FileNode node = FileNode.regular(FileAttributes.ofMode(0755), Content.of(bytes));
    FileTree files = FileTree.builder().put(PROGRAM, node).build();
    try {
      ServiceAnalyzer.of(files).analyzeProgram("service", PROGRAM);
    } catch (MalformedContentException e) {
      if (e.where().isEmpty()) {
        throw new AssertionError("an error without a place", e);
      }
    }
  }

  /** Returns a file with a few fields changed. */
  static byte[] mutated(byte[] original, Random random) {
    byte[] bytes = original.clone();
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<long[]> places = places(original);
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      long[] place = places.get(random.nextInt(places.size()));
      int at = (int) (place[0] + random.nextInt((int) place[1]));
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt();
        case 2 -> putInt(b, at & ~3, (int) WORDS[random.nextInt(WORDS.length)]);
        case 3 -> putLong(b, at & ~7, WORDS[random.nextInt(WORDS.length)]);
        case 4 -> { // what is there, and something more: overlaps, ends a little too late
          if ((at & ~7) + 8 <= bytes.length) {
            putLong(b, at & ~7, b.getLong(at & ~7) + random.nextInt(4096) - 2048);
          }
        }
        default -> { // a copy of another part of the same table: cycles
          int from = (int) (place[0] + random.nextInt((int) place[1])) & ~7;
          int length = Math.min(64, bytes.length - Math.max(from, at & ~7));
          System.arraycopy(original, from, bytes, at & ~7, Math.max(0, length));
        }
      }
    }
    return random.nextInt(20) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }

  private static void putInt(ByteBuffer b, int at, int value) {
    if (at + 4 <= b.limit()) {
      b.putInt(at, value);
    }
  }

  private static void putLong(ByteBuffer b, int at, long value) {
    if (at + 8 <= b.limit()) {
      b.putLong(at, value);
    }
  }

  // Headers, tables, and each section; the headers weigh most.
  private static List<long[]> places(byte[] original) {
    List<long[]> places = new ArrayList<>();
    try {
      ElfFile file = ElfFile.open(Content.of(original), "original");
      ByteBuffer b = ByteBuffer.wrap(original).order(ByteOrder.LITTLE_ENDIAN);
      add(places, original, 16, 48);
      for (int i = 0; i < 6; i++) {
        add(places, original, b.getLong(32), 56L * file.segments().size());
        add(places, original, b.getLong(40), 64L * file.sections().size());
      }
      for (Section section : file.sections()) {
        if (section.type() != Section.SHT_NOBITS) {
          add(places, original, section.offset(), section.size());
        }
      }
      for (Segment segment : file.segments()) {
        if (segment.type() == Segment.PT_DYNAMIC) {
          add(places, original, segment.offset(), segment.fileSize());
          add(places, original, segment.offset(), segment.fileSize());
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return places;
  }

  private static void add(List<long[]> places, byte[] original, long at, long size) {
    if (at >= 0 && size > 0 && at + size <= original.length) {
      places.add(new long[] {at, size});
    }
  }
}
