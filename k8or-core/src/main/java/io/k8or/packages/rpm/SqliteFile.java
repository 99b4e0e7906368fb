package io.k8or.packages.rpm;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/**
 * A database file of SQLite, as far as copying rows needs it (SQLite, "Database File Format").
 * Tables with a rowid, and indexes, are read from their b-trees.
 */
final class SqliteFile {
  private static final String WHAT = "SQLite database";
  private static final int MAX_DEPTH = 40;

  private final byte[] file;
  private final String where;
  private final int pageSize;
  private final int usable;
  // Pages of a write-ahead log, which stand before those of the file.
  private final TreeMap<Integer, Integer> logged = new TreeMap<>();
  private final byte[] log;
  // How many bytes the rows that are read may still have.
  private long budget;

  /**
   * A row of the schema.
   *
   * @param type {@code table} or {@code index}, or another one that has no pages
   * @param table the table that it is of
   * @param root the first page; 0 where there is none
   * @param sql empty for what SQLite makes itself
   * @param row as it is stored
   */
  record SchemaEntry(String type, String name, String table, int root, String sql, Row row) {}

  /** A row of a table, or an entry of an index: header and values, as they are stored. */
  static final class Row {
    private final long rowid;
    private final byte[] record;

    Row(long rowid, byte[] record) {
      this.rowid = rowid;
      this.record = record;
    }

    /** Returns the number of the row; 0 for an entry of an index. */
    long rowid() {
      return rowid;
    }

    byte[] record() {
      return record;
    }
  }

  SqliteFile(byte[] file, byte[] log, String where) throws MalformedContentException {
    this.file = file;
    this.log = log;
    this.where = where;
    if (file.length < 512
        || !ByteString.copyOf(file, 0, 16).equals(ByteString.utf8("SQLite format 3\0"))) {
      throw wrong(0, "expected \"SQLite format 3\"");
    }
    int size = int16(file, 16);
    this.pageSize = size == 1 ? 65536 : size;
    if (pageSize < 512 || Integer.bitCount(pageSize) != 1 || file.length % pageSize != 0) {
      throw wrong(
          16, "expected whole pages, found " + file.length + " bytes, pages of " + pageSize);
    }
    this.usable = pageSize - (file[20] & 0xff);
    if (usable < 480) {
      throw wrong(20, "expected 480 usable bytes a page or more, found " + usable);
    }
    if (int32(file, 56) > 1) {
      throw wrong(56, "expected text in UTF-8");
    }
    readLog();
  }

  int pageSize() {
    return pageSize;
  }

  int usable() {
    return usable;
  }

  /** Returns the 100 bytes at the beginning. */
  byte[] header() throws MalformedContentException {
    byte[] page = page(1);
    return Arrays.copyOf(page, 100);
  }

  // Frames count up to the last one that commits, while salts and checksums fit.
  private void readLog() {
    if (log.length < 32 || (int32(log, 0) & ~1) != 0x377f0682 || int32(log, 8) != pageSize) {
      return;
    }
    boolean big = (int32(log, 0) & 1) == 1;
    long[] sum = checksum(new long[2], 0, 24, big);
    if (sum[0] != (int32(log, 24) & 0xffffffffL) || sum[1] != (int32(log, 28) & 0xffffffffL)) {
      return;
    }
    TreeMap<Integer, Integer> open = new TreeMap<>();
    for (int at = 32; at + 24 + pageSize <= log.length; at += 24 + pageSize) {
      if (int32(log, at + 8) != int32(log, 16) || int32(log, at + 12) != int32(log, 20)) {
        return;
      }
      sum = checksum(sum, at, 8, big);
      sum = checksum(sum, at + 24, pageSize, big);
      if (sum[0] != (int32(log, at + 16) & 0xffffffffL)
          || sum[1] != (int32(log, at + 20) & 0xffffffffL)) {
        return;
      }
      open.put(int32(log, at), at + 24);
      if (int32(log, at + 4) != 0) {
        logged.putAll(open);
        open.clear();
      }
    }
  }

  private long[] checksum(long[] sum, int from, int length, boolean big) {
    long a = sum[0];
    long b = sum[1];
    for (int at = from; at < from + length; at += 8) {
      a = (a + word(at, big) + b) & 0xffffffffL;
      b = (b + word(at + 4, big) + a) & 0xffffffffL;
    }
    return new long[] {a, b};
  }

