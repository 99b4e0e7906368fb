package io.k8or.seccomp.machine;

import java.util.Arrays;

/** The functions that an object's code is split into, by number in the order of addresses. */
public final class Functions {
  private final long[] starts;
  private final long[] ends;
  private final boolean[] callable;

  /**
   * Takes over the arrays, which are of one length.
   *
   * @param starts the first address of each, ascending
   * @param ends the address behind each
   * @param callable whether something calls a function's first address or takes it
   */
  public Functions(long[] starts, long[] ends, boolean[] callable) {
    this.starts = starts;
    this.ends = ends;
    this.callable = callable;
  }

  /** Returns their number. */
  public int count() {
    return starts.length;
  }

  /** Returns the first address of one. */
  public long start(int function) {
    return starts[function];
  }

  /** Returns the address behind one. */
  public long end(int function) {
    return ends[function];
  }

  /** Says whether something calls the first address of one or takes it. */
  public boolean isCallable(int function) {
    return callable[function];
  }

  /** Returns the one at an address, or -1. */
  public int at(long address) {
    int i = before(address);
    return i >= 0 && address < ends[i] ? i : -1;
  }

  /** Returns the last one that begins at an address or before it, or -1. */
  public int before(long address) {
    int i = Arrays.binarySearch(starts, address);
    return i >= 0 ? i : -i - 2;
  }

  @Override
  public String toString() {
    return starts.length + " functions";
  }
}
