package io.k8or.layers.deflate;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Edits a gzip stream without compressing it again.
 *
 * <p>A gzip stream is a sequence of deflate blocks whose back references reach at most 32 KiB. A
 * run of symbols of one block can be copied bit for bit into the new stream wherever the bytes that
 * it refers to are the same there. So only what follows an edit closely is encoded anew: see
 * docs/decisions/0020-deflate.md.
 */
public final class GzipSplice {
  private static final int WINDOW = BlockInflater.WINDOW;
  // A part of a block needs the block's header again; it must be worth that.
  private static final int HEADERS_WORTH = 16;
  // The same for a part of a stored block, in bytes: its header has five.
  private static final int STORED_WORTH = 256;
  private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

  private GzipSplice() {}

  /**
   * What was written.
   *
   * @param uncompressedSize the bytes that the new stream holds
   * @param diffId their SHA-256 digest, the layer's diffID
   * @param compressedSize the bytes of the new stream
   * @param digest their SHA-256 digest
   * @param reusedBytes how many of them were copied from the old stream, in whole bytes
   * @param encodedBytes how many of them were encoded anew; headers and trailer are in neither
   */
  public record Result(
      long uncompressedSize,
      Digest diffId,
      long compressedSize,
      Digest digest,
      long reusedBytes,
      long encodedBytes) {}

  /**
   * Writes a gzip stream that holds the spans, one after the other. One pass, constant memory of
   * about 2 MiB.
   *
   * <p>The old stream is always read to its end and checked, whatever the spans are. The new one is
   * a single member with neither time nor name; its bytes depend only on the old stream and the
   * spans, and on {@link GzipStream#VERSION}.
   *
   * @param oldGzip the stream to edit; opened once
   * @param where its name in errors
   * @param spans what the new stream shall hold; copies in the order of the old stream, without
   *     overlap
   * @param out where the new stream goes; it stays open
   * @throws IllegalArgumentException if copies are not in order, or reach past the old stream's end
   * @throws MalformedContentException if the old stream is not gzip or its sums do not fit, or if
   *     inserted content has another size than it said
   * @throws IOException if something cannot be read or written; what was written is then no gzip
   *     stream
   */
  public static Result splice(Content oldGzip, String where, List<Span> spans, OutputStream out)
      throws IOException {
    Run run = new Run(where, normalise(spans), out, null);
    try (InputStream in = oldGzip.open()) {
      return run.run(new GzipDecoder(in, where, true));
    }
  }

  /**
   * Does the same with an index of the old stream, in threads. The bytes are the same. The parts of
   * the old stream between two checkpoints are decoded at once, and those of which nothing is
   * copied not at all; digests are computed meanwhile.
   *
   * <p>The sums of the old stream are not looked at again: they were when the index was made.
   * Whoever cannot be sure that the stream is the same gives content that is {@linkplain
   * io.k8or.image.Descriptor#verified verified}; it is read to its end.
   *
   * <p>Memory is about 4 MiB for each part at work, which are 8 at most.
   *
   * @param oldGzip the stream to edit; opened once
   * @param where its name in errors
   * @param index made from that stream
   * @param spans what the new stream shall hold; copies in the order of the old stream, without
   *     overlap
   * @param out where the new stream goes, from the calling thread; it stays open
   * @param executor runs short tasks; what it does not begin in time, or refuses, runs in the
   *     calling thread
   * @param parallelism how many parts may be at work at once
   * @throws IllegalArgumentException if copies are not in order, or reach past the old stream's
   *     end, or if {@code parallelism} is below 1
   * @throws MalformedContentException if the old stream turns out not to be the index's, or if
   *     inserted content has another size than it said
   * @throws IOException if something cannot be read or written; what was written is then no gzip
   *     stream
   */
  public static Result splice(
      Content oldGzip,
      String where,
      InflateIndex index,
      List<Span> spans,
      OutputStream out,
      Executor executor,
      int parallelism)
      throws IOException {
    if (parallelism < 1) {
      throw new IllegalArgumentException("no parallelism of " + parallelism);
    }
    List<Span> plan = normalise(spans);
    List<Stretch> stretches = index.stretches();
    Run run = new Run(where, plan, out, executor);
    try (InputStream in = oldGzip.open()) {
      if (stretches.isEmpty()) {
        return run.run(new GzipDecoder(in, where, true));
      }
      return run.run(
          new StretchReader(in, where, stretches, new Cuts(plan), executor, parallelism));
    }
  }

