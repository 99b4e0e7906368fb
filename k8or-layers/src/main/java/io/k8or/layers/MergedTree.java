package io.k8or.layers;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The tree under construction while layers are laid over each other, as an unpacker's directory
 * would be. Every key's parent is in the map and is a directory.
 *
 * <p>It does what umoci does: a whiteout removes whatever this pass over a layer has not touched
 * itself, and directories above an entry are resolved inside the root.
 */
final class MergedTree {
  /** As many symbolic links on the way to one path as umoci follows. */
  private static final int MAX_LINKS = 255;

  /** What stands at a path, and the entry that put it there. */
  static final class Placed {
    private final FileNode node;
    private final int layer;
    private final int entry;
    private final int anchor;
    // The last pass that put this, or something below it.
    private int touched;

    private Placed(FileNode node, int layer, int entry, int anchor, int touched) {
      this.node = node;
      this.layer = layer;
      this.entry = entry;
      this.anchor = anchor;
      this.touched = touched;
    }

    FileNode node() {
      return node;
    }

    int layer() {
      return layer;
    }

    /** The index of the entry in its layer; -1 for a directory that is implied. */
    int entry() {
      return entry;
    }

    /** The first entry of the same layer that this directory stood at without a break. */
    int anchor() {
      return anchor;
    }
  }

  private final NavigableMap<ImagePath, Placed> paths;
  private final List<FileTree.Shadowed> shadowed = new ArrayList<>();
  private int pass;
  // The directory that was asked for last: entries come in families.
  private @Nullable ImagePath recentPath;
  private @Nullable Placed recent;

  MergedTree() {
    paths = new TreeMap<>();
    paths.put(ImagePath.root(), new Placed(FileNode.impliedDirectory(), 0, -1, -1, 0));
  }

  private MergedTree(MergedTree other) {
    paths = new TreeMap<>(other.paths);
    pass = other.pass;
  }

  /** A tree to try something on. Passes over both must not mix. */
  MergedTree copy() {
    return new MergedTree(this);
  }

  /** Begins a pass over a layer: nothing is touched yet. */
  void beginPass(int number) {
    pass = number;
  }

  @Nullable Placed get(ImagePath path) {
    return paths.get(path);
  }

  NavigableMap<ImagePath, Placed> paths() {
    return paths;
  }

  /**
   * Follows the symbolic links of a directory's path inside the root, as securejoin does: what does
   * not exist is taken as it is written.
   *
   * @throws MalformedContentException if there are too many links
   */
  ImagePath resolve(ImagePath directory, Object where) throws MalformedContentException {
    Placed known = directory(directory);
    if (known != null && known.node.isDirectory()) {
      return directory; // all keys above a key are directories
    }
    Deque<ByteString> segments = new ArrayDeque<>();
    push(segments, directory.toRelativeBytes());
    ImagePath at = ImagePath.root();
    int followed = 0;
    while (!segments.isEmpty()) {
      ByteString segment = segments.pop();
      if (segment.length() == 2 && segment.at(0) == '.' && segment.at(1) == '.') {
        at = at.parent().orElse(at);
        continue;
      }
      ImagePath next = at.resolve(segment);
      Placed placed = paths.get(next);
      if (placed == null || !placed.node.isSymlink()) {
        at = next;
        continue;
      }
      if (++followed > MAX_LINKS) {
        throw new MalformedContentException(
            "layer entry",
            where.toString(),
            "more than " + MAX_LINKS + " symbolic links to " + directory);
      }
      ByteString target = placed.node.target();
      if (!target.isEmpty() && target.at(0) == '/') {
        at = ImagePath.root();
      }
      push(segments, target);
    }
    return at;
  }

  // What is at the path; a directory is remembered until something is removed.
  private @Nullable Placed directory(ImagePath path) {
    if (isRecent(path)) {
      return recent;
    }
    Placed placed = paths.get(path);
    if (placed != null && placed.node.isDirectory()) {
      recentPath = path;
      recent = placed;
    }
    return placed;
  }

  private boolean isRecent(ImagePath path) {
    ImagePath last = recentPath;
    return last != null && last.equals(path);
  }

  private void forget() {
    recentPath = null;
    recent = null;
  }

  private static void push(Deque<ByteString> segments, ByteString path) {
    List<ByteString> parts = new ArrayList<>();
    int from = 0;
    while (from <= path.length()) {
      int slash = path.indexOf('/', from);
      int to = slash < 0 ? path.length() : slash;
      if (to > from && !(to - from == 1 && path.at(from) == '.')) {
        parts.add(path.substring(from, to));
      }
      from = to + 1;
    }
    for (int i = parts.size() - 1; i >= 0; i--) {
      segments.push(parts.get(i));
    }
  }

