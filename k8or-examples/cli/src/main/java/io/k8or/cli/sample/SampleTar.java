package io.k8or.cli.sample;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/** A tar in memory, in the one plain form that the sample needs: ustar, PAX for what it lacks. */
final class SampleTar {
  private static final int BLOCK = 512;

  private final long seconds;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /**
   * Makes an empty archive.
   *
   * @param seconds the time of every entry, since 1970
   */
  SampleTar(long seconds) {
    this.seconds = seconds;
  }

  /** Mode and owner. */
  record Owned(int mode, int uid, int gid) {}

  void directory(String path, Owned owned) {
    header(path + "/", '5', owned, 0, "", seconds);
  }

  void file(String path, Owned owned, byte[] bytes, Map<String, byte[]> xattrs) {
    if (!xattrs.isEmpty()) {
      ByteArrayOutputStream records = new ByteArrayOutputStream();
      xattrs.forEach((name, value) -> records.writeBytes(record("SCHILY.xattr." + name, value)));
      header("PaxHeaders/" + path, 'x', new Owned(0644, 0, 0), records.size(), "", seconds);
      data(records.toByteArray());
    }
    header(path, '0', owned, bytes.length, "", seconds);
    data(bytes);
  }

  void symlink(String path, String target) {
    header(path, '2', new Owned(0777, 0, 0), 0, target, seconds);
  }

  void hardLink(String path, String existing, Owned owned) {
    header(path, '1', owned, 0, existing, seconds);
  }

  byte[] finish() {
    out.writeBytes(new byte[2 * BLOCK]);
    return out.toByteArray();
  }

  private void data(byte[] bytes) {
    out.writeBytes(bytes);
    out.writeBytes(new byte[(BLOCK - bytes.length % BLOCK) % BLOCK]);
  }

  // "LENGTH KEY=VALUE\n", where the length counts itself (pax(1), "pax Header Block").
  private static byte[] record(String key, byte[] value) {
    byte[] name = (" " + key + "=").getBytes(StandardCharsets.UTF_8);
    int rest = name.length + value.length + 1;
    int length = rest + Integer.toString(rest).length();
    length = rest + Integer.toString(length).length();
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    record.writeBytes(Integer.toString(length).getBytes(StandardCharsets.UTF_8));
    record.writeBytes(name);
    record.writeBytes(value);
    record.write('\n');
    return record.toByteArray();
  }

  private void header(String name, char type, Owned owned, long size, String target, long mtime) {
    byte[] header = new byte[BLOCK];
    text(header, 0, 100, name);
    octal(header, 100, 8, owned.mode());
    octal(header, 108, 8, owned.uid());
    octal(header, 116, 8, owned.gid());
    octal(header, 124, 12, size);
    octal(header, 136, 12, mtime);
    Arrays.fill(header, 148, 156, (byte) ' ');
    header[156] = (byte) type;
    text(header, 157, 100, target);
    text(header, 257, 8, "ustar\00000");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    text(header, 148, 8, String.format("%06o\0 ", sum));
    out.writeBytes(header);
  }

  private static void octal(byte[] header, int offset, int length, long value) {
    text(header, offset, length, String.format("%0" + (length - 1) + "o\0", value));
  }

  private static void text(byte[] header, int offset, int length, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > length) {
      throw new IllegalArgumentException("more than " + length + " bytes: " + text);
    }
    System.arraycopy(bytes, 0, header, offset, bytes.length);
  }
}
