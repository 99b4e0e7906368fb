package io.k8or.layers.deflate;

import io.k8or.content.Content;
import java.util.Objects;

/**
 * A part of what an edited stream shall hold: bytes of the old stream, or new ones.
 *
 * @see GzipSplice
 */
public sealed interface Span permits Span.Copy, Span.Insert {
  /**
   * Bytes of the old stream.
   *
   * @param from the offset of the first byte, in uncompressed bytes
   * @param to the offset after the last byte
   */
  record Copy(long from, long to) implements Span {
    /**
     * Checks the order.
     *
     * @throws IllegalArgumentException if {@code from} is negative or {@code to} is before it
     */
    public Copy {
      if (from < 0 || to < from) {
        throw new IllegalArgumentException("no span from byte " + from + " to byte " + to);
      }
    }
  }

  /**
   * New bytes.
   *
   * @param content the bytes, uncompressed
   */
  record Insert(Content content) implements Span {
    /** Checks that there is content. */
    public Insert {
      Objects.requireNonNull(content);
    }
  }
}
