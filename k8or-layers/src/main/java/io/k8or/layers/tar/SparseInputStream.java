package io.k8or.layers.tar;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** The bytes of a sparse file: stored fragments, and zeros between them. */
final class SparseInputStream extends FilterInputStream {
  private final SparseMap map;
  private final long size;
  private long at;
  private int fragment;
  private boolean begun;

  SparseInputStream(InputStream stored, SparseMap map, long size) {
    super(stored);
    this.map = map;
    this.size = size;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (at == size) {
      return -1;
    }
    if (!begun) {
      in.skipNBytes(map.storedOffset());
      begun = true;
    }
    while (fragment < map.size() && at >= map.offset(fragment) + map.length(fragment)) {
      fragment++;
    }
    long hole = (fragment < map.size() ? map.offset(fragment) : size) - at;
    int count;
    if (hole > 0) {
      count = (int) Math.min(hole, length);
      Arrays.fill(buffer, offset, offset + count, (byte) 0);
    } else {
      long left = map.offset(fragment) + map.length(fragment) - at;
      count = in.read(buffer, offset, (int) Math.min(left, length));
      if (count < 0) {
        throw new EOFException("the stored data of a sparse file ends after " + at + " bytes");
      }
    }
    at += count;
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    // Holes cost nothing to read, and skipping is rare.
    byte[] nowhere = new byte[(int) Math.min(Math.max(count, 0), 8192)];
    long left = count;
    while (left > 0) {
      int skipped = read(nowhere, 0, (int) Math.min(left, nowhere.length));
      if (skipped < 0) {
        break;
      }
      left -= skipped;
    }
    return Math.max(count, 0) - Math.max(left, 0);
  }

  @Override
  public int available() {
    return 0;
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
