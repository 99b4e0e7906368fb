package io.k8or.layers;

import io.k8or.content.Content;
import io.k8or.image.Digest;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;

/**
 * Where a caller keeps rewritten layers, so that no layer is rewritten twice in the same way: of a
 * fleet of images with a common base, the base is rewritten once.
 *
 * <p>The contract: equal keys, equal bytes. On every machine and JDK, with any number of threads,
 * the same old layer, plan and encoder give the same blob. So results may be shared between
 * machines, and be kept for as long as one likes; another version of the encoder asks for other
 * keys. A rewriter asks ({@link #get}) before it writes a layer, with the key that {@link #put}
 * gets afterwards.
 *
 * <p>A rewriter with several threads uses it from all of them.
 */
public interface LayerCache {
  /**
   * What a rewritten layer depends on, and nothing else.
   *
   * @param layer the digest of the old blob
   * @param plan the digest of what becomes of its bytes: which are copied, and what is put between
   *     them
   * @param encoder the name and version of what compresses, such as {@code gzip-2}; for zstd the
   *     version is that of its library
   */
  record Key(Digest layer, Digest plan, String encoder) {
    /** Checks that nothing is missing. */
    public Key {
      Objects.requireNonNull(layer);
      Objects.requireNonNull(plan);
      Objects.requireNonNull(encoder);
    }

    /** Returns the parts with a slash between them, which can be a path of files. */
    @Override
    public String toString() {
      return layer.hex() + "/" + plan.hex() + "/" + encoder;
    }
  }

  /**
   * A rewritten layer.
   *
   * @param digest the digest of the new blob
   * @param diffId the digest of its uncompressed bytes
   * @param uncompressedSize how many those are
   * @param blob its bytes, of that digest
   */
  record Entry(Digest digest, Digest diffId, long uncompressedSize, Content blob) {
    /** Checks that nothing is missing. */
    public Entry {
      Objects.requireNonNull(digest);
      Objects.requireNonNull(diffId);
      Objects.requireNonNull(blob);
    }
  }

  /**
   * Returns what was put under an equal key. The blob's digest is checked when it is used; the
   * caller vouches for the diffID and the size.
   *
   * @throws IOException if the cache cannot be read
   */
  Optional<Entry> get(Key key) throws IOException;

  /**
   * Keeps a rewritten layer. Its blob is read from the rewriter's sink, so this happens only if
   * that is a {@link io.k8or.image.BlobSource}, and after all blobs are committed.
   *
   * @throws IOException if the cache cannot be written
   */
  void put(Key key, Entry rewritten) throws IOException;
}