  // Copies that touch become one; what is empty goes.
  private static List<Span> normalise(List<Span> spans) {
    List<Span> plan = new ArrayList<>(spans.size());
    long end = 0;
    for (Span span : spans) {
      if (span instanceof Span.Copy copy) {
        if (copy.from() < end) {
          throw new IllegalArgumentException(copy + " begins before byte " + end);
        }
        end = copy.to();
        if (copy.from() == copy.to()) {
          continue;
        }
        int last = plan.size() - 1;
        if (last >= 0 && plan.get(last) instanceof Span.Copy before && before.to() == copy.from()) {
          plan.set(last, new Span.Copy(before.from(), copy.to()));
          continue;
        }
      }
      if (span instanceof Span.Insert insert && insert.content().size() == 0) {
        continue;
      }
      plan.add(span);
    }
    return plan;
  }

  /** One splice at work. */
  private static final class Run {
    private final String where;
    private final List<Span> plan;
    private final Counted counted;
    private final BitWriter bits;
    private final Tail tail = new Tail();
    private final CRC32 crc = new CRC32();
    private final PipelinedDigest diffId;
    private final byte[] header = new byte[1 << 10];
    private long size;
    private int next;
    private int begun = -1;
    // From this old offset on, old and new output are the same up to here.
    private long sameFrom;
    // The copied block whose end is not written yet, or -1, and the code for that end.
    private long open = -1;
    private long openUntil;
    private int endCode;
    private int endCodeBits;
    private long reusedBits;
    private long encodedBits;

    Run(String where, List<Span> plan, OutputStream out, @Nullable Executor executor) {
      this.where = where;
      this.plan = plan;
      this.counted = new Counted(Objects.requireNonNull(out), executor);
      this.diffId = new PipelinedDigest(executor);
      this.bits = new BitWriter(counted);
    }

    /** Decodes the old stream here, one segment after the other. */
    Result run(GzipDecoder decoder) throws IOException {
      begin();
      Cuts cuts = new Cuts(plan);
      BlockInflater old = decoder.inflater();
      Segment segment = new Segment();
      while (decoder.next(cuts.after(old.outOffset()))) {
        segment.take(decoder, 0);
        add(segment);
      }
      return end(old.outOffset());
    }

    /** Takes the segments of what is decoded elsewhere. */
    Result run(StretchReader reader) throws IOException {
      begin();
      try (reader) {
        for (Stretch.Decoded part = reader.next(); part != null; part = reader.next()) {
          for (Segment segment : part.segments) {
            add(segment);
          }
          reader.release(part);
        }
      }
      return end(reader.uncompressedSize());
    }

    private void begin() throws IOException {
      counted.write(HEADER, 0, HEADER.length);
      insert();
    }

    private Result end(long oldSize) throws IOException {
      if (next < plan.size()) {
        throw new IllegalArgumentException(
            plan.get(next) + " reaches past the " + oldSize + " bytes of " + where);
      }
      closeBlock();
      encodePending();
      // An empty last block of the fixed codes; all before it are not the last.
      bits.put(3, 10);
      bits.align();
      bits.put(crc.getValue(), 32);
      bits.put(size & 0xffffffffL, 32);
      bits.flushBuffer();
      return new Result(
          size,
          diffId.digest(),
          counted.size,
          counted.digest.digest(),
          reusedBits >>> 3,
          (encodedBits + 7) >>> 3);
    }

    private void add(Segment segment) throws IOException {
      long from = segment.offset;
      long to = segment.end();
      if (segment.begins && !segment.ends && segment.type != 0) {
        saveHeader(segment);
      }
      long at = from;
      while (at < to && next < plan.size()) {
        Span.Copy copy = (Span.Copy) plan.get(next);
        if (copy.from() >= to) {
          return;
        }
        int index = segment.outTo - (int) (to - Math.max(at, copy.from()));
        if (at <= copy.from()) {
          at = copy.from();
          if (begun != next) {
            // All before this span is written, and its first byte is the next old one.
            begun = next;
            sameFrom = at - tail.common(segment.out, index);
          }
        }
        long end = Math.min(to, copy.to());
        int length = (int) (end - at);
        output(segment.out, index, length);
        boolean whole = at == from && end == to;
        if (!(whole && segment.lowestSource >= sameFrom && reuse(segment))) {
          closeBlock();
          encode(segment.out, index, length);
        }
        at = end;
        if (end == copy.to()) {
          next++;
          insert();
        }
      }
    }

    private void insert() throws IOException {
      while (next < plan.size() && plan.get(next) instanceof Span.Insert insert) {
        closeBlock();
        Content content = insert.content();
        long count = 0;
        byte[] buffer = new byte[1 << 14];
        try (InputStream in = content.open()) {
          for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            output(buffer, 0, n);
            encode(buffer, 0, n);
            count += n;
          }
        }
        if (count != content.size()) {
          throw new MalformedContentException(
              "content",
              content.toString(),
              "expected " + content.size() + " bytes, found " + count);
        }
        next++;
      }
    }

    private void output(byte[] bytes, int from, int length) throws IOException {
      crc.update(bytes, from, length);
      diffId.update(bytes, from, length);
      size += length;
    }

