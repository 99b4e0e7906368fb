package io.k8or.layers.deflate;

/**
 * A run of symbols of one block, decoded: what a splice needs to know of it. The arrays are the
 * decoder's.
 */
final class Segment {
  /** The decoded bytes are {@code out[outFrom .. outTo)}; what is before them is there too. */
  byte[] out = {};

  int outFrom;
  int outTo;

  /** The offset of {@code out[outFrom]} in the whole output. */
  long offset;

  /** The output offset of the first byte that a symbol refers to. */
  long lowestSource;

  /** The compressed bytes; {@code in[0]} is byte {@code inBase} of the stream. */
  byte[] in = {};

  long inBase;

  /** Where the symbols begin and end, in bits of the stream, without the code for the end. */
  long fromBit;

  long toBit;

  /** The block: its type, a number that no other block has, and where its header is. */
  int type;

  long block;
  long headerFromBit;
  long headerToBit;
  int endCode;
  int endCodeBits;

  /** Whether the segment is the first of its block, and the last. */
  boolean begins;

  boolean ends;

  /** Takes what the decoder has just decoded. */
  void take(GzipDecoder decoder, long blockNumbersFrom) {
    BlockInflater inflater = decoder.inflater();
    out = inflater.out;
    outFrom = inflater.segmentFrom();
    outTo = inflater.outPos();
    offset = inflater.outOffset() - (outTo - outFrom);
    lowestSource = inflater.lowestSource();
    in = inflater.input();
    inBase = inflater.inputBase();
    fromBit = inflater.segmentFromBit();
    toBit = inflater.segmentToBit();
    type = inflater.type();
    block = blockNumbersFrom + decoder.blockNumber();
    headerFromBit = inflater.headerFromBit();
    headerToBit = inflater.headerToBit();
    endCode = inflater.endCode();
    endCodeBits = inflater.endCodeBits();
    begins = decoder.blockBegins();
    ends = decoder.blockEnds();
  }

  /** The offset after the last byte. */
  long end() {
    return offset + (outTo - outFrom);
  }
}
