package io.k8or.layers.tar;

import java.util.Arrays;

/** Collects the sparse map of the old GNU format, in the header and in blocks behind it. */
final class OldSparse {
  private long[] fragments = new long[2 * Fields.GNU_SPARSE_ENTRIES];
  private int count;
  private long bytes;

  /** Returns the number of bytes of the extension blocks so far. */
  long bytes() {
    return bytes;
  }

  /** Returns whether an extension block follows. */
  boolean addHeader(byte[] header, int block) throws BadHeader {
    add(header, block + Fields.GNU_SPARSE, Fields.GNU_SPARSE_ENTRIES);
    return header[block + Fields.GNU_EXTENDED] != 0;
  }

  /** Returns whether one more extension block follows. */
  boolean addExtension(byte[] header, int block) throws BadHeader {
    bytes += Fields.BLOCK;
    add(header, block, Fields.EXTENSION_ENTRIES);
    return header[block + Fields.EXTENSION_EXTENDED] != 0;
  }

  private void add(byte[] header, int offset, int entries) throws BadHeader {
    for (int i = 0; i < entries; i++) {
      int at = offset + i * Fields.SPARSE_ENTRY;
      if (header[at] == 0) {
        return; // as GNU tar ends the list
      }
      if (count == fragments.length) {
        fragments = Arrays.copyOf(fragments, 2 * count);
      }
      fragments[count++] = Fields.number(header, at, Fields.LONG_NUMBER);
      fragments[count++] = Fields.number(header, at + Fields.LONG_NUMBER, Fields.LONG_NUMBER);
    }
  }

  SparseMap build() {
    return new SparseMap(Arrays.copyOf(fragments, count), 0);
  }
}
