package io.k8or.layers;

import io.k8or.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Parts of compressed layers that were read last, uncompressed. Small files that are neighbours in
 * a layer, such as those of a package database, are then decoded once and not once each. For
 * several threads.
 *
 * <p>An image has one, of at most four parts of at most 4 MiB.
 */
final class SpanCache {
  /** The largest part that is kept, in bytes. */
  static final int MAX_SPAN = 4 << 20;

  private static final int KEPT = 4;

  private final Map<Key, byte[]> spans = new LinkedHashMap<>(8, 0.75f, true);

  private record Key(Digest layer, long start) {}

  /** Opens a stream at the start of a part. */
  @FunctionalInterface
  interface Opener {
    InputStream open() throws IOException;
  }

  /**
   * Returns the bytes of a part, which are not to be changed; fewer than {@code size} where the
   * stream ends before. Two threads may read the same part at the same time.
   */
  byte[] get(Digest layer, long start, int size, Opener opener) throws IOException {
    Key key = new Key(layer, start);
    synchronized (spans) {
      byte[] known = spans.get(key);
      if (known != null) {
        return known;
      }
    }
    byte[] read;
    try (InputStream in = opener.open()) {
      read = in.readNBytes(size);
    }
    synchronized (spans) {
      spans.put(key, read);
      Iterator<Key> oldest = spans.keySet().iterator();
      while (spans.size() > KEPT) {
        oldest.next();
        oldest.remove();
      }
    }
    return read;
  }
}
