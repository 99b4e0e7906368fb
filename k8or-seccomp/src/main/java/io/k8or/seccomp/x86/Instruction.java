package io.k8or.seccomp.x86;

/**
 * One decoded instruction. Mutable: a decoder fills it, so that a walk over millions of
 * instructions makes no garbage.
 */
final class Instruction {
  /** The opcode maps. */
  static final int ONE_BYTE = 0;

  static final int MAP_0F = 1;
  static final int MAP_0F38 = 2;
  static final int MAP_0F3A = 3;

  /** No register: of a missing base or index. */
  static final int NONE = -1;

  /** The base register of addresses relative to the next instruction. */
  static final int RIP = 16;

  /** Its virtual address. */
  long address;

  /** Its bytes; 0 where the bytes are no instruction. */
  int length;

  /** The map of the opcode: 0 one byte, 1 0F, 2 0F38, 3 0F3A, others by VEX, EVEX and XOP. */
  int map;

  int opcode;

  /** Whether it is coded by VEX, EVEX or XOP. */
  boolean vector;

  /** Whether the operands are 64 bits wide (REX.W). */
  boolean wide;

  /** Whether it has a REX prefix, with which byte registers 4 to 7 are the lowest bytes. */
  boolean rex;

  /** Whether prefix 66 halves the operands to 16 bits. */
  boolean operand16;

  /** Whether prefix 67 halves addresses to 32 bits. */
  boolean address32;

  /** The prefix F2 or F3, the last one given; 0 for none. */
  int repeat;

  /** The prefix 64 (fs) or 65 (gs); 0 for none. */
  int segment;

  boolean hasModRm;

  /** Whether the rm operand is a register; else it is memory. */
  boolean rmIsRegister;

  /** The reg field with its REX bit, 0 to 15. */
  int reg;

  /** The rm register with its REX bit, where {@link #rmIsRegister}. */
  int rm;

  /** The memory operand's base register, {@link #RIP}, or {@link #NONE}. */
  int base;

  /** The memory operand's index register, or {@link #NONE}. */
  int index;

  int scale;
  long displacement;

  /** Whether there is an immediate; of rel operands it is the distance. */
  boolean hasImmediate;

  /** The immediate, sign-extended. */
  long immediate;

  /** The register in the opcode's low three bits with its REX bit. */
  int opcodeRegister;

  /** Returns the address behind it. */
  long next() {
    return address + length;
  }

  /** Says whether it is the instruction of an opcode of the one-byte map. */
  boolean is(int oneByteOpcode) {
    return map == ONE_BYTE && !vector && opcode == oneByteOpcode;
  }

  /** Says whether it is the instruction of an opcode of the 0F map. */
  boolean is0f(int twoByteOpcode) {
    return map == MAP_0F && !vector && opcode == twoByteOpcode;
  }

  /**
   * Says whether it enters the kernel: syscall, or one of the 32-bit ways, int 0x80 and sysenter.
   */
  boolean isSystemCall() {
    return isSyscall() || is0f(0x34) || (is(0xcd) && (immediate & 0xff) == 0x80);
  }

  /** Says whether it is syscall. */
  boolean isSyscall() {
    return is0f(0x05);
  }

  /** Says whether it compares its operands, or tests their bits, and changes flags alone. */
  boolean isComparison() {
    if (map != ONE_BYTE || vector) {
      return false;
    }
    return switch (opcode) {
      case 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x84, 0x85, 0xa8, 0xa9 -> true;
      case 0x80, 0x81, 0x83 -> (reg & 7) == 7;
      case 0xf6, 0xf7 -> (reg & 7) <= 1;
      default -> false;
    };
  }

  /** Says whether it calls a fixed address. */
  boolean isDirectCall() {
    return is(0xe8);
  }

  /** Says whether it jumps, always, to a fixed address. */
  boolean isDirectJump() {
    return is(0xe9) || is(0xeb);
  }

  /** Says whether it jumps to a fixed address or goes on. */
  boolean isConditionalJump() {
    return !vector
        && ((map == ONE_BYTE
                && ((opcode >= 0x70 && opcode <= 0x7f) || (opcode >= 0xe0 && opcode <= 0xe3)))
            || (map == MAP_0F && opcode >= 0x80 && opcode <= 0x8f)
            || isXbegin());
  }

  private boolean isXbegin() {
    return is(0xc7) && rmIsRegister && (reg & 7) == 7;
  }

  /** Says whether it calls what a register or a word of memory holds. */
  boolean isIndirectCall() {
    return is(0xff) && ((reg & 7) == 2 || (reg & 7) == 3);
  }

  /** Says whether it jumps to what a register or a word of memory holds. */
  boolean isIndirectJump() {
    return is(0xff) && ((reg & 7) == 4 || (reg & 7) == 5);
  }

  /** Says whether it returns. */
  boolean isReturn() {
    return is(0xc3) || is(0xc2) || is(0xcb) || is(0xca) || is(0xcf);
  }

  /** Says whether execution never goes on behind it and leads nowhere else: ud2, hlt, int3. */
  boolean isStop() {
    return is0f(0x0b) || is0f(0xb9) || is0f(0xff) || is(0xf4) || is(0xcc);
  }

  /** Returns the target of a direct call or jump, or of a conditional jump. */
  long target() {
    return next() + immediate;
  }

  /** Returns the address of a memory operand that is fixed: relative to rip, or absolute. */
  long memoryAddress() {
    return base == RIP ? next() + displacement : displacement;
  }

  /** Says whether it has a memory operand at a fixed address. */
  boolean hasFixedMemory() {
    return hasModRm
        && !rmIsRegister
        && index == NONE
        && (base == RIP || base == NONE)
        && segment == 0;
  }
}
