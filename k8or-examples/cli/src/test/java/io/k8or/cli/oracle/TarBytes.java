package io.k8or.cli.oracle;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * A tar archive written byte for byte, so that it can hold what archivers refuse. Texts are bytes
 * as ISO 8859-1. Mode, owner and time are those of the last {@code with} calls.
 */
final class TarBytes {
  private static final int BLOCK = 512;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Map<String, String> pax = new TreeMap<>();
  private int mode = 0644;
  private long uid;
  private long gid;
  private long mtime = 1_600_000_000;

  TarBytes mode(int newMode) {
    mode = newMode;
    return this;
  }

  TarBytes owner(long newUid, long newGid) {
    uid = newUid;
    gid = newGid;
    return this;
  }

  TarBytes mtime(long newMtime) {
    mtime = newMtime;
    return this;
  }

  /** Gives the next entry alone a PAX record. */
  TarBytes pax(String key, String value) {
    pax.put(key, value);
    return this;
  }

  TarBytes file(String name, String content) {
    return entry('0', name, "", 0, 0, content.getBytes(StandardCharsets.ISO_8859_1));
  }

  TarBytes directory(String name) {
    int old = mode;
    mode = 0755;
    entry('5', name + "/", "", 0, 0, new byte[0]);
    mode = old;
    return this;
  }

  TarBytes symlink(String name, String target) {
    int old = mode;
    mode = 0777;
    entry('2', name, target, 0, 0, new byte[0]);
    mode = old;
    return this;
  }

  TarBytes hardLink(String name, String target) {
    return entry('1', name, target, 0, 0, new byte[0]);
  }

  TarBytes fifo(String name) {
    return entry('6', name, "", 0, 0, new byte[0]);
  }

  TarBytes device(String name, int major, int minor) {
    return entry('3', name, "", major, minor, new byte[0]);
  }

  /** Hides what lower layers have at the path. */
  TarBytes whiteout(String directory, String name) {
    return entry('0', directory + ".wh." + name, "", 0, 0, new byte[0]);
  }

  /** Hides what lower layers have inside the directory. */
  TarBytes opaque(String directory) {
    return whiteout(directory + "/", ".wh..opq");
  }

  byte[] toByteArray() {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(out.toByteArray());
    whole.writeBytes(new byte[2 * BLOCK]);
    return whole.toByteArray();
  }

  private TarBytes entry(
      char type, String name, String link, int major, int minor, byte[] content) {
    String shortName = name;
    String shortLink = link;
    if (name.length() > 100) {
      pax.put("path", name);
      shortName = name.substring(0, 100);
    }
    if (link.length() > 100) {
      pax.put("linkpath", link);
      shortLink = link.substring(0, 100);
    }
    if (!pax.isEmpty()) {
      ByteArrayOutputStream records = new ByteArrayOutputStream();
      pax.forEach((key, value) -> records.writeBytes(record(key, value)));
      pax.clear();
      header('x', "PaxHeaders.0/x", "", 0, 0, records.size());
      padded(records.toByteArray());
    }
    header(type, shortName, shortLink, major, minor, content.length);
    padded(content);
    return this;
  }

  private static byte[] record(String key, String value) {
    String rest = " " + key + "=" + value + "\n";
    int length = rest.length();
    while (length != Integer.toString(length).length() + rest.length()) {
      length = Integer.toString(length).length() + rest.length();
    }
    return (length + rest).getBytes(StandardCharsets.ISO_8859_1);
  }

  private void header(char type, String name, String link, int major, int minor, long size) {
    byte[] block = new byte[BLOCK];
    text(block, 0, name);
    octal(block, 100, 8, mode);
    octal(block, 108, 8, uid);
    octal(block, 116, 8, gid);
    octal(block, 124, 12, size);
    octal(block, 136, 12, mtime);
    block[156] = (byte) type;
    text(block, 157, link);
    text(block, 257, "ustar\00000");
    octal(block, 329, 8, major);
    octal(block, 337, 8, minor);
    Arrays.fill(block, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    text(block, 148, String.format("%06o\0 ", sum));
    out.writeBytes(block);
  }

  private void padded(byte[] bytes) {
    out.writeBytes(bytes);
    out.writeBytes(new byte[(BLOCK - bytes.length % BLOCK) % BLOCK]);
  }

  private static void text(byte[] block, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }

  private static void octal(byte[] block, int at, int length, long value) {
    text(block, at, String.format("%0" + (length - 1) + "o\0", value));
  }
}
