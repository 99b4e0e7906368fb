package io.k8or.jvm;

import io.k8or.content.Content;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;

/** Reads what is in jars, and in jars within them. */
final class Archive {
  /** More than any class or configuration has; an entry beyond it is not looked into. */
  private static final int MAX_ENTRY = 64 << 20;

  private static final int MAX_DEPTH = 3;

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

  /** Says whether a file's name is that of a jar. */
  static boolean isArchive(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".jar")
        || lower.endsWith(".war")
        || lower.endsWith(".ear")
        || lower.endsWith(".rar")
        || lower.endsWith(".jmod");
  }

  /**
   * Visits all entries, those of nested archives too, in their order.
   *
   * @throws IOException if it is no archive, or cannot be read
   */
  static void visit(String name, Content content, Visitor visitor) throws IOException {
    try (InputStream in = content.open()) {
      visit(name, in, visitor, 0);
    } catch (IllegalArgumentException e) {
      throw new ZipException(name + ": " + e.getMessage()); // a name that is not UTF-8
    }
  }

  private static void visit(String name, InputStream in, Visitor visitor, int depth)
      throws IOException {
    ZipInputStream zip = new ZipInputStream(in);
    for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
      if (entry.isDirectory()) {
        continue;
      }
      if (isArchive(entry.getName()) && depth < MAX_DEPTH) {
        InputStream nested =
            new FilterInputStream(zip) {
              @Override
              public void close() {} // the outer one goes on
            };
        visit(name + "!/" + entry.getName(), nested, visitor, depth + 1);
        nested.skip(Long.MAX_VALUE);
        continue;
      }
      byte[] bytes = zip.readNBytes(MAX_ENTRY);
      if (bytes.length < MAX_ENTRY) {
        visitor.entry(name, entry.getName(), bytes);
      }
    }
  }
}
