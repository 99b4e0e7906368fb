package io.k8or.seccomp.machine;

import io.k8or.elf.AddressRange;
import java.util.Arrays;
import java.util.List;

/** What unwinding tells of an object's code: each frame a function, or a part of one. */
public final class Frames {
  private final long[] starts;
  private final long[] ends;

  /** Orders frames by their addresses. */
  public Frames(List<AddressRange> frames) {
    AddressRange[] sorted = frames.toArray(AddressRange[]::new);
    Arrays.sort(sorted, (a, b) -> Long.compare(a.start(), b.start()));
    starts = Arrays.stream(sorted).mapToLong(AddressRange::start).toArray();
    ends = Arrays.stream(sorted).mapToLong(AddressRange::end).toArray();
  }

  /** Returns where frames begin, ascending. */
  public long[] starts() {
    return starts.clone();
  }

  /** Returns the number of the frame that an address is in, or -1. */
  public int at(long address) {
    int i = Arrays.binarySearch(starts, address);
    i = i >= 0 ? i : -i - 2;
    return i >= 0 && address < ends[i] ? i : -1;
  }

  /** Returns the address behind a frame. */
  public long end(int frame) {
    return ends[frame];
  }

  /** Says whether an address is in a frame, and is not its first. */
  public boolean isInside(long address) {
    int frame = at(address);
    return frame >= 0 && starts[frame] != address;
  }

  @Override
  public String toString() {
    return starts.length + " frames";
  }
}
