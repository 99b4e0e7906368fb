package io.k8or.layers;

import io.k8or.image.Image;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;

/** Short ways to what this package does. */
public final class Layers {
  private Layers() {}

  /**
   * Returns what a transform sees of an image: all files as a container would see them. Reads every
   * layer once, with the default limits; see {@link LayeredImage} for more.
   *
   * @throws io.k8or.content.MalformedContentException if a layer is malformed
   * @throws IOException if a layer cannot be read
   */
  public static ImageSnapshot snapshot(Image image) throws IOException {
    return LayeredImage.open(image).snapshot();
  }
}
