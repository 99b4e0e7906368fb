package io.k8or.layers.deflate;

import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;

/**
 * The members of a gzip stream (RFC 1952), decoded in segments: runs of symbols of one block.
 *
 * <p>After each {@link #next}, the segment's bytes are {@code out[from .. to)} of the inflater.
 */
final class GzipDecoder {
  private static final int HEADER_CRC = 2;
  private static final int EXTRA = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;

  private enum State {
    MEMBER,
    BLOCK,
    SYMBOLS,
    TRAILER,
    END
  }

  private final BlockInflater inflater;
  private final CRC32 crc = new CRC32();
  private final boolean keepInput;
  // Without, the sums of the members are not looked at.
  private final boolean checking;
  private State state = State.MEMBER;
  private boolean firstMember = true;
  private boolean wholeMember = true;
  private long memberFrom;
  private long blockNumber;
  private boolean blockBegins;
  private boolean blockEnds;

  /**
   * Makes a decoder at the start of a gzip stream.
   *
   * @param keepInput whether the compressed bytes of a segment stay in the inflater's input
   */
  GzipDecoder(InputStream source, String where, boolean keepInput) {
    this.inflater = new BlockInflater(source, 0, where);
    this.keepInput = keepInput;
    this.checking = true;
  }

  private GzipDecoder(BlockInflater inflater, State state, boolean checking) {
    this.inflater = inflater;
    this.keepInput = false;
    this.checking = checking;
    this.state = state;
    this.firstMember = state == State.MEMBER;
    this.wholeMember = false;
  }

  /** Goes on inside a member, with an inflater between two blocks or inside one. */
  static GzipDecoder resume(BlockInflater inflater, boolean insideBlock) {
    return new GzipDecoder(inflater, insideBlock ? State.SYMBOLS : State.BLOCK, true);
  }

  /**
   * Decodes a part of a stream whose sums were checked before.
   *
   * @param inflater at the first byte of the stream, or between two blocks
   */
  static GzipDecoder unchecked(BlockInflater inflater, boolean first) {
    return new GzipDecoder(inflater, first ? State.MEMBER : State.BLOCK, false);
  }

  /** Returns the decoder of the blocks. */
  BlockInflater inflater() {
    return inflater;
  }

  /** Returns a number that is another for each block. */
  long blockNumber() {
    return blockNumber;
  }

  /** Says whether the segment is the first of its block. */
  boolean blockBegins() {
    return blockBegins;
  }

  /** Says whether the segment is the last of its block. */
  boolean blockEnds() {
    return blockEnds;
  }

  /** Says whether the segment ends its member. */
  boolean memberEnds() {
    return state == State.TRAILER;
  }

  /**
   * Decodes the next segment, which may be empty. Where it ends depends on the stream and on the
   * stops alone: with its block, at the stop, or {@link BlockInflater#ROOM} bytes on.
   *
   * @param stop an offset of the whole output beyond what is decoded, which no segment passes
   *     unless it is a single symbol
   * @return false at the end of the stream, after all checks
   * @throws MalformedContentException if the stream is not gzip, or its sums do not fit
   */
  boolean next(long stop) throws IOException {
    while (true) {
      switch (state) {
        case MEMBER -> {
          inflater.keepInputFrom(Long.MAX_VALUE);
          if (!readMemberHeader()) {
            state = State.END;
            return false;
          }
          state = State.BLOCK;
        }
        case BLOCK -> {
          if (keepInput) {
            inflater.keepInputFrom(inflater.bitOffset() >>> 3);
          }
          inflater.readBlockHeader();
          blockNumber++;
          blockBegins = true;
          blockEnds = false;
          state = State.SYMBOLS;
          return decode(stop);
        }
        case SYMBOLS -> {
          blockBegins = false;
          if (keepInput) {
            inflater.keepInputFrom(inflater.bitOffset() >>> 3);
          }
          return decode(stop);
        }
        case TRAILER -> {
          inflater.align();
          readTrailer();
          state = State.MEMBER;
        }
        case END -> {
          return false;
        }
      }
    }
  }

