package io.k8or.jvm;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.content.PatchedContent;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;

/**
 * The central directory of a zip archive (PKWARE's APPNOTE.TXT, 4.3.12), for taking entries out:
 * the bytes of those that stay are the archive's own, so that what is stored stays stored.
 */
final class ZipDirectory {
  private static final String WHAT = "zip archive";
  private static final int END = 0x06054b50;
  private static final int ENTRY = 0x02014b50;
  private static final int LOCAL = 0x04034b50;
  private static final int LOCAL_SIZE = 30;
  private static final int STORED = 0;
  private static final int DEFLATED = 8;
  private static final int DESCRIPTOR = 8;
  private static final int END_SIZE = 22;
  private static final int ENTRY_SIZE = 46;
  private static final int MAX_DIRECTORY = 64 << 20;

  private final Content content;
  private final List<Entry> entries;
  private final long directory;
  private final long moved;
  private final ByteString end;

  /**
   * An entry.
   *
   * @param index its place in the directory
   * @param raw its record there
   * @param offset where its local header begins in the file
   */
  private record Entry(int index, String name, ByteString raw, long offset) {
    int method() {
      return u2(raw, 10);
    }

    long compressed() {
      return u4(raw, 20);
    }
  }

  private static int u2(ByteString bytes, int at) {
    return (bytes.at(at) & 0xff) | (bytes.at(at + 1) & 0xff) << 8;
  }

  private static long u4(ByteString bytes, int at) {
    return u2(bytes, at) | (long) u2(bytes, at + 2) << 16;
  }

  private ZipDirectory(
      Content content, List<Entry> entries, long directory, long moved, ByteString end) {
    this.content = content;
    this.entries = entries;
    this.directory = directory;
    this.moved = moved;
    this.end = end;
  }

