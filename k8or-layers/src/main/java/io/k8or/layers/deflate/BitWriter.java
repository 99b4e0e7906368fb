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
  private final byte[] buffer = new byte[1 << 16];
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
      if (pos > buffer.length - 15) {
        flushBuffer();
      }
      long sevens =
          Math.min(
              left / 56, Math.min((from.length - 8 - at) / 7 + 1, (buffer.length - 8 - pos) / 7));
      copySevens(from, at, shift, (int) sevens);
      at += 7 * (int) sevens;
      left -= 56 * sevens;
    }
    while (left > 0) {
      int n = (int) Math.min(left, 8 - shift);
      put((from[at] & 0xff) >>> shift & ((1 << n) - 1), n);
      at++;
      shift = 0;
      left -= n;
    }
  }

  // Seven bytes at a time: with what is left over of the byte before, they fit into a long.
  private void copySevens(byte[] from, int at, int shift, int count) {
    byte[] buffer = this.buffer;
    long bits = this.bits;
    int bitCount = this.bitCount;
    int pos = this.pos;
    for (int i = 0; i < count; i++) {
      bits |= (((long) LONG.get(from, at + 7 * i) >>> shift) & 0xffffffffffffffL) << bitCount;
      LONG.set(buffer, pos + 7 * i, bits);
      bits >>>= 56;
    }
    this.bits = bits;
    this.pos = pos + 7 * count;
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
