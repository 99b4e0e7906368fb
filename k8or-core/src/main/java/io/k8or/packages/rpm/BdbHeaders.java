package io.k8or.packages.rpm;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * rpm's hash file of Berkeley DB, {@code Packages}: pages of pairs, a header's number and the
 * header, which may be on pages of its own; in the byte order of the machine that wrote it
 * (Berkeley DB, dbinc/db_page.h). Immutable.
 *
 * <p>A header is removed in place: its pair goes from its page, the pages of its bytes become free
 * ones and are zeroed.
 */
public final class BdbHeaders implements RpmHeaders {
  private static final String WHAT = "rpm Berkeley DB database";
  private static final int MAGIC = 0x061561;
  private static final int HEAD = 26;

  private static final int NEXT = 16;
  private static final int PREVIOUS = 12;
  private static final int ENTRIES = 20;
  private static final int FREE_OFFSET = 22;
  private static final int TYPE = 25;

  private static final int FREE = 0;
  private static final int HASH_UNSORTED = 2;
  private static final int OVERFLOW = 7;
  private static final int HASH_META = 8;
  private static final int HASH = 13;

  private static final int KEY_DATA = 1;
  private static final int OFF_PAGE = 3;

  private final byte[] file;
  private final String where;
  private final boolean big;
  private final int pageSize;
  private final Map<Integer, ByteString> blobs = new TreeMap<>();

  private BdbHeaders(byte[] file, String where, boolean big, int pageSize) {
    this.file = file;
    this.where = where;
    this.big = big;
    this.pageSize = pageSize;
  }

  /**
   * Reads a database.
   *
   * @param where its path, for the error; the offset is added
   * @throws MalformedContentException if it is no hash file of Berkeley DB, has checksums or is
   *     encrypted, or a page or header is not in the file
   */
  public static BdbHeaders parse(ByteString bytes, String where) throws MalformedContentException {
    byte[] file = bytes.toByteArray();
    if (file.length < 512) {
      throw wrong(where, 0, "expected a page, found " + file.length + " bytes");
    }
    boolean big = int32(file, 12, true) == MAGIC;
    if (!big && int32(file, 12, false) != MAGIC) {
      throw wrong(where, 12, "expected the mark of a hash file");
    }
    int pageSize = int32(file, 20, big);
    if (pageSize < 512
        || pageSize > 65536
        || Integer.bitCount(pageSize) != 1
        || file.length % pageSize != 0) {
      throw wrong(where, 20, "expected whole pages, found pages of " + pageSize + " bytes");
    }
    if (file[TYPE] != HASH_META || file[24] != 0 || (file[26] & 1) != 0) {
      throw wrong(where, 24, "expected a plain hash file, without encryption and checksums");
    }
    BdbHeaders headers = new BdbHeaders(file, where, big, pageSize);
    headers.read();
    return headers;
  }

  private void read() throws MalformedContentException {
    long budget = file.length; // no two headers share a page of their own
    for (int page = 1; page < file.length / pageSize; page++) {
      for (Pair pair : pairs(page)) {
        int number = number(pair);
        if (number == 0) {
          continue;
        }
        ByteString blob = value(pair);
        budget -= blob.length();
        if (blobs.put(number, blob) != null) {
          throw wrong(where, page * pageSize, "header " + number + " is there twice");
        }
        if (budget < 0) {
          throw wrong(where, page * pageSize, "headers of more bytes than the file has");
        }
      }
    }
  }

  /** A key and its value: where they are, and how long. */
  private record Pair(int key, int keyLength, int value, int valueLength) {}

  private boolean isHashPage(int page) {
    int type = file[page * pageSize + TYPE];
    return type == HASH || type == HASH_UNSORTED;
  }

