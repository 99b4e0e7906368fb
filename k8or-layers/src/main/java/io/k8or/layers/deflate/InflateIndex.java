package io.k8or.layers.deflate;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import java.util.zip.Deflater;

/**
 * Places in a gzip stream from which it can be decoded, so that a part of it can be read without
 * what is before.
 *
 * <p>A checkpoint is kept about every 2 MiB of output: a position in bits and the 32 KiB of output
 * before it, compressed. That is well below 1 % of the uncompressed size. Immutable; for any number
 * of threads.
 */
public final class InflateIndex {
  /** The interval of {@link #builder()}, in bytes of output. */
  public static final long DEFAULT_INTERVAL = 2 << 20;

  private static final byte[] MAGIC = "K8ORINFL".getBytes(StandardCharsets.US_ASCII);
  private static final int FORMAT = 1;
  private static final int WINDOW = BlockInflater.WINDOW;
  // 32 KiB that cannot be compressed, with the headers of their blocks.
  private static final int MAX_PACKED = WINDOW + 1024;
  private static final String WHAT = "inflate index";

  /** A place to begin at. */
  static final class Checkpoint {
    /** The output before it. */
    final long offset;

    /** Where the header of its block begins. */
    final long headerBit;

    /** Where to go on inside that block, or -1 to begin with it. */
    final long symbolBit;

    /** How much of the output before it can be referred to. */
    final int windowSize;

    /** That output, as deflate blocks. */
    final byte[] window;

    Checkpoint(long offset, long headerBit, long symbolBit, int windowSize, byte[] window) {
      this.offset = offset;
      this.headerBit = headerBit;
      this.symbolBit = symbolBit;
      this.windowSize = windowSize;
      this.window = window;
    }
  }

  private final long compressedSize;
  private final long uncompressedSize;
  private final List<Checkpoint> checkpoints;

  private InflateIndex(long compressedSize, long uncompressedSize, List<Checkpoint> checkpoints) {
    this.compressedSize = compressedSize;
    this.uncompressedSize = uncompressedSize;
    this.checkpoints = List.copyOf(checkpoints);
  }

  /** Returns a builder with the default interval. */
  public static Builder builder() {
    return new Builder(DEFAULT_INTERVAL);
  }

  /**
   * Returns a builder.
   *
   * @param interval the bytes of output between two checkpoints, about
   * @throws IllegalArgumentException if the interval is below 64 KiB
   */
  public static Builder builder(long interval) {
    if (interval < 1 << 16) {
      throw new IllegalArgumentException("an interval of " + interval + " bytes, below 65536");
    }
    return new Builder(interval);
  }

  /**
   * Collects checkpoints while a {@link GunzipStream} runs. For one stream.
   *
   * @see GunzipStream#GunzipStream(InputStream, String, Builder)
   */
  public static final class Builder {
    private final long interval;
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    // A window is only looked at now and then: quick rather than small. The JDK's own compressor
    // needs no warming up; nobody's digest depends on these bytes.
    private final Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
    private final byte[] packed = new byte[MAX_PACKED];
    private long lastOffset;
    private long compressedSize = -1;
    private long uncompressedSize;

    private Builder(long interval) {
      this.interval = interval;
    }

    void offer(GzipDecoder decoder) {
      BlockInflater inflater = decoder.inflater();
      long distance = inflater.outOffset() - lastOffset;
      if (distance < interval || decoder.memberEnds()) {
        return;
      }
      if (decoder.blockEnds()) {
        add(inflater, inflater.bitOffset(), -1);
      } else if (distance >= interval + BlockInflater.ROOM && inflater.type() != 0) {
        // A block this long is rare; its header must be read again to go on inside it.
        add(inflater, inflater.headerFromBit(), inflater.bitOffset());
      }
    }

    private void add(BlockInflater inflater, long headerBit, long symbolBit) {
      int size = inflater.history();
      deflater.reset();
      deflater.setInput(inflater.out, inflater.outPos() - size, size);
      deflater.finish();
      int length = deflater.deflate(packed);
      if (!deflater.finished()) {
        throw new IllegalStateException(size + " bytes became more than " + length);
      }
      lastOffset = inflater.outOffset();
      checkpoints.add(
          new Checkpoint(lastOffset, headerBit, symbolBit, size, Arrays.copyOf(packed, length)));
    }

    void end(BlockInflater inflater) {
      compressedSize = inflater.byteOffset();
      uncompressedSize = inflater.outOffset();
      deflater.end();
    }

    /**
     * Returns the index.
     *
     * @throws IllegalStateException if the stream was not read to its end
     */
    public InflateIndex build() {
      if (compressedSize < 0) {
        throw new IllegalStateException("the gzip stream was not read to its end");
      }
      return new InflateIndex(compressedSize, uncompressedSize, checkpoints);
    }
  }

