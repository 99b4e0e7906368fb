package io.k8or.layers.deflate;

import java.util.Arrays;

/**
 * A decoding table of one Huffman code (RFC 1951, 3.2.2), of two levels.
 *
 * <p>The first level is indexed by the next {@code primaryBits} bits of the stream. An entry is an
 * int:
 *
 * <pre>
 * bits 0-5    bits to consume: the code and its extra bits
 * bits 8-13   bits of the code alone (of a link: index bits of the second level)
 * bit 14      with bit 15: a link to a second-level table, at the index in bits 16-30
 * bit 15      not an ordinary symbol: a link, the end of the block (value 1), or no code (value 0)
 * bits 16-30  the literal, or the base of the length or distance
 * bit 31      a literal
 * </pre>
 *
 * <p>Second-level entries count the bits of the whole code, so that both levels are used alike.
 */
final class HuffmanTable {
  static final int LITERAL = 1 << 31;
  static final int EXCEPTIONAL = 1 << 15;
  static final int LINK = 1 << 14;
  static final int END_OF_BLOCK = EXCEPTIONAL | 1 << 16;
  static final int INVALID = EXCEPTIONAL;

  private static final int MAX_CODE = 15;

  private final int primaryBits;
  private final int[] symbolEntries;
  private final int[] count = new int[MAX_CODE + 1];
  private final int[] next = new int[MAX_CODE + 2];
  private final short[] sorted;

  /** The table; its array is made once and filled anew for each block. */
  final int[] entries;

  /**
   * Makes an empty table.
   *
   * @param primaryBits the index bits of the first level
   * @param size the entries of all levels, at most
   * @param symbolEntries for each symbol its entry, without the bits of its code
   */
  HuffmanTable(int primaryBits, int size, int[] symbolEntries) {
    this.primaryBits = primaryBits;
    this.symbolEntries = symbolEntries;
    this.entries = new int[size];
    this.sorted = new short[symbolEntries.length];
  }

  /**
   * Fills the table; returns why the lengths are no code, or the empty text.
   *
   * <p>As in zlib, a code may be incomplete if it has at most one symbol, of one bit, and if it is
   * not {@code strict}: a block of literals alone has no distances.
   */
  String fill(byte[] lengths, int from, int symbols, boolean strict) {
    Arrays.fill(count, 0);
    for (int i = 0; i < symbols; i++) {
      count[lengths[from + i]]++;
    }
    count[0] = 0;
    int left = 1;
    int max = 0;
    int codes = 0;
    for (int bits = 1; bits <= MAX_CODE; bits++) {
      left = (left << 1) - count[bits];
      if (left < 0) {
        return "over-subscribed";
      }
      if (count[bits] > 0) {
        max = bits;
        codes += count[bits];
      }
    }
    if (left > 0) {
      if (max > 1 || strict) {
        return "incomplete";
      }
      Arrays.fill(entries, 0, 1 << primaryBits, INVALID | 1);
    }
    int at = 0;
    for (int bits = 1; bits <= MAX_CODE; bits++) {
      next[bits] = at;
      at += count[bits];
    }
    for (int i = 0; i < symbols; i++) {
      int bits = lengths[from + i];
      if (bits != 0) {
        sorted[next[bits]++] = (short) i;
      }
    }
    place(codes, max, lengths, from);
    return "";
  }

  // Codes in their canonical order; "code" is kept bit-reversed, as the stream shows it.
  private void place(int codes, int max, byte[] lengths, int from) {
    int primary = 1 << primaryBits;
    int code = 0;
    int used = primary;
    int linked = -1;
    int linkStart = 0;
    int linkBits = 0;
    for (int i = 0; i < codes; i++) {
      int symbol = sorted[i];
      int bits = lengths[from + symbol];
      int entry = symbolEntries[symbol] + (bits << 8 | bits);
      if (bits <= primaryBits) {
        for (int j = code; j < primary; j += 1 << bits) {
          entries[j] = entry;
        }
      } else {
        int prefix = code & (primary - 1);
        if (prefix != linked) {
          linked = prefix;
          linkStart = used;
          linkBits = bits - primaryBits;
          // As many index bits as the codes need that share this prefix.
          int room = 1 << linkBits;
          while (linkBits + primaryBits < max) {
            room -= count[linkBits + primaryBits];
            if (room <= 0) {
              break;
            }
            linkBits++;
            room <<= 1;
          }
          used += 1 << linkBits;
          entries[prefix] = EXCEPTIONAL | LINK | linkBits << 8 | primaryBits | linkStart << 16;
        }
        for (int j = code >>> primaryBits; j < 1 << linkBits; j += 1 << (bits - primaryBits)) {
          entries[linkStart + j] = entry;
        }
      }
      count[bits]--;
      // The next code of the same length, counted from the left; longer codes append zeros.
      int bit = 1 << (bits - 1);
      while ((code & bit) != 0) {
        code ^= bit;
        bit >>>= 1;
      }
      code |= bit;
    }
  }
}
