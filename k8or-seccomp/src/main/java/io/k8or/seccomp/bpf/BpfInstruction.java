package io.k8or.seccomp.bpf;

/**
 * One instruction of classic BPF, {@code struct sock_filter} of linux/filter.h.
 *
 * @param code what is done, 16 bits
 * @param ifTrue how many instructions a jump skips where its condition holds, 0 to 255
 * @param ifFalse how many it skips where it does not, 0 to 255
 * @param k a number, which the instruction's kind gives a meaning
 */
public record BpfInstruction(int code, int ifTrue, int ifFalse, int k) {
  static final int LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
  static final int AND = 0x54; // BPF_ALU | BPF_AND | BPF_K
  static final int JUMP = 0x05; // BPF_JMP | BPF_JA
  static final int JUMP_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
  static final int JUMP_GREATER = 0x25; // BPF_JMP | BPF_JGT | BPF_K
  static final int JUMP_GREATER_EQUAL = 0x35; // BPF_JMP | BPF_JGE | BPF_K
  static final int JUMP_SET = 0x45; // BPF_JMP | BPF_JSET | BPF_K
  static final int RETURN = 0x06; // BPF_RET | BPF_K

  /**
   * Makes an instruction.
   *
   * @throws IllegalArgumentException if a number does not fit into its field
   */
  public BpfInstruction {
    if ((code & ~0xffff) != 0 || (ifTrue & ~0xff) != 0 || (ifFalse & ~0xff) != 0) {
      throw new IllegalArgumentException(
          "not an instruction: " + code + ", " + ifTrue + ", " + ifFalse);
    }
  }

  boolean isConditional() {
    return (code & 0x07) == 0x05 && code != JUMP;
  }

  boolean isReturn() {
    return (code & 0x07) == 0x06;
  }

  /** Returns it as in a listing, with jumps as distances. */
  @Override
  public String toString() {
    String hex = "0x" + Integer.toHexString(k);
    return switch (code) {
      case LOAD -> "ld [" + k + "]";
      case AND -> "and " + hex;
      case JUMP -> "ja +" + Integer.toUnsignedString(k);
      case JUMP_EQUAL -> "jeq " + hex + ", +" + ifTrue + ", +" + ifFalse;
      case JUMP_GREATER -> "jgt " + hex + ", +" + ifTrue + ", +" + ifFalse;
      case JUMP_GREATER_EQUAL -> "jge " + hex + ", +" + ifTrue + ", +" + ifFalse;
      case JUMP_SET -> "jset " + hex + ", +" + ifTrue + ", +" + ifFalse;
      case RETURN -> "ret " + hex;
      default -> String.format("code 0x%02x, %s, +%d, +%d", code, hex, ifTrue, ifFalse);
    };
  }
}
