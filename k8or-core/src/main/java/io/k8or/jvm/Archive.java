package io.k8or.jvm;

import io.k8or.content.Content;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;

/** Reads what is in jars, and in jars within them. */
final class Archive {
  /** More than any class or configuration has; an entry beyond it is not looked into. */
  private static final int MAX_ENTRY = 64 << 20;

  private static final int MAX_DEPTH = 3;
  private static final int MAX_SMALL = 1 << 20;
  private static final int MAX_NEAR = 128 << 20;

  /** What all entries of an archive may hold together: what is more is no application. */
  private static final long MAX_ALL = 4L << 30;

  private Archive() {}

  /** Takes what is found. */
  interface Visitor {
    /**
     * Takes an entry.
     *
     * @param archive the archives that it is in, the outermost first, separated by {@code !/}
     * @param name its name
     * @param bytes its bytes
     */
    void entry(String archive, String name, byte[] bytes) throws IOException;
  }

  /** Takes names. */
  interface Lister {
    /**
     * Takes the name of an entry.
     *
     * @param archive the archives that it is in, the outermost first, separated by {@code !/}
     */
    void entry(String archive, String name);
  }

  /** Says whether a file's name is that of a jar. */
  static boolean isArchive(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".jar")
        || lower.endsWith(".war")
        || lower.endsWith(".ear")
        || lower.endsWith(".rar")
        || lower.endsWith(".jmod");
  }

  /** Returns the same bytes, in memory if they are not many: to be read here and there. */
  static Content near(Content content) throws IOException {
    return content.size() > MAX_NEAR ? content : Content.of(content.readAll(MAX_NEAR));
  }

  /**
   * Hands over the names of all entries, those of nested archives too. Cost: the directories; what
   * is in nested archives that are compressed.
   *
   * @throws IOException if it is no archive, or cannot be read
   */
  static void list(String name, Content content, Lister lister) throws IOException {
    try {
      list(name, near(content), lister, 0);
    } catch (IllegalArgumentException | EOFException e) {
      throw new ZipException(name + ": " + e.getMessage());
    }
  }

  private static void list(String name, Content content, Lister lister, int depth)
      throws IOException {
    ZipDirectory directory = ZipDirectory.of(content, name);
    for (String each : directory.names()) {
      if (each.endsWith("/")) {
        continue;
      }
      if (!isArchive(each) || depth == MAX_DEPTH) {
        lister.entry(name, each);
        continue;
      }
      String nested = name + "!/" + each;
      Optional<Content> stored = directory.stored(each);
      if (stored.isPresent()) {
        list(nested, stored.get(), lister, depth + 1);
      } else {
        try (InputStream in = directory.open(each)) {
          visit(
              nested,
              in,
              (archive, entry, bytes) -> lister.entry(archive, entry),
              depth + 1,
              new long[1]);
        }
      }
    }
  }

  /**
   * Returns the bytes of one entry; empty if it is not there, or larger than any that matters.
   *
   * @throws IOException if it is no archive, or cannot be read
   */
  static Optional<byte[]> read(String name, Content content, String entry) throws IOException {
    ZipDirectory directory = ZipDirectory.of(near(content), name);
    if (!directory.names().contains(entry)) {
      return Optional.empty();
    }
    return Optional.of(directory.read(entry, MAX_SMALL)).filter(bytes -> bytes.length < MAX_SMALL);
  }

  /**
   * Visits all entries, those of nested archives too, in their order.
   *
   * @throws IOException if it is no archive, or cannot be read
   */
  static void visit(String name, Content content, Visitor visitor) throws IOException {
    ZipDirectory directory = ZipDirectory.of(content, name);
    long begin = directory.begin();
    try (InputStream in = content.slice(begin, content.size() - begin).open()) {
      int count = visit(name, in, visitor, 0, new long[1]);
      if (count != directory.names().size()) {
        throw new ZipException(
            name + ": its directory has " + directory.names().size() + " entries, it has " + count);
      }
    } catch (IllegalArgumentException | EOFException e) {
      // A name that is not UTF-8, or an entry that is cut off.
      throw new ZipException(name + ": " + e.getMessage());
    }
  }

  private static int visit(String name, InputStream in, Visitor visitor, int depth, long[] sum)
      throws IOException {
    ZipInputStream zip = new ZipInputStream(in);
    int count = 0;
    for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
      count++;
      if (entry.isDirectory()) {
        continue;
      }
      if (isArchive(entry.getName()) && depth < MAX_DEPTH) {
        InputStream nested =
            new FilterInputStream(zip) {
              @Override
              public void close() {} // the outer one goes on
            };
        visit(name + "!/" + entry.getName(), nested, visitor, depth + 1, sum);
        count(name, sum, nested.skip(MAX_ALL));
        continue;
      }
      byte[] bytes = zip.readNBytes(MAX_ENTRY);
      count(name, sum, bytes.length);
      if (bytes.length < MAX_ENTRY) {
        visitor.entry(name, entry.getName(), bytes);
      }
    }
    return count;
  }

  private static void count(String name, long[] sum, long more) throws ZipException {
    sum[0] += more;
    if (sum[0] > MAX_ALL) {
      throw new ZipException(name + ": it holds more than " + MAX_ALL + " bytes");
    }
  }
}