  /** Returns the size of the gzip stream, in bytes. */
  public long compressedSize() {
    return compressedSize;
  }

  /** Returns the number of bytes that the gzip stream holds. */
  public long uncompressedSize() {
    return uncompressedSize;
  }

  /** Returns the number of checkpoints. */
  public int checkpoints() {
    return checkpoints.size();
  }

  /**
   * Opens the uncompressed bytes from an offset on, to the stream's end. Decodes what is between
   * the last checkpoint before the offset and the offset, and reads nothing before that checkpoint
   * except, for very long blocks, a block's header.
   *
   * <p>The sums of a member that is not read from its start cannot be checked: the bytes are as
   * good as {@code gzip}, whose digest was checked when this index was made.
   *
   * @param gzip the stream that the index was made from
   * @param uncompressedOffset where to begin
   * @throws IllegalArgumentException if the offset is not inside, or if {@code gzip} has another
   *     size than the stream that the index was made from
   * @throws MalformedContentException if {@code gzip} or this index turns out to be malformed
   * @throws IOException if the bytes cannot be read
   */
  public InputStream open(Content gzip, long uncompressedOffset) throws IOException {
    if (uncompressedOffset < 0 || uncompressedOffset > uncompressedSize) {
      throw new IllegalArgumentException(
          "no byte " + uncompressedOffset + " in " + uncompressedSize + " bytes");
    }
    if (gzip.size() != compressedSize) {
      throw new IllegalArgumentException(
          gzip + " has " + gzip.size() + " bytes, but the index is of " + compressedSize);
    }
    int at = floor(uncompressedOffset);
    GunzipStream in =
        at < 0 ? new GunzipStream(gzip.open(), gzip.toString()) : resume(gzip, checkpoints.get(at));
    try {
      in.skipNBytes(uncompressedOffset - (at < 0 ? 0 : checkpoints.get(at).offset));
    } catch (EOFException e) {
      in.close();
      throw new MalformedContentException(
          "gzip stream",
          gzip.toString(),
          "it ends before byte " + uncompressedOffset + " of " + uncompressedSize,
          e);
    } catch (IOException e) {
      in.close();
      throw e;
    }
    return in;
  }

  /**
   * Returns the parts that can be decoded by themselves: all of the stream, or nothing where a part
   * would be longer than {@link Stretch#MOST}.
   */
  List<Stretch> stretches() {
    List<Stretch> stretches = new ArrayList<>();
    Checkpoint from = null;
    for (int i = 0; i <= checkpoints.size(); i++) {
      Checkpoint to = i < checkpoints.size() ? checkpoints.get(i) : null;
      if (to != null && to.symbolBit >= 0) {
        continue; // inside a block
      }
      Stretch stretch =
          new Stretch(
              stretches.size(),
              from == null ? 0 : from.headerBit,
              to == null ? compressedSize * 8 : to.headerBit,
              from == null ? 0 : from.offset,
              to == null ? uncompressedSize : to.offset,
              from,
              to == null);
      if (!stretch.isShort()) {
        return List.of();
      }
      stretches.add(stretch);
      from = to;
    }
    return stretches;
  }

  /**
   * Returns the last offset, not after this one, from which {@link #open} reads without decoding
   * anything before.
   */
  public long spanStart(long uncompressedOffset) {
    int at = floor(uncompressedOffset);
    return at < 0 ? 0 : checkpoints.get(at).offset;
  }

  /** Returns the next such offset after this one; the end of the bytes if there is none. */
  public long spanEnd(long uncompressedOffset) {
    int next = floor(uncompressedOffset) + 1;
    return next < checkpoints.size() ? checkpoints.get(next).offset : uncompressedSize;
  }

