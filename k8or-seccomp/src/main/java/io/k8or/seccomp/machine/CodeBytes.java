package io.k8or.seccomp.machine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A run of executable bytes of an object. Its array is not copied, and not written to.
 *
 * @param linkage whether it holds the stubs of a procedure linkage table, each a function
 */
@SuppressWarnings("ArrayRecordComponent") // not compared
public record CodeBytes(long start, byte[] bytes, boolean linkage) {
  /** Returns the address behind the last byte. */
  public long end() {
    return start + bytes.length;
  }

  /** Says whether the byte at an address is one of these. */
  public boolean contains(long address) {
    return address >= start && address < end();
  }

  /** Returns those of some that hold the byte at an address; null where none do. */
  public static @Nullable CodeBytes at(List<CodeBytes> some, long address) {
    for (CodeBytes each : some) {
      if (each.contains(address)) {
        return each;
      }
    }
    return null;
  }
}
