package io.k8or.packages.rpm;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.packages.rpm.SqliteFile.Row;
import io.k8or.packages.rpm.SqliteFile.SchemaEntry;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * rpm's database in SQLite: the table {@code Packages} with a header in each row, and a table for
 * each tag that one looks up by, whose rows name the header's number. Immutable.
 */
public final class SqliteHeaders implements RpmHeaders {
  private final SqliteFile file;
  private final String where;
  private final List<SchemaEntry> schema;
  private final Map<Integer, ByteString> blobs = new TreeMap<>();

  private SqliteHeaders(SqliteFile file, String where, List<SchemaEntry> schema) {
    this.file = file;
    this.where = where;
    this.schema = schema;
  }

  /**
   * Reads a database.
   *
   * @param database the bytes of {@code rpmdb.sqlite}
   * @param log the bytes of {@code rpmdb.sqlite-wal}; none where there is no such file
   * @param where its path, for the error; the offset is added
   * @throws MalformedContentException if it is no database of SQLite, or has no table of packages
   */
  public static SqliteHeaders parse(ByteString database, ByteString log, String where)
      throws MalformedContentException {
    SqliteFile file = new SqliteFile(database.toByteArray(), log.toByteArray(), where);
    SqliteHeaders headers = new SqliteHeaders(file, where, file.schema());
    headers.read();
    return headers;
  }

  private void read() throws MalformedContentException {
    SchemaEntry packages =
        schema.stream()
            .filter(entry -> entry.type().equals("table") && entry.name().equals("Packages"))
            .findFirst()
            .orElseThrow(
                () -> new MalformedContentException("rpm database", where, "no table Packages"));
    for (Row row : file.rows(packages.root())) {
      List<Object> values = file.values(row.record());
      if (values.size() < 2
          || !(values.get(1) instanceof ByteString blob)
          || row.rowid() <= 0
          || row.rowid() > Integer.MAX_VALUE) {
        throw new MalformedContentException(
            "rpm database", where, "row " + row.rowid() + " of Packages has no header");
      }
      blobs.put((int) row.rowid(), blob);
    }
  }

  @Override
  public Map<Integer, ByteString> blobs() {
    return Collections.unmodifiableMap(blobs);
  }

  @Override
  public ByteString without(Set<Integer> numbers) throws MalformedContentException {
    return write(numbers, Map.of());
  }

  @Override
  public ByteString with(Map<Integer, ByteString> changed) throws MalformedContentException {
    RpmHeaders.requireFit(blobs, changed);
    return write(Set.of(), changed);
  }

  private ByteString write(Set<Integer> numbers, Map<Integer, ByteString> changed)
      throws MalformedContentException {
    SqliteWriter writer = new SqliteWriter(file.pageSize(), file.usable());
    Map<String, Set<Long>> dropped = new HashMap<>();
    Map<SchemaEntry, Integer> roots = new HashMap<>();
    // Tables before their indexes: an entry of an index goes with its row.
    for (SchemaEntry entry : schema) {
      if (entry.type().equals("table") && entry.root() > 0) {
        Set<Long> gone = dropped.computeIfAbsent(entry.name(), name -> new HashSet<>());
        List<Row> kept = new ArrayList<>();
        int column = column(entry);
        for (Row row : file.rows(entry.root())) {
          if (numbers.contains(number(entry, row, column))) {
            gone.add(row.rowid());
          } else {
            kept.add(entry.name().equals("Packages") ? changed(row, changed) : row);
          }
        }
        roots.put(entry, writer.tree(kept, true));
      }
    }
    for (SchemaEntry entry : schema) {
      if (entry.type().equals("index") && entry.root() > 0) {
        Set<Long> gone = dropped.getOrDefault(entry.table(), Set.of());
        List<Row> kept = new ArrayList<>();
        for (Row row : file.rows(entry.root())) {
          List<Object> values = file.values(row.record());
          if (values.isEmpty()
              || !(values.get(values.size() - 1) instanceof Long rowid)
              || !gone.contains(rowid)) {
            kept.add(row);
          }
        }
        roots.put(entry, writer.tree(kept, false));
      }
    }
    List<Row> rows = new ArrayList<>();
    for (SchemaEntry entry : schema) {
      Integer root = roots.get(entry);
      rows.add(root == null ? entry.row() : new Row(entry.row().rowid(), record(entry, root)));
    }
    writer.schema(rows);
    return ByteString.copyOf(writer.file(file.header()));
  }

  // The header is the last value of its row.
  private Row changed(Row row, Map<Integer, ByteString> changed) throws MalformedContentException {
    ByteString blob = changed.get((int) row.rowid());
    if (blob == null) {
      return row;
    }
    if (file.values(row.record()).size() != 2) {
      throw new MalformedContentException(
          "rpm database", where, "row " + row.rowid() + " of Packages has more than a header");
    }
    byte[] record = row.record().clone();
    blob.copyTo(record, record.length - blob.length());
    return new Row(row.rowid(), record);
  }

  /** Returns the number of the header that a row is of; 0 where it is of none. */
  private int number(SchemaEntry table, Row row, int column) throws MalformedContentException {
    if (table.name().equals("Packages")) {
      return (int) row.rowid();
    }
    if (column < 0) {
      return 0;
    }
    List<Object> values = file.values(row.record());
    return column < values.size() && values.get(column) instanceof Long number
        ? (int) (long) number
        : 0;
  }

  // Where the column hnum is; -1 for a table that has none.
  private static int column(SchemaEntry table) {
    String sql = table.sql();
    int open = sql.indexOf('(');
    int column = 0;
    int depth = 0;
    int from = open + 1;
    for (int i = open; i >= 0 && i < sql.length(); i++) {
      char c = sql.charAt(i);
      if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      }
      if ((c == ',' && depth == 1) || (c == ')' && depth == 0)) {
        String name = sql.substring(from, i).strip();
        if (name.startsWith("hnum ")
            || name.startsWith("'hnum' ")
            || name.startsWith("\"hnum\" ")) {
          return column;
        }
        column++;
        from = i + 1;
      }
    }
    return -1;
  }

  private static byte[] record(SchemaEntry entry, int root) {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (String text : List.of(entry.type(), entry.name(), entry.table())) {
      text(text, header, body);
    }
    SqliteFile.varint(header, 4);
    for (int shift = 24; shift >= 0; shift -= 8) {
      body.write(root >>> shift);
    }
    if (entry.sql().isEmpty()) {
      SqliteFile.varint(header, 0);
    } else {
      text(entry.sql(), header, body);
    }
    ByteArrayOutputStream record = new ByteArrayOutputStream();
    // The header counts itself; its length takes a second byte beyond 127.
    int size = header.size() + 1;
    SqliteFile.varint(record, size < 128 ? size : size + 1);
    record.writeBytes(header.toByteArray());
    record.writeBytes(body.toByteArray());
    return record.toByteArray();
  }

  private static void text(String text, ByteArrayOutputStream header, ByteArrayOutputStream body) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    SqliteFile.varint(header, 13 + 2L * bytes.length);
    body.writeBytes(bytes);
  }

  @Override
  public String toString() {
    return "SQLite database of " + blobs.size() + " rpm headers";
  }
}
