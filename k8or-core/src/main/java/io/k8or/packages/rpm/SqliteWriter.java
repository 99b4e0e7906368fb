package io.k8or.packages.rpm;

import io.k8or.packages.rpm.SqliteFile.Row;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a database file of SQLite anew, page by page: b-trees from rows that are in order already,
 * without a free page (SQLite, "Database File Format").
 */
final class SqliteWriter {
  private final int pageSize;
  private final int usable;
  private final List<byte[]> pages = new ArrayList<>();

  SqliteWriter(int pageSize, int usable) {
    this.pageSize = pageSize;
    this.usable = usable;
    pages.add(new byte[pageSize]); // the schema's, which is written last
  }

  /** Writes a b-tree and returns its first page. */
  int tree(List<Row> rows, boolean table) {
    List<byte[]> cells = cells(rows, table);
    int root = allocate();
    build(cells, rows, table, root);
    return root;
  }

  /** Writes the schema's b-tree, which begins at page 1. */
  void schema(List<Row> rows) {
    build(cells(rows, true), rows, true, 1);
  }

  /**
   * Returns the file.
   *
   * @param header the 100 bytes of the file that this stands for
   */
  byte[] file(byte[] header) {
    byte[] file = new byte[pages.size() * pageSize];
    for (int i = 0; i < pages.size(); i++) {
      System.arraycopy(pages.get(i), 0, file, i * pageSize, pageSize);
    }
    System.arraycopy(header, 0, file, 0, 100);
    int32(file, 28, pages.size());
    int32(file, 32, 0); // no free pages
    int32(file, 36, 0);
    int32(file, 52, 0); // no pointer maps, which automatic vacuuming would need
    int32(file, 64, 0);
    int32(file, 92, SqliteFile.int32(header, 24)); // the count of pages is valid
    return file;
  }

  private int allocate() {
    pages.add(new byte[pageSize]);
    return pages.size();
  }

  private List<byte[]> cells(List<Row> rows, boolean table) {
    List<byte[]> cells = new ArrayList<>();
    for (Row row : rows) {
      ByteArrayOutputStream cell = new ByteArrayOutputStream();
      byte[] record = row.record();
      SqliteFile.varint(cell, record.length);
      if (table) {
        SqliteFile.varint(cell, row.rowid());
      }
      int local = SqliteFile.local(record.length, table, usable);
      cell.write(record, 0, local);
      if (local < record.length) {
        byte[] pointer = new byte[4];
        int32(pointer, 0, overflow(record, local));
        cell.writeBytes(pointer);
      }
      while (cell.size() < 4) {
        cell.write(0); // SQLite gives a cell four bytes at least
      }
      cells.add(cell.toByteArray());
    }
    return cells;
  }

  private int overflow(byte[] record, int from) {
    int first = allocate();
    int number = first;
    for (int at = from; at < record.length; ) {
      int part = Math.min(usable - 4, record.length - at);
      byte[] page = pages.get(number - 1);
      System.arraycopy(record, at, page, 4, part);
      at += part;
      if (at < record.length) {
        number = allocate();
        int32(page, 0, number);
      }
    }
    return first;
  }

  /** A page under way: the cells, and of an interior page the children before each and behind. */
  private record Node(int page, long lastKey) {}

  private void build(List<byte[]> cells, List<Row> rows, boolean table, int root) {
    int start = root == 1 ? 100 : 0;
    if (size(cells, 0, cells.size()) + 8 + start <= usable) {
      write(root, table ? 13 : 10, cells, 0);
      return;
    }
    List<Node> level = new ArrayList<>();
    List<byte[]> dividers = new ArrayList<>();
    int from = 0;
    while (from < cells.size()) {
      int to = from;
      int used = 8;
      while (to < cells.size() && used + cells.get(to).length + 2 <= usable) {
        used += cells.get(to).length + 2;
        to++;
      }
      // In an index the cell behind a page divides it from the next, which must not be empty.
      if (!table && to == cells.size() - 1) {
        to--;
      }
      int page = allocate();
      write(page, table ? 13 : 10, cells.subList(from, to), 0);
      level.add(new Node(page, rows.get(to - 1).rowid()));
      if (!table && to < cells.size()) {
        dividers.add(cells.get(to));
        to++;
      }
      from = to;
    }
    raise(level, dividers, table, root);
  }

  private void raise(List<Node> children, List<byte[]> dividers, boolean table, int root) {
    List<byte[]> cells = new ArrayList<>();
    for (int i = 0; i + 1 < children.size(); i++) {
      ByteArrayOutputStream cell = new ByteArrayOutputStream();
      byte[] pointer = new byte[4];
      int32(pointer, 0, children.get(i).page());
      cell.writeBytes(pointer);
      if (table) {
        SqliteFile.varint(cell, children.get(i).lastKey());
      } else {
        cell.writeBytes(dividers.get(i));
      }
      cells.add(cell.toByteArray());
    }
    int start = root == 1 ? 100 : 0;
    int type = table ? 5 : 2;
    if (size(cells, 0, cells.size()) + 12 + start <= usable) {
      write(root, type, cells, children.get(children.size() - 1).page());
      return;
    }
    // The child between two pages goes to the left one as its last; its cell's key goes up.
    List<Node> level = new ArrayList<>();
    List<byte[]> up = new ArrayList<>();
    int from = 0;
    while (from <= cells.size()) {
      int to = from;
      int used = 12;
      while (to < cells.size() && used + cells.get(to).length + 2 <= usable) {
        used += cells.get(to).length + 2;
        to++;
      }
      if (to == cells.size() - 1) {
        to--;
      }
      int page = allocate();
      write(page, type, cells.subList(from, to), children.get(to).page());
      level.add(new Node(page, children.get(to).lastKey()));
      if (to < cells.size() && !table) {
        up.add(dividers.get(to));
      }
      from = to + 1;
    }
    raise(level, up, table, root);
  }

  private static int size(List<byte[]> cells, int from, int to) {
    int size = 0;
    for (int i = from; i < to; i++) {
      size += cells.get(i).length + 2;
    }
    return size;
  }

  private void write(int number, int type, List<byte[]> cells, int rightmost) {
    byte[] page = pages.get(number - 1);
    int start = number == 1 ? 100 : 0;
    boolean interior = type == 2 || type == 5;
    page[start] = (byte) type;
    int16(page, start + 3, cells.size());
    int pointers = start + (interior ? 12 : 8);
    int end = usable;
    for (int i = 0; i < cells.size(); i++) {
      byte[] cell = cells.get(i);
      end -= cell.length;
      System.arraycopy(cell, 0, page, end, cell.length);
      int16(page, pointers + 2 * i, end);
    }
    int16(page, start + 5, end == 65536 ? 0 : end);
    if (interior) {
      int32(page, start + 8, rightmost);
    }
  }

  private static void int16(byte[] bytes, int at, int value) {
    bytes[at] = (byte) (value >>> 8);
    bytes[at + 1] = (byte) value;
  }

  private static void int32(byte[] bytes, int at, int value) {
    int16(bytes, at, value >>> 16);
    int16(bytes, at + 2, value);
  }
}
