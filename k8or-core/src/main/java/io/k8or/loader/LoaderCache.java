package io.k8or.loader;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.ImagePath;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The cache of the GNU C library's loader, {@code ld.so.cache}: a head, entries of a soname and a
 * path each, their strings, and extensions since glibc 2.32 (glibc, sysdeps/generic/dl-cache.h).
 *
 * <p>Entries are dropped, and all offsets made anew as {@code ldconfig} makes them, so that the
 * file is what {@code ldconfig} would write.
 */
public final class LoaderCache {
  /** Where the loader looks for it. */
  public static final ImagePath PATH = ImagePath.of("/etc/ld.so.cache");

  private static final ByteString MAGIC = ByteString.utf8("glibc-ld.so.cache1.1");
  private static final ByteString OLD_MAGIC = ByteString.utf8("ld.so-1.7.0");
  private static final int OLD_HEAD = 16;
  private static final int OLD_ENTRY = 12;
  private static final int HEAD = 48;
  private static final int ENTRY = 24;
  private static final int EXTENSIONS = 0xeaa42174;
  private static final int GENERATOR = 0;

  private LoaderCache() {}

  /**
   * Returns the paths of each soname, in the cache's order; none where it is of an unknown form.
   *
   * @param where the cache's path, for the error; the offset is added
   * @throws MalformedContentException if an offset leads out of the file
   */
  public static Map<String, List<String>> entries(ByteString cache, String where)
      throws MalformedContentException {
    try {
      int start = 0;
      if (cache.startsWith(OLD_MAGIC)) {
        // The new form follows the old one, which was for programs of before 1998.
        long count = number(cache, 12, true);
        start = Math.toIntExact((OLD_HEAD + count * OLD_ENTRY + 7) / 8 * 8);
      }
      if (start > cache.length() - HEAD) {
        return Map.of();
      }
      ByteString table = cache.substring(start, cache.length());
      if (!table.startsWith(MAGIC)) {
        return Map.of();
      }
      boolean little = (table.at(28) & 3) != 3;
      long count = number(table, 20, little);
      Map<String, List<String>> entries = new HashMap<>();
      for (int i = 0; i < count; i++) {
        int at = Math.toIntExact(HEAD + (long) i * ENTRY);
        String name = text(table, Math.toIntExact(number(table, at + 4, little))).toLatin1();
        String path = text(table, Math.toIntExact(number(table, at + 8, little))).toLatin1();
        entries.computeIfAbsent(name, key -> new ArrayList<>(1)).add(path);
      }
      return entries;
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      throw new MalformedContentException(
          "loader cache", where, "an offset leads out of the file: " + e.getMessage(), e);
    }
  }

  private static long number(ByteString bytes, int offset, boolean little) {
    long value = 0;
    for (int i = 0; i < 4; i++) {
      value = value << 8 | bytes.at(offset + (little ? 3 - i : i));
    }
    return value;
  }

  /**
   * Returns the cache without the entries of some paths; empty where the cache has a form that is
   * not rewritten: an older one, or with subdirectories by processor.
   *
   * @param where the cache's path, for the error; the offset is added
   * @throws MalformedContentException if an offset leads out of the file
   */
  public static Optional<ByteString> without(ByteString cache, Predicate<String> gone, String where)
      throws MalformedContentException {
    if (!cache.startsWith(MAGIC) || cache.length() < HEAD) {
      return Optional.empty();
    }
    // The byte says which byte order; 2 is little, and 0 is of before 2.33.
    if ((cache.at(28) & 3) != 2) {
      return Optional.empty();
    }
    try {
      return rewrite(cache, gone);
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new MalformedContentException(
          "loader cache", where, "an offset leads out of the file: " + e.getMessage(), e);
    }
  }

