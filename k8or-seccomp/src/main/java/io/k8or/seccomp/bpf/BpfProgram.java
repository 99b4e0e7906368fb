package io.k8or.seccomp.bpf;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.seccomp.SyscallProfile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A seccomp filter: a program of classic BPF over {@link SyscallData}, as seccomp(2) takes it.
 * Immutable. It is one that the kernel takes: of instructions that are allowed in filters, with
 * jumps inside the program, and a return at its end (kernel/seccomp.c, {@code
 * seccomp_check_filter}; net/core/filter.c, {@code bpf_check_classic}).
 */
public final class BpfProgram {
  private static final int MAX_SIZE = 4096;
  private static final int INSTRUCTION = 8;
  private static final int MEMORY = 16;

  private final List<BpfInstruction> instructions;

  private BpfProgram(List<BpfInstruction> instructions) {
    this.instructions = List.copyOf(instructions);
  }

  /**
   * What a program decides.
   *
   * @param value what it returns: {@code SECCOMP_RET_*}, as of {@link
   *     io.k8or.seccomp.Verdict#filterValue}
   * @param executed how many instructions ran, the return among them
   */
  public record Outcome(int value, int executed) {}

  /**
   * Compiles a profile. Calls of another architecture, and those of x32, kill the process.
   *
   * @throws IllegalArgumentException if it has so many conditions that the kernel would not take
   *     the program
   */
  public static BpfProgram compile(SyscallProfile profile) {
    List<BpfInstruction> instructions = FilterCompiler.compile(profile);
    String fault = fault(instructions);
    if (!fault.isEmpty()) {
      throw new IllegalArgumentException(profile + ": " + fault);
    }
    return new BpfProgram(instructions);
  }

  /**
   * Reads a program from an array of {@code struct sock_filter}.
   *
   * @param order the byte order of the machine that it is for
   * @throws MalformedContentException if the kernel would not take it
   * @throws IOException if it cannot be read
   */
  public static BpfProgram read(Content content, ByteOrder order) throws IOException {
    if (content.size() % INSTRUCTION != 0 || content.size() > (long) MAX_SIZE * INSTRUCTION) {
      throw new MalformedContentException(
          "seccomp filter", "its size", "expected a multiple of 8, found " + content.size());
    }
    ByteBuffer bytes = ByteBuffer.wrap(content.readAll(MAX_SIZE * INSTRUCTION)).order(order);
    List<BpfInstruction> instructions = new ArrayList<>();
    while (bytes.hasRemaining()) {
      int code = bytes.getShort() & 0xffff;
      int ifTrue = bytes.get() & 0xff;
      int ifFalse = bytes.get() & 0xff;
      instructions.add(new BpfInstruction(code, ifTrue, ifFalse, bytes.getInt()));
    }
    String fault = fault(instructions);
    if (!fault.isEmpty()) {
      throw new MalformedContentException("seccomp filter", "its instructions", fault);
    }
    return new BpfProgram(instructions);
  }

  private static String fault(List<BpfInstruction> instructions) {
    int size = instructions.size();
    if (size == 0 || size > MAX_SIZE) {
      return "expected 1 to " + MAX_SIZE + " instructions, found " + size;
    }
    for (int i = 0; i < size; i++) {
      BpfInstruction instruction = instructions.get(i);
      long room = size - 1L - i;
      boolean inside =
          instruction.code() == BpfInstruction.JUMP
              ? Integer.toUnsignedLong(instruction.k()) < room
              : !instruction.isConditional()
                  || (instruction.ifTrue() < room && instruction.ifFalse() < room);
      if (!isAllowed(instruction) || !inside) {
        return "instruction " + i + ": " + instruction;
      }
    }
    return instructions.get(size - 1).isReturn() ? "" : "its end is no return";
  }

  private static boolean isAllowed(BpfInstruction instruction) {
    int k = instruction.k();
    return switch (instruction.code()) {
      case BpfInstruction.LOAD -> k >= 0 && k < SyscallData.SIZE && k % 4 == 0;
      case 0x60, 0x61, 0x02, 0x03 -> k >= 0 && k < MEMORY; // ld M[k], ldx M[k], st, stx
      case 0x34 -> k != 0; // div
      case 0x64, 0x74 -> k >= 0 && k < 32; // shifts
      case 0x00, 0x01, 0x80, 0x81 -> true; // ld #k, ldx #k, ld #len, ldx #len
      case 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x3c -> true; // add, sub, mul, div by X
      case 0x44, 0x4c, 0x54, 0x5c, 0x6c, 0x7c, 0x84, 0xa4, 0xac ->
          true; // or, and, shifts, neg, xor
      case 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d -> true; // jumps
      case 0x06, 0x16, 0x07, 0x87 -> true; // ret #k, ret A, tax, txa
      default -> false;
    };
  }