  private boolean decode(long stop) throws IOException {
    int end = inflater.makeRoom();
    int from = inflater.outPos();
    long room = Math.min(BlockInflater.ROOM, stop - inflater.outOffset());
    blockEnds = inflater.run((int) Math.min(end, from + room));
    if (checking) {
      crc.update(inflater.out, from, inflater.outPos() - from);
    }
    if (blockEnds) {
      state = inflater.last() ? State.TRAILER : State.BLOCK;
    }
    return true;
  }

  // Returns false where the stream ends instead.
  private boolean readMemberHeader() throws IOException {
    long start = inflater.byteOffset();
    int first = inflater.readByte();
    if (!firstMember) {
      if (first < 0) {
        return false;
      }
      if (first == 0) {
        readPadding();
        return false;
      }
    }
    firstMember = false;
    crc.reset();
    if (first < 0) {
      throw malformed(start, "expected a gzip header, found no byte");
    }
    crc.update(first);
    int second = headerByte();
    if (first != 0x1f || second != 0x8b) {
      throw malformed(
          start,
          String.format("expected the magic bytes 1f8b of gzip, found %02x%02x", first, second));
    }
    int method = headerByte();
    if (method != 8) {
      throw malformed(start, "expected compression method 8, found " + method);
    }
    int flags = headerByte();
    if ((flags & 0xe0) != 0) {
      throw malformed(start, String.format("reserved flags are set: %02x", flags));
    }
    for (int i = 0; i < 6; i++) {
      headerByte();
    }
    if ((flags & EXTRA) != 0) {
      int length = headerByte();
      length |= headerByte() << 8;
      for (int i = 0; i < length; i++) {
        headerByte();
      }
    }
    if ((flags & NAME) != 0) {
      skipText();
    }
    if ((flags & COMMENT) != 0) {
      skipText();
    }
    if ((flags & HEADER_CRC) != 0) {
      int expected = (int) crc.getValue() & 0xffff;
      int found = headerByte();
      found |= headerByte() << 8;
      if (found != expected) {
        throw malformed(
            start,
            String.format("the header has the CRC %04x, its bytes give %04x", found, expected));
      }
    }
    crc.reset();
    inflater.beginMember();
    memberFrom = inflater.outOffset();
    wholeMember = checking;
    return true;
  }

  private void skipText() throws IOException {
    while (headerByte() != 0) {
      // A name or a comment means nothing here.
    }
  }

  private int headerByte() throws IOException {
    int value = inflater.readByte();
    if (value < 0) {
      throw malformed(inflater.byteOffset(), "the stream ends inside a gzip header");
    }
    crc.update(value);
    return value;
  }

  // GNU tar and some tapes pad a file with zeros; gzip(1) accepts that, and so does this.
  private void readPadding() throws IOException {
    int value = 0;
    while (value == 0) {
      value = inflater.readByte();
    }
    if (value > 0) {
      throw malformed(
          inflater.byteOffset() - 1,
          String.format(
              "expected a gzip header or zeros after the last member, found %02x", value));
    }
  }

  private void readTrailer() throws IOException {
    long start = inflater.byteOffset();
    long sum = readInt();
    long size = readInt();
    if (!wholeMember) {
      return;
    }
    if (sum != crc.getValue()) {
      throw malformed(
          start,
          String.format("the trailer has the CRC %08x, the bytes give %08x", sum, crc.getValue()));
    }
    long expected = (inflater.outOffset() - memberFrom) & 0xffffffffL;
    if (size != expected) {
      throw malformed(start + 4, "the trailer has the size " + size + ", found " + expected);
    }
  }

  private long readInt() throws IOException {
    long value = 0;
    for (int i = 0; i < 32; i += 8) {
      int next = inflater.readByte();
      if (next < 0) {
        throw malformed(inflater.byteOffset(), "the stream ends inside a gzip trailer");
      }
      value |= (long) next << i;
    }
    return value;
  }

  private MalformedContentException malformed(long offset, String why) {
    return inflater.malformed("gzip stream", offset, why);
  }
}
