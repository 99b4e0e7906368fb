package io.k8or.layers;

import io.k8or.content.Content;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.layers.tar.TarChanges;
import java.util.Optional;

/** One entry of a rewritten layer. */
sealed interface Piece {
  /** An entry as it stands in the old tar. */
  record Keep(LayerEntry entry) implements Piece {}

  /** An old entry with a changed header; its data too, if there is content. */
  record Patch(LayerEntry entry, TarChanges changes, Optional<Content> content) implements Piece {}

  /** An entry made anew. */
  record Fresh(ImagePath path, FileNode node) implements Piece {}

  /** A hard link made anew. */
  record FreshLink(ImagePath path, ImagePath target, FileNode node) implements Piece {}
}
