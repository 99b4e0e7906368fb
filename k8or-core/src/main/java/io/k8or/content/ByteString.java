package io.k8or.content;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;

/**
 * An immutable sequence of bytes, ordered as unsigned numbers.
 *
 * <p>Names, link targets and attribute values of a Linux file system are bytes without a character
 * set; a {@code String} cannot hold all of them. {@link #toString()} is for people: printable UTF-8
 * as it is, every other byte as {@code \xHH}.
 */
public final class ByteString implements Comparable<ByteString> {
  private static final ByteString EMPTY = new ByteString(new byte[0]);

  private final byte[] bytes;

  private ByteString(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Returns the string of no bytes. */
  public static ByteString empty() {
    return EMPTY;
  }

  /** Returns a copy of the bytes. */
  public static ByteString copyOf(byte[] bytes) {
    return copyOf(bytes, 0, bytes.length);
  }

  /**
   * Returns a copy of a part of the bytes.
   *
   * @throws IndexOutOfBoundsException if the part is not inside
   */
  public static ByteString copyOf(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    return length == 0 ? EMPTY : new ByteString(Arrays.copyOfRange(bytes, offset, offset + length));
  }

  /** Returns the text in UTF-8. */
  public static ByteString utf8(String text) {
    return text.isEmpty() ? EMPTY : new ByteString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the number of bytes. */
  public int length() {
    return bytes.length;
  }

  /** Says whether there are no bytes. */
  public boolean isEmpty() {
    return bytes.length == 0;
  }

  /** Returns the byte at the index, as 0 to 255. */
  public int at(int index) {
    return bytes[index] & 0xff;
  }

  /**
   * Returns a part.
   *
   * @throws IndexOutOfBoundsException if the part is not inside
   */
  public ByteString substring(int from, int to) {
    return from == 0 && to == bytes.length ? this : copyOf(bytes, from, to - from);
  }

  /** Returns this and the other behind it. */
  public ByteString concat(ByteString other) {
    if (isEmpty()) {
      return other;
    }
    if (other.isEmpty()) {
      return this;
    }
    byte[] both = Arrays.copyOf(bytes, bytes.length + other.bytes.length);
    System.arraycopy(other.bytes, 0, both, bytes.length, other.bytes.length);
    return new ByteString(both);
  }

  /** Returns the first index of the byte at or after {@code from}, or -1. */
  public int indexOf(int value, int from) {
    for (int i = Math.max(from, 0); i < bytes.length; i++) {
      if ((bytes[i] & 0xff) == value) {
        return i;
      }
    }
    return -1;
  }

  /** Returns the last index of the byte, or -1. */
  public int lastIndexOf(int value) {
    for (int i = bytes.length - 1; i >= 0; i--) {
      if ((bytes[i] & 0xff) == value) {
        return i;
      }
    }
    return -1;
  }

  /** Says whether this begins with the other. */
  public boolean startsWith(ByteString prefix) {
    return prefix.bytes.length <= bytes.length
        && Arrays.equals(bytes, 0, prefix.bytes.length, prefix.bytes, 0, prefix.bytes.length);
  }

  /** Says whether this ends with the other. */
  public boolean endsWith(ByteString suffix) {
    int from = bytes.length - suffix.bytes.length;
    return from >= 0
        && Arrays.equals(bytes, from, bytes.length, suffix.bytes, 0, suffix.bytes.length);
  }

  /** Returns a new array with the bytes. */
  public byte[] toByteArray() {
    return bytes.clone();
  }

  /** Copies all bytes into the array, from the offset on. */
  public void copyTo(byte[] target, int offset) {
    System.arraycopy(bytes, 0, target, offset, bytes.length);
  }

  /** Says whether the bytes are well-formed UTF-8. */
  public boolean isUtf8() {
    try {
      decode();
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  /** Returns the bytes as UTF-8 text; what is not UTF-8 becomes U+FFFD. */
  public String toUtf8() {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Returns the bytes as ISO 8859-1 text: one char a byte, nothing lost. */
  public String toLatin1() {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Returns lower-case hexadecimal digits, two a byte. */
  public String toHex() {
    return HexFormat.of().formatHex(bytes);
  }

  private String decode() throws CharacterCodingException {
    return StandardCharsets.UTF_8
        .newDecoder()
        .onMalformedInput(CodingErrorAction.REPORT)
        .onUnmappableCharacter(CodingErrorAction.REPORT)
        .decode(ByteBuffer.wrap(bytes))
        .toString();
  }

  @Override
  public int compareTo(ByteString other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ByteString that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** Returns the bytes for a person to read: UTF-8, or {@code \xHH} where it is not printable. */
  @Override
  public String toString() {
    String text;
    try {
      text = decode();
    } catch (CharacterCodingException e) {
      text = null;
    }
    StringBuilder out = new StringBuilder(bytes.length);
    if (text == null) {
      for (byte b : bytes) {
        int value = b & 0xff;
        if (value >= 0x20 && value < 0x7f) {
          out.append((char) value);
        } else {
          out.append(String.format("\\x%02x", value));
        }
      }
      return out.toString();
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isISOControl(c)) {
        out.append(String.format("\\x%02x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }
}
