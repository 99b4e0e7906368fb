package io.k8or.layers.storage;

import io.k8or.content.Content;
import io.k8or.image.BlobSink;
import io.k8or.image.BlobSource;
import io.k8or.image.Descriptor;
import io.k8or.image.Image;
import java.io.Closeable;
import java.io.IOException;

/**
 * A new layout or archive that images are written to. It appears at its path as a whole, when it is
 * committed, or not at all.
 *
 * <p>Use it with {@code try}: closing it without {@link #commit} removes all that was written.
 * Blobs that were put or begun here before need not be copied when an image refers to them.
 */
public interface ImageWriter extends BlobSink, BlobSource, Closeable {
  /**
   * Adds an image: copies its manifest, its configuration and those layers that are not here yet.
   * Further images may follow.
   *
   * @param ref its name there; empty for none
   * @throws IllegalArgumentException if the name is not one for this form, or something is
   *     committed already
   * @throws io.k8or.content.MalformedContentException if a layer is not what its descriptor says
   * @throws IOException if a layer cannot be read, or the output cannot be written
   */
  void add(Image image, String ref) throws IOException;

  /**
   * Ends the output: from now on it is at its path. Nothing can be added any more.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is something at its path meanwhile
   * @throws IOException if it cannot be written
   */
  void commit() throws IOException;

  /**
   * Adds one image and commits. Where this fails, nothing is left behind.
   *
   * @param ref its name there; empty for none
   * @throws IllegalArgumentException if the name is not one for this form, or something is
   *     committed already
   * @throws io.k8or.content.MalformedContentException if a layer is not what its descriptor says
   * @throws IOException if a layer cannot be read, or the output cannot be written
   */
  default void write(Image image, String ref) throws IOException {
    boolean done = false;
    try {
      add(image, ref);
      commit();
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  /**
   * Returns a blob that was put here. A layout gives it after the commit too; a docker archive does
   * not, since its layers are in another form then.
   *
   * @throws io.k8or.content.MalformedContentException if there is no such blob
   */
  @Override
  Content blob(Descriptor descriptor) throws IOException;

  /** Removes all that is not committed. Closing twice is closing once. */
  @Override
  void close() throws IOException;
}
