package io.k8or.seccomp.machine;

import java.util.Arrays;
import java.util.function.LongUnaryOperator;

/**
 * What a register or a word of the stack may hold: any of a few constants, any of what places held
 * when the function was entered, an address in the function's own frame, or anything. Immutable.
 *
 * <p>Places are numbered: 0 to 15 are the registers, {@link #FIRST_SLOT} and up the words of the
 * stack from the stack pointer at entry on (the first is the return address, if it was called),
 * {@link #FIRST_WORD} and up the words that registers point to.
 */
public final class Value {
  /** The number of the first word of the stack among the places. */
  public static final int FIRST_SLOT = 16;

  /**
   * The number of the first word in memory among the places: the word that register 0 pointed to at
   * entry, and so on for each register.
   */
  public static final int FIRST_WORD = 48;

  /** The number of places. */
  public static final int PLACES = 64;

  // More constants than a switch over system calls would have.
  private static final int MAX_CONSTANTS = 64;
  private static final long[] NONE = new long[0];

  /** What code that is never reached holds. */
  public static final Value NOTHING = new Value(NONE, 0, false, false, 0);

  /** What is not known. */
  public static final Value ANYTHING = new Value(NONE, 0, true, false, 0);

  // Values of places, which most values are.
  private static final Value[] OF_PLACES = new Value[PLACES];

  static {
    for (int place = 0; place < PLACES; place++) {
      OF_PLACES[place] = new Value(NONE, 1L << place, false, false, 0);
    }
  }

  private final long[] constants;
  private final long places;
  private final boolean anything;
  private final boolean stack;
  private final long offset;

  private Value(long[] constants, long places, boolean anything, boolean stack, long offset) {
    this.constants = constants;
    this.places = places;
    this.anything = anything;
    this.stack = stack;
    this.offset = offset;
  }

  /** Returns a constant. */
  public static Value constant(long value) {
    return new Value(new long[] {value}, 0, false, false, 0);
  }

  /** Returns what a place held when the function was entered. */
  public static Value place(int place) {
    return OF_PLACES[place];
  }

  /**
   * Returns any of some constants, or of what places held at entry, or anything.
   *
   * @param constants ascending
   * @param places a bit each
   */
  public static Value of(long[] constants, long places, boolean anything) {
    return new Value(constants.clone(), places, anything, false, 0);
  }

  /** Returns the stack pointer at entry plus the offset. */
  public static Value stack(long offset) {
    return new Value(NONE, 0, false, true, offset);
  }

  /** Returns the constants that it may be, ascending. */
  public long[] constants() {
    return constants.clone();
  }

  /** Returns the places whose value at entry it may be, a bit each. */
  public long places() {
    return places;
  }

  /** Says whether it may be something that was not found. */
  public boolean isAnything() {
    return anything || stack;
  }

  /** Says whether it is nothing at all: the code is never reached. */
  public boolean isNothing() {
    return constants.length == 0 && places == 0 && !anything && !stack;
  }

  /** Returns the register whose value at entry it is and nothing else, or -1. */
  public int register() {
    boolean one = constants.length == 0 && !anything && !stack && Long.bitCount(places) == 1;
    int place = Long.numberOfTrailingZeros(places);
    return one && place < FIRST_SLOT ? place : -1;
  }

  /** Says whether it is an address in the function's frame. */
  public boolean isStack() {
    return stack;
  }

  /** Returns how far an address in the frame is from the stack pointer at entry. */
  public long offset() {
    return offset;
  }

  /** Says whether it is one of some constants and nothing else. */
  public boolean isConstant() {
    return constants.length > 0 && places == 0 && !anything && !stack;
  }

  /** Returns something unknown that was made from this: its places are the same. */
  public Value derived() {
    return new Value(NONE, places, true, false, 0);
  }

  /**
   * Returns the value where it is known not to be 0. Where it could be nothing else, something that
   * was not seen has changed it, and it may be anything.
   *
   * @param size the bytes that are known not to be 0 altogether
   */
  public Value withoutZero(int size) {
    long mask = size == 8 ? -1 : (1L << (8 * size)) - 1;
    long[] rest = Arrays.stream(constants).filter(value -> (value & mask) != 0).toArray();
    if (rest.length == constants.length) {
      return this;
    }
    Value left = new Value(rest, places, anything, stack, offset);
    return left.isNothing() ? ANYTHING : left;
  }

