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
}
