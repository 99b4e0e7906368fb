package io.k8or.report;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.FileType;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Two file trees compared path by path. Immutable.
 *
 * <p>Compared are type, mode, owner, size, time of modification, content, extended attributes, the
 * targets of symbolic links, the names of a file, and device numbers. The time of a directory that
 * no layer records is not compared: every unpacker gives it one of its own.
 *
 * @param differences what differs, in the order of the paths
 */
public record TreeComparison(List<Difference> differences) {
  /** Copies the list. */
  public TreeComparison {
    differences = List.copyOf(differences);
  }

  /** What happened to a path. */
  public enum Kind {
    /** Only the second tree has it. */
    ADDED,
    /** Only the first tree has it. */
    REMOVED,
    /** Both have it, and something about it differs. */
    CHANGED
  }

  /** What can differ about a path. */
  public enum Aspect {
    /** Regular file, directory, symbolic link, and so on. */
    TYPE,
    /** The twelve permission bits, in octal digits. */
    MODE,
    /** {@code UID:GID}. */
    OWNER,
    /** The size of a regular file, in bytes. */
    SIZE,
    /** The time of modification. */
    MTIME,
    /** The bytes of a regular file; the values are only {@code bytes}. */
    CONTENT,
    /** The extended attributes, as {@code NAME=HEX}. */
    XATTRS,
    /** Where a symbolic link points. */
    TARGET,
    /** All names of a file with hard links. */
    LINKS,
    /** {@code MAJOR,MINOR}. */
    DEVICE
  }

  /**
   * One thing that differs.
   *
   * @param aspect which thing
   * @param before its value in the first tree, for a person to read
   * @param after its value in the second tree
   */
  public record Change(Aspect aspect, String before, String after) {
    @Override
    public String toString() {
      return aspect == Aspect.CONTENT
          ? "content"
          : aspect.name().toLowerCase(Locale.ROOT) + " " + before + " -> " + after;
    }
  }

  /**
   * A path that differs.
   *
   * @param path the path
   * @param kind what happened to it
   * @param changes what differs, in the order of {@link Aspect}; empty unless it is changed
   */
  public record Difference(ImagePath path, Kind kind, List<Change> changes) {
    /** Copies the list. */
    public Difference {
      changes = List.copyOf(changes);
    }

    /** Returns {@code +}, {@code -} or {@code ~}, the path, and what differs. */
    @Override
    public String toString() {
      String sign =
          switch (kind) {
            case ADDED -> "+ ";
            case REMOVED -> "- ";
            case CHANGED -> "~ ";
          };
      StringBuilder text = new StringBuilder(sign).append(path);
      for (int i = 0; i < changes.size(); i++) {
        text.append(i == 0 ? ": " : "; ").append(changes.get(i));
      }
      return text.toString();
    }
  }

  /** Says whether two files of one size have the same bytes. */
  @FunctionalInterface
  public interface ContentEquality {
    /**
     * Compares.
     *
     * @throws IOException if one of them cannot be read
     */
    boolean same(FileNode before, FileNode after) throws IOException;
  }

  /**
   * Compares two trees; files of one size are read, both of them, to the first byte that differs.
   *
   * @throws IOException if a content cannot be read
   */
  public static TreeComparison of(FileTree before, FileTree after) throws IOException {
    return of(before, after, (a, b) -> sameBytes(a.content(), b.content()));
  }

  /**
   * Compares two trees with another comparison of contents, such as one by digests that were
   * computed in one pass over an archive. It is asked only about regular files of one size whose
   * contents are not equal suppliers.
   *
   * @throws IOException if a content cannot be read
   */
  public static TreeComparison of(FileTree before, FileTree after, ContentEquality contents)
      throws IOException {
    TreeMap<ImagePath, FileNode> all = new TreeMap<>(before.nodes());
    all.putAll(after.nodes());
    List<Difference> differences = new ArrayList<>();
    for (ImagePath path : all.keySet()) {
      Optional<FileNode> old = before.get(path);
      Optional<FileNode> young = after.get(path);
      if (old.isEmpty()) {
        differences.add(new Difference(path, Kind.ADDED, List.of()));
      } else if (young.isEmpty()) {
        differences.add(new Difference(path, Kind.REMOVED, List.of()));
      } else {
        List<Change> changes = changes(old.get(), young.get(), contents);
        link(changes, before.links(path), after.links(path));
        if (!changes.isEmpty()) {
          differences.add(new Difference(path, Kind.CHANGED, changes));
        }
      }
    }
    return new TreeComparison(differences);
  }

