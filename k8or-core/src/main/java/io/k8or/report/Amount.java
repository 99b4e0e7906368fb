package io.k8or.report;

/**
 * A number of paths, and the bytes of the regular files among them.
 *
 * @param paths names in the tree; each hard link is one
 * @param bytes of file contents; a file with several names counts once
 */
public record Amount(long paths, long bytes) {
  /** Nothing. */
  public static final Amount NONE = new Amount(0, 0);

  /** Returns the sum. */
  public Amount plus(Amount other) {
    return new Amount(paths + other.paths, bytes + other.bytes);
  }

  /** Returns the difference. */
  public Amount minus(Amount other) {
    return new Amount(paths - other.paths, bytes - other.bytes);
  }

  @Override
  public String toString() {
    return paths + " paths, " + bytes + " bytes";
  }
}
