package io.k8or.seccomp.x86;

import io.k8or.seccomp.machine.Value;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Words of the stack by their offset, ascending: in columns, since they are copied at each branch.
 */
final class Slots {
  private long[] offsets;
  private @Nullable Value[] values;
  private int size;

  Slots() {
    this(new long[8], new Value[8], 0);
  }

  private Slots(long[] offsets, @Nullable Value[] values, int size) {
    this.offsets = offsets;
    this.values = values;
    this.size = size;
  }

  Slots copy() {
    int room = Math.max(8, size + 2);
    return new Slots(Arrays.copyOf(offsets, room), Arrays.copyOf(values, room), size);
  }

  int size() {
    return size;
  }

  long offset(int i) {
    return offsets[i];
  }

  Value value(int i) {
    Value value = values[i];
    return value == null ? Value.ANYTHING : value;
  }

  void set(int i, Value value) {
    values[i] = value;
  }

  @Nullable Value get(long offset) {
    int i = find(offset);
    return i >= 0 ? values[i] : null;
  }

  void put(long offset, Value value) {
    int i = find(offset);
    if (i >= 0) {
      values[i] = value;
      return;
    }
    int at = -i - 1;
    if (size == offsets.length) {
      offsets = Arrays.copyOf(offsets, size * 2);
      values = Arrays.copyOf(values, size * 2);
    }
    System.arraycopy(offsets, at, offsets, at + 1, size - at);
    System.arraycopy(values, at, values, at + 1, size - at);
    offsets[at] = offset;
    values[at] = value;
    size++;
  }

  /** Lets all words that begin in a range hold anything. */
  void forget(long from, long to) {
    int i = find(from);
    for (i = i < 0 ? -i - 1 : i; i < size && offsets[i] < to; i++) {
      values[i] = Value.ANYTHING;
    }
  }

  void clear() {
    Arrays.fill(values, null);
    size = 0;
  }

  private int find(long offset) {
    return Arrays.binarySearch(offsets, 0, size, offset);
  }
}
