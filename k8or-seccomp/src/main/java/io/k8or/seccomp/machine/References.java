package io.k8or.seccomp.machine;

import java.util.Arrays;

/**
 * What instructions refer to, in columns: where the instruction is, what it does, and the address
 * that it does it to. Grows while code is scanned, then it is sorted by instruction and only read.
 */
public final class References {
  /** A call of a fixed address. */
  public static final byte CALL = 1;

  /** A jump to a fixed address, conditional or not. */
  public static final byte JUMP = 2;

  /** A call of what the word at a fixed address holds. */
  public static final byte CALL_SLOT = 3;

  /** A jump to what the word at a fixed address holds. */
  public static final byte JUMP_SLOT = 4;

  /** An access of the memory at a fixed address. */
  public static final byte ACCESS = 5;

  /** An address that is taken: by lea, as an immediate, as the base of an indexed access. */
  public static final byte ADDRESS = 6;

  /** An instruction that enters the kernel. */
  public static final byte SYSCALL = 7;

  /** A call of what a register or another word of memory holds; it has no target. */
  public static final byte INDIRECT_CALL = 8;

  /** A jump to what a register or another word of memory holds; it has no target. */
  public static final byte INDIRECT_JUMP = 9;

  /** An instruction that enters the kernel with the numbers of 32-bit programs. */
  public static final byte SYSCALL_32 = 10;

  private long[] at = new long[256];
  private byte[] kind = new byte[256];
  private long[] target = new long[256];
  private int size;

  /** Makes an empty list. */
  public References() {}

  /** Adds one. */
  public void add(long instruction, byte what, long address) {
    if (size == at.length) {
      int more = size * 2;
      at = Arrays.copyOf(at, more);
      kind = Arrays.copyOf(kind, more);
      target = Arrays.copyOf(target, more);
    }
    at[size] = instruction;
    kind[size] = what;
    target[size++] = address;
  }

  /** Returns the number of references. */
  public int size() {
    return size;
  }

  /** Returns the address of the instruction. */
  public long at(int i) {
    return at[i];
  }

  /** Returns what the instruction does, such as {@link #CALL}. */
  public byte kind(int i) {
    return kind[i];
  }

  /** Returns the address that it does it to, 0 where there is none. */
  public long target(int i) {
    return target[i];
  }

  /** Returns the first index whose instruction is at the address or behind it. */
  public int firstAt(long address) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (at[middle] < address) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Returns those for which the filter holds, sorted by instruction. */
  public References sortedAndKept(Filter filter) {
    References kept = new References();
    boolean sorted = true;
    for (int i = 0; i < size; i++) {
      if (filter.keeps(at[i], kind[i], target[i])) {
        sorted &= kept.size == 0 || kept.at[kept.size - 1] <= at[i];
        kept.add(at[i], kind[i], target[i]);
      }
    }
    return sorted ? kept : kept.sorted();
  }

  private References sorted() {
    Integer[] order = new Integer[size];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Long.compare(at[a], at[b]));
    References result = new References();
    for (int i : order) {
      result.add(at[i], kind[i], target[i]);
    }
    return result;
  }

  /** Which references to keep. */
  public interface Filter {
    /** Says whether to keep it. */
    boolean keeps(long at, byte kind, long target);
  }
}
