package io.k8or.filesystem;

import io.k8or.content.ByteString;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * A pattern of absolute paths inside an image. Immutable; equal if the texts are.
 *
 * <ul>
 *   <li>{@code ?} is one byte of a segment, {@code *} any number of them, none included.
 *   <li>{@code **} as a whole segment is any number of segments: none or more before others, one or
 *       more at the end. {@code /a/**} is everything below {@code /a} but not {@code /a} itself;
 *       {@code /a/**}{@code /b} is {@code /a/b}, {@code /a/x/b} and so on (as in gitignore).
 *   <li>A backslash takes its meaning from the byte that follows.
 *   <li>Every other byte is itself. Names are bytes: a letter beyond ASCII has several, and so
 *       needs several {@code ?}. A leading dot is not special.
 * </ul>
 *
 * <p>Matching costs at most the length of the pattern times that of the path, whatever they are.
 */
public final class PathGlob {
  private static final int ANY_BYTE = -1; // one byte, no slash
  private static final int ANY_BYTES = -2; // bytes without a slash
  private static final int ANY_DIRECTORIES = -3; // nothing, or bytes up to a slash
  private static final int ANYTHING = -4; // one byte or more, slashes among them

  private final ByteString pattern;
  private final int[] tokens;
  private final ImagePath base;

  private PathGlob(ByteString pattern, int[] tokens, ImagePath base) {
    this.pattern = pattern;
    this.tokens = tokens;
    this.base = base;
  }

  /**
   * Parses a pattern of text in UTF-8.
   *
   * @throws IllegalArgumentException if it does not begin with a slash, has a {@code ..} segment or
   *     a NUL, ends with a single backslash, or has {@code **} inside a longer segment
   */
  public static PathGlob of(String pattern) {
    return of(ByteString.utf8(pattern));
  }

  /**
   * Parses a pattern of bytes. Empty and {@code .} segments are left out, and so is a slash at the
   * end.
   *
   * @throws IllegalArgumentException if it does not begin with a slash, has a {@code ..} segment or
   *     a NUL, ends with a single backslash, or has {@code **} inside a longer segment
   */
  public static PathGlob of(ByteString pattern) {
    if (pattern.isEmpty() || pattern.at(0) != '/') {
      throw new IllegalArgumentException("not an absolute path: " + pattern);
    }
    List<int[]> segments = segments(pattern);
    List<Integer> tokens = new ArrayList<>();
    ByteArrayOutputStream base = new ByteArrayOutputStream();
    boolean literal = true;
    for (int i = 0; i < segments.size(); i++) {
      int[] segment = segments.get(i);
      boolean last = i == segments.size() - 1;
      if (Arrays.equals(segment, new int[] {ANY_BYTES, ANY_BYTES})) {
        literal = false;
        tokens.add(last ? ANYTHING : ANY_DIRECTORIES);
        continue;
      }
      literal &= Arrays.stream(segment).allMatch(token -> token >= 0);
      for (int j = 0; j < segment.length; j++) {
        if (segment[j] == ANY_BYTES && j > 0 && segment[j - 1] == ANY_BYTES) {
          throw new IllegalArgumentException("** is not a segment of its own: " + pattern);
        }
        tokens.add(segment[j]);
        if (literal) {
          base.write(segment[j]);
        }
      }
      if (!last) {
        tokens.add((int) '/');
      }
      if (literal) {
        base.write('/');
      }
    }
    return new PathGlob(
        pattern,
        tokens.stream().mapToInt(Integer::intValue).toArray(),
        ImagePath.of(ByteString.copyOf(base.toByteArray())));
  }

  private static List<int[]> segments(ByteString pattern) {
    List<int[]> segments = new ArrayList<>();
    List<Integer> segment = new ArrayList<>();
    for (int i = 0; i <= pattern.length(); i++) {
      int value = i == pattern.length() ? '/' : pattern.at(i);
      if (value == 0) {
        throw new IllegalArgumentException("a NUL in the pattern " + pattern);
      } else if (value == '/') {
        if (segment.equals(List.of((int) '.', (int) '.'))) {
          throw new IllegalArgumentException("a .. segment in the pattern " + pattern);
        }
        if (!segment.isEmpty() && !segment.equals(List.of((int) '.'))) {
          segments.add(segment.stream().mapToInt(Integer::intValue).toArray());
        }
        segment.clear();
      } else if (value == '*') {
        segment.add(ANY_BYTES);
      } else if (value == '?') {
        segment.add(ANY_BYTE);
      } else if (value == '\\') {
        i++;
        if (i == pattern.length() || pattern.at(i) == '/' || pattern.at(i) == 0) {
          throw new IllegalArgumentException("a backslash before no character: " + pattern);
        }
        segment.add(pattern.at(i));
      } else {
        segment.add(value);
      }
    }
    return segments;
  }

  /**
   * Returns the longest path without a wildcard that every matching path is within: the whole
   * pattern if it has none.
   */
  public ImagePath base() {
    return base;
  }

  /** Says whether the pattern is the path's, from its first byte to its last. */
  public boolean matches(ImagePath path) {
    if (path.isRoot() || !path.isWithin(base)) {
      return path.isRoot() && tokens.length == 0;
    }
    ByteString bytes = path.toRelativeBytes();
    BitSet states = new BitSet(tokens.length + 1);
    enter(states, 0);
    for (int at = 0; at < bytes.length() && !states.isEmpty(); at++) {
      states = step(states, bytes.at(at));
    }
    return states.get(tokens.length);
  }

  // All places in the pattern that can be reached, instead of one after the other: no backtracking.
  private BitSet step(BitSet states, int value) {
    BitSet next = new BitSet(tokens.length + 1);
    for (int i = states.nextSetBit(0); i >= 0 && i < tokens.length; i = states.nextSetBit(i + 1)) {
      int token = tokens[i];
      if (token == ANY_DIRECTORIES) {
        next.set(i);
        if (value == '/') {
          enter(next, i + 1);
        }
      } else if (token == ANYTHING) {
        next.set(i);
        enter(next, i + 1);
      } else if (token == ANY_BYTES) {
        if (value != '/') {
          enter(next, i);
        }
      } else if (token == value || (token == ANY_BYTE && value != '/')) {
        enter(next, i + 1);
      }
    }
    return next;
  }

  private void enter(BitSet states, int from) {
    int i = from;
    states.set(i);
    while (i < tokens.length && (tokens[i] == ANY_BYTES || tokens[i] == ANY_DIRECTORIES)) {
      states.set(++i);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PathGlob that && pattern.equals(that.pattern);
  }

  @Override
  public int hashCode() {
    return pattern.hashCode();
  }

  /** Returns the pattern as it was given. */
  @Override
  public String toString() {
    return pattern.toString();
  }
}
