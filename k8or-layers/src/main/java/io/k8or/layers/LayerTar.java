package io.k8or.layers;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.Layer;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.deflate.GunzipStream;
import io.k8or.layers.deflate.InflateIndex;
import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The uncompressed bytes of a layer, to be read from any byte on. */
final class LayerTar {
  /** Files of at most this size are read together with what is around them. */
  private static final int SMALL = 512 << 10;

  /** How much is read together where there are no checkpoints. */
  private static final int SPAN = 2 << 20;

  private final Layer layer;
  private final Compression compression;
  // Of a gzip layer only; set once, when the pass over the layer ends.
  private volatile @Nullable InflateIndex checkpoints;
  // Set when the layer becomes part of an image, before anybody reads a file.
  private volatile @Nullable SpanCache spans;

  LayerTar(Layer layer, Compression compression, @Nullable InflateIndex checkpoints) {
    this.layer = layer;
    this.compression = compression;
    this.checkpoints = checkpoints;
  }

  /** Where a gzip layer can be read from; null for any other. */
  @Nullable InflateIndex checkpoints() {
    return checkpoints;
  }

  void setCheckpoints(@Nullable InflateIndex index) {
    checkpoints = index;
  }

  /** Begins the one pass that reads everything and checks it. */
  static Scan scan(Layer layer, Compression compression, Limits limits, Parallel parallel)
      throws IOException {
    return new Scan(new LayerTar(layer, compression, null), limits, parallel);
  }

