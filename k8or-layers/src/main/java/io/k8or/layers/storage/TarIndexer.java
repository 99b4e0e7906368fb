package io.k8or.layers.storage;

import io.k8or.content.MalformedContentException;
import io.k8or.layers.limits.Limits;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Walks the headers of the tar around an image: names, sizes, offsets, links (POSIX ustar and pax,
 * GNU long names). It knows no more of tar than such archives use; layers are another package's.
 */
final class TarIndexer implements Closeable {
  private static final int BLOCK = 512;
  private static final String WHAT = "archive";

  private final Path path;
  private final Limits limits;
  private final SeekableByteChannel channel;
  private final long size;
  private long position;

  TarIndexer(Path path, Limits limits) throws IOException {
    this.path = path;
    this.limits = limits;
    this.channel = Files.newByteChannel(path);
    this.size = channel.size();
  }

  /** Returns the next entry, or null at the end. */
  @Nullable TarMember next() throws IOException {
    Map<String, String> pax = new HashMap<>();
    @Nullable String longName = null;
    @Nullable String longLink = null;
    while (true) {
      if (position == size && position > 0) {
        return null; // without an end marker: other readers accept it as well
      }
      long header = position;
      byte[] block = read(BLOCK);
      if (isZero(block)) {
        return null;
      }
      checkSum(block, header);
      long bytes = number(block, 124, 12, header);
      char type = (char) (block[156] & 0xff);
      switch (type) {
        case 'x' -> {
          pax.putAll(records(readExtended(bytes, header), header));
          continue;
        }
        case 'g' -> {
          records(readExtended(bytes, header), header);
          continue;
        }
        case 'L' -> {
          longName = text(readExtended(bytes, header), 0, (int) bytes);
          continue;
        }
        case 'K' -> {
          longLink = text(readExtended(bytes, header), 0, (int) bytes);
          continue;
        }
        default -> {}
      }
      if (type == 'S' || pax.containsKey("GNU.sparse.major") || pax.containsKey("GNU.sparse.map")) {
        throw malformed(header, "a sparse entry, which no image tool writes here");
      }
      if (pax.containsKey("size")) {
        bytes = paxSize(pax.get("size"), header);
      }
      String name = pax.getOrDefault("path", longName != null ? longName : ustarName(block));
      String link =
          pax.getOrDefault("linkpath", longLink != null ? longLink : text(block, 157, 100));
      return member(name, type, bytes, link, header);
    }
  }

  private TarMember member(String name, char type, long bytes, String link, long header)
      throws IOException {
    TarMember.Type kind =
        switch (type) {
          case '0', 0, '7' -> TarMember.Type.FILE;
          case '1' -> TarMember.Type.HARD_LINK;
          case '2' -> TarMember.Type.SYMLINK;
          default -> TarMember.Type.OTHER;
        };
    boolean hasBytes = kind == TarMember.Type.FILE || !("123456".indexOf(type) >= 0);
    long offset = position;
    if (hasBytes) {
      if (bytes > size - position) {
        throw malformed(
            header,
            "the entry " + name + " has " + bytes + " bytes, but the archive ends " + "after "
                + (size - position));
      }
      // The last padding may be missing.
      position = Math.min(size, position + (bytes + BLOCK - 1) / BLOCK * BLOCK);
    }
    if (kind == TarMember.Type.FILE && name.endsWith("/")) {
      kind = TarMember.Type.OTHER; // a directory, as the oldest tars wrote it
    }
    return new TarMember(name, kind, offset, hasBytes ? bytes : 0, link);
  }

  private byte[] readExtended(long bytes, long header) throws IOException {
    limits.checkHeaderBytes(bytes, where(header));
    byte[] padded = read((int) ((bytes + BLOCK - 1) / BLOCK * BLOCK));
    return java.util.Arrays.copyOf(padded, (int) bytes);
  }

  private Map<String, String> records(byte[] bytes, long header) throws MalformedContentException {
    Map<String, String> records = new HashMap<>();
    int at = 0;
    while (at < bytes.length) {
      int length = 0;
      int i = at;
      while (i < bytes.length && bytes[i] >= '0' && bytes[i] <= '9' && length <= bytes.length) {
        length = length * 10 + (bytes[i] - '0');
        i++;
      }
      int end = at + length;
      if (i == at || i >= bytes.length || bytes[i] != ' ' || end <= i || end > bytes.length
          || bytes[end - 1] != '\n') {
        throw malformed(header, "a pax record of another form at byte " + at + " of the header");
      }
      String record = new String(bytes, i + 1, end - i - 2, StandardCharsets.UTF_8);
      int equals = record.indexOf('=');
      if (equals <= 0) {
        throw malformed(header, "a pax record without a key at byte " + at + " of the header");
      }
      records.put(record.substring(0, equals), record.substring(equals + 1));
      at = end;
    }
    return records;
  }

  private long paxSize(String text, long header) throws MalformedContentException {
    if (!text.matches("[0-9]{1,18}")) {
      throw malformed(header, "a pax size that is no number: " + text);
    }
    return Long.parseLong(text);
  }

  private void checkSum(byte[] block, long header) throws MalformedContentException {
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      sum += i >= 148 && i < 156 ? ' ' : block[i] & 0xff;
    }
    if (number(block, 148, 8, header) != sum) {
      throw malformed(header, "no tar header: the checksum does not fit");
    }
  }

  private long number(byte[] block, int from, int length, long header)
      throws MalformedContentException {
    if ((block[from] & 0x80) != 0) { // GNU: base 256
      long value = block[from] & 0x7f;
      for (int i = from + 1; i < from + length; i++) {
        if (value >>> 54 != 0) {
          throw malformed(header, "a number that is too large");
        }
        value = value << 8 | block[i] & 0xff;
      }
      return value;
    }
    long value = 0;
    for (int i = from; i < from + length; i++) {
      byte digit = block[i];
      if (digit >= '0' && digit <= '7') {
        value = value << 3 | digit - '0';
      } else if (digit != ' ' && digit != 0) {
        throw malformed(header, "no tar header: a number that is not octal");
      }
    }
    return value;
  }

  private static String ustarName(byte[] block) {
    String name = text(block, 0, 100);
    boolean posix = block[257] == 'u' && block[262] == 0;
    String prefix = posix ? text(block, 345, 155) : "";
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  private static String text(byte[] bytes, int from, int length) {
    int end = from;
    while (end < from + length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, from, end - from, StandardCharsets.UTF_8);
  }

  private static boolean isZero(byte[] block) {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private byte[] read(int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    channel.position(position);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw malformed(position, "it ends in the middle of a header, or is no tar at all");
      }
    }
    position += length;
    return buffer.array();
  }

  private String where(long header) {
    return path + ", byte " + header;
  }

  private MalformedContentException malformed(long header, String why) {
    return new MalformedContentException(WHAT, where(header), why);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