  private List<Pair> pairs(int page) throws MalformedContentException {
    List<Pair> pairs = new ArrayList<>();
    if (!isHashPage(page)) {
      return pairs;
    }
    int start = page * pageSize;
    int count = int16(file, start + ENTRIES);
    if (count % 2 != 0 || HEAD + 2 * count > pageSize) {
      throw wrong(where, start + ENTRIES, "expected pairs, found " + count + " entries");
    }
    int end = pageSize;
    int[] places = new int[count + 1];
    int[] lengths = new int[count];
    for (int i = 0; i < count; i++) {
      // Entries are laid from the end of the page, each below the one before.
      int offset = int16(file, start + HEAD + 2 * i);
      if (offset < HEAD + 2 * count || offset >= end) {
        throw wrong(where, start + HEAD + 2 * i, "an entry that is not on its page");
      }
      places[i] = start + offset;
      lengths[i] = end - offset;
      end = offset;
    }
    for (int i = 0; i < count; i += 2) {
      pairs.add(new Pair(places[i], lengths[i], places[i + 1], lengths[i + 1]));
    }
    return pairs;
  }

  private int number(Pair pair) throws MalformedContentException {
    if (file[pair.key()] != KEY_DATA || pair.keyLength() != 5) {
      throw wrong(where, pair.key(), "expected the number of a header");
    }
    return int32(file, pair.key() + 1, big);
  }

  private ByteString value(Pair pair) throws MalformedContentException {
    int type = file[pair.value()];
    if (type == KEY_DATA) {
      return ByteString.copyOf(file, pair.value() + 1, pair.valueLength() - 1);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int page : overflow(pair)) {
      int start = page * pageSize;
      bytes.write(file, start + HEAD, int16(file, start + FREE_OFFSET));
    }
    if (bytes.size() != int32(file, pair.value() + 8, big)) {
      throw wrong(where, pair.value(), "a header on pages that do not have its bytes");
    }
    return ByteString.copyOf(bytes.toByteArray());
  }

  /** Returns the pages of a value that is on pages of its own; none for another one. */
  private List<Integer> overflow(Pair pair) throws MalformedContentException {
    List<Integer> pages = new ArrayList<>();
    if (file[pair.value()] == KEY_DATA) {
      return pages;
    }
    if (file[pair.value()] != OFF_PAGE || pair.valueLength() != 12) {
      throw wrong(where, pair.value(), "expected a header or where it is");
    }
    Set<Integer> seen = new HashSet<>();
    for (int page = int32(file, pair.value() + 4, big);
        page != 0;
        page = int32(file, page * pageSize + NEXT, big)) {
      if (page < 1
          || page >= file.length / pageSize
          || file[page * pageSize + TYPE] != OVERFLOW
          || int16(file, page * pageSize + FREE_OFFSET) > pageSize - HEAD
          || !seen.add(page)) {
        throw wrong(where, pair.value(), "a header on page " + page + ", which is none of its");
      }
      pages.add(page);
    }
    return pages;
  }

  @Override
  public Map<Integer, ByteString> blobs() {
    return Collections.unmodifiableMap(blobs);
  }

  @Override
  public ByteString without(Set<Integer> numbers) throws MalformedContentException {
    byte[] out = file.clone();
    int removed = 0;
    for (int page = 1; page < file.length / pageSize; page++) {
      List<Pair> pairs = pairs(page);
      List<Pair> kept = new ArrayList<>();
      for (Pair pair : pairs) {
        int number = number(pair);
        if (number == 0 || !numbers.contains(number)) {
          kept.add(pair);
          continue;
        }
        removed++;
        for (int free : overflow(pair)) {
          free(out, free);
        }
      }
      if (kept.size() < pairs.size()) {
        lay(out, page, kept);
      }
    }
    if (removed == 0) {
      return ByteString.copyOf(file);
    }
    put32(out, 88, int32(out, 88, big) - removed); // the number of elements
    for (int page = 1; page < out.length / pageSize; page++) {
      clearUnused(out, page * pageSize);
    }
    return ByteString.copyOf(out);
  }