  /** Opens a stream from an offset on; it need not be read to its end. */
  InputStream open(long offset) throws IOException {
    if (compression == Compression.NONE) {
      return layer.blob().slice(offset, layer.blob().size() - offset).open();
    }
    InflateIndex index = checkpoints;
    if (index != null) {
      return index.open(layer.blob(), offset);
    }
    InputStream in = compression.decompress(layer.blob());
    try {
      in.skipNBytes(offset);
      return in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  /** Opens all uncompressed bytes, with the blob verified at the end of the stream. */
  InputStream openAll() throws IOException {
    return compression.decompress(layer.blob());
  }

  /** From now on, keeps what was read last for whoever reads a small file beside it. */
  void keepSpans(SpanCache cache) {
    spans = cache;
  }

  Content range(long offset, long size) {
    return new Range(this, offset, size);
  }

  /** Returns a small part from what was read last; empty where it is better to read it alone. */
  private Optional<byte[]> fromSpans(long offset, long size) throws IOException {
    SpanCache cache = spans;
    if (cache == null || compression == Compression.NONE || size > SMALL) {
      return Optional.empty();
    }
    InflateIndex index = checkpoints;
    byte[] bytes = new byte[(int) size];
    int count = 0;
    while (count < size) {
      long at = offset + count;
      long start = index == null ? at - at % SPAN : index.spanStart(at);
      long length = index == null ? SPAN : index.spanEnd(at) - start;
      if (length > SpanCache.MAX_SPAN) {
        return Optional.empty();
      }
      byte[] span = cache.get(layer.descriptor().digest(), start, (int) length, () -> open(start));
      int from = (int) (at - start);
      int part = (int) Math.min(size - count, span.length - from);
      if (part <= 0) {
        return Optional.empty(); // it ends too soon: to read it alone tells so
      }
      System.arraycopy(span, from, bytes, count, part);
      count += part;
    }
    return Optional.of(bytes);
  }

  @Override
  public String toString() {
    return layer.toString();
  }

  /** A part of the uncompressed bytes. */
  private record Range(LayerTar tar, long offset, long size) implements Content {
    @Override
    public InputStream open() throws IOException {
      Optional<byte[]> known = tar.fromSpans(offset, size);
      return known.isPresent()
          ? new ByteArrayInputStream(known.get())
          : new Bounded(tar.open(offset), size, this);
    }

    @Override
    public Content slice(long from, long length) {
      if (from < 0 || length < 0 || from > size - length) {
        throw new IllegalArgumentException(
            "no slice of " + length + " bytes at " + from + " in " + size + " bytes");
      }
      return new Range(tar, offset + from, length);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Range that
          && tar.layer.descriptor().digest().equals(that.tar.layer.descriptor().digest())
          && offset == that.offset
          && size == that.size;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(offset);
    }

    @Override
    public String toString() {
      return "bytes " + offset + " to " + (offset + size) + " of " + tar + ", uncompressed";
    }
  }

  /** Ends after a number of bytes; that there are fewer is an error. */
  private static final class Bounded extends FilterInputStream {
    private final Content what;
    private long left;

    Bounded(InputStream in, long size, Content what) {
      super(in);
      this.left = size;
      this.what = what;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (left == 0) {
        return -1;
      }
      int count = in.read(buffer, offset, (int) Math.min(length, left));
      if (count < 0) {
        throw new MalformedContentException(
            "layer", what.toString(), "expected " + left + " bytes more, found the end");
      }
      left -= count;
      return count;
    }

    @Override
    public long skip(long wanted) throws IOException {
      long skipped = in.skip(Math.max(0, Math.min(wanted, left)));
      left -= skipped;
      return skipped;
    }

    @Override
    public int available() throws IOException {
      return (int) Math.min(in.available(), left);
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }

  /** The pass over a whole layer. */
  static final class Scan implements Closeable {
    private final LayerTar tar;
    private final Counted compressed;
    private final InputStream uncompressed;
    private final MessageDigest digest;
    private final InflateIndex.@Nullable Builder builder;

    private Scan(LayerTar tar, Limits limits, Parallel parallel) throws IOException {
      this.tar = tar;
      this.digest = tar.layer.diffId().newFunction();
      // Reading and verifying the blob, decompressing it, hashing what comes out: three stages.
      Opened blob =
          new Opened(
              tar.layer.blob(),
              new ReadAheadInputStream(tar.layer.blob().open(), parallel, (bytes, length) -> {}));
      this.compressed = blob.stream();
      try {
        InputStream in;
        if (tar.compression == Compression.GZIP) {
          builder = InflateIndex.builder();
          in = new GunzipStream(compressed, tar.layer.toString(), builder);
        } else {
          builder = null;
          in = tar.compression.decompress(blob);
        }
        this.uncompressed =
            new ReadAheadInputStream(
                new Limited(in, tar.layer, compressed, limits),
                parallel,
                (bytes, length) -> digest.update(bytes, 0, length));
      } catch (IOException e) {
        compressed.close();
        throw e;
      }
    }

    LayerTar tar() {
      return tar;
    }

    /** The uncompressed bytes; to be read to their end. */
    InputStream stream() {
      return uncompressed;
    }

    /** Ends the pass: reads what the decoder left of the blob, and compares the diffID. */
    LayerTar finish(long size) throws IOException {
      byte[] rest = new byte[8192];
      while (compressed.read(rest, 0, rest.length) >= 0) {
        // Only the blob's own digest is about these bytes.
      }
      String found = HexFormat.of().formatHex(digest.digest());
      if (!found.equals(tar.layer.diffId().hex())) {
        throw new MalformedContentException(
            "layer",
            tar.layer.descriptor().digest().toString(),
            "the configuration has the diffID "
                + tar.layer.diffId()
                + ", the "
                + size
                + " uncompressed bytes have "
                + found);
      }
      if (builder != null) {
        tar.checkpoints = builder.build();
      }
      return tar;
    }

    @Override
    public void close() throws IOException {
      uncompressed.close();
    }
  }

  /** A content that is opened once, and keeps the stream. */
  private static final class Opened implements Content {
    private final Content content;
    private final Counted stream;

    Opened(Content content, InputStream in) {
      this.content = content;
      this.stream = new Counted(in);
    }

    Counted stream() {
      return stream;
    }

    @Override
    public InputStream open() {
      return stream;
    }

    @Override
    public long size() {
      return content.size();
    }

    @Override
    public String toString() {
      return content.toString();
    }
  }

  private static final class Counted extends FilterInputStream {
    private long count;

    Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = in.read();
      if (value >= 0) {
        count++;
      }
      return value;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int n = in.read(buffer, offset, length);
      count += Math.max(n, 0);
      return n;
    }

    @Override
    public long skip(long wanted) throws IOException {
      long skipped = in.skip(wanted);
      count += skipped;
      return skipped;
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }

  /** Watches how much passes. */
  private static final class Limited extends FilterInputStream {
    private final Layer layer;
    private final Counted compressed;
    private final Limits limits;
    private long count;

    Limited(InputStream in, Layer layer, Counted compressed, Limits limits) {
      super(in);
      this.layer = layer;
      this.compressed = compressed;
      this.limits = limits;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int n = in.read(buffer, offset, length);
      if (n > 0) {
        count += n;
        limits.checkExpansion(compressed.count, count, layer);
        limits.check(Limit.TOTAL_BYTES, count, layer);
      }
      return n;
    }

    @Override
    public long skip(long wanted) throws IOException {
      byte[] buffer = new byte[(int) Math.max(0, Math.min(wanted, 1 << 16))];
      return Math.max(0, read(buffer, 0, buffer.length));
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}
