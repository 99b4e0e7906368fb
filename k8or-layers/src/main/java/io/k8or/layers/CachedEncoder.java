package io.k8or.layers;

import com.github.luben.zstd.util.ZstdVersion;
import io.k8or.content.Content;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.MediaType;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.deflate.GzipStream;
import io.k8or.layers.deflate.Span;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An encoder that looks whether a cache has its result already. */
final class CachedEncoder implements LayerEncoder {
  private final LayerPlan plan;
  private final LayerCache cache;
  private final Compression to;
  // What is to be put into the cache when the blob is committed.
  private volatile LayerCache.@Nullable Key missed;

  CachedEncoder(LayerPlan plan, LayerCache cache, Compression to) {
    this.plan = plan;
    this.cache = cache;
    this.to = to;
  }

  @Override
  public EncodedLayer encode(OutputStream out, Parallel parallel) throws IOException {
    List<Span> spans = plan.spans();
    LayerCache.Key key = key(plan.index(), spans, to);
    Optional<LayerCache.Entry> known = cache.get(key);
    if (known.isEmpty()) {
      missed = key;
      return LayerEncoder.encode(plan.index(), spans, to, out, parallel);
    }
    Digest digest = known.get().digest();
    Content blob = known.get().blob();
    Descriptor descriptor = Descriptor.of(MediaType.OCI_LAYER, digest, blob.size());
    try (InputStream in = descriptor.verified(blob).open()) {
      in.transferTo(out);
    }
    return new EncodedLayer(
        digest, blob.size(), known.get().diffId(), known.get().uncompressedSize(), blob.size(), 0);
  }

  /** Puts the blob into the cache, unless it came from there. */
  void committed(EncodedLayer layer, Content blob) throws IOException {
    LayerCache.Key key = missed;
    if (key != null) {
      cache.put(key, new LayerCache.Entry(layer.digest(), layer.diffId(), layer.tarSize(), blob));
    }
  }

  static LayerCache.Key key(LayerIndex index, List<Span> spans, Compression to) throws IOException {
    HashingOutputStream hash = new HashingOutputStream(OutputStream.nullOutputStream());
    DataOutputStream data = new DataOutputStream(hash);
    for (Span span : spans) {
      if (span instanceof Span.Copy copy) {
        data.writeByte('c');
        data.writeLong(copy.from());
        data.writeLong(copy.to());
      } else if (span instanceof Span.Insert insert) {
        data.writeByte('i');
        data.writeLong(insert.content().size());
        try (InputStream in = insert.content().open()) {
          in.transferTo(data);
        }
      }
    }
    data.flush();
    return new LayerCache.Key(index.digest(), hash.digest(), encoder(to));
  }

  private static String encoder(Compression compression) {
    return switch (compression) {
      case NONE -> "plain";
      case ZSTD -> "zstd-" + ZstdVersion.VERSION;
      default -> "gzip-" + GzipStream.VERSION;
    };
  }
}
