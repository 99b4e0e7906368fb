package io.k8or.layers.tar;

import java.util.Arrays;

/**
 * Where the stored bytes of a sparse file belong; all other bytes of it are zero. Immutable.
 *
 * <p>Fragments are in order and do not overlap. They are stored one behind the other, after {@link
 * #storedOffset} bytes of the entry's data.
 */
public final class SparseMap {
  // Offset and length of each fragment.
  private final long[] fragments;
  private final long storedOffset;

  SparseMap(long[] fragments, long storedOffset) {
    this.fragments = fragments;
    this.storedOffset = storedOffset;
  }

  /** Returns the number of fragments. */
  public int size() {
    return fragments.length / 2;
  }

  /** Returns where in the file a fragment begins, in bytes. */
  public long offset(int index) {
    return fragments[2 * index];
  }

  /** Returns how long a fragment is, in bytes; 0 is possible. */
  public long length(int index) {
    return fragments[2 * index + 1];
  }

  /**
   * Returns where in the entry's stored data the first fragment begins: behind the map itself in
   * the PAX format 1.0, otherwise 0.
   */
  public long storedOffset() {
    return storedOffset;
  }

  /** Returns why this cannot be the map of a file, or an empty text. */
  String fault(long fileSize, long storedSize) {
    long at = 0;
    long stored = storedOffset;
    for (int i = 0; i < size(); i++) {
      if (offset(i) < at || length(i) < 0 || length(i) > fileSize - offset(i)) {
        return "sparse fragment "
            + i
            + " of "
            + length(i)
            + " bytes at "
            + offset(i)
            + " overlaps, or is not in a file of "
            + fileSize
            + " bytes";
      }
      at = offset(i) + length(i);
      stored += length(i); // no overflow: fragments do not overlap
    }
    return stored == storedSize
        ? ""
        : "expected " + stored + " stored bytes by the sparse map, found " + storedSize;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SparseMap that
        && storedOffset == that.storedOffset
        && Arrays.equals(fragments, that.fragments);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(fragments);
  }

  @Override
  public String toString() {
    return size() + " fragments " + Arrays.toString(fragments);
  }
}
