package io.k8or.layers.deflate;

import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of a gzip stream that can be decoded by itself: from one checkpoint to the next, whole
 * blocks.
 *
 * @param number counts the stretches of a stream
 * @param fromBit where its first block begins; 0 for the first stretch, which begins with a member
 * @param toBit where the next stretch begins; for the last one the end of the stream
 * @param fromOffset the offset of its first byte of output
 * @param toOffset the offset after its last one
 * @param point the checkpoint, which has the window; absent for the first one
 * @param last whether the stream ends with it
 */
record Stretch(
    int number,
    long fromBit,
    long toBit,
    long fromOffset,
    long toOffset,
    InflateIndex.@Nullable Checkpoint point,
    boolean last) {
  /** No stretch is longer, in or out: memory is bounded by it. */
  static final int MOST = 8 << 20;

  /** Arrays that are used again for one stretch after the other, and what is in them. */
  static final class Decoded {
    byte[] in = {};
    byte[] out = {};
    final List<Segment> segments = new ArrayList<>();
  }

  /** The first compressed byte. */
  long fromByte() {
    return fromBit >>> 3;
  }

  /** The compressed byte behind it. */
  long toByte() {
    return (toBit + 7) >>> 3;
  }

  boolean isShort() {
    return toByte() - fromByte() <= MOST && toOffset - fromOffset <= MOST;
  }

  /** Makes room for the compressed bytes. */
  void prepare(Decoded decoded) {
    int length = (int) (toByte() - fromByte());
    if (decoded.in.length < length) {
      decoded.in = new byte[length + (length >> 2)];
    }
  }

  /**
   * Decodes the compressed bytes in {@code decoded.in}.
   *
   * @throws MalformedContentException if they are not what the index was made from
   */
  Decoded decode(Decoded decoded, Cuts cuts, String where) throws IOException {
    int length = (int) (toOffset - fromOffset);
    int most = BlockInflater.WINDOW + length + BlockInflater.SPARE;
    if (decoded.out.length < most) {
      decoded.out = new byte[most + (length >> 2)];
    }
    BlockInflater inflater =
        new BlockInflater(
            decoded.in, (int) (toByte() - fromByte()), fromByte(), decoded.out, where);
    if (point != null) {
      inflater.preset(InflateIndex.unpack(point), fromOffset);
      inflater.skipBits((int) (fromBit & 7));
    }
    GzipDecoder decoder = GzipDecoder.unchecked(inflater, point == null);
    decoded.segments.clear();
    while ((last || inflater.bitOffset() < toBit)
        && inflater.outOffset() <= toOffset
        && decoder.next(cuts.after(inflater.outOffset()))) {
      Segment segment = new Segment();
      segment.take(decoder, (long) number << 32);
      decoded.segments.add(segment);
    }
    if (inflater.outOffset() != toOffset || inflater.bitOffset() != toBit) {
      throw new MalformedContentException(
          "gzip stream",
          "byte " + (inflater.bitOffset() >>> 3) + " of " + where,
          "it is not the one that its index was made from");
    }
    return decoded;
  }
}