    // ---- Copying.

    // Copies the segment's bits if that is worth it.
    private boolean reuse(Segment segment) throws IOException {
      int length = segment.outTo - segment.outFrom;
      boolean wholeBlock = segment.begins && segment.ends;
      if (segment.type == 0) {
        if (!wholeBlock && length < STORED_WORTH) {
          return false;
        }
        closeBlock();
        encodePending();
        long before = bits.bitOffset();
        DeflateEncoder.stored(segment.out, segment.outFrom, length, bits);
        reusedBits += bits.bitOffset() - before;
      } else {
        long symbolBits = segment.toBit - segment.fromBit;
        if (open != segment.block || openUntil != segment.offset) {
          long headerBits = segment.headerToBit - segment.headerFromBit;
          if (!wholeBlock && symbolBits < HEADERS_WORTH * headerBits) {
            return false;
          }
          closeBlock();
          encodePending();
          // The first bit says whether the block is the last one: never.
          bits.put(0, 1);
          if (segment.begins) {
            copyBits(segment, segment.headerFromBit + 1, headerBits - 1);
          } else {
            bits.copy(header, (segment.headerFromBit & 7) + 1, headerBits - 1);
          }
          reusedBits += headerBits;
          open = segment.block;
          endCode = segment.endCode;
          endCodeBits = segment.endCodeBits;
        }
        copyBits(segment, segment.fromBit, symbolBits);
        reusedBits += symbolBits;
        openUntil = segment.end();
      }
      tail.append(segment.out, segment.outFrom, length);
      return true;
    }

    // A later part of the block may need it, when the input has moved on. At most 563 bytes.
    private void saveHeader(Segment segment) {
      int first = (int) ((segment.headerFromBit >>> 3) - segment.inBase);
      int end = (int) (((segment.headerToBit + 7) >>> 3) - segment.inBase);
      System.arraycopy(segment.in, first, header, 0, end - first);
    }

    private void copyBits(Segment segment, long bit, long count) throws IOException {
      bits.copy(segment.in, bit - segment.inBase * 8, count);
    }

    private void closeBlock() throws IOException {
      if (open >= 0) {
        bits.put(endCode, endCodeBits);
        reusedBits += endCodeBits;
        open = -1;
      }
    }

    // ---- Encoding.

    private void encode(byte[] bytes, int from, int length) throws IOException {
      int at = from;
      int left = length;
      while (left > 0) {
        if (tail.room() == 0) {
          encodePending();
        }
        int n = Math.min(left, tail.room());
        tail.pend(bytes, at, n);
        at += n;
        left -= n;
      }
    }

    private void encodePending() throws IOException {
      long before = bits.bitOffset();
      tail.encode(bits);
      encodedBits += bits.bitOffset() - before;
    }
  }

  /** The end of the new output: what later matches may refer to, and what is not encoded yet. */
  private static final class Tail {
    private final byte[] bytes = new byte[2 * WINDOW + (1 << 19)];
    private final DeflateEncoder encoder = new DeflateEncoder();
    private int pending;
    private int end;

    int room() {
      return bytes.length - end;
    }

    void pend(byte[] from, int offset, int length) {
      System.arraycopy(from, offset, bytes, end, length);
      end += length;
    }

    /** Encodes what is pending. */
    void encode(BitWriter out) throws IOException {
      if (pending < end) {
        encoder.encode(bytes, Math.max(0, pending - WINDOW), pending, end, out);
        pending = end;
      }
      if (room() < bytes.length >>> 1) {
        keep();
      }
    }

    /** Remembers bytes that were copied; nothing may be pending. */
    void append(byte[] from, int offset, int length) {
      int n = Math.min(length, WINDOW);
      if (n > room()) {
        keep();
      }
      System.arraycopy(from, offset + length - n, bytes, end, n);
      // With n below the length, what is before does not follow; but it is out of reach then.
      end += n;
      pending = end;
    }

    private void keep() {
      int n = Math.min(end, WINDOW);
      if (end > n) {
        System.arraycopy(bytes, end - n, bytes, 0, n);
      }
      end = n;
      pending = n;
    }

    /** Counts the bytes before an index that are the last ones here too. */
    int common(byte[] other, int index) {
      int most = Math.min(WINDOW, Math.min(end, index));
      int n = 0;
      while (n < most && bytes[end - 1 - n] == other[index - 1 - n]) {
        n++;
      }
      return n;
    }
  }

  /** Counts and digests what goes to the stream below. */
  private static final class Counted extends OutputStream {
    private final OutputStream out;
    final PipelinedDigest digest;
    long size;

    Counted(OutputStream out, @Nullable Executor executor) {
      this.digest = new PipelinedDigest(executor);
      this.out = out;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      digest.update(bytes, from, length);
      size += length;
      out.write(bytes, from, length);
    }
  }
}
