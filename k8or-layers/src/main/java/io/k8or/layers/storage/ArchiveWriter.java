package io.k8or.layers.storage;

import io.k8or.content.Content;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes the tar around an image: root's directories and files, times 0 (POSIX ustar; pax for what
 * does not fit). The same entries give the same bytes.
 */
final class ArchiveWriter implements Closeable {
  private static final int BLOCK = 512;
  private static final int NAME = 100;
  private static final long MAX_OCTAL = 077777777777L;

  private final OutputStream out;
  private boolean failed = true;

  private ArchiveWriter(OutputStream out) {
    this.out = out;
  }

  static ArchiveWriter create(Path file) throws IOException {
    return new ArchiveWriter(
        new BufferedOutputStream(
            Files.newOutputStream(file, StandardOpenOption.CREATE_NEW), 1 << 16));
  }

  void directory(String name) throws IOException {
    header(name + "/", '5', 0755, 0);
  }

  void file(String name, Content content) throws IOException {
    failed = true;
    header(name, '0', 0644, content.size());
    long count;
    try (InputStream in = content.open()) {
      count = in.transferTo(out);
    }
    if (count != content.size()) {
      throw new IOException(
          "expected " + content.size() + " bytes of " + content + ", found " + count);
    }
    pad(count);
    failed = false;
  }

  private void header(String name, char type, int mode, long size) throws IOException {
    StringBuilder pax = new StringBuilder();
    if (name.length() > NAME) {
      pax.append(record("path", name));
    }
    if (size > MAX_OCTAL) {
      pax.append(record("size", Long.toString(size)));
    }
    if (!pax.isEmpty()) {
      byte[] records = pax.toString().getBytes(StandardCharsets.US_ASCII);
      block("pax/" + name.hashCode(), 'x', 0644, records.length);
      out.write(records);
      pad(records.length);
    }
    block(name.length() > NAME ? name.substring(0, NAME) : name, type, mode, size);
  }

  private void block(String name, char type, int mode, long size) throws IOException {
    byte[] block = new byte[BLOCK];
    put(block, 0, name);
    put(block, 100, String.format("%07o", mode));
    put(block, 108, "0000000");
    put(block, 116, "0000000");
    if (size > MAX_OCTAL) {
      // The same number as in the pax record, so that all readers agree.
      block[124] = (byte) 0x80;
      for (int i = 0; i < 8; i++) {
        block[135 - i] = (byte) (size >>> (8 * i));
      }
    } else {
      put(block, 124, String.format("%011o", size));
    }
    put(block, 136, "00000000000");
    put(block, 148, "        ");
    block[156] = (byte) type;
    put(block, 257, "ustar");
    put(block, 263, "00");
    put(block, 329, "0000000");
    put(block, 337, "0000000");
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    put(block, 148, String.format("%06o", sum));
    block[154] = 0;
    out.write(block);
  }

  private static void put(byte[] block, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }

  private static String record(String key, String value) {
    int rest = key.length() + value.length() + 3;
    int length = rest + Integer.toString(rest).length();
    if (Integer.toString(length).length() > Integer.toString(rest).length()) {
      length++;
    }
    return length + " " + key + "=" + value + "\n";
  }

  private void pad(long size) throws IOException {
    out.write(new byte[(int) (-size & (BLOCK - 1))]);
  }

  @Override
  public void close() throws IOException {
    try (out) {
      if (!failed) {
        out.write(new byte[2 * BLOCK]);
      }
    }
  }
}
