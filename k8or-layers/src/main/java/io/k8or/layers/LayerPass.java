package io.k8or.layers;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Digest;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Lays one layer over a tree, and remembers where its entries came to stand. */
final class LayerPass {
  private final List<LayerEntry> entries;
  private final Map<Integer, ImagePath> moved = new HashMap<>();
  private final Map<Integer, FileNode> linked = new HashMap<>();

  private LayerPass(List<LayerEntry> entries) {
    this.entries = entries;
  }

  /** The place of an entry, for errors. */
  record Place(Digest layer, ImagePath path) {
    @Override
    public String toString() {
      return "layer " + layer + ", entry " + path;
    }
  }

  /**
   * Lays a layer over the tree.
   *
   * @param number the layer's index; passes over one tree count up
   * @throws MalformedContentException if an entry cannot be unpacked: a hard link to nothing, a
   *     file above an entry
   */
  static LayerPass over(MergedTree tree, LayerIndex layer, int number)
      throws MalformedContentException {
    LayerPass pass = new LayerPass(layer.entries());
    tree.beginPass(number + 1);
    for (int i = 0; i < pass.entries.size(); i++) {
      pass.apply(tree, layer.digest(), number, i);
    }
    return pass;
  }

  private void apply(MergedTree tree, Digest layer, int number, int index)
      throws MalformedContentException {
    LayerEntry entry = entries.get(index);
    if (entry.kind() == LayerEntry.Kind.IGNORED || entry.kind() == LayerEntry.Kind.CONTENTS) {
      return;
    }
    Place place = new Place(layer, entry.path());
    if (entry.kind() == LayerEntry.Kind.OPAQUE) {
      ImagePath real = tree.resolve(entry.path(), place);
      remember(index, entry, real);
      tree.makeOpaque(real, number);
      return;
    }
    ImagePath real = tree.resolveParent(entry.path(), place);
    remember(index, entry, real);
    switch (entry.kind()) {
      case WHITEOUT -> tree.whiteout(real, number);
      case NODE -> tree.place(real, entry.node(), number, index, place);
      case LINK -> {
        FileNode node = target(tree, entry, real, number, place);
        linked.put(index, node);
        tree.place(real, node, number, index, place);
      }
      default -> throw new IllegalStateException(entry.toString());
    }
  }

  // What stands at the link's own path goes first, as unpackers do.
  private static FileNode target(
      MergedTree tree, LayerEntry entry, ImagePath real, int number, Place place)
      throws MalformedContentException {
    tree.clear(real, number);
    MergedTree.Placed target = tree.get(tree.resolveParent(entry.link(), place));
    if (target == null || target.node().isDirectory()) {
      throw new MalformedContentException(
          "hard link",
          place.toString(),
          "expected a file at "
              + entry.link()
              + ", found "
              + (target == null ? "nothing" : "a directory"));
    }
    return target.node();
  }

  private void remember(int index, LayerEntry entry, ImagePath real) {
    if (!real.equals(entry.path())) {
      moved.put(index, real);
    }
  }

  /** Where an entry came to stand, its parent's symbolic links followed. */
  ImagePath real(int index) {
    ImagePath real = moved.get(index);
    return real == null ? entries.get(index).path() : real;
  }

  /** Says whether an entry came to stand elsewhere than its name says. */
  boolean hasMoved() {
    return !moved.isEmpty();
  }

  /** The file that a hard-link entry gave a name to. */
  FileNode linked(int index) {
    FileNode node = linked.get(index);
    if (node == null) {
      throw new IllegalStateException("no hard link: " + entries.get(index));
    }
    return node;
  }

  /** Adds the files that hard-link entries gave a name to. */
  void addLinkedTo(IdentityHashMap<FileNode, Boolean> nodes) {
    linked.values().forEach(node -> nodes.put(node, true));
  }
}