  private long word(int at, boolean big) {
    int value = int32(log, at);
    return (big ? value : Integer.reverseBytes(value)) & 0xffffffffL;
  }

  /** Returns the schema, in its order. */
  List<SchemaEntry> schema() throws MalformedContentException {
    List<SchemaEntry> entries = new ArrayList<>();
    for (Row row : rows(1)) {
      List<Object> values = values(row.record());
      if (values.size() < 5) {
        throw wrong(0, "expected five columns of the schema, found " + values.size());
      }
      entries.add(
          new SchemaEntry(
              String.valueOf(values.get(0)),
              String.valueOf(values.get(1)),
              String.valueOf(values.get(2)),
              values.get(3) instanceof Long root ? (int) (long) root : 0,
              values.get(4) instanceof String sql ? sql : "",
              row));
    }
    return entries;
  }

  /** Returns the rows of a table, or the entries of an index, in the order of the b-tree. */
  List<Row> rows(int root) throws MalformedContentException {
    List<Row> rows = new ArrayList<>();
    budget = file.length + (long) log.length;
    walk(root, rows, new HashSet<>(), 0);
    return rows;
  }

  private void walk(int number, List<Row> rows, Set<Integer> seen, int depth)
      throws MalformedContentException {
    if (depth > MAX_DEPTH || !seen.add(number)) {
      throw wrong((long) (number - 1) * pageSize, "page " + number + " is in its b-tree twice");
    }
    byte[] page = page(number);
    int start = number == 1 ? 100 : 0;
    int type = page[start] & 0xff;
    boolean interior = type == 2 || type == 5;
    boolean table = type == 5 || type == 13;
    if (!interior && type != 10 && type != 13) {
      throw wrong(
          (long) (number - 1) * pageSize, "page " + number + ": no b-tree page, type " + type);
    }
    int count = int16(page, start + 3);
    int pointers = start + (interior ? 12 : 8);
    if (pointers + 2 * count > usable) {
      throw wrong((long) (number - 1) * pageSize, "page " + number + ": more cells than fit");
    }
    for (int i = 0; i < count; i++) {
      Cursor cursor = new Cursor(page, int16(page, pointers + 2 * i), number);
      if (interior) {
        walk(cursor.int32(), rows, seen, depth + 1);
      }
      if (table && interior) {
        continue;
      }
      long size = cursor.varint();
      long rowid = table ? cursor.varint() : 0;
      rows.add(new Row(rowid, payload(cursor, size, table)));
    }
    if (interior) {
      walk(int32(page, start + 8), rows, seen, depth + 1);
    }
  }

  private byte[] payload(Cursor cursor, long size, boolean table) throws MalformedContentException {
    // No two rows share a byte: together they cannot be larger than the file.
    budget -= size;
    if (size < 0 || budget < 0) {
      throw wrong(cursor.place(), "a row of " + size + " bytes, more than the file has");
    }
    int local = local((int) size, table, usable);
    byte[] bytes = new byte[(int) size];
    cursor.copy(bytes, 0, local);
    int at = local;
    if (at < size) {
      int next = cursor.int32();
      int most = (int) (size / (usable - 4)) + 2;
      while (at < size) {
        if (next == 0 || most-- == 0) {
          throw wrong(cursor.place(), "a row that ends before its " + size + " bytes");
        }
        byte[] page = page(next);
        int part = Math.min(usable - 4, (int) size - at);
        System.arraycopy(page, 4, bytes, at, part);
        at += part;
        next = int32(page, 0);
      }
    }
    return bytes;
  }

  /** Returns how many bytes of a row are in the b-tree's own page. */
  static int local(int size, boolean table, int usable) {
    int most = table ? usable - 35 : (usable - 12) * 64 / 255 - 23;
    if (size <= most) {
      return size;
    }
    int least = (usable - 12) * 32 / 255 - 23;
    int fitting = least + (size - least) % (usable - 4);
    return fitting <= most ? fitting : least;
  }

