package io.k8or.packages.rpm;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.util.Map;
import java.util.Set;

/**
 * A file of rpm's that holds packages' headers, each under a number of its own.
 *
 * <p>The forms are SQLite ({@code rpmdb.sqlite}), ndb ({@code Packages.db}) and the hash of
 * Berkeley DB ({@code Packages}).
 */
public interface RpmHeaders {
  /** Returns the headers' bytes by number, in ascending order. */
  Map<Integer, ByteString> blobs();

  /**
   * Returns the bytes of a file without some headers and all that the file says of them. Nothing of
   * the removed headers is left in it.
   *
   * @throws MalformedContentException if the file has another form than its format asks for
   */
  ByteString without(Set<Integer> numbers) throws MalformedContentException;

  /**
   * Returns the bytes of a file with the bytes of some headers exchanged, and nothing else: what
   * one looks headers up by must not change.
   *
   * @param changed by number; each as long as the header that is there
   * @throws MalformedContentException if the file has another form than its format asks for
   * @throws IllegalArgumentException if there is no header of a number, or it has another length
   */
  ByteString with(Map<Integer, ByteString> changed) throws MalformedContentException;

  /** Checks what {@link #with} asks for. */
  static void requireFit(Map<Integer, ByteString> blobs, Map<Integer, ByteString> changed) {
    changed.forEach(
        (number, blob) -> {
          ByteString old = blobs.get(number);
          if (old == null || old.length() != blob.length()) {
            throw new IllegalArgumentException(
                "no header " + number + " of " + blob.length() + " bytes");
          }
        });
  }
}
