package io.k8or.layers;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.deflate.GzipSplice;
import io.k8or.layers.deflate.InflateIndex;
import io.k8or.layers.deflate.Span;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/** Writes the blob of a layer. */
@FunctionalInterface
interface LayerEncoder {
  /**
   * Writes the blob; leaves the stream open.
   *
   * @param parallel threads to compress in, which this may wait for
   * @throws IOException if the old layer cannot be read, or the stream not written
   */
  EncodedLayer encode(OutputStream out, Parallel parallel) throws IOException;

  /** What a layer is compressed with when it is written again: there is no writing of xz layers. */
  static Compression after(Compression old) {
    return old == Compression.XZ ? Compression.GZIP : old;
  }

  /** Returns the encoder of an old layer with changes, into a compression. */
  static LayerEncoder rewriting(LayerPlan plan, Compression to) {
    return (out, parallel) -> encode(plan.index(), plan.spans(), to, out, parallel);
  }

  /** Writes an old layer with changes. */
  static EncodedLayer encode(
      LayerIndex index, List<Span> spans, Compression to, OutputStream out, Parallel parallel)
      throws IOException {
    InflateIndex checkpoints = index.tar().checkpoints();
    if (checkpoints != null && to == Compression.GZIP) {
      GzipSplice.Result result =
          parallel.splice(index.layer().blob(), index.layer().toString(), checkpoints, spans, out);
      return new EncodedLayer(
          result.digest(),
          result.compressedSize(),
          result.diffId(),
          result.uncompressedSize(),
          result.reusedBytes(),
          result.encodedBytes());
    }
    Output output = new Output(out, to, parallel);
    long copied = copy(index, spans, output.tar(), parallel);
    boolean plain = index.compression() == Compression.NONE && to == Compression.NONE;
    return output.finish(plain ? copied : 0);
  }

  /** Returns the encoder of one layer made of the kept entries of several, and an end marker. */
  static LayerEncoder joining(List<LayerPlan> plans, Compression compression) {
    return (out, parallel) -> {
      Output output = new Output(out, compression, parallel);
      for (LayerPlan plan : plans) {
        if (!plan.isEmpty()) {
          copy(plan.index(), plan.entrySpans(), output.tar(), parallel);
        }
      }
      output.tar().write(new byte[1024]);
      return output.finish(0);
    };
  }

  /** Returns the encoder of a layer of new entries alone. */
  static LayerEncoder fresh(List<Piece> pieces, Compression compression) {
    return (out, parallel) -> {
      Output output = new Output(out, compression, parallel);
      for (Span span : LayerPlan.freshSpans(pieces)) {
        insert(((Span.Insert) span).content(), output.tar());
      }
      output.tar().write(new byte[1024]);
      return output.finish(0);
    };
  }

  // Reads the old layer to its end, so that all of its sums are checked. Returns the copied bytes.
  private static long copy(LayerIndex index, List<Span> spans, OutputStream out, Parallel parallel)
      throws IOException {
    byte[] buffer = new byte[1 << 16];
    long copied = 0;
    try (InputStream in =
        new ReadAheadInputStream(index.tar().openAll(), parallel, (bytes, length) -> {})) {
      long position = 0;
      for (Span span : spans) {
        if (span instanceof Span.Insert insert) {
          insert(insert.content(), out);
          continue;
        }
        Span.Copy copy = (Span.Copy) span;
        for (long left = copy.from() - position; left > 0; ) {
          left -= read(in, buffer, left, index);
        }
        for (long left = copy.to() - copy.from(); left > 0; ) {
          int count = read(in, buffer, left, index);
          out.write(buffer, 0, count);
          left -= count;
        }
        copied += copy.to() - copy.from();
        position = copy.to();
      }
      while (in.read(buffer) >= 0) {
        // Nothing of it is kept.
      }
    }
    return copied;
  }

  private static int read(InputStream in, byte[] buffer, long left, LayerIndex index)
      throws IOException {
    int count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
    if (count < 0) {
      throw new MalformedContentException(
          "layer", index.digest().toString(), "it ends " + left + " bytes before it did earlier");
    }
    return count;
  }

  private static void insert(Content content, OutputStream out) throws IOException {
    long written;
    try (InputStream in = content.open()) {
      written = in.transferTo(out);
    }
    if (written != content.size()) {
      throw new MalformedContentException(
          "content", content.toString(), "expected " + content.size() + " bytes, found " + written);
    }
  }

  /** The way from a tar to a blob: hashed, compressed, hashed. */
  final class Output {
    private final HashingOutputStream blob;
    private final HashingOutputStream tar;
    private final OutputStream compressor;

    private Output(OutputStream out, Compression compression, Parallel parallel)
        throws IOException {
      blob = new HashingOutputStream(out);
      compressor =
          compression == Compression.GZIP ? parallel.gzip(blob) : compression.compress(blob);
      tar = new HashingOutputStream(compressor);
    }

    OutputStream tar() {
      return tar;
    }

    private EncodedLayer finish(long reused) throws IOException {
      compressor.close();
      return new EncodedLayer(
          blob.digest(), blob.size(), tar.digest(), tar.size(), reused, blob.size() - reused);
    }
  }
}