  /** Returns the values of a record: Long, Double, String (UTF-8), ByteString, or the text null. */
  List<Object> values(byte[] record) throws MalformedContentException {
    Cursor header = new Cursor(record, 0, 0);
    long headerSize = header.varint();
    if (headerSize > record.length) {
      throw wrong(0, "a record's header beyond the record");
    }
    Cursor body = new Cursor(record, (int) headerSize, 0);
    List<Object> values = new ArrayList<>();
    while (header.at < headerSize) {
      long type = header.varint();
      if (type == 0) {
        values.add(NULL);
      } else if (type <= 6) {
        values.add(body.integer(type <= 4 ? (int) type : type == 5 ? 6 : 8));
      } else if (type == 7) {
        values.add(Double.longBitsToDouble(body.integer(8)));
      } else if (type == 8 || type == 9) {
        values.add(type - 8);
      } else if (type >= 12) {
        byte[] bytes = body.bytes((type - 12) / 2);
        ByteString string = ByteString.copyOf(bytes);
        values.add(type % 2 == 0 ? string : string.toUtf8());
      } else {
        throw wrong(0, "a value of the unknown type " + type);
      }
    }
    return values;
  }

  /** Stands for SQL's NULL. */
  static final Object NULL =
      new Object() {
        @Override
        public String toString() {
          return "null";
        }
      };

  private byte[] page(int number) throws MalformedContentException {
    Integer at = logged.get(number);
    if (at != null) {
      return Arrays.copyOfRange(log, at, at + pageSize);
    }
    if (number < 1 || (long) number * pageSize > file.length) {
      throw wrong(0, "page " + number + " is not in the file");
    }
    return Arrays.copyOfRange(file, (number - 1) * pageSize, number * pageSize);
  }

  static void varint(ByteArrayOutputStream out, long value) {
    if (value < 0 || value >= 1L << 56) {
      for (int i = 57; i > 0; i -= 7) {
        out.write(((int) (value >>> i) & 0x7f) | 0x80);
      }
      out.write((int) value & 0xff);
      return;
    }
    int groups = 1;
    while (value >= 1L << (7 * groups)) {
      groups++;
    }
    for (int i = groups - 1; i > 0; i--) {
      out.write(((int) (value >>> (7 * i)) & 0x7f) | 0x80);
    }
    out.write((int) value & 0x7f);
  }

  static int int16(byte[] bytes, int at) {
    return ((bytes[at] & 0xff) << 8) | (bytes[at + 1] & 0xff);
  }

  static int int32(byte[] bytes, int at) {
    return (int16(bytes, at) << 16) | int16(bytes, at + 2);
  }

  private MalformedContentException wrong(long offset, String why) {
    return new MalformedContentException(WHAT, where + ", byte " + offset, why);
  }

  private final class Cursor {
    private final byte[] bytes;
    private final int page;
    private int at;

    Cursor(byte[] bytes, int at, int page) {
      this.bytes = bytes;
      this.at = at;
      this.page = page;
    }

    long place() {
      return page == 0 ? at : (long) (page - 1) * pageSize + at;
    }

    private void require(long count) throws MalformedContentException {
      if (count < 0 || at + count > bytes.length) {
        throw wrong(place(), "expected " + count + " bytes, found the end");
      }
    }

    int int32() throws MalformedContentException {
      require(4);
      at += 4;
      return SqliteFile.int32(bytes, at - 4);
    }

    long varint() throws MalformedContentException {
      long value = 0;
      for (int i = 0; i < 9; i++) {
        require(1);
        int b = bytes[at++] & 0xff;
        if (i == 8) {
          return (value << 8) | b;
        }
        value = (value << 7) | (b & 0x7f);
        if (b < 0x80) {
          return value;
        }
      }
      return value;
    }

    long integer(int size) throws MalformedContentException {
      require(size);
      long value = bytes[at];
      for (int i = 1; i < size; i++) {
        value = (value << 8) | (bytes[at + i] & 0xff);
      }
      at += size;
      return value;
    }

    byte[] bytes(long count) throws MalformedContentException {
      require(count);
      at += (int) count;
      return Arrays.copyOfRange(bytes, at - (int) count, at);
    }

    void copy(byte[] target, int offset, int count) throws MalformedContentException {
      require(count);
      System.arraycopy(bytes, at, target, offset, count);
      at += count;
    }
  }
}
