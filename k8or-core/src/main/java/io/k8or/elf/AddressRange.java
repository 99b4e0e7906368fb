package io.k8or.elf;

/**
 * A range of virtual addresses.
 *
 * @param start the first address
 * @param length the number of bytes
 */
public record AddressRange(long start, long length) {
  /** Returns the address behind the last. */
  public long end() {
    return start + length;
  }

  /** Says whether the address is in the range. */
  public boolean contains(long address) {
    return Long.compareUnsigned(address - start, length) < 0;
  }
}
