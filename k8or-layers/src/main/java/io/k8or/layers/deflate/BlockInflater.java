package io.k8or.layers.deflate;

import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A decoder of deflate blocks (RFC 1951) that shows where they begin, in bits of the compressed
 * stream and in bytes of the output.
 *
 * <p>It decodes into {@link #out}, which always holds the last 32 KiB of output before the next
 * byte. The user calls {@link #readBlockHeader()}, then {@link #run} until it says that the block
 * has ended, and takes the new bytes after each call. Memory is constant: about 400 KiB, unless
 * {@link #keepInputFrom} asks for more.
 */
final class BlockInflater {
  static final int WINDOW = 1 << 15;

  /** What {@link #makeRoom()} gives at least: no run ends sooner because of the buffer. */
  static final int ROOM = 1 << 17;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int MAX_MATCH = 258;
  // Copies go by eight bytes and may write past the end of a match.
  private static final int SLACK = MAX_MATCH + 16;

  /** What an array for all output has behind it: so far the quick loop goes. */
  static final int SPARE = 2 * SLACK;

  private static final int LITERAL_BITS = 11;
  private static final int DISTANCE_BITS = 9;
  private static final int LITERAL_MASK = (1 << LITERAL_BITS) - 1;
  private static final int DISTANCE_MASK = (1 << DISTANCE_BITS) - 1;

  private static final byte[] LENGTH_ORDER = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
  };
  private static final int[] LITERAL_ENTRIES = literalEntries();
  private static final int[] DISTANCE_ENTRIES = distanceEntries();
  private static final int[] LENGTH_ENTRIES = lengthEntries();

  private final String where;
  private InputStream source;

  // Compressed bytes. in[0] is byte inBase of the stream; "bits" holds the "bitCount" bits before
  // inPos that were not used yet. Above them it may hold bits of in[inPos], never others.
  private byte[] in;
  private long inBase;
  private int inPos;
  private int inEnd;
  private long bits;
  private int bitCount;
  private long keepFrom = Long.MAX_VALUE;
  // Whether the arrays hold all input and take all output, and nothing in them moves.
  private final boolean whole;

  /** Output; out[0] is byte {@link #outBase} of the whole output. */
  final byte[] out;

  private long outBase;
  private int outPos;
  // The first index that a distance may reach: the start of the gzip member.
  private int historyStart;

  private final HuffmanTable literals = new HuffmanTable(LITERAL_BITS, 2400, LITERAL_ENTRIES);
  private final HuffmanTable distances = new HuffmanTable(DISTANCE_BITS, 640, DISTANCE_ENTRIES);
  private final HuffmanTable lengths = new HuffmanTable(7, 128, LENGTH_ENTRIES);
  private final byte[] codeLengths = new byte[320];

  private int type;
  private boolean last;
  private int storedLeft;
  private long headerFrom;
  private long headerTo;
  private int endCode;
  private int endCodeBits;

  private int segmentFrom;
  private long segmentFromBit;
  private long segmentToBit;
  private int lowest;

  /**
   * Makes a decoder.
   *
   * @param source the compressed bytes
   * @param sourceOffset the offset of the source's first byte in the stream, for positions
   * @param where the stream's name in errors
   */
  BlockInflater(InputStream source, long sourceOffset, String where) {
    this.source = source;
    this.in = new byte[1 << 16];
    this.inBase = sourceOffset;
    this.out = new byte[WINDOW + 2 * ROOM + SLACK];
    this.whole = false;
    this.where = where;
  }

  /**
   * Makes a decoder from array to array. All input is there, and all output stays.
   *
   * @param in the compressed bytes
   * @param inLength how many those are
   * @param inOffset the offset of the first of them in the stream, for positions
   * @param out takes the window ({@link #preset}) and what is decoded, and {@link #SPARE} bytes
   * @param where the stream's name in errors
   */
  BlockInflater(byte[] in, int inLength, long inOffset, byte[] out, String where) {
    this.source = InputStream.nullInputStream();
    this.in = in;
    this.inEnd = inLength;
    this.inBase = inOffset;
    this.out = out;
    this.whole = true;
    this.where = where;
  }

  // ---- Where it is.

  /** Returns the number of compressed bits before the next one. */
  long bitOffset() {
    return (inBase + inPos) * 8 - bitCount;
  }

  /** Returns the number of bytes of output so far. */
  long outOffset() {
    return outBase + outPos;
  }

  /** Returns the index in {@link #out} of the next byte of output. */
  int outPos() {
    return outPos;
  }

  /** Returns how many bytes before the next one are in {@link #out} and can be referred to. */
  int history() {
    return Math.min(WINDOW, outPos - historyStart);
  }

  /** Returns 0 for a stored block, 1 for the fixed codes, 2 for dynamic ones. */
  int type() {
    return type;
  }

  /** Says whether the block is marked as the last one. */
  boolean last() {
    return last;
  }

  /** Returns the offset of the block's first bit. */
  long headerFromBit() {
    return headerFrom;
  }

  /** Returns the offset of the bit after the block's header. */
  long headerToBit() {
    return headerTo;
  }

  /** Returns the block's code for its end, in the order of the stream, first bit lowest. */
  int endCode() {
    return endCode;
  }

  /** Returns the number of bits of {@link #endCode()}. */
  int endCodeBits() {
    return endCodeBits;
  }

  /** Returns the index in {@link #out} of the first byte of the last run. */
  int segmentFrom() {
    return segmentFrom;
  }

  /** Returns the offset of the first bit of the last run. */
  long segmentFromBit() {
    return segmentFromBit;
  }

  /** Returns the offset of the bit after the last run, without the code for the block's end. */
  long segmentToBit() {
    return segmentToBit;
  }

  /** Returns the output offset of the first byte that a distance of the last run reached. */
  long lowestSource() {
    return outBase + lowest;
  }

  // ---- Input as bytes, for what is around the blocks. Only between blocks.

  /** Drops the bits up to the next byte. */
  void align() {
    bits >>>= bitCount & 7;
    bitCount &= ~7;
    // Back to bytes: fill() leaves the last eight where they are.
    inPos -= bitCount >>> 3;
    bits = 0;
    bitCount = 0;
  }

  /** Returns the next byte, or -1 at the end of the source; the decoder must be aligned. */
  int readByte() throws IOException {
    if (inPos == inEnd && !fill()) {
      return -1;
    }
    return in[inPos++] & 0xff;
  }

  /** Returns the offset of the next byte; the decoder must be aligned. */
  long byteOffset() {
    return inBase + inPos;
  }

  /** Begins a new member: distances do not reach what is before. */
  void beginMember() {
    historyStart = outPos;
  }

  // ---- Input as an array, for copying.

  /** Keeps the compressed bytes from this offset on, until told otherwise. */
  void keepInputFrom(long byteOffset) {
    keepFrom = byteOffset;
  }

  /** Returns the array that holds the kept input; it may be another one after each call. */
  byte[] input() {
    return in;
  }

  /** Returns the offset of the first byte of {@link #input()}. */
  long inputBase() {
    return inBase;
  }

  private boolean fill() throws IOException {
    if (whole) {
      return false;
    }
    if (in.length - inEnd < in.length >>> 2) {
      int from = (int) Math.min(Math.max(0, inPos - 8), Math.max(0, keepFrom - inBase));
      System.arraycopy(in, from, in, 0, inEnd - from);
      inBase += from;
      inPos -= from;
      inEnd -= from;
      if (in.length - inEnd < in.length >>> 2) {
        in = Arrays.copyOf(in, in.length * 2);
      }
    }
    int n = source.read(in, inEnd, in.length - inEnd);
    if (n <= 0) {
      return false;
    }
    inEnd += n;
    return true;
  }

  // ---- Resuming.

  /** Puts the output before a position in place. Only before the first block. */
  void preset(byte[] window, long outOffset) {
    System.arraycopy(window, 0, out, 0, window.length);
    outPos = window.length;
    outBase = outOffset - window.length;
    historyStart = 0;
  }

  /** Goes on inside the current block, at a bit of another source. */
  void jump(InputStream from, long sourceOffset, int skipBits) throws IOException {
    source = from;
    inBase = sourceOffset;
    inPos = 0;
    inEnd = 0;
    bits = 0;
    bitCount = 0;
    take(skipBits);
  }

  /** Goes on at a bit of the first byte, where all input is in an array. Only at the start. */
  void skipBits(int count) throws IOException {
    take(count);
  }

  // ---- Headers.

  /** Reads the next block's header. */
  void readBlockHeader() throws IOException {
    headerFrom = bitOffset();
    last = take(1) == 1;
    type = take(2);
    switch (type) {
      case 0 -> {
        align();
        int length = take(16);
        int complement = take(16);
        if ((length ^ 0xffff) != complement) {
          throw malformed(
              String.format(
                  "a stored block has the length %04x and its complement %04x",
                  length, complement));
        }
        align();
        storedLeft = length;
      }
      case 1 -> readFixed();
      case 2 -> readDynamic();
      default -> throw malformed("a block has the reserved type 3");
    }
    headerTo = bitOffset();
  }

  private void readFixed() {
    byte[] l = codeLengths;
    Arrays.fill(l, 0, 144, (byte) 8);
    Arrays.fill(l, 144, 256, (byte) 9);
    Arrays.fill(l, 256, 280, (byte) 7);
    Arrays.fill(l, 280, 288, (byte) 8);
    literals.fill(l, 0, 288, true);
    Arrays.fill(l, 288, 320, (byte) 5);
    distances.fill(l, 288, 32, true);
    endCode = 0;
    endCodeBits = 7;
  }

  private void readDynamic() throws IOException {
    int literalCount = take(5) + 257;
    int distanceCount = take(5) + 1;
    int lengthCount = take(4) + 4;
    if (literalCount > 286 || distanceCount > 30) {
      throw malformed(
          "a block has " + literalCount + " length and " + distanceCount + " distance symbols");
    }
    Arrays.fill(codeLengths, 0, 19, (byte) 0);
    for (int i = 0; i < lengthCount; i++) {
      codeLengths[LENGTH_ORDER[i]] = (byte) take(3);
    }
    check("code length", lengths.fill(codeLengths, 0, 19, true));
    int total = literalCount + distanceCount;
    int at = 0;
    while (at < total) {
      need(14);
      int entry = lengths.entries[(int) bits & 127];
      if ((entry & HuffmanTable.EXCEPTIONAL) != 0) {
        throw malformed("a code length has no such code");
      }
      drop(entry & 63);
      int symbol = entry >>> 16;
      if (symbol < 16) {
        codeLengths[at++] = (byte) symbol;
        continue;
      }
      int repeat;
      byte value = 0;
      if (symbol == 16) {
        if (at == 0) {
          throw malformed("the first code length repeats the one before");
        }
        value = codeLengths[at - 1];
        repeat = 3 + take(2);
      } else {
        repeat = symbol == 17 ? 3 + take(3) : 11 + take(7);
      }
      if (at + repeat > total) {
        throw malformed("code lengths are repeated past their end");
      }
      Arrays.fill(codeLengths, at, at + repeat, value);
      at += repeat;
    }
    if (codeLengths[256] == 0) {
      throw malformed("a block has no code for its end");
    }
    findEndCode(literalCount);
    check("literal and length", literals.fill(codeLengths, 0, literalCount, false));
    check("distance", distances.fill(codeLengths, literalCount, distanceCount, false));
  }

  // Canonical codes (RFC 1951, 3.2.2), of one symbol only.
  private void findEndCode(int symbols) {
    int length = codeLengths[256];
    int code = 0;
    for (int i = 0; i < symbols; i++) {
      int bits = codeLengths[i];
      if (bits != 0 && (bits < length || (bits == length && i < 256))) {
        code += 1 << (length - bits);
      }
    }
    endCode = Integer.reverse(code) >>> (32 - length);
    endCodeBits = length;
  }

  private void check(String code, String why) throws MalformedContentException {
    if (!why.isEmpty()) {
      throw malformed("the " + code + " code is " + why);
    }
  }

  // ---- Bits, slowly.

  private int take(int count) throws IOException {
    need(count);
    int value = (int) bits & ((1 << count) - 1);
    drop(count);
    return value;
  }

  /** Loads at least that many bits, where the source has them. */
  private void need(int count) throws IOException {
    while (bitCount < count) {
      if (inPos == inEnd && !fill()) {
        return;
      }
      bits |= (in[inPos++] & 0xffL) << bitCount;
      bitCount += 8;
    }
  }

  private void drop(int count) throws MalformedContentException {
    if (count > bitCount) {
      throw malformed("the stream ends inside a block");
    }
    bits >>>= count;
    bitCount -= count;
  }

  // ---- Blocks.

  /**
   * Makes room for {@link #ROOM} bytes at least, and returns the index that ends it; less in an
   * array for all output.
   */
  int makeRoom() {
    int end = out.length - SLACK;
    if (!whole && end - outPos < ROOM) {
      int shift = outPos - WINDOW;
      System.arraycopy(out, shift, out, 0, WINDOW);
      outPos = WINDOW;
      outBase += shift;
      historyStart = Math.max(0, historyStart - shift);
    }
    return end;
  }

  /**
   * Decodes until the block's end, or until the next symbol would pass the limit; one symbol at
   * least, even if it passes.
   *
   * @param limit an index in {@link #out}, beyond {@link #outPos()} and not beyond {@link
   *     #makeRoom()}
   * @return whether the block has ended
   */
  boolean run(int limit) throws IOException {
    segmentFrom = outPos;
    lowest = outPos;
    segmentFromBit = bitOffset();
    boolean ended = type == 0 ? runStored(limit) : runCodes(limit);
    segmentToBit = bitOffset() - (ended && type != 0 ? endCodeBits : 0);
    return ended;
  }

  private boolean runStored(int limit) throws IOException {
    while (storedLeft > 0 && outPos < limit) {
      if (inPos == inEnd && !fill()) {
        throw malformed("the stream ends inside a stored block");
      }
      int n = Math.min(Math.min(storedLeft, inEnd - inPos), limit - outPos);
      System.arraycopy(in, inPos, out, outPos, n);
      inPos += n;
      outPos += n;
      storedLeft -= n;
    }
    return storedLeft == 0;
  }

  private boolean runCodes(int limit) throws IOException {
    // At the limit there may still be the block's end.
    while (outPos <= limit) {
      // The fast loop takes up to three literals and a match in one turn.
      if (outPos < limit - MAX_MATCH - 3 && inEnd - inPos >= 24) {
        if (runFast(limit - MAX_MATCH - 3)) {
          return true;
        }
        continue;
      }
      need(56);
      int entry = literals.entries[(int) bits & LITERAL_MASK];
      if ((entry & (HuffmanTable.EXCEPTIONAL | HuffmanTable.LINK))
          == (HuffmanTable.EXCEPTIONAL | HuffmanTable.LINK)) {
        entry =
            literals
                .entries[(entry >>> 16) + ((int) (bits >>> LITERAL_BITS) & mask(entry >>> 8 & 63))];
      }
      if ((entry & 0xffff8000) == HuffmanTable.END_OF_BLOCK) {
        drop(entry & 63);
        return true;
      }
      if (outPos == limit) {
        return false;
      }
      if (entry < 0) {
        drop(entry & 63);
        out[outPos++] = (byte) (entry >>> 16);
        continue;
      }
      if ((entry & HuffmanTable.EXCEPTIONAL) != 0) {
        drop(entry & 63);
        throw malformed("a literal or length has no such code");
      }
      int used = entry & 63;
      int length = (entry >>> 16) + (int) ((bits & ((1L << used) - 1)) >>> (entry >>> 8));
      if (outPos + length > limit && outPos > segmentFrom) {
        return false;
      }
      drop(used);
      entry = distances.entries[(int) bits & DISTANCE_MASK];
      if ((entry & (HuffmanTable.EXCEPTIONAL | HuffmanTable.LINK))
          == (HuffmanTable.EXCEPTIONAL | HuffmanTable.LINK)) {
        entry =
            distances
                .entries[
                (entry >>> 16) + ((int) (bits >>> DISTANCE_BITS) & mask(entry >>> 8 & 63))];
      }
      if ((entry & HuffmanTable.EXCEPTIONAL) != 0) {
        drop(entry & 63);
        throw malformed("a distance has no such code");
      }
      used = entry & 63;
      int distance = (entry >>> 16) + (int) ((bits & ((1L << used) - 1)) >>> (entry >>> 8));
      drop(used);
      int from = outPos - distance;
      if (from < lowest) {
        if (from < historyStart) {
          throw tooFar(distance);
        }
        lowest = from;
      }
      for (int i = 0; i < length; i++) {
        out[outPos + i] = out[from + i];
      }
      outPos += length;
    }
    return false;
  }

  private static int mask(int count) {
    return (1 << count) - 1;
  }

  // Until outPos reaches the limit, or the input array runs short, or the block ends (true).
  private boolean runFast(int limit) throws IOException {
    byte[] in = this.in;
    byte[] out = this.out;
    int[] literals = this.literals.entries;
    int[] distances = this.distances.entries;
    long bits = this.bits;
    int count = this.bitCount;
    int inPos = this.inPos;
    int outPos = this.outPos;
    int lowest = this.lowest;
    int inLimit = inEnd - 16;
    boolean ended = false;
    int fault = 0;
    while (outPos < limit && inPos <= inLimit) {
      bits |= (long) LONG.get(in, inPos) << count;
      inPos += (63 - count) >>> 3;
      count |= 56;
      int entry = literals[(int) bits & LITERAL_MASK];
      if (entry < 0) {
        bits >>>= entry;
        count -= entry & 63;
        out[outPos++] = (byte) (entry >>> 16);
        entry = literals[(int) bits & LITERAL_MASK];
        if (entry < 0) {
          bits >>>= entry;
          count -= entry & 63;
          out[outPos++] = (byte) (entry >>> 16);
          entry = literals[(int) bits & LITERAL_MASK];
          if (entry < 0) {
            bits >>>= entry;
            count -= entry & 63;
            out[outPos++] = (byte) (entry >>> 16);
            continue;
          }
        }
        bits |= (long) LONG.get(in, inPos) << count;
        inPos += (63 - count) >>> 3;
        count |= 56;
      }
      if ((entry & HuffmanTable.EXCEPTIONAL) != 0) {
        if ((entry & HuffmanTable.LINK) != 0) {
          entry =
              literals[(entry >>> 16) + ((int) (bits >>> LITERAL_BITS) & mask(entry >>> 8 & 63))];
          if (entry < 0) {
            bits >>>= entry;
            count -= entry & 63;
            out[outPos++] = (byte) (entry >>> 16);
            continue;
          }
        }
        if ((entry & HuffmanTable.EXCEPTIONAL) != 0) {
          bits >>>= entry;
          count -= entry & 63;
          if (entry >>> 16 == 1) {
            ended = true;
          } else {
            fault = -1;
          }
          break;
        }
      }
      int length = (entry >>> 16) + (int) ((bits & ((1L << entry) - 1)) >>> (entry >>> 8));
      bits >>>= entry;
      count -= entry & 63;
      entry = distances[(int) bits & DISTANCE_MASK];
      if ((entry & HuffmanTable.EXCEPTIONAL) != 0) {
        if ((entry & HuffmanTable.LINK) != 0) {
          entry =
              distances[(entry >>> 16) + ((int) (bits >>> DISTANCE_BITS) & mask(entry >>> 8 & 63))];
        }
        if ((entry & HuffmanTable.EXCEPTIONAL) != 0) {
          fault = -2;
          break;
        }
      }
      int distance = (entry >>> 16) + (int) ((bits & ((1L << entry) - 1)) >>> (entry >>> 8));
      bits >>>= entry;
      count -= entry & 63;
      int from = outPos - distance;
      if (from < lowest) {
        if (from < historyStart) {
          fault = distance;
          break;
        }
        lowest = from;
      }
      int end = outPos + length;
      if (distance >= 8) {
        do {
          LONG.set(out, outPos, (long) LONG.get(out, from));
          outPos += 8;
          from += 8;
        } while (outPos < end);
      } else if (distance == 1) {
        long value = (out[from] & 0xffL) * 0x0101010101010101L;
        do {
          LONG.set(out, outPos, value);
          outPos += 8;
        } while (outPos < end);
      } else {
        do {
          out[outPos++] = out[from++];
        } while (outPos < end);
      }
      outPos = end;
    }
    this.bits = bits;
    this.bitCount = count;
    this.inPos = inPos;
    this.outPos = outPos;
    this.lowest = lowest;
    if (fault == -1) {
      throw malformed("a literal or length has no such code");
    } else if (fault == -2) {
      throw malformed("a distance has no such code");
    } else if (fault > 0) {
      throw tooFar(fault);
    }
    return ended;
  }

  private MalformedContentException tooFar(int distance) {
    return malformed(
        "a distance of " + distance + " bytes after " + (outPos - historyStart) + " bytes");
  }

  private MalformedContentException malformed(String why) {
    return malformed("deflate stream", bitOffset() >>> 3, why);
  }

  /** Returns a fault at a byte of the compressed stream. */
  MalformedContentException malformed(String what, long byteOffset, String why) {
    return new MalformedContentException(what, "byte " + byteOffset + " of " + where, why);
  }

  // ---- What the symbols mean (RFC 1951, 3.2.5).

  private static int[] literalEntries() {
    int[] entries = new int[288];
    for (int i = 0; i < 256; i++) {
      entries[i] = HuffmanTable.LITERAL | i << 16;
    }
    entries[256] = HuffmanTable.END_OF_BLOCK;
    for (int i = 257; i < 285; i++) {
      entries[i] = DeflateCodes.lengthBase(i) << 16 | DeflateCodes.lengthExtra(i);
    }
    entries[285] = MAX_MATCH << 16;
    entries[286] = HuffmanTable.INVALID;
    entries[287] = HuffmanTable.INVALID;
    return entries;
  }

  private static int[] distanceEntries() {
    int[] entries = new int[32];
    for (int i = 0; i < 30; i++) {
      entries[i] = DeflateCodes.distanceBase(i) << 16 | DeflateCodes.distanceExtra(i);
    }
    entries[30] = HuffmanTable.INVALID;
    entries[31] = HuffmanTable.INVALID;
    return entries;
  }

  private static int[] lengthEntries() {
    int[] entries = new int[19];
    for (int i = 0; i < 19; i++) {
      entries[i] = i << 16;
    }
    return entries;
  }
}
