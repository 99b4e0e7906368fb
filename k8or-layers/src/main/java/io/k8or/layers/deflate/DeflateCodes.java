package io.k8or.layers.deflate;

/** The symbols of lengths and distances (RFC 1951, 3.2.5). */
final class DeflateCodes {
  private DeflateCodes() {}

  /** Returns the shortest length of a symbol from 257 to 285. */
  static int lengthBase(int symbol) {
    int code = symbol - 257;
    if (code < 8) {
      return 3 + code;
    }
    return code == 28 ? 258 : 3 + ((4 + (code & 3)) << ((code >>> 2) - 1));
  }

  /** Returns the number of extra bits of a symbol from 257 to 285. */
  static int lengthExtra(int symbol) {
    int code = symbol - 257;
    return code < 8 || code == 28 ? 0 : (code >>> 2) - 1;
  }

  /** Returns the symbol of a length from 3 to 258. */
  static int lengthSymbol(int length) {
    if (length == 258) {
      return 285;
    }
    int value = length - 3;
    if (value < 8) {
      return 257 + value;
    }
    int log = 31 - Integer.numberOfLeadingZeros(value);
    return 257 + ((log - 1) << 2) + ((value >>> (log - 2)) & 3);
  }

  /** Returns the shortest distance of a symbol from 0 to 29. */
  static int distanceBase(int symbol) {
    return symbol < 2 ? 1 + symbol : 1 + ((2 + (symbol & 1)) << ((symbol >>> 1) - 1));
  }

  /** Returns the number of extra bits of a symbol from 0 to 29. */
  static int distanceExtra(int symbol) {
    return symbol < 2 ? 0 : (symbol >>> 1) - 1;
  }

  /** Returns the symbol of a distance from 1 to 32768. */
  static int distanceSymbol(int distance) {
    int value = distance - 1;
    if (value < 2) {
      return value;
    }
    int log = 31 - Integer.numberOfLeadingZeros(value);
    return (log << 1) + ((value >>> (log - 1)) & 1);
  }
}
