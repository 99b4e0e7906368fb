package io.k8or.layers.deflate;

import java.util.ArrayList;
import java.util.List;

/** Where a splice cuts the old stream: at both ends of what is copied, and behind its window. */
final class Cuts {
  private final List<Span.Copy> copies = new ArrayList<>();

  Cuts(List<Span> plan) {
    for (Span span : plan) {
      if (span instanceof Span.Copy copy) {
        copies.add(copy);
      }
    }
  }

  // The first copy that ends behind the offset; their number if there is none.
  private int at(long offset) {
    int low = 0;
    int high = copies.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (copies.get(middle).to() <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * Returns the first cut behind an offset. Where the window of a copy is filled with bytes of the
   * same copy, all that follows can be copied.
   */
  long after(long offset) {
    int index = at(offset);
    if (index == copies.size()) {
      return Long.MAX_VALUE;
    }
    Span.Copy copy = copies.get(index);
    if (offset < copy.from()) {
      return copy.from();
    }
    long filled = copy.from() + BlockInflater.WINDOW;
    return copy.from() > 0 && offset < filled ? Math.min(filled, copy.to()) : copy.to();
  }

  /** Says whether any byte of a range is copied. */
  boolean touches(long from, long to) {
    int index = at(from);
    return index < copies.size() && copies.get(index).from() < to;
  }
}