  /** Says whether the trees are the same. */
  public boolean isEmpty() {
    return differences.isEmpty();
  }

  /** Returns the number of differences of a kind. */
  public long count(Kind kind) {
    return differences.stream().filter(difference -> difference.kind() == kind).count();
  }

  private static List<Change> changes(FileNode old, FileNode young, ContentEquality contents)
      throws IOException {
    List<Change> changes = new ArrayList<>();
    FileAttributes a = old.attributes();
    FileAttributes b = young.attributes();
    add(changes, Aspect.TYPE, name(old.type()), name(young.type()));
    add(changes, Aspect.MODE, String.format("%04o", a.mode()), String.format("%04o", b.mode()));
    add(changes, Aspect.OWNER, a.uid() + ":" + a.gid(), b.uid() + ":" + b.gid());
    boolean bothRegular = old.isRegular() && young.isRegular();
    if (bothRegular) {
      add(changes, Aspect.SIZE, Long.toString(old.size()), Long.toString(young.size()));
    }
    if (!old.isImplied() && !young.isImplied()) {
      add(changes, Aspect.MTIME, a.modified().toString(), b.modified().toString());
    }
    if (bothRegular
        && (old.size() != young.size()
            || !(old.content().equals(young.content()) || contents.same(old, young)))) {
      changes.add(new Change(Aspect.CONTENT, "bytes", "bytes"));
    }
    add(changes, Aspect.XATTRS, xattrs(a), xattrs(b));
    if (old.isSymlink() && young.isSymlink() && !old.target().equals(young.target())) {
      changes.add(new Change(Aspect.TARGET, old.target().toString(), young.target().toString()));
    }
    add(changes, Aspect.DEVICE, device(old), device(young));
    return changes;
  }

  private static void link(List<Change> changes, List<ImagePath> old, List<ImagePath> young) {
    if (!old.equals(young)) {
      Change change = new Change(Aspect.LINKS, names(old), names(young));
      int at = changes.size();
      if (at > 0 && changes.get(at - 1).aspect() == Aspect.DEVICE) {
        at--;
      }
      changes.add(at, change);
    }
  }

  private static String names(List<ImagePath> names) {
    return String.join(" = ", names.stream().map(ImagePath::toString).toList());
  }

  private static void add(List<Change> changes, Aspect aspect, String before, String after) {
    if (!before.equals(after)) {
      changes.add(new Change(aspect, before, after));
    }
  }

  private static String name(FileType type) {
    return type.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String xattrs(FileAttributes attributes) {
    StringBuilder text = new StringBuilder("{");
    for (Map.Entry<ByteString, ByteString> entry : attributes.xattrs().entrySet()) {
      text.append(text.length() == 1 ? "" : ", ");
      text.append(entry.getKey()).append('=').append(entry.getValue().toHex());
    }
    return text.append('}').toString();
  }

  private static String device(FileNode node) {
    return node.deviceMajor() + "," + node.deviceMinor();
  }

  private static boolean sameBytes(Content before, Content after) throws IOException {
    try (InputStream a = before.open();
        InputStream b = after.open()) {
      byte[] left = new byte[1 << 14];
      byte[] right = new byte[1 << 14];
      while (true) {
        int n = a.readNBytes(left, 0, left.length);
        int m = b.readNBytes(right, 0, right.length);
        if (!Arrays.equals(left, 0, n, right, 0, m)) {
          return false;
        }
        if (n < left.length) {
          return true;
        }
      }
    }
  }
}
