package io.k8or.packages.apk;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.ImagePath;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The file {@code lib/apk/db/installed}: a record for each package, of lines with a letter each
 * (apk-tools, "Apk spec", "Installed Database V2"). It keeps its bytes: {@link #without} cuts
 * records out and leaves the others as they are.
 */
public final class ApkInstalled {
  private static final String WHAT = "apk installed database";
  private static final long MAX_PATHS = 256 << 20;

  private final ByteString bytes;
  private final List<Entry> entries;

  private ApkInstalled(ByteString bytes, List<Entry> entries) {
    this.bytes = bytes;
    this.entries = List.copyOf(entries);
  }

  /**
   * A package's record. Letters are those of the file, values ISO 8859-1 texts, a char a byte.
   *
   * @param values by letter, without those of files
   * @param directories that it lists, in order
   * @param files that it lists, in order
   * @param line the number of its first line, from 1
   * @param start the offset of its first byte
   * @param end the offset behind it and the empty line that ends it
   */
  public record Entry(
      Map<Character, String> values,
      List<ImagePath> directories,
      List<Listed> files,
      int line,
      int start,
      int end) {
    /** Copies the collections. */
    public Entry {
      values = Collections.unmodifiableMap(new HashMap<>(values));
      directories = List.copyOf(directories);
      files = List.copyOf(files);
    }

    /** Returns the value of a letter in UTF-8; empty where there is none. */
    public String text(char letter) {
      String value = values.getOrDefault(letter, "");
      return new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
  }

  /**
   * A file of a package.
   *
   * @param path its path
   * @param checksum of its content, or of a symbolic link's target: {@code Q1} and base64 of the
   *     SHA-1; empty where there is none
   */
  public record Listed(ImagePath path, String checksum) {}

  /**
   * Parses the file.
   *
   * @param where its path, for the error; the line is added
   * @throws MalformedContentException if a line has another form, a record has no name or version,
   *     a name is there twice, or the end is cut off
   */
  public static ApkInstalled parse(ByteString bytes, String where)
      throws MalformedContentException {
    Parser parser = new Parser(bytes.toLatin1(), where);
    return new ApkInstalled(bytes, parser.parse());
  }

  /** Returns the records, in order. */
  public List<Entry> entries() {
    return entries;
  }

  /** Returns the bytes of the file without some records, those of the others as they are. */
  public ByteString without(Predicate<Entry> gone) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length());
    byte[] all = bytes.toByteArray();
    int from = 0;
    for (Entry entry : entries) {
      if (gone.test(entry)) {
        out.write(all, from, entry.start() - from);
        from = entry.end();
      }
    }
    out.write(all, from, all.length - from);
    return ByteString.copyOf(out.toByteArray());
  }

  @Override
  public String toString() {
    return "apk database of " + entries.size() + " packages";
  }

  private static final class Parser {
    private final String text;
    private final String where;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, Integer> names = new HashMap<>();
    private final Map<Character, String> values = new HashMap<>();
    private final List<ImagePath> directories = new ArrayList<>();
    private final List<Listed> files = new ArrayList<>();
    private int start;
    private int firstLine;
    private int line;
    private boolean inDirectory;
    private boolean inFile;
    // Many files may be in one directory of a long name: the file is small, its paths need not be.
    private long length;

    Parser(String text, String where) {
      this.text = text;
      this.where = where;
    }

    List<Entry> parse() throws MalformedContentException {
      int at = 0;
      while (at < text.length()) {
        line++;
        int feed = text.indexOf('\n', at);
        if (feed < 0) {
          throw wrong("expected a line feed at the end, found the end of the file");
        }
        if (feed == at) {
          end(feed + 1);
        } else {
          read(at, feed);
        }
        at = feed + 1;
      }
      end(text.length());
      return entries;
    }

    private void read(int at, int feed) throws MalformedContentException {
      if (feed < at + 2 || text.charAt(at + 1) != ':') {
        throw wrong(
            "expected LETTER:VALUE, found \"" + text.substring(at, Math.min(feed, at + 40)) + "\"");
      }
      if (values.isEmpty()) {
        start = at;
        firstLine = line;
      }
      char letter = text.charAt(at);
      String value = text.substring(at + 2, feed);
      switch (letter) {
        case 'F' -> {
          directories.add(path(value));
          inDirectory = true;
          inFile = false;
        }
        case 'R' -> {
          if (!inDirectory || value.isEmpty() || value.indexOf('/') >= 0) {
            throw wrong("expected a name in a directory, found \"" + value + "\"");
          }
          length += directories.get(directories.size() - 1).toRelativeBytes().length();
          if (length > MAX_PATHS) {
            throw wrong("more than " + MAX_PATHS + " bytes of paths");
          }
          files.add(
              new Listed(
                  path(
                      directories.get(directories.size() - 1).toRelativeBytes().toLatin1()
                          + "/"
                          + value),
                  ""));
          inFile = true;
        }
        case 'Z' -> {
          if (!inFile) {
            throw wrong("expected a file before its checksum");
          }
          Listed last = files.remove(files.size() - 1);
          files.add(new Listed(last.path(), value));
        }
        case 'M', 'a' -> {
          if (!inDirectory) {
            throw wrong("expected a directory before its attributes");
          }
        }
        default -> {
          if (inDirectory) {
            throw wrong("expected files of the record, found the field " + letter);
          }
          if (values.put(letter, value) != null) {
            throw wrong("the field " + letter + " is there twice in one record");
          }
        }
      }
    }

    private ImagePath path(String value) throws MalformedContentException {
      try {
        return ImagePath.of(ByteString.copyOf(value.getBytes(StandardCharsets.ISO_8859_1)));
      } catch (IllegalArgumentException e) {
        throw new MalformedContentException(
            WHAT, where + ", line " + line, String.valueOf(e.getMessage()), e);
      }
    }

    private void end(int end) throws MalformedContentException {
      if (values.isEmpty()) {
        if (!directories.isEmpty()) {
          throw wrong("expected fields of a record before its files");
        }
        return;
      }
      String name = values.getOrDefault('P', "");
      if (name.isEmpty() || values.getOrDefault('V', "").isEmpty()) {
        throw new MalformedContentException(
            WHAT, where + ", line " + firstLine, "a record without a name (P) or version (V)");
      }
      Integer before = names.put(name, firstLine);
      if (before != null) {
        throw new MalformedContentException(
            WHAT,
            where + ", line " + firstLine,
            "the package " + name + " has a record already at line " + before);
      }
      entries.add(new Entry(values, directories, files, firstLine, start, end));
      values.clear();
      directories.clear();
      files.clear();
      inDirectory = false;
      inFile = false;
    }

    private MalformedContentException wrong(String why) {
      return new MalformedContentException(WHAT, where + ", line " + line, why);
    }
  }
}
