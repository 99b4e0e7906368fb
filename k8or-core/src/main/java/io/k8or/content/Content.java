package io.k8or.content;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * An immutable supplier of bytes; not an open stream.
 *
 * <ul>
 *   <li>Every {@link #open()} gives a fresh stream of the same bytes. The caller closes it.
 *   <li>{@link #size()} is the number of bytes, known without reading them.
 *   <li>A supplier may be used by several threads at once; a stream by one.
 *   <li>{@code toString()} says what it is, for errors and for JShell; never the bytes.
 * </ul>
 */
public interface Content {
  /**
   * Opens a fresh stream at the first byte. The caller closes it.
   *
   * @throws MalformedContentException here or from the stream, if the bytes turn out to be other
   *     than what was promised (a digest, a size, a compression)
   * @throws IOException if the bytes cannot be read
   */
  InputStream open() throws IOException;

  /** Returns the number of bytes. */
  long size();

  /**
   * Returns a part of this content. What comes before it is skipped, which costs nothing for
   * content in memory and in files.
   *
   * @param offset where the part begins, in bytes
   * @param length the number of its bytes
   * @throws IllegalArgumentException if the part is not inside
   */
  default Content slice(long offset, long length) {
    return new SlicedContent(this, offset, length);
  }

  /**
   * Returns all bytes, in memory.
   *
   * @throws MalformedContentException if there are more than {@code limit}, or more or fewer than
   *     {@link #size()}
   * @throws IOException if the bytes cannot be read
   */
  default byte[] readAll(int limit) throws IOException {
    if (size() > limit) {
      throw new MalformedContentException(
          "content", toString(), "expected at most " + limit + " bytes, found " + size());
    }
    try (InputStream in = open()) {
      byte[] bytes = in.readNBytes((int) size());
      if (bytes.length < size() || in.read() >= 0) {
        throw new MalformedContentException(
            "content",
            toString(),
            "expected "
                + size()
                + " bytes, found "
                + (bytes.length < size() ? bytes.length : "more"));
      }
      return bytes;
    }
  }

  /** Returns content of no bytes. */
  static Content empty() {
    return of(ByteString.empty());
  }

  /** Returns content in memory, of a copy of the bytes. */
  static Content of(byte[] bytes) {
    return of(ByteString.copyOf(bytes));
  }

  /** Returns content in memory. */
  static Content of(ByteString bytes) {
    return new MemoryContent(bytes);
  }

  /**
   * Returns the content of a file. It is opened anew for each stream, and must not change.
   *
   * @throws IOException if the file's size cannot be read
   */
  static Content of(Path file) throws IOException {
    return FileContent.of(file);
  }
}
