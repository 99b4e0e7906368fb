package io.k8or.cli.oracle;

import io.k8or.testing.Tools;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * An unpacked root file system as {@code tree-dump.py} prints it: for each absolute path its mode,
 * owner, size, time, digest, link target, device numbers, extended attributes and hard links. Paths
 * are bytes as ISO 8859-1.
 */
record TreeDump(NavigableMap<String, Node> nodes) {
  private static final String DUMP = "python3 \"$1\" \"$2\"";

  private static final String RAW_UNPACK = "umoci raw unpack --image \"$1\" \"$2\" >&2";

  // Skopeo and the storage library have an unpacker of their own; vfs needs no mount. The path of
  // the run root has at most 50 bytes. Small images with many layers are quicker in memory.
  private static final String STORAGE =
      """
      run=$(mktemp -d /tmp/k8or-XXXXXX)
      trap 'rm -rf "$run"' EXIT
      if test "$4" = memory; then mount -t tmpfs tmpfs "$2"; fi
      skopeo --insecure-policy copy --quiet "$1" \
        "containers-storage:[vfs@$2/root+$run]k8or.test/image:1" >&2
      podman --root "$2/root" --runroot "$run" --storage-driver vfs \
        image mount k8or.test/image:1 > "$run/where"
      python3 "$3" "$(head -n 1 "$run/where")"
      """;

  /**
   * What stands at a path.
   *
   * @param mtime in nanoseconds; "now" where the unpacker took its own time
   * @param links all names, where there are several
   */
  record Node(
      int mode,
      long uid,
      long gid,
      String size,
      String mtime,
      String sha256,
      String target,
      String device,
      String xattrs,
      SortedSet<String> links) {
    boolean isDirectory() {
      return (mode & 0170000) == 0040000;
    }

    boolean isRegular() {
      return (mode & 0170000) == 0100000;
    }

    Node withLinks(SortedSet<String> others) {
      return new Node(mode, uid, gid, size, mtime, sha256, target, device, xattrs, others);
    }

    Node withOwner(long newUid, long newGid) {
      return new Node(mode, newUid, newGid, size, mtime, sha256, target, device, xattrs, links);
    }

    Node withoutXattrs() {
      return new Node(mode, uid, gid, size, mtime, sha256, target, device, "-", links);
    }

    Node withMtime(String other) {
      return new Node(mode, uid, gid, size, other, sha256, target, device, xattrs, links);
    }

    Node withContent(Node other) {
      return new Node(
          mode, uid, gid, other.size, mtime, other.sha256, target, device, xattrs, links);
    }
  }

  /** Unpacks an image of a layout with umoci into a folder, and reads what it made. */
  static TreeDump umoci(Path layout, String reference, Path into) {
    long start = System.currentTimeMillis();
    Shell.run(into.getParent(), RAW_UNPACK, layout + ":" + reference, into);
    return of(into, start);
  }

  /** Unpacks an image with skopeo and containers/storage, and reads what they made. */
  static TreeDump storage(String image, Path into) {
    return storage(image, into, "disk");
  }

  /** Unpacks a small image with skopeo and containers/storage, and reads what they made. */
  static TreeDump storageInMemory(String image, Path into) {
    return storage(image, into, "memory");
  }

  private static TreeDump storage(String image, Path into, String where) {
    long start = System.currentTimeMillis();
    return parse(Shell.runPrivately(into, STORAGE, image, into, script(), where), start);
  }

  /** Reads an unpacked root; times since the given one are "now". */
  static TreeDump of(Path root, long startMillis) {
    return parse(Shell.run(root, DUMP, script(), root), startMillis);
  }

  private static Path script() {
    return Tools.shared().resolve("oracle/tree-dump.py");
  }

