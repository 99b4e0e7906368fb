package io.k8or.layers;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a layer: what it does to the tree, and where it stands in the uncompressed tar.
 *
 * <p>There may be a million of them in memory: no field that can be had from another.
 */
final class LayerEntry {
  /** What an entry does. */
  enum Kind {
    /** Puts a node at its path. */
    NODE,
    /** Gives a file one more name. */
    LINK,
    /** Removes what lower layers have at its path. */
    WHITEOUT,
    /** Removes what lower layers have below its path. */
    OPAQUE,
    /** Does nothing: a table of contents of the layer itself (eStargz). */
    CONTENTS,
    /** Does nothing: bookkeeping of aufs. */
    IGNORED
  }

  private static final ByteString WHITEOUT_PREFIX = ByteString.utf8(".wh.");
  private static final ByteString METADATA_PREFIX = ByteString.utf8(".wh..wh.");
  private static final ByteString OPAQUE_NAME = ByteString.utf8(".wh..wh..opq");

  private final Kind kind;
  private final ImagePath path;
  private final @Nullable FileNode node;
  private final @Nullable ImagePath link;
  private final long headerOffset;
  private final int headerLength;
  private final long storedSize;

  LayerEntry(
      Kind kind,
      ImagePath path,
      @Nullable FileNode node,
      @Nullable ImagePath link,
      long headerOffset,
      int headerLength,
      long storedSize) {
    this.kind = kind;
    this.path = path;
    this.node = node;
    this.link = link;
    this.headerOffset = headerOffset;
    this.headerLength = headerLength;
    this.storedSize = storedSize;
  }

  /** What the name of an entry makes it, whatever its type: its kind and the path it is about. */
  record Meaning(Kind kind, ImagePath path) {}

  /** Tells a whiteout by its name; {@code otherwise} is the kind of what is none. */
  static Meaning meaning(ImagePath path, Kind otherwise) {
    if (path.isRoot()) {
      return new Meaning(otherwise, path);
    }
    ByteString name = path.name();
    ImagePath parent = path.parent().orElse(path);
    if (name.equals(OPAQUE_NAME)) {
      return hasMetadata(parent)
          ? new Meaning(Kind.IGNORED, path)
          : new Meaning(Kind.OPAQUE, parent);
    }
    if (hasMetadata(path)) {
      return new Meaning(Kind.IGNORED, path);
    }
    if (!name.startsWith(WHITEOUT_PREFIX)) {
      return new Meaning(otherwise, path);
    }
    ByteString hidden = name.substring(WHITEOUT_PREFIX.length(), name.length());
    // ".wh.", ".wh.." and ".wh..." would be about the directory itself or the one above it.
    ImagePath target = isPlain(hidden) ? parent.resolve(hidden) : parent;
    return new Meaning(Kind.WHITEOUT, target);
  }

  /** Says whether a whiteout's name names something inside its directory. */
  static boolean isWhiteoutOfNothing(ImagePath path) {
    if (path.isRoot() || !path.name().startsWith(WHITEOUT_PREFIX)) {
      return false;
    }
    ByteString name = path.name();
    return !isPlain(name.substring(WHITEOUT_PREFIX.length(), name.length()));
  }

  private static boolean isPlain(ByteString name) {
    return !name.isEmpty()
        && !(name.at(0) == '.'
            && (name.length() == 1 || (name.length() == 2 && name.at(1) == '.')));
  }

  private static boolean hasMetadata(ImagePath path) {
    ByteString bytes = path.toRelativeBytes();
    int from = 0;
    while (from < bytes.length()) {
      int slash = bytes.indexOf('/', from);
      int to = slash < 0 ? bytes.length() : slash;
      if (to - from >= METADATA_PREFIX.length()
          && bytes.at(from) == '.'
          && bytes.substring(from, to).startsWith(METADATA_PREFIX)) {
        return true;
      }
      from = to + 1;
    }
    return false;
  }

  /** Returns the name of the whiteout of a path. */
  static ImagePath whiteoutOf(ImagePath path) {
    return path.parent().orElse(path).resolve(WHITEOUT_PREFIX.concat(path.name()));
  }

  /** Returns the name of the marker that makes a directory opaque. */
  static ImagePath opaqueMarkerOf(ImagePath directory) {
    return directory.resolve(OPAQUE_NAME);
  }

  Kind kind() {
    return kind;
  }

  /** The path that it is about: a whiteout's is the one it hides, an opaque marker's directory. */
  ImagePath path() {
    return path;
  }

  /** What a NODE puts. */
  FileNode node() {
    if (node == null) {
      throw new IllegalStateException("no node in the " + kind + " of " + path);
    }
    return node;
  }

  /** The same entry, of another inode. */
  LayerEntry withNewNode() {
    if (node == null) {
      return this;
    }
    return new LayerEntry(
        kind,
        path,
        node.withAttributes(node.attributes()),
        link,
        headerOffset,
        headerLength,
        storedSize);
  }

  /** The same entry as a table of contents. */
  LayerEntry asContents() {
    return new LayerEntry(Kind.CONTENTS, path, null, null, headerOffset, headerLength, storedSize);
  }

  /** The path that a LINK is a further name of, as it stands. */
  ImagePath link() {
    if (link == null) {
      throw new IllegalStateException("no link in the " + kind + " of " + path);
    }
    return link;
  }

  long headerOffset() {
    return headerOffset;
  }

  int headerLength() {
    return headerLength;
  }

  long dataOffset() {
    return headerOffset + headerLength;
  }

  long storedSize() {
    return storedSize;
  }

  long endOffset() {
    return dataOffset() + ((storedSize + 511) & ~511L);
  }

  @Override
  public String toString() {
    return kind + " " + path + (link == null ? "" : " -> " + link) + ", at byte " + headerOffset;
  }
}
