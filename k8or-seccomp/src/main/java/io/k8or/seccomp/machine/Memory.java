package io.k8or.seccomp.machine;

import java.util.OptionalLong;

/** What of an object's memory never changes while a program runs. */
@FunctionalInterface
public interface Memory {
  /**
   * Returns the number at an address, in the order of bytes of the machine and without a sign.
   *
   * @param size its bytes, 4 or 8
   * @return empty where something may write it
   */
  OptionalLong read(long address, int size);
}
