package io.k8or.layers.deflate;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Encodes bytes as deflate blocks (RFC 1951): hash chains, lazy matching, and for each block the
 * smallest of its three types.
 *
 * <p>What it writes depends on its arguments alone. About 500 KiB of memory.
 */
final class DeflateEncoder {
  static final int WINDOW = 1 << 15;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int MIN_MATCH = 3;
  private static final int MAX_MATCH = 258;
  private static final int HASH_BITS = 15;
  private static final int TOKENS = 1 << 14;

  // How hard it looks: about what zlib does at level 6.
  static final int CHAIN = 128;
  private static final int GOOD = 8;
  private static final int LAZY = 16;
  private static final int NICE = 128;
  // A match of three bytes from farther away costs more than three literals.
  private static final int NEAR = 4096;

  private static final int END_OF_BLOCK = 256;
  private static final byte[] LENGTH_ORDER = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
  };
  // Indexed by length: symbol, and what follows it.
  private static final short[] LENGTH_SYMBOL = new short[MAX_MATCH + 1];
  private static final byte[] LENGTH_EXTRA = new byte[MAX_MATCH + 1];
  private static final short[] LENGTH_REST = new short[MAX_MATCH + 1];
  private static final byte[] FIXED_LENGTHS = new byte[288];
  private static final short[] FIXED_CODES = new short[288];
  private static final byte[] FIXED_DISTANCE_LENGTHS = new byte[30];
  private static final short[] FIXED_DISTANCE_CODES = new short[30];

  static {
    for (int i = MIN_MATCH; i <= MAX_MATCH; i++) {
      int symbol = DeflateCodes.lengthSymbol(i);
      LENGTH_SYMBOL[i] = (short) symbol;
      LENGTH_EXTRA[i] = (byte) DeflateCodes.lengthExtra(symbol);
      LENGTH_REST[i] = (short) (i - DeflateCodes.lengthBase(symbol));
    }
    for (int i = 0; i < 288; i++) {
      int length = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
      int code =
          i < 144 ? 0x30 + i : i < 256 ? 0x190 + i - 144 : i < 280 ? i - 256 : 0xc0 + i - 280;
      FIXED_LENGTHS[i] = (byte) length;
      FIXED_CODES[i] = (short) (Integer.reverse(code) >>> (32 - length));
    }
    for (int i = 0; i < 30; i++) {
      FIXED_DISTANCE_LENGTHS[i] = 5;
      FIXED_DISTANCE_CODES[i] = (short) (Integer.reverse(i) >>> 27);
    }
  }

  private final int maxChain;
  private final int[] head = new int[1 << HASH_BITS];
  private final int[] previous = new int[WINDOW];
  // A literal, or distance << 9 | length.
  private final int[] tokens = new int[TOKENS];
  private int tokenCount;
  private final HuffmanCode literals = new HuffmanCode(286, 15);
  private final HuffmanCode distances = new HuffmanCode(30, 15);
  private final HuffmanCode lengths = new HuffmanCode(19, 7);
  private final byte[] runs = new byte[286 + 30];
  private final byte[] runRests = new byte[286 + 30];
  private int runCount;

  private byte[] bytes = new byte[0];
  private int blockFrom;
  private int matchDistance;

  DeflateEncoder() {
    this(CHAIN);
  }

  /** Makes an encoder that looks at so many earlier places for a match. */
  DeflateEncoder(int maxChain) {
    this.maxChain = maxChain;
  }

  /**
   * Encodes bytes as one or more blocks; none for no bytes.
   *
   * @param bytes the array that holds them, and before them what matches may refer to
   * @param history the index of the first byte that matches may refer to
   * @param from the index of the first byte to encode
   * @param to the index after the last one
   */
  void encode(byte[] bytes, int history, int from, int to, BitWriter out) throws IOException {
    this.bytes = bytes;
    Arrays.fill(head, -1);
    clear();
    blockFrom = from;
    int hashEnd = to - MIN_MATCH;
    for (int i = Math.max(history, from - WINDOW); i < from && i <= hashEnd; i++) {
      insert(i);
    }
    int pos = from;
    boolean pending = false;
    int lastLength = 2;
    int lastDistance = 0;
    while (pos < to) {
      int length = 2;
      int distance = 0;
      if (pos <= hashEnd) {
        int candidate = insert(pos);
        if (candidate >= 0 && lastLength < LAZY) {
          length = longest(candidate, pos, Math.min(MAX_MATCH, to - pos), lastLength);
          distance = matchDistance;
          if (length == MIN_MATCH && distance > NEAR) {
            length = 2;
          }
        }
      }
      if (lastLength >= MIN_MATCH && length <= lastLength) {
        match(lastLength, lastDistance);
        int end = pos - 1 + lastLength;
        int insertEnd = Math.min(end, hashEnd + 1);
        for (int i = pos + 1; i < insertEnd; i++) {
          insert(i);
        }
        pos = end;
        pending = false;
        lastLength = 2;
        flushIfFull(pos, out);
      } else {
        if (pending) {
          literal(bytes[pos - 1]);
          flushIfFull(pos, out);
        }
        pending = true;
        lastLength = length;
        lastDistance = distance;
        pos++;
      }
    }
    if (pending) {
      literal(bytes[to - 1]);
    }
    if (tokenCount > 0) {
      writeBlock(to, out);
    }
  }

  private int insert(int pos) {
    byte[] b = bytes;
    int three = (b[pos] & 0xff) | (b[pos + 1] & 0xff) << 8 | (b[pos + 2] & 0xff) << 16;
    int hash = (three * 0x9E3779B1) >>> (32 - HASH_BITS);
    int before = head[hash];
    previous[pos & (WINDOW - 1)] = before;
    head[hash] = pos;
    return before;
  }

  // The longest match that is longer than "best"; its distance in matchDistance.
  private int longest(int first, int pos, int max, int best) {
    byte[] b = bytes;
    int[] previous = this.previous;
    // A candidate a whole window back shares its place in "previous" with pos.
    int oldest = Math.max(0, pos - WINDOW + 1);
    int chain = best >= GOOD ? (maxChain + 3) >>> 2 : maxChain;
    int candidate = first;
    int found = best;
    if (found >= max) {
      return 2;
    }
    int nice = Math.min(NICE, max);
    short end = (short) SHORT.get(b, pos + found - 1);
    while (candidate >= oldest) {
      if ((short) SHORT.get(b, candidate + found - 1) == end
          && b[candidate] == b[pos]
          && b[candidate + 1] == b[pos + 1]) {
        int length = common(b, candidate, pos, max);
        if (length > found) {
          found = length;
          matchDistance = pos - candidate;
          if (length >= nice) {
            break;
          }
          end = (short) SHORT.get(b, pos + found - 1);
        }
      }
      if (--chain == 0) {
        break;
      }
      candidate = previous[candidate & (WINDOW - 1)];
    }
    return found > best ? found : 2;
  }

  private static int common(byte[] b, int left, int right, int max) {
    int length = 0;
    while (length + 8 <= max) {
      long difference = (long) LONG.get(b, left + length) ^ (long) LONG.get(b, right + length);
      if (difference != 0) {
        return length + (Long.numberOfTrailingZeros(difference) >>> 3);
      }
      length += 8;
    }
    while (length < max && b[left + length] == b[right + length]) {
      length++;
    }
    return length;
  }

  private void literal(byte value) {
    tokens[tokenCount++] = value & 0xff;
    literals.counts[value & 0xff]++;
  }

  private void match(int length, int distance) {
    tokens[tokenCount++] = distance << 9 | length;
    literals.counts[LENGTH_SYMBOL[length]]++;
    distances.counts[DeflateCodes.distanceSymbol(distance)]++;
  }

  private void clear() {
    tokenCount = 0;
    Arrays.fill(literals.counts, 0);
    Arrays.fill(distances.counts, 0);
  }

  // ---- Blocks.

  private void flushIfFull(int to, BitWriter out) throws IOException {
    if (tokenCount == TOKENS) {
      writeBlock(to, out);
    }
  }

  private void writeBlock(int to, BitWriter out) throws IOException {
    literals.counts[END_OF_BLOCK] = 1;
    literals.build();
    distances.build();
    int literalCount = used(literals.lengths, 257);
    int distanceCount = used(distances.lengths, 1);
    encodeLengths(literalCount, distanceCount);
    lengths.build();
    int lengthCount = 19;
    while (lengthCount > 4 && lengths.lengths[LENGTH_ORDER[lengthCount - 1]] == 0) {
      lengthCount--;
    }
    long dynamicBits =
        14 + 3L * lengthCount + headerBits() + size(literals.lengths, distances.lengths);
    long fixedBits = size(FIXED_LENGTHS, FIXED_DISTANCE_LENGTHS);
    int byteCount = to - blockFrom;
    // Each stored block has at most 40 bits before its bytes.
    long storedBits = 8L * byteCount + 40L * ((byteCount + 65534) / 65535);
    if (storedBits <= Math.min(dynamicBits, fixedBits) + 3) {
      stored(bytes, blockFrom, byteCount, out);
    } else if (fixedBits <= dynamicBits) {
      out.put(1 << 1, 3);
      writeTokens(FIXED_CODES, FIXED_LENGTHS, FIXED_DISTANCE_CODES, FIXED_DISTANCE_LENGTHS, out);
    } else {
      out.put(2 << 1, 3);
      out.put(literalCount - 257, 5);
      out.put(distanceCount - 1, 5);
      out.put(lengthCount - 4, 4);
      for (int i = 0; i < lengthCount; i++) {
        out.put(lengths.lengths[LENGTH_ORDER[i]], 3);
      }
      for (int i = 0; i < runCount; i++) {
        int symbol = runs[i];
        out.put(lengths.codes[symbol], lengths.lengths[symbol]);
        out.put(runRests[i], runBits(symbol));
      }
      writeTokens(literals.codes, literals.lengths, distances.codes, distances.lengths, out);
    }
    blockFrom = to;
    clear();
  }

  /** Writes bytes as stored blocks that are not the last. */
  static void stored(byte[] bytes, int from, int length, BitWriter out) throws IOException {
    int at = from;
    int left = length;
    do {
      int n = Math.min(left, 65535);
      out.put(0, 3);
      out.align();
      out.put(n | (n ^ 0xffffL) << 16, 32);
      out.bytes(bytes, at, n);
      at += n;
      left -= n;
    } while (left > 0);
  }

  private static int used(byte[] lengths, int least) {
    int count = lengths.length;
    while (count > least && lengths[count - 1] == 0) {
      count--;
    }
    return count;
  }

  // The bits of all tokens and the end, without the header.
  private long size(byte[] literalLengths, byte[] distanceLengths) {
    long bits = 0;
    for (int i = 0; i < 286; i++) {
      int extra = i > 256 ? DeflateCodes.lengthExtra(i) : 0;
      bits += (long) literals.counts[i] * (literalLengths[i] + extra);
    }
    for (int i = 0; i < 30; i++) {
      bits += (long) distances.counts[i] * (distanceLengths[i] + DeflateCodes.distanceExtra(i));
    }
    return bits;
  }

  private void writeTokens(
      short[] codes,
      byte[] codeLengths,
      short[] distanceCodes,
      byte[] distanceLengths,
      BitWriter out)
      throws IOException {
    for (int i = 0; i < tokenCount; i++) {
      int token = tokens[i];
      if (token < 256) {
        out.put(codes[token], codeLengths[token]);
        continue;
      }
      int length = token & 511;
      int distance = token >>> 9;
      int symbol = LENGTH_SYMBOL[length];
      int count = codeLengths[symbol];
      long value = codes[symbol] | (long) LENGTH_REST[length] << count;
      count += LENGTH_EXTRA[length];
      symbol = DeflateCodes.distanceSymbol(distance);
      value |= (long) distanceCodes[symbol] << count;
      count += distanceLengths[symbol];
      value |= (long) (distance - DeflateCodes.distanceBase(symbol)) << count;
      count += DeflateCodes.distanceExtra(symbol);
      out.put(value, count);
    }
    out.put(codes[END_OF_BLOCK], codeLengths[END_OF_BLOCK]);
  }

  // ---- The code lengths of a dynamic block, run-length coded (RFC 1951, 3.2.7).

  private void encodeLengths(int literalCount, int distanceCount) {
    runCount = 0;
    Arrays.fill(lengths.counts, 0);
    int total = literalCount + distanceCount;
    int i = 0;
    while (i < total) {
      int value = lengthAt(i, literalCount);
      int run = 1;
      while (i + run < total && lengthAt(i + run, literalCount) == value) {
        run++;
      }
      i += run;
      if (value == 0) {
        while (run >= 11) {
          int n = Math.min(run, 138);
          run(18, n - 11);
          run -= n;
        }
        if (run >= 3) {
          run(17, run - 3);
          run = 0;
        }
      } else {
        run(value, 0);
        run--;
        while (run >= 3) {
          int n = Math.min(run, 6);
          run(16, n - 3);
          run -= n;
        }
      }
      while (run > 0) {
        run(value, 0);
        run--;
      }
    }
  }

  private int lengthAt(int i, int literalCount) {
    return i < literalCount ? literals.lengths[i] : distances.lengths[i - literalCount];
  }

  private void run(int symbol, int rest) {
    runs[runCount] = (byte) symbol;
    runRests[runCount++] = (byte) rest;
    lengths.counts[symbol]++;
  }

  private static int runBits(int symbol) {
    return switch (symbol) {
      case 16 -> 2;
      case 17 -> 3;
      case 18 -> 7;
      default -> 0;
    };
  }

  private long headerBits() {
    long bits = 0;
    for (int i = 0; i < 19; i++) {
      bits += (long) lengths.counts[i] * (lengths.lengths[i] + runBits(i));
    }
    return bits;
  }
}
