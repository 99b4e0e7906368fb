package io.k8or.layers.deflate;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Writes bits, the first one lowest in its byte (RFC 1951, 3.1.1). */
final class BitWriter {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final OutputStream out;
  private final byte[] buffer = new byte[1 << 14];
  private int pos;
  private long bits;
  private int bitCount;
  private long written;

  BitWriter(OutputStream out) {
    this.out = out;
  }

  /** Returns the number of bits so far. */
  long bitOffset() {
    return (written + pos) * 8 + bitCount;
  }

  /** Appends the lowest bits of a value, 56 at most; the others must be zero. */
  void put(long value, int count) throws IOException {
    if (pos > buffer.length - 8) {
      flushBuffer();
    }
    bits |= value << bitCount;
    bitCount += count;
    LONG.set(buffer, pos, bits);
    pos += bitCount >>> 3;
    bits >>>= bitCount & ~7;
    bitCount &= 7;
  }

  /** Appends bits of an array, from any bit on. */
  void copy(byte[] from, long bit, long count) throws IOException {
    int at = (int) (bit >>> 3);
    int shift = (int) (bit & 7);
    long left = count;
    while (left >= 56 && at + 8 <= from.length) {
      put(((long) LONG.get(from, at) >>> shift) & 0xffffffffffffffL, 56);
      at += 7;
      left -= 56;
    }
    while (left > 0) {
      int n = (int) Math.min(left, 8 - shift);
      put((from[at] & 0xff) >>> shift & ((1 << n) - 1), n);
      at++;
      shift = 0;
      left -= n;
    }
  }

  /** Fills the byte with zeros. */
  void align() throws IOException {
    put(0, -bitCount & 7);
  }

  /** Appends bytes; the writer must be aligned. */
  void bytes(byte[] from, int offset, int length) throws IOException {
    flushBuffer();
    out.write(from, offset, length);
    written += length;
  }

  /** Gives all whole bytes to the stream below. */
  void flushBuffer() throws IOException {
    out.write(buffer, 0, pos);
    written += pos;
    pos = 0;
  }
}