  @Override
  public ByteString with(Map<Integer, ByteString> changed) throws MalformedContentException {
    RpmHeaders.requireFit(blobs, changed);
    byte[] out = file.clone();
    for (int page = 1; page < file.length / pageSize; page++) {
      for (Pair pair : pairs(page)) {
        ByteString blob = changed.get(number(pair));
        if (blob != null) {
          put(out, pair, blob.toByteArray());
        }
      }
    }
    return ByteString.copyOf(out);
  }

  private void put(byte[] out, Pair pair, byte[] blob) throws MalformedContentException {
    if (file[pair.value()] == KEY_DATA) {
      System.arraycopy(blob, 0, out, pair.value() + 1, blob.length);
      return;
    }
    int from = 0;
    for (int page : overflow(pair)) {
      int count = int16(file, page * pageSize + FREE_OFFSET);
      System.arraycopy(blob, from, out, page * pageSize + HEAD, count);
      from += count;
    }
  }

  // Berkeley DB leaves in the unused part of a page what its buffer held before: another header.
  private void clearUnused(byte[] out, int start) {
    int from = start + HEAD;
    int to = start + pageSize;
    switch (out[start + TYPE]) {
      case OVERFLOW -> from += int16(out, start + FREE_OFFSET);
      case HASH, HASH_UNSORTED -> {
        from += 2 * int16(out, start + ENTRIES);
        to = start + int16(out, start + FREE_OFFSET);
      }
      case FREE -> {}
      default -> {
        return;
      }
    }
    if (from < to && to <= start + pageSize) {
      Arrays.fill(out, from, to, (byte) 0);
    }
  }

  private void lay(byte[] out, int page, List<Pair> kept) {
    int start = page * pageSize;
    int previous = int32(out, start + PREVIOUS, big);
    int next = int32(out, start + NEXT, big);
    if (kept.isEmpty() && previous > 0 && previous < out.length / pageSize) {
      put32(out, previous * pageSize + NEXT, next);
      if (next > 0 && next < out.length / pageSize) {
        put32(out, next * pageSize + PREVIOUS, previous);
      }
      free(out, page);
      return;
    }
    Arrays.fill(out, start + HEAD, start + pageSize, (byte) 0);
    int end = pageSize;
    int entry = 0;
    for (Pair pair : kept) {
      end -= pair.keyLength();
      System.arraycopy(file, pair.key(), out, start + end, pair.keyLength());
      put16(out, start + HEAD + 2 * entry++, end);
      end -= pair.valueLength();
      System.arraycopy(file, pair.value(), out, start + end, pair.valueLength());
      put16(out, start + HEAD + 2 * entry++, end);
    }
    put16(out, start + ENTRIES, entry);
    put16(out, start + FREE_OFFSET, end);
  }

  private void free(byte[] out, int page) {
    int start = page * pageSize;
    Arrays.fill(out, start + PREVIOUS, start + pageSize, (byte) 0);
    put32(out, start + NEXT, int32(out, 28, big));
    put16(out, start + FREE_OFFSET, pageSize);
    put32(out, 28, page); // the first of the free pages
  }

  private int int16(byte[] bytes, int at) {
    int first = bytes[at] & 0xff;
    int second = bytes[at + 1] & 0xff;
    return big ? (first << 8) | second : (second << 8) | first;
  }

  private void put16(byte[] bytes, int at, int value) {
    bytes[at] = (byte) (big ? value >>> 8 : value);
    bytes[at + 1] = (byte) (big ? value : value >>> 8);
  }

  private void put32(byte[] bytes, int at, int value) {
    for (int i = 0; i < 4; i++) {
      bytes[at + i] = (byte) (value >>> (8 * (big ? 3 - i : i)));
    }
  }

  private static int int32(byte[] bytes, int at, boolean big) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      value = (value << 8) | (bytes[at + (big ? i : 3 - i)] & 0xff);
    }
    return value;
  }

  private static MalformedContentException wrong(String where, int offset, String why) {
    return new MalformedContentException(WHAT, where + ", byte " + offset, why);
  }

  @Override
  public String toString() {
    return "Berkeley DB database of " + blobs.size() + " rpm headers";
  }
}
