package io.k8or.jvm;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.content.PatchedContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The central directory of a zip archive (PKWARE's APPNOTE.TXT, 4.3.12), for taking entries out:
 * the bytes of those that stay are the archive's own, so that what is stored stays stored.
 */
final class ZipDirectory {
  private static final String WHAT = "zip archive";
  private static final int END = 0x06054b50;
  private static final int ENTRY = 0x02014b50;
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
   * @param raw its record in the directory
   * @param offset where its local header begins in the file
   */
  private record Entry(String name, ByteString raw, long offset) {}

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
              new String(bytes, from + ENTRY_SIZE, name, StandardCharsets.UTF_8),
              ByteString.copyOf(bytes, from, length),
              local));
      from += length;
    }
    if (entries.size() != count || from != bytes.length) {
      throw new MalformedContentException(
          WHAT, where, "expected " + count + " entries in the directory, found " + entries.size());
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

  /** Returns the archive without some entries. */
  Content without(Set<String> names) {
    List<Entry> byOffset = new ArrayList<>(entries);
    byOffset.sort(Comparator.comparingLong(Entry::offset));
    List<PatchedContent.Part> parts = new ArrayList<>();
    long kept = byOffset.isEmpty() ? directory : byOffset.get(0).offset();
    long from = 0;
    long to = kept;
    Map<Long, Long> places = new HashMap<>();
    for (int i = 0; i < byOffset.size(); i++) {
      Entry entry = byOffset.get(i);
      long next = i + 1 < byOffset.size() ? byOffset.get(i + 1).offset() : directory;
      if (names.contains(entry.name())) {
        continue;
      }
      places.put(entry.offset(), kept);
      if (entry.offset() != to) {
        parts.add(new PatchedContent.Part(ByteString.empty(), from, to - from));
        from = entry.offset();
      }
      to = next;
      kept += next - entry.offset();
    }
    parts.add(new PatchedContent.Part(ByteString.empty(), from, to - from));
    int size = 0;
    int count = 0;
    byte[] tail = new byte[(int) (content.size() - directory)];
    ByteBuffer records = little(tail);
    for (Entry entry : entries) {
      if (!names.contains(entry.name())) {
        ByteBuffer raw = little(entry.raw().toByteArray());
        raw.putInt(42, (int) (places.getOrDefault(entry.offset(), 0L) - moved));
        records.put(raw);
        size += entry.raw().length();
        count++;
      }
    }
    byte[] endBytes = end.toByteArray();
    ByteBuffer fields = little(endBytes);
    fields.putShort(8, (short) count).putShort(10, (short) count);
    fields.putInt(12, size).putInt(16, (int) (kept - moved));
    records.put(endBytes);
    parts.add(new PatchedContent.Part(ByteString.copyOf(tail, 0, records.position()), to, 0));
    return new PatchedContent(content, parts);
  }

  @Override
  public String toString() {
    return entries.size() + " entries of " + content;
  }
}