  private static TreeDump parse(String text, long startMillis) {
    TreeMap<String, Node> nodes = new TreeMap<>();
    Map<String, SortedSet<String>> groups = new HashMap<>();
    Map<String, String> groupOf = new HashMap<>();
    for (String line : text.split("\n")) {
      String[] field = line.split("\t", -1);
      if (field.length != 11) {
        throw new IllegalArgumentException("not a line of tree-dump.py: " + line);
      }
      String path = field[0].equals(".") ? "/" : "/" + field[0];
      // An unpacker's own time is in the seconds of its run; an image's is older.
      boolean now = Long.parseLong(field[5]) / 1_000_000 >= startMillis - 1000;
      if (!field[8].equals("-")) {
        groups.computeIfAbsent(field[8], g -> new TreeSet<>()).add(path);
        groupOf.put(path, field[8]);
      }
      nodes.put(
          path,
          new Node(
              Integer.parseInt(field[1].substring(2), 8),
              Long.parseLong(field[2]),
              Long.parseLong(field[3]),
              field[4],
              now ? "now" : field[5],
              field[6],
              field[7],
              field[9],
              field[10],
              Collections.emptySortedSet()));
    }
    groupOf.forEach(
        (path, group) -> {
          SortedSet<String> names = groups.get(group);
          if (names.size() > 1) {
            nodes.computeIfPresent(path, (p, node) -> node.withLinks(names));
          }
        });
    return new TreeDump(nodes);
  }

  /**
   * Returns this tree as it should be without some paths: they are gone with all below them, and
   * from the names of hard links.
   */
  TreeDump without(Predicate<String> gone) {
    TreeMap<String, Node> left = new TreeMap<>();
    nodes.forEach(
        (path, node) -> {
          if (!isGone(path, gone)) {
            TreeSet<String> names = new TreeSet<>(node.links());
            names.removeIf(name -> isGone(name, gone));
            left.put(path, node.withLinks(names.size() > 1 ? names : new TreeSet<>()));
          }
        });
    return new TreeDump(left);
  }

  private static boolean isGone(String path, Predicate<String> gone) {
    for (String at = path;
        at.length() > 1;
        at = at.substring(0, Math.max(1, at.lastIndexOf('/')))) {
      if (gone.test(at)) {
        return true;
      }
    }
    return false;
  }

  /** Returns this tree with some nodes as they should be; empty: as it is. */
  TreeDump with(Function<Map.Entry<String, Node>, Optional<Node>> change) {
    TreeMap<String, Node> changed = new TreeMap<>(nodes);
    changed.replaceAll((path, node) -> change.apply(Map.entry(path, node)).orElse(node));
    return new TreeDump(changed);
  }

  /** Returns this tree with the times of directories that some unpacker may set left out. */
  TreeDump withoutTimesOfImpliedDirectories(TreeDump other) {
    return with(
        entry -> {
          Node theirs = other.nodes.get(entry.getKey());
          boolean noise =
              entry.getValue().isDirectory()
                  && (entry.getValue().mtime().equals("now")
                      || (theirs != null && theirs.mtime().equals("now")));
          return noise ? Optional.of(entry.getValue().withMtime("now")) : Optional.empty();
        });
  }

  /** Returns one line for each difference, none where the trees are the same. */
  List<String> differences(TreeDump actual) {
    TreeDump mine = withoutTimesOfImpliedDirectories(actual);
    TreeDump theirs = actual.withoutTimesOfImpliedDirectories(this);
    List<String> lines = new ArrayList<>();
    TreeSet<String> paths = new TreeSet<>(mine.nodes.keySet());
    paths.addAll(theirs.nodes.keySet());
    for (String path : paths) {
      Node expected = mine.nodes.get(path);
      Node found = theirs.nodes.get(path);
      if (expected == null) {
        lines.add(path + ": not expected, found " + found);
      } else if (found == null) {
        lines.add(path + ": missing, expected " + expected);
      } else if (!expected.equals(found)) {
        lines.add(path + ": expected " + expected + ", found " + found);
      }
    }
    return lines;
  }
}