  /** Returns the place of the stack or the register whose value at entry it is, or -1. */
  public int onePlace() {
    boolean one = constants.length == 0 && !anything && !stack && Long.bitCount(places) == 1;
    int place = Long.numberOfTrailingZeros(places);
    return one && place < FIRST_WORD ? place : -1;
  }

  /** Returns this value or the other. */
  public Value or(Value other) {
    if (equals(other) || other == NOTHING || this == ANYTHING) {
      return this;
    }
    if (this == NOTHING || other == ANYTHING) {
      return other;
    }
    if (stack || other.stack) {
      // Two different offsets, or a stack address and something else.
      return ANYTHING;
    }
    if ((places | other.places) == places
        && (anything || !other.anything)
        && (other.constants.length == 0 || contains(other.constants))) {
      return this;
    }
    long[] both = merge(constants, other.constants);
    if (both.length > MAX_CONSTANTS) {
      return ANYTHING;
    }
    return new Value(both, places | other.places, anything || other.anything, false, 0);
  }

  private boolean contains(long[] others) {
    for (long other : others) {
      if (Arrays.binarySearch(constants, other) < 0) {
        return false;
      }
    }
    return true;
  }

  /** Merges two ascending lists. */
  private static long[] merge(long[] a, long[] b) {
    if (a.length == 0 || b.length == 0) {
      return a.length == 0 ? b : a;
    }
    long[] both = new long[a.length + b.length];
    int n = 0;
    int i = 0;
    int j = 0;
    while (i < a.length || j < b.length) {
      if (j == b.length || (i < a.length && a[i] < b[j])) {
        both[n++] = a[i++];
      } else {
        i += i < a.length && a[i] == b[j] ? 1 : 0;
        both[n++] = b[j++];
      }
    }
    return Arrays.copyOf(both, n);
  }

  /** Sorts numbers and drops those that are there twice. */
  private static long[] ascending(long[] numbers) {
    if (numbers.length < 2) {
      return numbers;
    }
    Arrays.sort(numbers);
    int n = 0;
    for (long number : numbers) {
      if (n == 0 || numbers[n - 1] != number) {
        numbers[n++] = number;
      }
    }
    return Arrays.copyOf(numbers, n);
  }

  /** Returns the value plus a distance, in 64 bits or in 32. */
  public Value plus(long distance, boolean wide) {
    if (stack) {
      return stack(offset + distance);
    }
    if (!isConstant()) {
      return distance == 0 && wide ? this : ANYTHING;
    }
    return map(value -> wide ? value + distance : (value + distance) & 0xffffffffL);
  }

  /** Returns the value with a function applied to each constant. */
  public Value map(LongUnaryOperator f) {
    if (!isConstant()) {
      return ANYTHING;
    }
    long[] mapped = new long[constants.length];
    for (int i = 0; i < mapped.length; i++) {
      mapped[i] = f.applyAsLong(constants[i]);
    }
    return new Value(ascending(mapped), 0, false, false, 0);
  }

  /** Returns the value's low 32 bits. What came from outside stays what it is: a number fits. */
  public Value low32() {
    if (constants.length == 0) {
      return stack ? ANYTHING : this;
    }
    long[] cut = constants.clone();
    for (int i = 0; i < cut.length; i++) {
      cut[i] &= 0xffffffffL;
    }
    return new Value(ascending(cut), places, anything, false, 0);
  }

  @Override
  public boolean equals(Object other) {
    if (this == other) {
      return true;
    }
    return other instanceof Value that
        && places == that.places
        && anything == that.anything
        && stack == that.stack
        && offset == that.offset
        && Arrays.equals(constants, that.constants);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(constants) * 31 + Long.hashCode(places + offset) + (anything ? 1 : 0);
  }

  @Override
  public String toString() {
    if (stack) {
      return "sp" + (offset < 0 ? "" : "+") + offset;
    }
    return (anything ? "anything " : "")
        + Arrays.toString(constants)
        + (places == 0 ? "" : " places " + Long.toBinaryString(places));
  }
}
