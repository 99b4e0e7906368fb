package io.k8or.elf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** The words that stand in the file at virtual addresses; each segment is read once. */
final class LoadedWords {
  private final ElfFile file;
  private final Map<Segment, ByteBuffer> loaded = new HashMap<>();

  LoadedWords(ElfFile file) {
    this.file = file;
  }

  /** Returns the word at the address; 0 where no bytes of the file are there, as in memory. */
  long at(long address) throws IOException {
    int word = file.header().is64Bit() ? 8 : 4;
    for (Segment s : file.segments()) {
      long into = address - s.address();
      if (s.type() != Segment.PT_LOAD || into < 0 || into > s.fileSize() - word) {
        continue;
      }
      ByteBuffer bytes = loaded.get(s);
      if (bytes == null) {
        bytes = file.table().read(s.offset(), s.fileSize(), "segment");
        loaded.put(s, bytes);
      }
      return word == 8 ? bytes.getLong((int) into) : bytes.getInt((int) into) & 0xffffffffL;
    }
    return 0;
  }
}
