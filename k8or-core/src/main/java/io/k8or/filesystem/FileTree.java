package io.k8or.filesystem;

import io.k8or.content.Content;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All files of an image as a container would see them. Immutable; changed through an {@link
 * Editor}, which gives a new tree that shares its nodes with this one.
 *
 * <p>Every path's parent is in the tree and is a directory; a directory that no layer records is
 * {@linkplain FileNode#isImplied implied}. The root is always there. Paths are unique and in the
 * order of {@link ImagePath}. Memory is proportional to the number of paths; file contents are
 * suppliers.
 */
public final class FileTree {
  private final NavigableMap<ImagePath, FileNode> nodes;
  // Only nodes with two names or more. Nodes are equal by identity alone.
  private final Map<FileNode, List<ImagePath>> links;
  private final List<Shadowed> shadowed;
  private final Map<Class<?>, Object> derived = new ConcurrentHashMap<>();

  private FileTree(
      NavigableMap<ImagePath, FileNode> nodes,
      Map<FileNode, List<ImagePath>> links,
      List<Shadowed> shadowed) {
    this.nodes = nodes;
    this.links = links;
    this.shadowed = shadowed;
  }

  /**
   * A file that a lower layer holds and a higher one hides. No container sees it, but it is still
   * in the image.
   *
   * @param layer the index of the layer that holds it, 0 for the lowest
   */
  public record Shadowed(int layer, ImagePath path, FileNode node) {}

  /** Returns an editor of a tree with only a root directory. */
  public static Editor builder() {
    TreeMap<ImagePath, FileNode> root = new TreeMap<>();
    root.put(ImagePath.root(), FileNode.impliedDirectory());
    return new Editor(root, new HashMap<>(), List.of());
  }

  /** Returns an editor that begins with this tree. Copies the paths once. */
  public Editor edit() {
    return new Editor(new TreeMap<>(nodes), copyOf(links), shadowed);
  }

  /** Returns all nodes by path, the root among them, in the order of the paths. */
  public NavigableMap<ImagePath, FileNode> nodes() {
    return nodes;
  }

  /** Returns the number of paths, the root among them. */
  public int size() {
    return nodes.size();
  }

  /** Returns the node at the very path; symbolic links are not followed. */
  public Optional<FileNode> get(ImagePath path) {
    return Optional.ofNullable(nodes.get(path));
  }

  /** Says whether there is a node at the very path. */
  public boolean contains(ImagePath path) {
    return nodes.containsKey(path);
  }

  /** Returns the path itself, if it is there, and everything below it, in order: a view. */
  public NavigableMap<ImagePath, FileNode> subtree(ImagePath path) {
    return path.isRoot() ? nodes : nodes.subMap(path, true, path.endOfSubtree(), false);
  }

  /** Returns the paths directly inside a directory, in order. Costs a look-up for each of them. */
  public List<ImagePath> children(ImagePath directory) {
    List<ImagePath> children = new ArrayList<>();
    ImagePath next = nodes.higherKey(directory);
    while (next != null && next.isWithin(directory)) {
      children.add(next);
      next = nodes.ceilingKey(next.endOfSubtree());
    }
    return children;
  }

  /** Says whether a directory has nothing inside, or there is nothing at the path. */
  public boolean isEmptyDirectory(ImagePath directory) {
    ImagePath next = nodes.higherKey(directory);
    return next == null || !next.isWithin(directory);
  }

  /**
   * Returns all names of the file at the path, in order: the path alone where it has no other hard
   * link; nothing where there is no node.
   */
  public List<ImagePath> links(ImagePath path) {
    FileNode node = nodes.get(path);
    if (node == null) {
      return List.of();
    }
    List<ImagePath> names = links.get(node);
    return names == null ? List.of(path) : names;
  }

  /** Returns the files that lower layers hold and higher ones hide, in the order of the layers. */
  public List<Shadowed> shadowed() {
    return shadowed;
  }

  /**
   * Makes something of a tree.
   *
   * @param <T> what it makes; immutable
   */
  @FunctionalInterface
  public interface Derivation<T> {
    /**
     * Makes it.
     *
     * @throws IOException if the tree's contents cannot be read, or are malformed
     */
    T of(FileTree files) throws IOException;
  }

  /**
   * Returns what is derived from this tree, such as its package databases: made at the first call
   * and kept as long as the tree is. Two threads may make it twice.
   *
   * @param kind what it is; one derivation for each
   * @throws IOException if it cannot be made; the next call tries again
   */
  public <T> T derived(Class<T> kind, Derivation<T> derivation) throws IOException {
    Object known = derived.get(kind);
    if (known == null) {
      T made = derivation.of(this);
      derived.put(kind, made);
      return made;
    }
    return kind.cast(known);
  }

  /**
   * Follows symbolic links as a process whose root is this tree would, the last segment's too.
   *
   * @return the path of what is there, which is no symbolic link; empty if there is nothing, or if
   *     there are more than 40 links on the way
   */
  public Optional<ImagePath> resolve(ImagePath path) {
    return LinkWalk.of(this::get, path).place();
  }

  /**
   * Follows the symbolic links of the directories above the path, but not of its last segment.
   *
   * @return the path, whether or not there is a node; empty if what should be the directory is
   *     missing or is none
   */
  public Optional<ImagePath> resolveParent(ImagePath path) {
    Optional<ImagePath> parent = path.parent();
    if (parent.isEmpty()) {
      return Optional.of(path);
    }
    return resolve(parent.get())
        .filter(directory -> get(directory).map(FileNode::isDirectory).orElse(false))
        .map(directory -> directory.resolve(path.name()));
  }

  /** Returns the node at the path, symbolic links followed. */
  public Optional<FileNode> follow(ImagePath path) {
    return resolve(path).flatMap(this::get);
  }

  private static Map<FileNode, Set<ImagePath>> copyOf(Map<FileNode, List<ImagePath>> links) {
    Map<FileNode, Set<ImagePath>> copy = new HashMap<>();
    links.forEach((node, names) -> copy.put(node, new LinkedHashSet<>(names)));
    return copy;
  }

  @Override
  public String toString() {
    return "file tree of " + nodes.size() + " paths";
  }

  /** Changes a tree. Not for use by several threads, nor after {@link #build}. */
  public static final class Editor {
    private final NavigableMap<ImagePath, FileNode> nodes;
    private final Map<FileNode, Set<ImagePath>> links;
    // What was removed: what lower layers hold there goes too, which build() sees to, all at once.
    private final Set<ImagePath> removed = new HashSet<>();
    private List<Shadowed> shadowed;

    private Editor(
        NavigableMap<ImagePath, FileNode> nodes,
        Map<FileNode, Set<ImagePath>> links,
        List<Shadowed> shadowed) {
      this.nodes = nodes;
      this.links = links;
      this.shadowed = shadowed;
    }

    /** Returns the node at the very path as it is now. */
    public Optional<FileNode> get(ImagePath path) {
      return Optional.ofNullable(nodes.get(path));
    }

    /** Returns the path itself, if it is there, and everything below it, as it is now: a view. */
    public NavigableMap<ImagePath, FileNode> subtree(ImagePath path) {
      return Collections.unmodifiableNavigableMap(
          path.isRoot() ? nodes : nodes.subMap(path, true, path.endOfSubtree(), false));
    }

    /**
     * Puts a node at a path. What is there goes, everything below it too, unless both are
     * directories. A missing directory above it is implied; a node above it that is no directory
     * gives way to one.
     */
    public Editor put(ImagePath path, FileNode node) {
      FileNode old = nodes.get(path);
      if (old != null && !(old.isDirectory() && node.isDirectory())) {
        removeSubtree(path);
      } else if (old != null) {
        unlink(path, old);
      }
      if (path.isRoot() && !node.isDirectory()) {
        throw new IllegalArgumentException("the root is no directory: " + node);
      }
      path.parent().ifPresent(this::requireDirectory);
      nodes.put(path, node);
      return this;
    }

    /**
     * Makes a path a further name of the file at another one.
     *
     * @throws IllegalArgumentException if there is nothing at {@code existing}, or a directory
     */
    public Editor link(ImagePath path, ImagePath existing) {
      FileNode node = nodes.get(existing);
      if (node == null || node.isDirectory()) {
        throw new IllegalArgumentException(
            "no file to link to at " + existing + (node == null ? "" : ", but a directory"));
      }
      if (path.equals(existing)) {
        return this;
      }
      put(path, node);
      // One of the two may have been in the way of the other: /a, and /a/b as its further name.
      Set<ImagePath> names = links.get(node);
      if (names != null) {
        names.add(path);
      } else if (nodes.get(existing) == node) {
        links.put(node, new LinkedHashSet<>(List.of(existing, path)));
      }
      return this;
    }

    /** Removes the path and everything below it. Nothing happens where there is nothing. */
    public Editor remove(ImagePath path) {
      if (path.isRoot()) {
        throw new IllegalArgumentException("the root cannot be removed");
      }
      removeSubtree(path);
      return this;
    }

    /**
     * Exchanges the attributes of the file at the path, under all its names.
     *
     * @throws IllegalArgumentException if there is nothing
     */
    public Editor setAttributes(ImagePath path, FileAttributes attributes) {
      replace(path, require(path).withAttributes(attributes));
      return this;
    }

    /**
     * Exchanges the bytes of the regular file at the path, under all its names.
     *
     * @throws IllegalArgumentException if there is no regular file
     */
    public Editor replaceContent(ImagePath path, Content content) {
      FileNode old = require(path);
      if (!old.isRegular()) {
        throw new IllegalArgumentException("no regular file at " + path + ", but a " + old);
      }
      replace(path, old.withContent(content));
      return this;
    }

    /** Sets what lower layers hold and higher ones hide. */
    public Editor shadowed(List<Shadowed> files) {
      shadowed = List.copyOf(files);
      removed.clear();
      return this;
    }

    /** Returns the tree. The editor is of no use afterwards. */
    public FileTree build() {
      Map<FileNode, List<ImagePath>> several = new HashMap<>();
      links.forEach(
          (node, names) -> {
            if (names.size() > 1) {
              several.put(node, names.stream().sorted().toList());
            }
          });
      return new FileTree(Collections.unmodifiableNavigableMap(nodes), several, stillShadowed());
    }

    private List<Shadowed> stillShadowed() {
      if (removed.isEmpty() || shadowed.isEmpty()) {
        return shadowed;
      }
      return shadowed.stream().filter(file -> !isRemoved(file.path())).toList();
    }

    private boolean isRemoved(ImagePath path) {
      for (Optional<ImagePath> at = Optional.of(path);
          at.isPresent();
          at = at.flatMap(ImagePath::parent)) {
        if (removed.contains(at.get())) {
          return true;
        }
      }
      return false;
    }

    private FileNode require(ImagePath path) {
      FileNode node = nodes.get(path);
      if (node == null) {
        throw new IllegalArgumentException("nothing at " + path);
      }
      return node;
    }

    private void replace(ImagePath path, FileNode node) {
      FileNode old = require(path);
      Set<ImagePath> names = links.remove(old);
      if (names == null) {
        nodes.put(path, node);
        return;
      }
      for (ImagePath name : names) {
        nodes.put(name, node);
      }
      links.put(node, names);
    }

    private void removeSubtree(ImagePath path) {
      NavigableMap<ImagePath, FileNode> gone = nodes.subMap(path, true, path.endOfSubtree(), false);
      gone.forEach(this::unlink);
      gone.clear();
      removed.add(path);
    }

    private void unlink(ImagePath path, FileNode node) {
      Set<ImagePath> names = links.get(node);
      if (names != null) {
        names.remove(path);
      }
    }

    private void requireDirectory(ImagePath path) {
      FileNode node = nodes.get(path);
      if (node != null && node.isDirectory()) {
        return;
      }
      path.parent().ifPresent(this::requireDirectory);
      if (node != null) {
        removeSubtree(path);
      }
      nodes.put(path, FileNode.impliedDirectory());
    }
  }
}
