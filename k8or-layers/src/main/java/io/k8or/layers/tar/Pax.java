package io.k8or.layers.tar;

import io.k8or.content.ByteString;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The records of a PAX header, {@code LENGTH KEY=VALUE\n} each, in bytes. */
final class Pax {
  static final String PATH = "path";
  static final String LINKPATH = "linkpath";
  static final String UID = "uid";
  static final String GID = "gid";
  static final String UNAME = "uname";
  static final String GNAME = "gname";
  static final String SIZE = "size";
  static final String MTIME = "mtime";
  static final String SCHILY_XATTR = "SCHILY.xattr.";
  static final String LIBARCHIVE_XATTR = "LIBARCHIVE.xattr.";
  static final String SPARSE = "GNU.sparse.";
  static final String SPARSE_MAJOR = "GNU.sparse.major";
  static final String SPARSE_MINOR = "GNU.sparse.minor";
  static final String SPARSE_NAME = "GNU.sparse.name";
  static final String SPARSE_SIZE = "GNU.sparse.size";
  static final String SPARSE_REAL_SIZE = "GNU.sparse.realsize";
  static final String SPARSE_BLOCKS = "GNU.sparse.numblocks";
  static final String SPARSE_MAP = "GNU.sparse.map";
  static final String SPARSE_OFFSET = "GNU.sparse.offset";
  static final String SPARSE_NUMBYTES = "GNU.sparse.numbytes";

  private static final BigInteger BILLION = BigInteger.valueOf(1_000_000_000);

  /**
   * One record.
   *
   * @param key as ISO 8859-1 text, so that no byte is lost
   */
  record Entry(String key, ByteString value) {}

  private Pax() {}

  /** Returns all records in their order, duplicates among them. */
  static List<Entry> parse(byte[] bytes, int offset, int length) throws BadHeader {
    List<Entry> records = new ArrayList<>();
    int at = offset;
    int end = offset + length;
    while (at < end) {
      int digits = at;
      long size = 0;
      while (digits < end && bytes[digits] >= '0' && bytes[digits] <= '9' && size <= length) {
        size = size * 10 + bytes[digits++] - '0';
      }
      if (digits == at || digits == end || bytes[digits] != ' ') {
        throw new BadHeader(
            "expected the length of a record and a space at byte " + (at - offset) + " of it");
      }
      if (size > end - at || at + size <= digits + 1) {
        throw new BadHeader(
            "a record at byte "
                + (at - offset)
                + " states a length of "
                + size
                + ", "
                + (end - at)
                + " bytes are left");
      }
      int stop = (int) (at + size) - 1;
      if (bytes[stop] != '\n') {
        throw new BadHeader("no line feed behind the record at byte " + (at - offset) + " of it");
      }
      int equals = digits + 1;
      while (equals < stop && bytes[equals] != '=') {
        equals++;
      }
      if (equals == stop || equals == digits + 1) {
        throw new BadHeader("no KEY=VALUE in the record at byte " + (at - offset) + " of it");
      }
      String key = new String(bytes, digits + 1, equals - digits - 1, StandardCharsets.ISO_8859_1);
      ByteString value = ByteString.copyOf(bytes, equals + 1, stop - equals - 1);
      boolean text =
          key.equals(PATH) || key.equals(LINKPATH) || key.equals(UNAME) || key.equals(GNAME);
      if (key.indexOf(0) >= 0 || (text && value.indexOf(0, 0) >= 0)) {
        throw new BadHeader(
            "a NUL in the record " + ByteString.copyOf(bytes, digits + 1, stop - digits - 1));
      }
      records.add(new Entry(key, value));
      at = stop + 1;
    }
    return records;
  }

  static byte[] encode(List<Entry> records) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Entry record : records) {
      byte[] key = record.key().getBytes(StandardCharsets.ISO_8859_1);
      byte[] value = record.value().toByteArray();
      int rest = 3 + key.length + value.length;
      // The length counts its own digits.
      int size = rest + Integer.toString(rest).length();
      if (Integer.toString(size).length() > Integer.toString(rest).length()) {
        size = rest + Integer.toString(size).length();
      }
      out.writeBytes((size + " ").getBytes(StandardCharsets.ISO_8859_1));
      out.writeBytes(key);
      out.write('=');
      out.writeBytes(value);
      out.write('\n');
    }
    return out.toByteArray();
  }

  /** Reads a decimal number with an optional sign, as Go does. */
  static long number(String key, ByteString value) throws BadHeader {
    int length = value.length();
    boolean negative = length > 0 && value.at(0) == '-';
    int at = negative || (length > 0 && value.at(0) == '+') ? 1 : 0;
    if (at == length) {
      throw notNumber(key, value);
    }
    long number = 0;
    for (; at < length; at++) {
      int digit = value.at(at) - '0';
      if (digit < 0 || digit > 9 || number < (Long.MIN_VALUE + digit) / 10) {
        throw notNumber(key, value);
      }
      number = number * 10 - digit; // negative, as there is one more of these
    }
    if (!negative && number == Long.MIN_VALUE) {
      throw notNumber(key, value);
    }
    return negative ? number : -number;
  }

  private static BadHeader notNumber(String key, ByteString value) {
    return new BadHeader("expected a decimal number of 64 bits in " + key + ", found " + value);
  }

  /** Reads a time in seconds with a fraction; what is beyond nanoseconds is cut off. */
  static Instant time(String key, ByteString value) throws BadHeader {
    int dot = value.indexOf('.', 0);
    long seconds = number(key, dot < 0 ? value : value.substring(0, dot));
    long nanos = 0;
    if (dot >= 0) {
      int scale = 100_000_000;
      for (int i = dot + 1; i < value.length(); i++) {
        int digit = value.at(i) - '0';
        if (digit < 0 || digit > 9) {
          throw notNumber(key, value);
        }
        nanos += (long) digit * scale;
        scale /= 10;
      }
    }
    return instant(key, seconds, value.at(0) == '-' ? -nanos : nanos);
  }

  static Instant instant(String key, long seconds, long nanos) throws BadHeader {
    try {
      return Instant.ofEpochSecond(seconds, nanos);
    } catch (DateTimeException | ArithmeticException e) {
      throw new BadHeader("a time in " + key + " beyond what a date can be: " + seconds);
    }
  }

  static ByteString time(Instant time) {
    // Negative times have a negative fraction: half a second before 1970 is -0.5.
    BigInteger nanos =
        BigInteger.valueOf(time.getEpochSecond())
            .multiply(BILLION)
            .add(BigInteger.valueOf(time.getNano()));
    BigInteger[] parts = nanos.abs().divideAndRemainder(BILLION);
    String text = (nanos.signum() < 0 ? "-" : "") + parts[0];
    if (parts[1].signum() != 0) {
      String fraction = String.format("%09d", parts[1].intValueExact());
      text += "." + fraction.replaceFirst("0+$", "");
    }
    return ByteString.utf8(text);
  }
}
