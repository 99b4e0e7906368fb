package io.k8or.layers.tar;

import io.k8or.content.ByteString;
import java.util.Arrays;

/** The fields of a header block: where they are, and how numbers and strings stand in them. */
final class Fields {
  static final int BLOCK = 512;

  static final int NAME = 0;
  static final int NAME_LENGTH = 100;
  static final int MODE = 100;
  static final int UID = 108;
  static final int GID = 116;
  static final int SHORT_NUMBER = 8;
  static final int SIZE = 124;
  static final int MTIME = 136;
  static final int LONG_NUMBER = 12;
  static final int CHECKSUM = 148;
  static final int TYPE = 156;
  static final int LINK = 157;
  static final int LINK_LENGTH = 100;
  static final int MAGIC = 257;
  static final int UNAME = 265;
  static final int GNAME = 297;
  static final int OWNER_LENGTH = 32;
  static final int DEVICE_MAJOR = 329;
  static final int DEVICE_MINOR = 337;
  static final int PREFIX = 345;
  static final int PREFIX_LENGTH = 155;
  static final int STAR_PREFIX_LENGTH = 131;
  static final int STAR_TRAILER = 508;
  static final int GNU_ATIME = 345;
  static final int GNU_CTIME = 357;
  static final int GNU_SPARSE = 386;
  static final int GNU_SPARSE_ENTRIES = 4;
  static final int GNU_EXTENDED = 482;
  static final int GNU_REAL_SIZE = 483;
  static final int EXTENSION_ENTRIES = 21;
  static final int EXTENSION_EXTENDED = 504;
  static final int SPARSE_ENTRY = 24;

  private static final byte[] ZERO = new byte[BLOCK];

  /** The layouts of the fields behind the link name. */
  enum Format {
    V7,
    USTAR,
    GNU,
    STAR
  }

  private Fields() {}

  static boolean isZero(byte[] bytes, int offset) {
    return Arrays.equals(bytes, offset, offset + BLOCK, ZERO, 0, BLOCK);
  }

  /** Returns the number of bytes with those that fill the last block. */
  static long padded(long size) {
    return (size + BLOCK - 1) & -BLOCK;
  }

  static Format format(byte[] bytes, int block) {
    if (!matches(bytes, block + MAGIC, "ustar")) {
      return Format.V7;
    }
    if (bytes[block + MAGIC + 5] == 0) {
      return matches(bytes, block + STAR_TRAILER, "tar\0") ? Format.STAR : Format.USTAR;
    }
    return matches(bytes, block + MAGIC + 5, "  \0") ? Format.GNU : Format.V7;
  }

  private static boolean matches(byte[] bytes, int offset, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (bytes[offset + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Says whether the checksum is right, be it of unsigned bytes or, as some old tools, signed. */
  static boolean isChecksumRight(byte[] bytes, int block) {
    long stated;
    try {
      stated = octal(bytes, block + CHECKSUM, SHORT_NUMBER);
    } catch (BadHeader e) {
      return false;
    }
    int unsigned = 0;
    int signed = 0;
    for (int i = 0; i < BLOCK; i++) {
      byte value = i >= CHECKSUM && i < CHECKSUM + SHORT_NUMBER ? (byte) ' ' : bytes[block + i];
      unsigned += value & 0xff;
      signed += value;
    }
    return stated == unsigned || stated == signed;
  }

  static void putChecksum(byte[] bytes, int block) {
    Arrays.fill(bytes, block + CHECKSUM, block + CHECKSUM + SHORT_NUMBER, (byte) ' ');
    int sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += bytes[block + i] & 0xff;
    }
    // Six digits, a NUL and a space, as every tar writes it.
    for (int i = 5; i >= 0; i--) {
      bytes[block + CHECKSUM + i] = (byte) ('0' + (sum & 7));
      sum >>>= 3;
    }
    bytes[block + CHECKSUM + 6] = 0;
  }

  /** Returns the bytes before the first NUL. */
  static ByteString string(byte[] bytes, int offset, int length) {
    int end = offset;
    while (end < offset + length && bytes[end] != 0) {
      end++;
    }
    return ByteString.copyOf(bytes, offset, end - offset);
  }

  static long number(byte[] bytes, int offset, int length) throws BadHeader {
    int first = bytes[offset];
    if (first >= 0) {
      return octal(bytes, offset, length);
    }
    // Base 256: two's complement behind the first bit, which only marks it.
    long value = (first & 0x40) != 0 ? -1 : 0;
    value = (value << 6) | (first & 0x3f);
    for (int i = 1; i < length; i++) {
      if (value > (Long.MAX_VALUE >> 8) || value < (Long.MIN_VALUE >> 8)) {
        throw new BadHeader("a base-256 number beyond 64 bits");
      }
      value = (value << 8) | (bytes[offset + i] & 0xff);
    }
    return value;
  }

  static long octal(byte[] bytes, int offset, int length) throws BadHeader {
    int from = offset;
    int to = offset + length;
    while (from < to && isFill(bytes[from])) {
      from++;
    }
    while (to > from && isFill(bytes[to - 1])) {
      to--;
    }
    long value = 0;
    // What follows a NUL inside is not looked at, as in Go.
    for (int i = from; i < to && bytes[i] != 0; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 7) {
        throw new BadHeader(
            "expected octal digits, found \"" + ByteString.copyOf(bytes, from, to - from) + '"');
      }
      value = (value << 3) | digit; // at most 12 digits: 36 bits
    }
    return value;
  }

  private static boolean isFill(byte b) {
    return b == ' ' || b == 0;
  }

  static boolean fitsOctal(long value, int length) {
    return value >= 0 && value < 1L << (3 * (length - 1));
  }

  /** Writes digits and a NUL. */
  static void putOctal(byte[] bytes, int offset, int length, long value) {
    long rest = value;
    for (int i = length - 2; i >= 0; i--) {
      bytes[offset + i] = (byte) ('0' + (rest & 7));
      rest >>>= 3;
    }
    bytes[offset + length - 1] = 0;
  }

  /** Says whether the value fits as digits or in base 256. */
  static boolean fitsBase256(long value, int length) {
    int bits = 8 * (length - 1);
    return bits >= 63 || (value >= (-1L << bits) && value < (1L << bits));
  }

  static void putBase256(byte[] bytes, int offset, int length, long value) {
    long rest = value;
    for (int i = length - 1; i >= 0; i--) {
      bytes[offset + i] = (byte) rest;
      rest >>= 8;
    }
    bytes[offset] = (byte) (value < 0 ? 0xff : 0x80);
  }

  static void putString(byte[] bytes, int offset, int length, ByteString value) {
    Arrays.fill(bytes, offset, offset + length, (byte) 0);
    value.copyTo(bytes, offset);
  }
}
