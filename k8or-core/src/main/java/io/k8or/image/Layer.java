package io.k8or.image;

import io.k8or.content.Content;
import java.util.Objects;

/**
 * One layer of an image: a blob, and the digest of what the blob is when it is not compressed.
 *
 * @param descriptor the blob's descriptor
 * @param diffId the digest of the uncompressed bytes
 * @param blob the (perhaps compressed) bytes, verified against the descriptor while they are read
 */
public record Layer(Descriptor descriptor, Digest diffId, Content blob) {
  /** Checks that nothing is missing. */
  public Layer {
    Objects.requireNonNull(descriptor);
    Objects.requireNonNull(diffId);
    Objects.requireNonNull(blob);
  }

  @Override
  public String toString() {
    return "layer " + descriptor.digest();
  }
}
