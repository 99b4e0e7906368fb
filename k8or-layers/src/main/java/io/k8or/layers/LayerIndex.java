package io.k8or.layers;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Digest;
import io.k8or.image.Layer;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.limits.Limits;
import io.k8or.layers.tar.TarEntry;
import io.k8or.layers.tar.TarReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one pass over a layer's blob finds out: its entries, how it is compressed, and where in it
 * one can begin to read. Immutable; for several threads.
 *
 * <p>Making one reads the blob to its end and checks it against its digest, size and diffID. It
 * keeps about 300 bytes for each entry, and no content but up to 8 MiB around small files that were
 * read last, which it gives up where memory is scarce.
 */
public final class LayerIndex {
  private static final ImagePath CONTENTS = ImagePath.of("/stargz.index.json");

  private final Layer layer;
  private final Compression compression;
  private final long uncompressedSize;
  private final long endMarkerOffset;
  private final List<LayerEntry> entries;
  private final LayerTar tar;

  LayerIndex(
      Layer layer,
      Compression compression,
      long uncompressedSize,
      long endMarkerOffset,
      List<LayerEntry> entries,
      LayerTar tar) {
    this.layer = layer;
    this.compression = compression;
    this.uncompressedSize = uncompressedSize;
    this.endMarkerOffset = endMarkerOffset;
    this.entries = entries;
    this.tar = tar;
  }

  /**
   * Reads a layer to its end.
   *
   * @param limits what the layer may cost
   * @throws MalformedContentException if the blob is not of its digest, size, diffID or media type,
   *     is no tar, or goes beyond a limit
   * @throws IOException if the blob cannot be read
   */
  public static LayerIndex of(Layer layer, Limits limits) throws IOException {
    return of(layer, limits, Parallel.none());
  }

  /** Does the same in these threads: verifying, decompressing and hashing at the same time. */
  static LayerIndex of(Layer layer, Limits limits, Parallel parallel) throws IOException {
    Compression compression = Compression.of(layer.descriptor().mediaType(), layer.blob());
    LayerTar.Scan scan = LayerTar.scan(layer, compression, limits, parallel);
    try (scan;
        TarReader reader = new TarReader(scan.stream(), layer.toString(), limits)) {
      List<LayerEntry> entries = new ArrayList<>();
      for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
        entries.add(entry(next.get(), scan.tar(), layer));
      }
      LayerTar tar = scan.finish(reader.length());
      markContents(entries);
      return new LayerIndex(
          layer, compression, reader.length(), reader.endMarkerOffset(), List.copyOf(entries), tar);
    }
  }

  // eStargz puts its table of contents last. It is about the layer's bytes, and no file.
  private static void markContents(List<LayerEntry> entries) {
    if (entries.isEmpty()) {
      return;
    }
    LayerEntry last = entries.get(entries.size() - 1);
    if (last.kind() == LayerEntry.Kind.NODE
        && last.node().isRegular()
        && last.path().equals(CONTENTS)) {
      entries.set(entries.size() - 1, last.asContents());
    }
  }

  private static LayerEntry entry(TarEntry entry, LayerTar tar, Layer layer)
      throws MalformedContentException {
    LayerEntry.Meaning meaning =
        LayerEntry.meaning(
            entry.path(), entry.isHardLink() ? LayerEntry.Kind.LINK : LayerEntry.Kind.NODE);
    if (meaning.kind() == LayerEntry.Kind.WHITEOUT
        && LayerEntry.isWhiteoutOfNothing(entry.path())) {
      throw new MalformedContentException(
          "whiteout", layer + ", entry " + entry.path(), "it names nothing in its directory");
    }
    return new LayerEntry(
        meaning.kind(),
        meaning.path(),
        meaning.kind() == LayerEntry.Kind.NODE ? node(entry, tar) : null,
        meaning.kind() == LayerEntry.Kind.LINK ? entry.linkPath() : null,
        entry.headerOffset(),
        Math.toIntExact(entry.dataOffset() - entry.headerOffset()),
        entry.storedSize());
  }

  private static FileNode node(TarEntry entry, LayerTar tar) {
    return switch (entry.type().orElseThrow()) {
      case REGULAR ->
          FileNode.regular(
              entry.attributes(),
              entry.size() == 0
                  ? Content.empty()
                  : entry.contentOf(tar.range(entry.dataOffset(), entry.storedSize())));
      case DIRECTORY -> FileNode.directory(entry.attributes());
      case SYMLINK -> FileNode.symlink(entry.attributes(), entry.linkName());
      case FIFO -> FileNode.fifo(entry.attributes());
      case CHARACTER_DEVICE, BLOCK_DEVICE ->
          FileNode.device(
              entry.type().orElseThrow(),
              entry.attributes(),
              entry.deviceMajor(),
              entry.deviceMinor());
    };
  }

  /** Returns the digest of the layer's blob. */
  public Digest digest() {
    return layer.descriptor().digest();
  }

  /** Returns the layer. */
  public Layer layer() {
    return layer;
  }

  /** Returns how the blob is compressed, told by its first bytes. */
  public Compression compression() {
    return compression;
  }

  /** Returns the number of bytes of the uncompressed tar, all that follows its end included. */
  public long uncompressedSize() {
    return uncompressedSize;
  }

  /** Returns the number of entries. */
  public int entryCount() {
    return entries.size();
  }

  /**
   * Writes the saved form, for {@link #read}.
   *
   * @param out where it goes; it stays open. Many small writes are made: buffer files
   * @throws IOException if it cannot be written
   */
  public void writeTo(OutputStream out) throws IOException {
    LayerIndexFormat.write(this, out);
  }

  /**
   * Reads what {@link #writeTo} wrote. The layer's blob is not read now; the caller vouches that
   * the saved form is one of ours, which its sum only protects against accidents.
   *
   * @param in the saved form; it stays open, and may be read further than the form goes
   * @param layer the layer that it was made from
   * @param limits what the layer may cost
   * @throws MalformedContentException if it has another form or version, is of another layer, or
   *     goes beyond a limit
   * @throws IOException if it cannot be read
   */
  public static LayerIndex read(InputStream in, Layer layer, Limits limits) throws IOException {
    return LayerIndexFormat.read(in, layer, limits);
  }

  /** The index of the same blob, of new nodes: it is another layer of the same image. */
  LayerIndex again(Layer other) {
    List<LayerEntry> copies = new ArrayList<>(entries.size());
    for (LayerEntry entry : entries) {
      copies.add(entry.withNewNode());
    }
    return new LayerIndex(
        other, compression, uncompressedSize, endMarkerOffset, List.copyOf(copies), tar);
  }

  /** Where the last entry ends, in bytes of the uncompressed tar. */
  long endMarkerOffset() {
    return endMarkerOffset;
  }

  List<LayerEntry> entries() {
    return entries;
  }

  LayerTar tar() {
    return tar;
  }

  @Override
  public String toString() {
    return "index of " + layer + ", " + entries.size() + " entries, " + compression;
  }
}