  /**
   * Reads the directory.
   *
   * @throws MalformedContentException if there is none, or it is of a zip64 archive
   */
  static ZipDirectory of(Content content, String where) throws IOException {
    int tail = (int) Math.min(content.size(), END_SIZE + 0xffff);
    byte[] lastBytes = content.slice(content.size() - tail, tail).readAll(tail);
    ByteBuffer last = little(lastBytes);
    int at = tail - END_SIZE;
    while (at >= 0
        && (last.getInt(at) != END || (last.getShort(at + 20) & 0xffff) != tail - at - END_SIZE)) {
      at--;
    }
    if (at < 0) {
      throw new MalformedContentException(WHAT, where, "it has no directory at its end");
    }
    int count = last.getShort(at + 10) & 0xffff;
    long size = last.getInt(at + 12) & 0xffffffffL;
    long offset = last.getInt(at + 16) & 0xffffffffL;
    long directory = content.size() - (tail - at) - size;
    long moved = directory - offset; // a script before the archive
    if (count == 0xffff
        || last.getInt(at + 4) != 0
        || size > MAX_DIRECTORY
        || directory < 0
        || moved < 0) {
      throw new MalformedContentException(
          WHAT,
          where,
          "the directory is of several parts, of a zip64 archive, or not where it says");
    }
    byte[] bytes = content.slice(directory, size).readAll(MAX_DIRECTORY);
    ByteBuffer records = little(bytes);
    List<Entry> entries = new ArrayList<>();
    int from = 0;
    while (from + ENTRY_SIZE <= bytes.length && records.getInt(from) == ENTRY) {
      int name = records.getShort(from + 28) & 0xffff;
      int length =
          ENTRY_SIZE
              + name
              + (records.getShort(from + 30) & 0xffff)
              + (records.getShort(from + 32) & 0xffff);
      long local = (records.getInt(from + 42) & 0xffffffffL) + moved;
      if (from + length > bytes.length || local >= directory) {
        throw new MalformedContentException(WHAT, where, "an entry lies outside the archive");
      }
      entries.add(
          new Entry(
              entries.size(),
              new String(bytes, from + ENTRY_SIZE, name, StandardCharsets.UTF_8),
              ByteString.copyOf(bytes, from, length),
              local));
      from += length;
    }
    if (entries.size() != count || from != bytes.length) {
      throw new MalformedContentException(
          WHAT, where, "expected " + count + " entries in the directory, found " + entries.size());
    }
    if (entries.stream().mapToLong(Entry::offset).distinct().count() < count) {
      throw new MalformedContentException(WHAT, where, "two entries are at one place");
    }
    ByteString end = ByteString.copyOf(lastBytes, at, tail - at);
    return new ZipDirectory(content, entries, directory, moved, end);
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns where the first entry begins: there may be a script before it. */
  long begin() {
    return entries.stream().mapToLong(Entry::offset).min().orElse(directory);
  }

  /** Returns the names of the entries, in the directory's order. */
  List<String> names() {
    return entries.stream().map(Entry::name).toList();
  }

  private Entry entry(String name) {
    return entries.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }

  /**
   * Returns what an entry holds, if it is stored.
   *
   * @throws MalformedContentException if it does not lie inside the archive
   */
  Optional<Content> stored(String name) throws IOException {
    Entry entry = entry(name);
    return entry.method() == STORED ? Optional.of(raw(entry)) : Optional.empty();
  }

  // What the archive holds of an entry.
  private Content raw(Entry entry) throws IOException {
    return content.slice(data(entry), entry.compressed());
  }

  // Where an entry's data begins, behind its local header.
  private long data(Entry entry) throws IOException {
    if (entry.offset() + LOCAL_SIZE > directory) {
      throw outside(entry);
    }
    ByteString local =
        ByteString.copyOf(content.slice(entry.offset(), LOCAL_SIZE).readAll(LOCAL_SIZE));
    return end(entry, local) - entry.compressed();
  }

  private MalformedContentException outside(Entry entry) {
    return new MalformedContentException(
        WHAT, content.toString(), entry.name() + " is not where the directory says");
  }

  /**
   * Opens an entry.
   *
   * @throws MalformedContentException if it is neither stored nor deflated, or not inside
   */
  InputStream open(String name) throws IOException {
    Entry entry = entry(name);
    Content raw = raw(entry);
    if (entry.method() == STORED) {
      return raw.open();
    }
    if (entry.method() != DEFLATED) {
      throw new MalformedContentException(
          WHAT, content.toString(), name + " has the method " + entry.method());
    }
    Inflater inflater = new Inflater(true);
    return new InflaterInputStream(raw.open(), inflater) {
      @Override
      public void close() throws IOException {
        super.close();
        inflater.end();
      }
    };
  }

  /**
   * Returns the first bytes of an entry.
   *
   * @param limit their number at most
   * @throws MalformedContentException if it is neither stored nor well deflated, or not inside
   */
  byte[] read(String name, int limit) throws IOException {
    try (InputStream in = open(name)) {
      return in.readNBytes(limit);
    } catch (EOFException | ZipException e) {
      throw new MalformedContentException(
          WHAT, content.toString(), name + ": " + e.getMessage(), e);
    }
  }

  /** Returns the archive without some entries. */
  Content without(Predicate<String> gone) throws IOException {
    return with(gone, Map.of());
  }

  /**
   * Returns the archive without some entries, and with new bytes for others, which are stored. What
   * is between the entries that stay, or behind one, goes with the one before it.
   *
   * <p>Cost: a pass over the archive.
   *
   * @param changed by name; where it is made of parts of what the entry had stored here, it may be
   *     of any size, else it is read into memory
   * @throws MalformedContentException if an entry is not where the directory says, or they overlap
   */
  PatchedContent with(Predicate<String> gone, Map<String, Content> changed) throws IOException {
    List<Entry> byOffset = new ArrayList<>(entries);
    byOffset.sort(Comparator.comparingLong(Entry::offset));
    check(byOffset);
    Writer writer = new Writer(byOffset.isEmpty() ? directory : byOffset.get(0).offset());
    byte[][] heads = new byte[entries.size()][];
    for (int i = 0; i < byOffset.size(); i++) {
      Entry entry = byOffset.get(i);
      if (gone.test(entry.name())) {
        continue;
      }
      long next = i + 1 < byOffset.size() ? byOffset.get(i + 1).offset() : directory;
      byte[] head = entry.raw().toByteArray();
      ByteBuffer record = little(head);
      record.putInt(42, (int) (writer.at - moved));
      Content content = changed.get(entry.name());
      if (content == null) {
        writer.range(entry.offset(), next);
      } else {
        change(entry, content, record, writer);
      }
      heads[entry.index()] = head;
    }
    return new PatchedContent(content, writer.end(tail(heads, writer.at)));
  }

  // What one entry says of itself may reach into the next.
  private void check(List<Entry> byOffset) throws IOException {
    try (InputStream in = content.open()) {
      long at = 0;
      for (Entry entry : byOffset) {
        if (entry.offset() < at || entry.offset() + LOCAL_SIZE > directory) {
          throw outside(entry);
        }
        in.skipNBytes(entry.offset() - at);
        byte[] local = in.readNBytes(LOCAL_SIZE);
        at = end(entry, ByteString.copyOf(local));
        in.skipNBytes(at - entry.offset() - LOCAL_SIZE);
      }
    }
  }

  // Where an entry's data ends.
  private long end(Entry entry, ByteString local) throws IOException {
    long end = entry.offset() + LOCAL_SIZE + u2(local, 26) + u2(local, 28) + entry.compressed();
    if (u4(local, 0) != LOCAL || end > directory) {
      throw outside(entry);
    }
    return end;
  }

  private ByteString tail(byte[][] heads, long at) {
    byte[] bytes = new byte[(int) (content.size() - directory)];
    ByteBuffer records = little(bytes);
    int count = 0;
    for (byte[] head : heads) {
      if (head != null) {
        records.put(head);
        count++;
      }
    }
    int size = records.position();
    byte[] endBytes = end.toByteArray();
    ByteBuffer fields = little(endBytes);
    fields.putShort(8, (short) count).putShort(10, (short) count);
    fields.putInt(12, size).putInt(16, (int) (at - moved));
    records.put(endBytes);
    return ByteString.copyOf(bytes, 0, records.position());
  }

  // A local header of the entry's own, then what it holds now.
  private void change(Entry entry, Content changed, ByteBuffer record, Writer writer)
      throws IOException {
    long data = data(entry);
    byte[] header = content.slice(entry.offset(), data - entry.offset()).readAll(1 << 18);
    CRC32 sum = new CRC32();
    try (InputStream in = changed.open()) {
      byte[] buffer = new byte[1 << 16];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        sum.update(buffer, 0, count);
      }
    }
    int flags = u2(entry.raw(), 8) & ~DESCRIPTOR;
    record.putShort(8, (short) flags).putShort(10, (short) STORED);
    record.putInt(16, (int) sum.getValue());
    record.putInt(20, (int) changed.size()).putInt(24, (int) changed.size());
    ByteBuffer local = little(header);
    local.putShort(6, (short) flags).putShort(8, (short) STORED);
    local.putInt(14, (int) sum.getValue());
    local.putInt(18, (int) changed.size()).putInt(22, (int) changed.size());
    writer.bytes(header);
    if (entry.method() == STORED && changed instanceof PatchedContent patched) {
      for (PatchedContent.Part part : patched.parts()) {
        writer.bytes(part.before().toByteArray());
        writer.range(data + part.offset(), data + part.offset() + part.length());
      }
    } else {
      writer.bytes(changed.readAll(1 << 24));
    }
  }

