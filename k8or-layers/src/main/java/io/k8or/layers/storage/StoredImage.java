package io.k8or.layers.storage;

import io.k8or.image.Descriptor;
import io.k8or.image.Platform;
import java.util.Objects;

/**
 * An image in a layout or an archive, not opened yet.
 *
 * @param ref its name there; empty where it has none
 * @param descriptor its manifest's descriptor, as the index has it
 * @param platform the descriptor's platform, or else the configuration's
 */
public record StoredImage(String ref, Descriptor descriptor, Platform platform) {
  /** Checks that nothing is missing. */
  public StoredImage {
    Objects.requireNonNull(ref);
    Objects.requireNonNull(descriptor);
    Objects.requireNonNull(platform);
  }

  /** Returns platform, name and digest. */
  @Override
  public String toString() {
    return platform + (ref.isEmpty() ? "" : " " + ref) + " " + descriptor.digest();
  }
}
