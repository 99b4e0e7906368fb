package io.k8or.packages.apk;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;

/**
 * The archive of the packages' scripts, {@code lib/apk/db/scripts.tar} or {@code scripts.tar.gz}: a
 * tar whose entries are named {@code NAME-VERSION.CHECKSUM.SCRIPT}.
 */
public final class ScriptsArchive {
  private static final int BLOCK = 512;
  private static final int MAX_BYTES = 256 << 20;

  private ScriptsArchive() {}

  /**
   * Returns the archive without some entries; the bytes of the others stay. An archive that was
   * compressed is again, but by storing: it is small, and so it has the same bytes everywhere.
   *
   * @param gone told an entry's name
   * @param where the archive's path, for the error; the offset is added
   * @throws MalformedContentException if it is no tar, or cut off
   */
  public static ByteString without(ByteString archive, Predicate<String> gone, String where)
      throws MalformedContentException {
    boolean compressed = archive.length() > 2 && archive.at(0) == 0x1f && archive.at(1) == 0x8b;
    byte[] tar = compressed ? inflate(archive, where) : archive.toByteArray();
    ByteArrayOutputStream out = new ByteArrayOutputStream(tar.length);
    int from = 0; // of what belongs to the next entry: its extended headers, then itself
    int at = 0;
    while (at + BLOCK <= tar.length && !isZero(tar, at)) {
      long size = octal(tar, at + 124, 12, where);
      long next = at + BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
      if (next > tar.length) {
        throw new MalformedContentException(
            "apk scripts archive",
            where + ", byte " + at,
            "expected " + size + " bytes of an entry, found the end");
      }
      char type = (char) (tar[at + 156] & 0xff);
      if (type != 'L' && type != 'x') {
        if (!gone.test(name(tar, at))) {
          out.write(tar, from, (int) next - from);
        }
        from = (int) next;
      }
      at = (int) next;
    }
    out.write(tar, from, tar.length - from);
    byte[] kept = out.toByteArray();
    if (kept.length == tar.length) {
      return archive;
    }
    return ByteString.copyOf(compressed ? store(kept) : kept);
  }

  private static byte[] inflate(ByteString archive, String where) throws MalformedContentException {
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(archive.toByteArray()))) {
      byte[] bytes = in.readNBytes(MAX_BYTES);
      if (bytes.length == MAX_BYTES) {
        throw new MalformedContentException(
            "apk scripts archive", where, "more than " + MAX_BYTES + " bytes");
      }
      return bytes;
    } catch (MalformedContentException e) {
      throw e;
    } catch (IOException e) {
      throw new MalformedContentException(
          "apk scripts archive", where, "not gzip: " + e.getMessage(), e);
    }
  }

  // RFC 1952 around stored blocks of RFC 1951: no choice is left to a compressor.
  private static byte[] store(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + 64);
    out.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff});
    int at = 0;
    do {
      int length = Math.min(0xffff, bytes.length - at);
      out.write(at + length == bytes.length ? 1 : 0);
      little(out, length, 2);
      little(out, ~length & 0xffff, 2);
      out.write(bytes, at, length);
      at += length;
    } while (at < bytes.length);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    little(out, crc.getValue(), 4);
    little(out, bytes.length, 4);
    return out.toByteArray();
  }

  private static void little(ByteArrayOutputStream out, long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >>> (8 * i)));
    }
  }

  private static boolean isZero(byte[] tar, int at) {
    for (int i = at; i < at + BLOCK; i++) {
      if (tar[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static long octal(byte[] tar, int at, int length, String where)
      throws MalformedContentException {
    long value = 0;
    for (int i = at; i < at + length && tar[i] != 0; i++) {
      if (tar[i] == ' ') {
        continue;
      }
      if (tar[i] < '0' || tar[i] > '7') {
        throw new MalformedContentException(
            "apk scripts archive", where + ", byte " + i, "expected an octal digit of a size");
      }
      value = value * 8 + (tar[i] - '0');
      if (value > MAX_BYTES) {
        throw new MalformedContentException(
            "apk scripts archive", where + ", byte " + at, "an entry of more than it may have");
      }
    }
    return value;
  }

  private static String name(byte[] tar, int at) {
    int end = at;
    while (end < at + 100 && tar[end] != 0) {
      end++;
    }
    return ByteString.copyOf(tar, at, end - at).toLatin1();
  }
}
