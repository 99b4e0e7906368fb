package io.k8or.layers;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The uncompressed bytes of a layer around what was read of it last: small files that are read one
 * after the other often stand side by side, such as those of a package database, and to begin anew
 * at a checkpoint for each costs a megabyte of inflating. Given up where memory is scarce. For
 * several threads.
 */
final class NearBytes {
  /** What is read is read in pieces of this size, which begin at its multiples. */
  static final int PIECE = 1 << 20;

  /** Larger contents are read past this. */
  static final int SMALL = PIECE / 4;

  private static final int PIECES = 8;

  private final LayerTar tar;
  private SoftReference<Map<Long, byte[]>> pieces = new SoftReference<>(null);

  NearBytes(LayerTar tar) {
    this.tar = tar;
  }

  /** Opens small contents. The stream may go on behind them, and may end where the layer does. */
  InputStream open(long offset, long size) throws IOException {
    List<InputStream> parts = new ArrayList<>();
    for (long number = offset / PIECE; number * PIECE < offset + size; number++) {
      byte[] piece = piece(number);
      int from = (int) Math.min(piece.length, Math.max(0, offset - number * PIECE));
      parts.add(new ByteArrayInputStream(piece, from, piece.length - from));
    }
    return parts.size() == 1
        ? parts.get(0)
        : new SequenceInputStream(java.util.Collections.enumeration(parts));
  }

  private synchronized byte[] piece(long number) throws IOException {
    Map<Long, byte[]> known = pieces.get();
    if (known == null) {
      known = new LinkedHashMap<>(2 * PIECES, 0.75f, true);
      pieces = new SoftReference<>(known);
    }
    byte[] piece = known.get(number);
    if (piece == null) {
      try (InputStream in = tar.open(number * PIECE)) {
        piece = in.readNBytes(PIECE);
      }
      known.put(number, piece);
      if (known.size() > PIECES) {
        known.remove(known.keySet().iterator().next());
      }
    }
    return piece;
  }
}