  // The last checkpoint that is not after the offset, or -1.
  private int floor(long offset) {
    int low = 0;
    int high = checkpoints.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (checkpoints.get(middle).offset <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  private static GunzipStream resume(Content gzip, Checkpoint point) throws IOException {
    byte[] window = unpack(point);
    long headerByte = point.headerBit >>> 3;
    InputStream in = gzip.slice(headerByte, gzip.size() - headerByte).open();
    BlockInflater inflater = new BlockInflater(in, headerByte, gzip.toString());
    try {
      inflater.preset(window, point.offset);
      inflater.jump(in, headerByte, (int) (point.headerBit & 7));
      if (point.symbolBit >= 0) {
        inflater.readBlockHeader();
        in.close();
        long symbolByte = point.symbolBit >>> 3;
        in = gzip.slice(symbolByte, gzip.size() - symbolByte).open();
        inflater.jump(in, symbolByte, (int) (point.symbolBit & 7));
      }
    } catch (IOException e) {
      in.close();
      throw e;
    }
    return new GunzipStream(in, GzipDecoder.resume(inflater, point.symbolBit >= 0), null);
  }

  static byte[] unpack(Checkpoint point) throws IOException {
    String where = "the window at byte " + point.offset;
    byte[] out = new byte[point.windowSize + BlockInflater.SPARE];
    BlockInflater inflater = new BlockInflater(point.window, point.window.length, 0, out, where);
    while (inflater.outPos() < point.windowSize) {
      inflater.readBlockHeader();
      boolean ended = false;
      while (!ended) {
        ended = inflater.run(inflater.makeRoom());
        if (inflater.outPos() > point.windowSize) {
          throw new MalformedContentException(
              WHAT, where, "expected " + point.windowSize + " bytes, found more");
        }
      }
    }
    return Arrays.copyOf(out, point.windowSize);
  }

  // ---- Saving.

  /** Returns the saved form, for {@link #load}. */
  public byte[] toByteArray() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      save(out);
    } catch (IOException e) {
      // Writing to memory does not fail.
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  /**
   * Writes the saved form: the magic bytes {@code K8ORINFL}, a version, all numbers big-endian, and
   * a CRC-32 of everything at the end.
   *
   * @param out where it goes; it stays open
   */
  public void save(OutputStream out) throws IOException {
    CheckedOutputStream sum = new CheckedOutputStream(out, new CRC32());
    DataOutputStream data = new DataOutputStream(sum);
    data.write(MAGIC);
    data.writeInt(FORMAT);
    data.writeLong(compressedSize);
    data.writeLong(uncompressedSize);
    data.writeInt(checkpoints.size());
    for (Checkpoint point : checkpoints) {
      data.writeLong(point.offset);
      data.writeLong(point.headerBit);
      data.writeLong(point.symbolBit);
      data.writeInt(point.windowSize);
      data.writeInt(point.window.length);
      data.write(point.window);
    }
    data.writeInt((int) sum.getChecksum().getValue());
    data.flush();
  }

  /**
   * Reads what {@link #save} wrote, and no byte more.
   *
   * @param in the saved form; it stays open
   * @param where its name in errors
   * @throws MalformedContentException if it has another form or version, or its sum does not fit
   */
  public static InflateIndex load(InputStream in, String where) throws IOException {
    CheckedInputStream sum = new CheckedInputStream(in, new CRC32());
    DataInputStream data = new DataInputStream(sum);
    try {
      byte[] magic = new byte[MAGIC.length];
      data.readFully(magic);
      check(Arrays.equals(magic, MAGIC), where, "it does not begin with K8ORINFL");
      int format = data.readInt();
      check(format == FORMAT, where, "expected version " + FORMAT + ", found " + format);
      long compressedSize = data.readLong();
      long uncompressedSize = data.readLong();
      check(
          compressedSize >= 0 && compressedSize < Long.MAX_VALUE / 8 && uncompressedSize >= 0,
          where,
          "sizes of " + compressedSize + " and " + uncompressedSize + " bytes");
      int count = data.readInt();
      check(count >= 0, where, count + " checkpoints");
      List<Checkpoint> checkpoints = new ArrayList<>();
      long last = 0;
      for (int i = 0; i < count; i++) {
        Checkpoint point = loadCheckpoint(data, where, compressedSize * 8);
        check(
            point.offset > last && point.offset <= uncompressedSize,
            where,
            "checkpoint " + i + " is at byte " + point.offset + ", after " + last);
        last = point.offset;
        checkpoints.add(point);
      }
      int expected = (int) sum.getChecksum().getValue();
      int found = data.readInt();
      check(
          found == expected,
          where,
          String.format("it has the CRC %08x, its bytes give %08x", found, expected));
      return new InflateIndex(compressedSize, uncompressedSize, checkpoints);
    } catch (EOFException e) {
      throw new MalformedContentException(WHAT, where, "it ends too soon", e);
    }
  }

  private static Checkpoint loadCheckpoint(DataInputStream data, String where, long bits)
      throws IOException {
    long offset = data.readLong();
    long headerBit = data.readLong();
    long symbolBit = data.readLong();
    check(
        headerBit >= 0
            && headerBit < bits
            && (symbolBit == -1 || (symbolBit > headerBit && symbolBit < bits)),
        where,
        "a checkpoint at bits " + headerBit + " and " + symbolBit + " of " + bits);
    int windowSize = data.readInt();
    int packed = data.readInt();
    check(
        windowSize >= 0
            && windowSize <= Math.min(WINDOW, offset)
            && packed >= 0
            && packed <= MAX_PACKED,
        where,
        "a window of " + windowSize + " bytes in " + packed);
    byte[] window = new byte[packed];
    data.readFully(window);
    return new Checkpoint(offset, headerBit, symbolBit, windowSize, window);
  }

  private static void check(boolean good, String where, String why)
      throws MalformedContentException {
    if (!good) {
      throw new MalformedContentException(WHAT, where, why);
    }
  }
}
