package io.k8or.layers;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Digest;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * An image whose layers have been read: their indexes, and the tree that they make when they are
 * laid over each other. Immutable; for several threads.
 *
 * <p>The tree is what an unpacker would write (OCI image specification, "Applying Changesets"), in
 * doubt what umoci writes:
 *
 * <ul>
 *   <li>A whiteout hides what lower layers have, wherever in its layer it stands; an opaque marker
 *       hides all that lower layers have in its directory.
 *   <li>Of two entries of a layer with one path the last wins. A directory over a directory changes
 *       its attributes alone.
 *   <li>A path through a symbolic link of the image leads where the link leads, inside the image.
 *   <li>A hard link may be of a file in a lower layer.
 * </ul>
 *
 * <p>What lower layers hold and higher ones hide is in {@link FileTree#shadowed}.
 */
public final class LayeredImage {
  private final Image image;
  private final List<LayerIndex> indexes;
  private final ImageSnapshot snapshot;
  private final Map<FileNode, Boolean> linked;

  private LayeredImage(
      Image image,
      List<LayerIndex> indexes,
      ImageSnapshot snapshot,
      Map<FileNode, Boolean> linked) {
    this.image = image;
    this.indexes = indexes;
    this.snapshot = snapshot;
    this.linked = linked;
  }

  /**
   * Reads every layer once, with the default limits.
   *
   * @throws io.k8or.content.MalformedContentException if a layer is malformed
   * @throws IOException if a layer cannot be read
   */
  public static LayeredImage open(Image image) throws IOException {
    return open(image, Limits.defaults());
  }

  /**
   * Reads every layer once.
   *
   * @throws io.k8or.content.MalformedContentException if a layer is malformed, or goes beyond a
   *     limit
   * @throws IOException if a layer cannot be read
   */
  public static LayeredImage open(Image image, Limits limits) throws IOException {
    return open(image, limits, Map.of());
  }

  /**
   * Reads the layers that no index is known of.
   *
   * @param known indexes by the digest of the layer's blob, as an earlier run saved them; see
   *     {@link LayerIndex#read}
   * @throws io.k8or.content.MalformedContentException if a layer is malformed, or goes beyond a
   *     limit
   * @throws IOException if a layer cannot be read
   */
  public static LayeredImage open(Image image, Limits limits, Map<Digest, LayerIndex> known)
      throws IOException {
    return open(image, limits, known, Parallel.none());
  }

  /**
   * Reads the layers that no index is known of, in threads: several layers at once, and of each
   * layer at the same time its blob, what it is decompressed to, and the digests. The result is the
   * same.
   *
   * @param known indexes by the digest of the layer's blob, as an earlier run saved them; see
   *     {@link LayerIndex#read}
   * @param executor runs tasks that this waits for; what it does not begin in time, or refuses,
   *     runs in the calling thread
   * @param parallelism how many layers are read at once, 1 or more
   * @throws io.k8or.content.MalformedContentException if a layer is malformed, or goes beyond a
   *     limit
   * @throws IOException if a layer cannot be read
   */
  public static LayeredImage open(
      Image image, Limits limits, Map<Digest, LayerIndex> known, Executor executor, int parallelism)
      throws IOException {
    return open(image, limits, known, Parallel.of(executor, parallelism));
  }

  static LayeredImage open(
      Image image, Limits limits, Map<Digest, LayerIndex> known, Parallel parallel)
      throws IOException {
    limits.check(Limit.LAYERS, image.layers().size(), "image " + image.digest());
    Map<Digest, Layer> unknown = new LinkedHashMap<>();
    for (Layer layer : image.layers()) {
      if (!known.containsKey(layer.descriptor().digest())) {
        unknown.putIfAbsent(layer.descriptor().digest(), layer);
      }
    }
    List<Parallel.Task<LayerIndex>> tasks = new ArrayList<>();
    for (Layer layer : unknown.values()) {
      tasks.add(threads -> LayerIndex.of(layer, limits, threads));
    }
    Map<Digest, LayerIndex> byDigest = new HashMap<>(known);
    for (LayerIndex index : parallel.run(tasks)) {
      byDigest.put(index.digest(), index);
    }
    Set<Digest> seen = new HashSet<>();
    List<LayerIndex> indexes = new ArrayList<>();
    for (Layer layer : image.layers()) {
      LayerIndex index = Objects.requireNonNull(byDigest.get(layer.descriptor().digest()));
      // The same layer once more: other files, so other nodes.
      indexes.add(seen.add(layer.descriptor().digest()) ? index : index.again(layer));
    }
    return of(image, List.copyOf(indexes));
  }

  private static LayeredImage of(Image image, List<LayerIndex> indexes) throws IOException {
    SpanCache spans = new SpanCache();
    indexes.forEach(index -> index.tar().keepSpans(spans));
    MergedTree tree = new MergedTree();
    IdentityHashMap<FileNode, Boolean> linked = new IdentityHashMap<>();
    for (int i = 0; i < indexes.size(); i++) {
      LayerPass.over(tree, indexes.get(i), i).addLinkedTo(linked);
    }
    FileTree files = tree.toTree(linked);
    return new LayeredImage(image, indexes, ImageSnapshot.of(image.config(), files), linked);
  }

  /** Returns the image. */
  public Image image() {
    return image;
  }

  /** Returns the indexes of the layers, the lowest first. */
  public List<LayerIndex> indexes() {
    return indexes;
  }

  /** Returns the configuration and all files, for transforms. */
  public ImageSnapshot snapshot() {
    return snapshot;
  }

  /** Returns all files as a container would see them. */
  public FileTree files() {
    return snapshot.files();
  }

  /**
   * Returns the layer that holds the file at a path: its bytes and attributes. Costs a search of
   * the entries.
   *
   * @return the index, 0 for the lowest layer; empty where there is nothing, or a directory that no
   *     layer records
   */
  public Optional<Integer> layerOf(ImagePath path) {
    Optional<FileNode> node = files().get(path);
    if (node.isEmpty()) {
      return Optional.empty();
    }
    for (int i = 0; i < indexes.size(); i++) {
      for (LayerEntry entry : indexes.get(i).entries()) {
        if (entry.kind() == LayerEntry.Kind.NODE && entry.node() == node.get()) {
          return Optional.of(i);
        }
      }
    }
    return Optional.empty();
  }

  /** The files that some entry gave a further name. */
  Map<FileNode, Boolean> linked() {
    return linked;
  }

  @Override
  public String toString() {
    return image + ", " + files();
  }
}
