package io.k8or.layers.tar;

import io.k8or.content.ByteString;
import java.util.Arrays;

/** The sparse maps of the GNU PAX formats 0.0 and 0.1 (in records) and 1.0 (before the data). */
final class PaxSparse {
  private PaxSparse() {}

  /**
   * Reads a comma-separated list of offsets and lengths.
   *
   * @param entries the number of fragments that another record states
   */
  static SparseMap ofRecords(ByteString list, long entries) throws BadHeader {
    long[] numbers = new long[8];
    int count = 0;
    int at = 0;
    while (at < list.length()) {
      int comma = list.indexOf(',', at);
      int end = comma < 0 ? list.length() : comma;
      if (count == numbers.length) {
        numbers = Arrays.copyOf(numbers, 2 * count);
      }
      numbers[count++] = Pax.number(Pax.SPARSE_MAP, list.substring(at, end));
      if (end == list.length() - 1) {
        throw new BadHeader("a comma at the end of " + Pax.SPARSE_MAP);
      }
      at = end + 1;
    }
    if (entries < 0 || entries > Integer.MAX_VALUE || count != 2 * entries) {
      throw new BadHeader(
          "expected " + entries + " fragments in the sparse map, found " + count + " numbers");
    }
    return new SparseMap(Arrays.copyOf(numbers, count), 0);
  }

  /** Reads the map of format 1.0: decimal numbers, a line each, the number of fragments first. */
  static final class Inline {
    private long[] numbers = new long[9];
    private int count;
    private long expected = 1;
    private long value;
    private int digits;

    boolean isComplete() {
      return count == expected;
    }

    void add(byte[] bytes, int offset, int length) throws BadHeader {
      for (int i = offset; i < offset + length && !isComplete(); i++) {
        if (bytes[i] == '\n' && digits > 0) {
          if (count == numbers.length) {
            numbers = Arrays.copyOf(numbers, 2 * count);
          }
          numbers[count++] = value;
          if (count == 1) {
            if (value > Integer.MAX_VALUE / 4) {
              throw new BadHeader("too many fragments: " + value);
            }
            expected = 1 + 2 * value;
          }
          value = 0;
          digits = 0;
        } else {
          int digit = bytes[i] - '0';
          if (digit < 0 || digit > 9 || ++digits > 18) {
            throw new BadHeader("expected decimal numbers, a line each");
          }
          value = value * 10 + digit;
        }
      }
    }

    SparseMap build(long storedOffset) {
      return new SparseMap(Arrays.copyOfRange(numbers, 1, count), storedOffset);
    }
  }
}
