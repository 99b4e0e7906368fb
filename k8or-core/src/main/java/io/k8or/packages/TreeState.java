package io.k8or.packages;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.LinkWalk;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file tree while paths are taken out of it one by one, as a package manager sees it at work:
 * what went is no longer there, a directory becomes empty, a link of a directory is gone.
 *
 * <p>Look-ups cost a hash for each segment; taking a path out costs one.
 */
final class TreeState {
  private final Index index;
  private final Set<ImagePath> gone = new HashSet<>();
  private final Map<ImagePath, Integer> goneChildren = new HashMap<>();

  TreeState(Index index) {
    this.index = index;
  }

  /** What does not change: the nodes by path, and how many are directly in each directory. */
  static final class Index {
    private final FileTree tree;
    private final Map<ImagePath, FileNode> nodes;
    private final Map<ImagePath, Integer> children;

    Index(FileTree tree) {
      this.tree = tree;
      this.nodes = new HashMap<>(tree.nodes());
      this.children = new HashMap<>();
      for (ImagePath path : nodes.keySet()) {
        path.parent().ifPresent(parent -> children.merge(parent, 1, Integer::sum));
      }
    }

    FileTree tree() {
      return tree;
    }
  }

  FileTree tree() {
    return index.tree;
  }

  /** Returns what is still at the very path. */
  Optional<FileNode> get(ImagePath path) {
    return Optional.ofNullable(node(path));
  }

  private @Nullable FileNode node(ImagePath path) {
    FileNode node = index.nodes.get(path);
    return node == null || gone.contains(path) ? null : node;
  }

  boolean isGone(ImagePath path) {
    return gone.contains(path);
  }

  boolean isDirectory(ImagePath path) {
    FileNode node = node(path);
    return node != null && node.isDirectory();
  }

  boolean isEmpty(ImagePath directory) {
    return index.children.getOrDefault(directory, 0) <= goneChildren.getOrDefault(directory, 0);
  }

  /** Returns what is still directly inside a directory, in order. */
  List<ImagePath> children(ImagePath directory) {
    if (isEmpty(directory)) {
      return List.of();
    }
    List<ImagePath> children = new ArrayList<>(index.tree.children(directory));
    children.removeIf(gone::contains);
    return children;
  }

  /** Takes out what is at a path, which is no directory with something in it. */
  void remove(ImagePath path) {
    if (gone.add(path)) {
      path.parent().ifPresent(parent -> goneChildren.merge(parent, 1, Integer::sum));
    }
  }

  /** Follows all links; empty where nothing is there any more. */
  Optional<ImagePath> resolve(ImagePath path) {
    return LinkWalk.of(this::get, path).place();
  }

  /** Follows the links of the directories above; empty where there is no such directory. */
  Optional<ImagePath> resolveParent(ImagePath path) {
    Optional<ImagePath> parent = path.parent();
    if (parent.isEmpty()) {
      return Optional.of(path);
    }
    return resolve(parent.get())
        .filter(this::isDirectory)
        .map(directory -> directory.resolve(path.name()));
  }
}