  /** Collects parts, and joins ranges that follow each other. */
  private static final class Writer {
    private final List<PatchedContent.Part> parts = new ArrayList<>();
    private final ByteArrayOutputStream before = new ByteArrayOutputStream();
    private long from;
    private long to;
    private long at;

    Writer(long begin) {
      to = begin;
      at = begin;
    }

    void bytes(byte[] bytes) {
      if (bytes.length > 0) {
        flush(to);
        before.writeBytes(bytes);
        at += bytes.length;
      }
    }

    void range(long begin, long end) {
      if (begin != to && end > begin) {
        flush(begin);
      }
      if (end > begin) {
        to = end;
        at += end - begin;
      }
    }

    private void flush(long next) {
      if (to > from) {
        parts.add(new PatchedContent.Part(taken(), from, to - from));
      }
      from = next;
      to = next;
    }

    private ByteString taken() {
      byte[] bytes = before.toByteArray();
      before.reset();
      return ByteString.copyOf(bytes, 0, bytes.length);
    }

    List<PatchedContent.Part> end(ByteString tail) {
      flush(to);
      before.writeBytes(tail.toByteArray());
      parts.add(new PatchedContent.Part(taken(), to, 0));
      return parts;
    }
  }

  @Override
  public String toString() {
    return entries.size() + " entries of " + content;
  }
}
