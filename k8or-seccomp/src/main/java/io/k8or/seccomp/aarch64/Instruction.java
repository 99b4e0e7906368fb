package io.k8or.seccomp.aarch64;

/**
 * One decoded instruction. Mutable: a decoder fills it, so that a walk over millions of
 * instructions makes no garbage.
 */
final class Instruction {
  /** Registers are numbered as they are, with the stack pointer as 31 and the zero register 32. */
  static final int SP = 31;

  static final int ZERO = 32;

  /** No register. */
  static final int NONE = -1;

  /** What is done with the base of an access: nothing, changed behind it, changed before it. */
  static final int OFFSET = 0;

  static final int POST_INDEX = 1;
  static final int PRE_INDEX = 3;

  /** Its virtual address. */
  long address;

  Operation operation = Operation.UNDEFINED;

  /** Whether it works on 64 bits; else on 32, and clears the others. */
  boolean wide;

  /** The register that is written, or stored, or tested; of a pair the first. */
  int rd;

  /** The first operand; of an access its base. */
  int rn;

  /** The second operand; of an access its index; {@link #NONE} where there is none. */
  int rm;

  /** The second register of a pair; {@link #NONE} where there is none. */
  int rd2;

  /** An immediate; of an access the distance from its base. */
  long immediate;

  /** Of shifted registers: 0 lsl, 1 lsr, 2 asr, 3 ror, 4 extended; and by how many bits. */
  int shift;

  int amount;

  /** Of a field of bits: the last bit. */
  int last;

  /** The address that a branch leads to, that adr and adrp make, or of a literal. */
  long target;

  /** Of an access: its bytes, of a pair the bytes of one. */
  int size;

  /** Whether the registers loaded or stored are vectors. */
  boolean vector;

  /** Of an access: what is done with its base. */
  int mode;

  /** Returns the address behind it. */
  long next() {
    return address + 4;
  }

  /** Says whether it has an access of memory at a base and a constant distance. */
  boolean isAccess() {
    return switch (operation) {
      case LOAD, LOAD_SIGNED, STORE, LOAD_PAIR, STORE_PAIR -> true;
      default -> false;
    };
  }

  /** Says whether execution never goes on behind it. */
  boolean isEnd() {
    return switch (operation) {
      case JUMP, INDIRECT_JUMP, RETURN, STOP, UNDEFINED -> true;
      default -> false;
    };
  }
}
