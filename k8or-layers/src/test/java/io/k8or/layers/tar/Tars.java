package io.k8or.layers.tar;

import io.k8or.content.ByteString;
import io.k8or.layers.limits.Limits;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Tars made by hand, field by field, without the code that is tested. */
final class Tars {
  static final byte[] END = new byte[1024];

  private Tars() {}

  /** A header block in the making; a ustar one at first. */
  static final class Block {
    private final byte[] bytes = new byte[512];
    private boolean sealed;

    Block(String name, char type) {
      put(0, name);
      put(100, "0000644\0");
      put(108, "0000000\0");
      put(116, "0000000\0");
      put(124, "00000000000\0");
      put(136, "00000000000\0");
      bytes[156] = (byte) type;
      put(257, "ustar\00000");
      put(329, "0000000\0");
      put(337, "0000000\0");
    }

    Block put(int offset, String latin1) {
      return put(offset, latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    Block put(int offset, byte[] value) {
      System.arraycopy(value, 0, bytes, offset, value.length);
      return this;
    }

    Block v7() {
      return put(257, new byte[512 - 257]);
    }

    Block gnu() {
      return put(257, "ustar  \0");
    }

    Block size(long size) {
      return put(124, String.format("%011o\0", size));
    }

    Block link(String target) {
      return put(157, target);
    }

    Block checksum(String field) {
      sealed = true;
      return put(148, field);
    }

    int sum(boolean signed) {
      int sum = 8 * ' ';
      for (int i = 0; i < 512; i++) {
        sum += i >= 148 && i < 156 ? 0 : signed ? bytes[i] : bytes[i] & 0xff;
      }
      return sum;
    }

    byte[] bytes() {
      if (!sealed) {
        checksum(String.format("%06o\0 ", sum(false)));
      }
      return bytes.clone();
    }
  }

  static Block block(String name, char type) {
    return new Block(name, type);
  }

  static byte[] file(String name, String content) {
    return join(block(name, '0').size(content.length()).bytes(), padded(content));
  }

  static String record(String key, String value) {
    int rest = key.length() + value.length() + 3;
    int size = rest;
    while (size != rest + Integer.toString(size).length()) {
      size = rest + Integer.toString(size).length();
    }
    return size + " " + key + "=" + value + "\n";
  }

  static byte[] pax(String... records) {
    String all = String.join("", records);
    return join(block("pax", 'x').size(all.length()).bytes(), padded(all));
  }

  static byte[] longName(char type, String name) {
    return join(
        block("././@LongLink", type).gnu().size(name.length() + 1).bytes(), padded(name + "\0"));
  }

  static byte[] padded(String latin1) {
    byte[] bytes = latin1.getBytes(StandardCharsets.ISO_8859_1);
    return Arrays.copyOf(bytes, (bytes.length + 511) / 512 * 512);
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  static TarReader reader(byte[]... parts) {
    return new TarReader(new ByteArrayInputStream(join(parts)), "x.tar", Limits.defaults());
  }

  static List<TarEntry> read(byte[]... parts) throws IOException {
    List<TarEntry> entries = new ArrayList<>();
    try (TarReader reader = reader(parts)) {
      for (Optional<TarEntry> e = reader.next(); e.isPresent(); e = reader.next()) {
        entries.add(e.get());
      }
    }
    return entries;
  }

  /** Reads a tar of one entry. */
  static TarEntry one(byte[]... parts) throws IOException {
    List<TarEntry> entries = read(parts);
    if (entries.size() != 1) {
      throw new AssertionError("expected one entry: " + entries);
    }
    return entries.get(0);
  }

  static ByteString latin1(String text) {
    return ByteString.copyOf(text.getBytes(StandardCharsets.ISO_8859_1));
  }
}
