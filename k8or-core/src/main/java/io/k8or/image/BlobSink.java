package io.k8or.image;

import io.k8or.content.Content;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * A place that blobs are written to. A blob is there as a whole or not at all.
 *
 * <p>A blob that is written twice is stored once. Sinks need not be safe for several threads,
 * except that writers of different blobs may be open at once.
 */
public interface BlobSink {
  /**
   * Begins a blob whose digest is not known yet.
   *
   * @throws IOException if the place cannot be written
   */
  Writer begin() throws IOException;

  /**
   * Stores a blob. The bytes are verified on the way.
   *
   * @throws io.k8or.content.MalformedContentException if they are not of the digest and size
   * @throws IOException if they cannot be read, or the place cannot be written
   */
  default void put(Descriptor descriptor, Content content) throws IOException {
    try (Writer writer = begin();
        InputStream in = descriptor.verified(content).open()) {
      in.transferTo(writer);
      writer.commit(descriptor);
    }
  }

  /** Says whether the blob is there already, so that it need not be put again. */
  default boolean contains(Digest digest) throws IOException {
    return false;
  }

  /** One blob under way. Closing it without {@link #commit} leaves nothing behind. */
  abstract class Writer extends OutputStream {
    /** For subclasses. */
    protected Writer() {}

    @Override
    public abstract void write(byte[] bytes, int offset, int length) throws IOException;

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    /**
     * Ends the blob: from now on it is there.
     *
     * @param descriptor the blob's; the caller vouches for its digest and size
     * @throws IOException if the place cannot be written
     */
    public abstract void commit(Descriptor descriptor) throws IOException;

    @Override
    public abstract void close() throws IOException;
  }
}