  /** Returns the instructions in order. */
  public List<BpfInstruction> instructions() {
    return instructions;
  }

  /** Returns the number of instructions. */
  public int size() {
    return instructions.size();
  }

  /** Runs the program on a call, as the kernel of a little-endian machine would. */
  public Outcome run(SyscallData data) {
    int a = 0;
    int x = 0;
    int[] memory = new int[MEMORY];
    int executed = 0;
    for (int pc = 0; ; pc++) {
      BpfInstruction i = instructions.get(pc);
      executed++;
      int k = i.k();
      // Bit 3 of arithmetic and jumps says that the operand is X.
      int operand = (i.code() & 0x08) != 0 ? x : k;
      switch (i.code()) {
        case BpfInstruction.LOAD -> a = data.word(k);
        case 0x00 -> a = k;
        case 0x01 -> x = k;
        case 0x60 -> a = memory[k];
        case 0x61 -> x = memory[k];
        case 0x80 -> a = SyscallData.SIZE;
        case 0x81 -> x = SyscallData.SIZE;
        case 0x02 -> memory[k] = a;
        case 0x03 -> memory[k] = x;
        case 0x04, 0x0c -> a += operand;
        case 0x14, 0x1c -> a -= operand;
        case 0x24, 0x2c -> a *= operand;
        case 0x34, 0x3c -> {
          if (operand == 0) {
            return new Outcome(0, executed);
          }
          a = Integer.divideUnsigned(a, operand);
        }
        case 0x44, 0x4c -> a |= operand;
        case 0x54, 0x5c -> a &= operand;
        case 0x64, 0x6c -> a <<= operand & 31;
        case 0x74, 0x7c -> a >>>= operand & 31;
        case 0x84 -> a = -a;
        case 0xa4, 0xac -> a ^= operand;
        case BpfInstruction.JUMP -> pc += k;
        case 0x15, 0x1d -> pc += a == operand ? i.ifTrue() : i.ifFalse();
        case 0x25, 0x2d -> pc += Integer.compareUnsigned(a, operand) > 0 ? i.ifTrue() : i.ifFalse();
        case 0x35, 0x3d ->
            pc += Integer.compareUnsigned(a, operand) >= 0 ? i.ifTrue() : i.ifFalse();
        case 0x45, 0x4d -> pc += (a & operand) != 0 ? i.ifTrue() : i.ifFalse();
        case 0x06 -> {
          return new Outcome(k, executed);
        }
        case 0x16 -> {
          return new Outcome(a, executed);
        }
        case 0x07 -> x = a;
        case 0x87 -> a = x;
        default -> throw new IllegalStateException("checked before: " + i);
      }
    }
  }

  /**
   * Returns the program as an array of {@code struct sock_filter}, eight bytes each, as seccomp(2)
   * and {@code bwrap --seccomp} take it.
   *
   * @param order the byte order of the machine that it is for
   */
  public Content toContent(ByteOrder order) {
    ByteBuffer bytes = ByteBuffer.allocate(INSTRUCTION * size()).order(order);
    for (BpfInstruction i : instructions) {
      bytes.putShort((short) i.code()).put((byte) i.ifTrue()).put((byte) i.ifFalse()).putInt(i.k());
    }
    return Content.of(bytes.array());
  }

  /** Returns the program in words, an instruction a line, with jumps as the lines they lead to. */
  public String listing() {
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < size(); at++) {
      BpfInstruction i = instructions.get(at);
      String words = i.toString();
      if (i.isConditional()) {
        words =
            words.substring(0, words.indexOf(", +"))
                + ", "
                + (at + 1 + i.ifTrue())
                + ", "
                + (at + 1 + i.ifFalse());
      } else if (i.code() == BpfInstruction.JUMP) {
        words = "ja " + (at + 1L + Integer.toUnsignedLong(i.k()));
      }
      text.append(String.format("%4d: %s%n", at, words).replace(System.lineSeparator(), "\n"));
    }
    return text.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BpfProgram that && instructions.equals(that.instructions);
  }

  @Override
  public int hashCode() {
    return instructions.hashCode();
  }

  @Override
  public String toString() {
    return "a filter of " + size() + " instructions";
  }
}
