package io.k8or.filesystem;

import io.k8or.content.ByteString;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The way from the root to what a path names, with the symbolic links on it, as a process goes it
 * whose root is the tree's (path_resolution(7)). Costs a look-up for each segment, those of the
 * links' targets too; a path without links costs one.
 */
public final class LinkWalk {
  /** The number of symbolic links that one walk follows, as on Linux. */
  public static final int MAX_LINKS = 40;

  private static final ByteString UP = ByteString.utf8("..");
  private static final ByteString HERE = ByteString.utf8(".");

  private final Nodes nodes;
  private final Deque<ByteString> ahead = new ArrayDeque<>();
  private final List<ImagePath> links = new ArrayList<>();
  private Optional<ImagePath> place = Optional.empty();
  private Optional<ImagePath> climbing = Optional.empty();

  private LinkWalk(Nodes nodes) {
    this.nodes = nodes;
  }

  /** What there is to walk on; a node is only below nodes that are directories. */
  @FunctionalInterface
  public interface Nodes {
    /** Returns what is at the very path, no link followed. */
    Optional<FileNode> at(ImagePath path);
  }

  /** Walks to a path, and on where its last segment is a link. */
  public static LinkWalk of(Nodes nodes, ImagePath path) {
    LinkWalk walk = new LinkWalk(nodes);
    boolean plain = nodes.at(path).filter(node -> !node.isSymlink()).isPresent();
    walk.place = plain ? Optional.of(path) : walk.go(path);
    return walk;
  }

  private Optional<ImagePath> go(ImagePath path) {
    push(path.toRelativeBytes());
    ImagePath at = ImagePath.root();
    while (!ahead.isEmpty()) {
      if (nodes.at(at).filter(FileNode::isDirectory).isEmpty()) {
        return Optional.empty();
      }
      ByteString segment = ahead.pop();
      if (segment.equals(UP)) {
        if (at.isRoot() && climbing.isEmpty()) {
          climbing = Optional.of(links.isEmpty() ? path : links.get(links.size() - 1));
        }
        at = at.parent().orElse(at);
        continue;
      }
      ImagePath next = at.resolve(segment);
      Optional<FileNode> node = nodes.at(next);
      if (node.isEmpty()) {
        return Optional.empty();
      }
      if (!node.get().isSymlink()) {
        at = next;
        continue;
      }
      links.add(next);
      ByteString target = node.get().target();
      if (isEndless() || target.isEmpty()) {
        return Optional.empty();
      }
      if (target.at(0) == '/') {
        at = ImagePath.root();
      }
      push(target);
    }
    return Optional.of(at);
  }

  private void push(ByteString path) {
    int to = path.length();
    for (int i = path.length() - 1; i >= -1; i--) {
      if (i < 0 || path.at(i) == '/') {
        ByteString part = path.substring(i + 1, to);
        if (!part.isEmpty() && !part.equals(HERE)) {
          ahead.push(part);
        }
        to = i;
      }
    }
  }

  /** Returns where the walk ended, which is no link; empty if nothing is there, or no end. */
  public Optional<ImagePath> place() {
    return place;
  }

  /** Returns the links that were followed, in this order; one may be there twice. */
  public List<ImagePath> links() {
    return List.copyOf(links);
  }

  /** Tells whether there were more than {@link #MAX_LINKS} links. */
  public boolean isEndless() {
    return links.size() > MAX_LINKS;
  }

  /**
   * Returns the first link whose target climbs above the root. A process stays at its root; whoever
   * unpacks the tree into a directory would leave that.
   */
  public Optional<ImagePath> climbing() {
    return climbing;
  }

  @Override
  public String toString() {
    return "walk to " + place.map(ImagePath::toString).orElse("nothing") + " over " + links;
  }
}