  /** Returns the path with the symbolic links above its last segment followed. */
  ImagePath resolveParent(ImagePath path, Object where) throws MalformedContentException {
    if (path.isRoot()) {
      return path;
    }
    ImagePath parent = path.parent().orElseThrow();
    ImagePath real = resolve(parent, where);
    return real == parent ? path : real.resolve(path.name());
  }

  /**
   * Puts a node at a path whose parent is resolved. What is there goes, unless both are
   * directories.
   *
   * @throws MalformedContentException if something above it is no directory
   */
  void place(ImagePath path, FileNode node, int layer, int entry, Object where)
      throws MalformedContentException {
    int anchor = entry;
    Placed old = paths.get(path);
    if (old != null) {
      if (!old.node.isDirectory() || !node.isDirectory()) {
        clear(path, layer);
      } else if (old.layer == layer && old.entry >= 0 && old.touched == pass) {
        anchor = old.anchor;
      }
    }
    if (old == null || !old.node.isDirectory()) {
      requireDirectory(path, layer, where);
    }
    if (isRecent(path)) {
      forget();
    }
    paths.put(path, new Placed(node, layer, entry, anchor, pass));
    touchAbove(path);
  }

  /** Removes what is at a path and below it, whatever layer put it there. */
  void clear(ImagePath path, int layer) {
    NavigableMap<ImagePath, Placed> gone = subtree(path);
    if (gone.isEmpty()) {
      return;
    }
    forget();
    hide(gone, layer);
    gone.clear();
  }

  private void requireDirectory(ImagePath path, int layer, Object where)
      throws MalformedContentException {
    if (path.isRoot()) {
      return;
    }
    ImagePath parent = path.parent().orElseThrow();
    Placed placed = directory(parent);
    if (placed == null) {
      requireDirectory(parent, layer, where);
      paths.put(parent, new Placed(FileNode.impliedDirectory(), layer, -1, -1, 0));
    } else if (!placed.node.isDirectory()) {
      throw new MalformedContentException(
          "layer entry",
          where.toString(),
          "expected a directory at " + parent + " above it, found a " + placed.node);
    }
  }

  private void touchAbove(ImagePath path) {
    ImagePath at = path;
    while (!at.isRoot()) {
      at = at.parent().orElseThrow();
      Placed placed = directory(at);
      if (placed == null || placed.touched == pass) {
        return;
      }
      placed.touched = pass;
    }
  }

  /** Removes what lower layers have at a path. */
  void whiteout(ImagePath path, int layer) {
    removeUntouched(subtree(path), layer);
  }

  /** Removes what lower layers have inside a directory. */
  void makeOpaque(ImagePath directory, int layer) {
    NavigableMap<ImagePath, Placed> all = subtree(directory);
    removeUntouched(all.tailMap(directory, false), layer);
  }

  private void removeUntouched(NavigableMap<ImagePath, Placed> part, int layer) {
    if (part.isEmpty()) {
      return;
    }
    NavigableMap<ImagePath, Placed> gone = new TreeMap<>();
    part.forEach(
        (path, placed) -> {
          if (placed.touched != pass && !path.isRoot()) {
            gone.put(path, placed);
          }
        });
    hide(gone, layer);
    forget();
    gone.keySet().forEach(paths::remove);
  }

  private void hide(NavigableMap<ImagePath, Placed> gone, int layer) {
    gone.forEach(
        (path, placed) -> {
          if (placed.entry >= 0 && placed.layer < layer) {
            shadowed.add(new FileTree.Shadowed(placed.layer, path, placed.node));
          }
        });
  }

  NavigableMap<ImagePath, Placed> subtree(ImagePath path) {
    return path.isRoot()
        ? paths
        : paths.subMap(path, true, path.parent().orElseThrow().resolve(afterName(path)), false);
  }

  // No path lies between a subtree and its name followed by the least byte, 1.
  private static ByteString afterName(ImagePath path) {
    return path.name().concat(ByteString.copyOf(new byte[] {1}));
  }

  /**
   * Returns the tree.
   *
   * @param linked the nodes that have had more than one name
   */
  FileTree toTree(Map<FileNode, Boolean> linked) {
    FileTree.Editor editor = FileTree.builder();
    Map<FileNode, ImagePath> first = new IdentityHashMap<>();
    paths.forEach(
        (path, placed) -> {
          FileNode node = placed.node;
          ImagePath existing = linked.containsKey(node) ? first.putIfAbsent(node, path) : null;
          if (existing == null) {
            editor.put(path, node);
          } else {
            editor.link(path, existing);
          }
        });
    shadowed.sort(
        Comparator.comparingInt(FileTree.Shadowed::layer).thenComparing(FileTree.Shadowed::path));
    return editor.shadowed(shadowed).build();
  }
}
