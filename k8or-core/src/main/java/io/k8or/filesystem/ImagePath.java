package io.k8or.filesystem;

import io.k8or.content.ByteString;
import java.util.Arrays;
import java.util.Optional;

/**
 * An absolute path inside an image, as raw bytes.
 *
 * <p>A path is normal: segments that are neither empty nor {@code .} nor {@code ..}, without NUL,
 * separated by one slash. The root has no segment. Symbolic links play no part here; {@link
 * FileTree} resolves them.
 *
 * <p>Paths are ordered so that a directory comes directly before everything below it: as unsigned
 * bytes, with the slash before any other byte.
 */
public final class ImagePath implements Comparable<ImagePath> {
  private static final ImagePath ROOT = new ImagePath(new byte[0]);

  // Without the leading slash.
  private final byte[] bytes;

  private ImagePath(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Returns the root directory. */
  public static ImagePath root() {
    return ROOT;
  }

  /**
   * Returns the path of the text in UTF-8; empty and {@code .} segments are left out.
   *
   * @param text an absolute path, such as {@code /etc/passwd}
   * @throws IllegalArgumentException if it does not begin with a slash, or has a {@code ..} segment
   *     or a NUL
   */
  public static ImagePath of(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("not an absolute path: " + text);
    }
    return of(ByteString.utf8(text));
  }

  /**
   * Returns the path of the bytes, with or without a leading slash, as archives name their entries;
   * empty and {@code .} segments are left out, and so is a slash at the end.
   *
   * @throws IllegalArgumentException if it has a {@code ..} segment or a NUL
   */
  public static ImagePath of(ByteString name) {
    byte[] raw = name.toByteArray();
    byte[] normal = new byte[raw.length];
    int length = 0;
    int from = 0;
    while (from <= raw.length) {
      int to = from;
      while (to < raw.length && raw[to] != '/') {
        if (raw[to] == 0) {
          throw new IllegalArgumentException("a NUL in the path " + name);
        }
        to++;
      }
      int size = to - from;
      if (size == 2 && raw[from] == '.' && raw[from + 1] == '.') {
        throw new IllegalArgumentException("a .. segment in the path " + name);
      }
      if (size > 0 && !(size == 1 && raw[from] == '.')) {
        if (length > 0) {
          normal[length++] = '/';
        }
        System.arraycopy(raw, from, normal, length, size);
        length += size;
      }
      from = to + 1;
    }
    return length == 0 ? ROOT : new ImagePath(Arrays.copyOf(normal, length));
  }

  /** Says whether this is the root directory. */
  public boolean isRoot() {
    return bytes.length == 0;
  }

  /** Returns the directory that this is in; empty for the root. */
  public Optional<ImagePath> parent() {
    if (isRoot()) {
      return Optional.empty();
    }
    int slash = lastSlash();
    return Optional.of(slash < 0 ? ROOT : new ImagePath(Arrays.copyOf(bytes, slash)));
  }

  /** Returns the last segment; empty for the root. */
  public ByteString name() {
    int slash = lastSlash();
    return ByteString.copyOf(bytes, slash + 1, bytes.length - slash - 1);
  }

  /**
   * Returns a path below this one.
   *
   * @param relative one segment or more, separated by slashes; a leading slash is ignored
   * @throws IllegalArgumentException if it has a {@code ..} segment or a NUL
   */
  public ImagePath resolve(ByteString relative) {
    ImagePath below = of(relative);
    if (isRoot()) {
      return below;
    }
    if (below.isRoot()) {
      return this;
    }
    byte[] both = Arrays.copyOf(bytes, bytes.length + 1 + below.bytes.length);
    both[bytes.length] = '/';
    System.arraycopy(below.bytes, 0, both, bytes.length + 1, below.bytes.length);
    return new ImagePath(both);
  }

  /**
   * Returns a path below this one, of text in UTF-8.
   *
   * @throws IllegalArgumentException if it has a {@code ..} segment or a NUL
   */
  public ImagePath resolve(String relative) {
    return resolve(ByteString.utf8(relative));
  }

  /** Says whether this is the directory itself or a path below it. */
  public boolean isWithin(ImagePath directory) {
    int length = directory.bytes.length;
    return length == 0
        || (bytes.length >= length
            && Arrays.equals(bytes, 0, length, directory.bytes, 0, length)
            && (bytes.length == length || bytes[length] == '/'));
  }

  /**
   * Returns this path with one directory above it exchanged for another.
   *
   * @throws IllegalArgumentException if this is not within {@code from}
   */
  public ImagePath rebase(ImagePath from, ImagePath to) {
    if (!isWithin(from)) {
      throw new IllegalArgumentException(this + " is not within " + from);
    }
    if (bytes.length == from.bytes.length) {
      return to;
    }
    int skip = from.isRoot() ? 0 : from.bytes.length + 1;
    return to.resolve(ByteString.copyOf(bytes, skip, bytes.length - skip));
  }

  /** Returns the bytes without a leading slash, as archives write them; empty for the root. */
  public ByteString toRelativeBytes() {
    return ByteString.copyOf(bytes);
  }

  /** Returns the number of segments; 0 for the root. */
  public int depth() {
    if (isRoot()) {
      return 0;
    }
    int depth = 1;
    for (byte b : bytes) {
      if (b == '/') {
        depth++;
      }
    }
    return depth;
  }

  // The least path that comes after everything within this one.
  ImagePath endOfSubtree() {
    byte[] end = Arrays.copyOf(bytes, bytes.length + 1);
    end[bytes.length] = 0; // a NUL is in no path, and orders directly behind the slash
    return new ImagePath(end);
  }

  private int lastSlash() {
    for (int i = bytes.length - 1; i >= 0; i--) {
      if (bytes[i] == '/') {
        return i;
      }
    }
    return -1;
  }

  @Override
  public int compareTo(ImagePath other) {
    int at = Arrays.mismatch(bytes, other.bytes);
    if (at < 0) {
      return 0;
    }
    if (at == bytes.length || at == other.bytes.length) {
      return Integer.compare(bytes.length, other.bytes.length);
    }
    return Integer.compare(rank(bytes[at]), rank(other.bytes[at]));
  }

  private static int rank(byte b) {
    return b == '/' ? -1 : b & 0xff;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ImagePath that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** Returns the path for a person to read, with a leading slash; see {@link ByteString}. */
  @Override
  public String toString() {
    return "/" + ByteString.copyOf(bytes);
  }
}
