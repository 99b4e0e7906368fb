package io.k8or.image;

import io.k8or.content.Content;
import java.io.IOException;

/** A place that blobs are read from by their descriptor. */
@FunctionalInterface
public interface BlobSource {
  /**
   * Returns a blob, not yet read and not yet verified; see {@link Descriptor#verified}.
   *
   * @throws io.k8or.content.MalformedContentException if there is no such blob
   * @throws IOException if the place cannot be read
   */
  Content blob(Descriptor descriptor) throws IOException;
}