  private static Optional<ByteString> rewrite(ByteString cache, Predicate<String> gone) {
    ByteBuffer in = ByteBuffer.wrap(cache.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    Optional<ByteString> generator = generator(in, cache);
    if (generator.isEmpty()) {
      return Optional.empty();
    }
    int count = in.getInt(20);
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int at = HEAD + i * ENTRY;
      if (in.getLong(at + 16) != 0) {
        return Optional.empty(); // of a subdirectory by processor
      }
      if (!gone.test(text(cache, in.getInt(at + 8)).toLatin1())) {
        kept.add(at);
      }
    }
    TreeSet<ByteString> strings = new TreeSet<>(LoaderCache::compareFromTheEnd);
    for (int at : kept) {
      strings.add(text(cache, in.getInt(at + 4)));
      strings.add(text(cache, in.getInt(at + 8)));
    }
    int base = HEAD + kept.size() * ENTRY;
    Map<ByteString, Integer> offsets = new HashMap<>();
    int end = lay(strings, base, offsets);
    int extensions = (end + 3) / 4 * 4;
    int size = extensions + 8 + 16 + generator.get().length();
    ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    cache.substring(0, HEAD).copyTo(out.array(), 0);
    out.putInt(20, kept.size());
    out.putInt(24, end - base);
    out.putInt(32, extensions);
    for (int i = 0; i < kept.size(); i++) {
      int from = kept.get(i);
      int to = HEAD + i * ENTRY;
      cache.substring(from, from + ENTRY).copyTo(out.array(), to);
      out.putInt(to + 4, offset(offsets, text(cache, in.getInt(from + 4))));
      out.putInt(to + 8, offset(offsets, text(cache, in.getInt(from + 8))));
    }
    offsets.forEach((string, at) -> string.copyTo(out.array(), at));
    out.putInt(extensions, EXTENSIONS);
    out.putInt(extensions + 4, 1);
    out.putInt(extensions + 8, GENERATOR);
    out.putInt(extensions + 12, 0);
    out.putInt(extensions + 16, extensions + 24);
    out.putInt(extensions + 20, generator.get().length());
    generator.get().copyTo(out.array(), extensions + 24);
    return Optional.of(ByteString.copyOf(out.array()));
  }

  private static int offset(Map<ByteString, Integer> offsets, ByteString string) {
    return offsets.getOrDefault(string, 0);
  }

  // A string that is the end of the one before it lies in it.
  private static int lay(
      SortedSet<ByteString> strings, int base, Map<ByteString, Integer> offsets) {
    ByteString before = ByteString.empty();
    int at = base;
    boolean first = true;
    for (ByteString string : strings) {
      if (first) {
        first = false;
      } else if (before.endsWith(string)) {
        at += before.length() - string.length();
      } else {
        at += before.length() + 1;
      }
      offsets.put(string, at);
      before = string;
    }
    return at + before.length() + 1;
  }

  // From the greatest to the least, a longer string before its own end.
  private static int compareFromTheEnd(ByteString a, ByteString b) {
    int common = Math.min(a.length(), b.length());
    for (int i = 1; i <= common; i++) {
      int order = Integer.compare(b.at(b.length() - i), a.at(a.length() - i));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(b.length(), a.length());
  }

  private static ByteString text(ByteString cache, int offset) {
    int end = offset < 0 ? -1 : cache.indexOf(0, offset);
    if (end < 0) {
      throw new IndexOutOfBoundsException("string at " + offset);
    }
    return cache.substring(offset, end);
  }

  /** Returns who wrote the cache; empty where there are other extensions, or none. */
  private static Optional<ByteString> generator(ByteBuffer in, ByteString cache) {
    int at = in.getInt(32);
    if (at < HEAD || in.getInt(at) != EXTENSIONS || in.getInt(at + 4) != 1) {
      return Optional.empty();
    }
    if (in.getInt(at + 8) != GENERATOR) {
      return Optional.empty();
    }
    int offset = in.getInt(at + 16);
    return Optional.of(cache.substring(offset, offset + in.getInt(at + 20)));
  }
}
