package io.k8or.seccomp.aarch64;

import io.k8or.seccomp.machine.CodeBytes;

/** Decodes A64 instructions: control flow, and the operands that matter for system calls. */
final class Decoder {
  private final byte[] code;
  private final long start;

  /**
   * Makes a decoder.
   *
   * @param code the bytes
   * @param start the virtual address of the first
   */
  Decoder(byte[] code, long start) {
    this.code = code;
    this.start = start;
  }

  Decoder(CodeBytes part) {
    this(part.bytes(), part.start());
  }

  /**
   * Decodes the word at an offset of the code.
   *
   * @return whether it is an instruction; where not, its operation is UNDEFINED
   */
  boolean decode(int offset, Instruction to) {
    to.address = start + offset;
    to.operation = Operation.UNDEFINED;
    if (offset < 0 || offset > code.length - 4) {
      return false;
    }
    int word =
        (code[offset] & 0xff)
            | (code[offset + 1] & 0xff) << 8
            | (code[offset + 2] & 0xff) << 16
            | (code[offset + 3] & 0xff) << 24;
    decode(word, to.address, to);
    return to.operation != Operation.UNDEFINED;
  }

  /** Decodes a word. */
  static void decode(int word, long address, Instruction to) {
    Encodings.Encoding row = Encodings.of(word);
    to.address = address;
    to.operation = row.operation();
    to.wide = word < 0;
    to.rd = Instruction.ZERO;
    to.rn = Instruction.ZERO;
    to.rm = Instruction.NONE;
    to.rd2 = Instruction.NONE;
    to.immediate = 0;
    to.shift = 0;
    to.amount = 0;
    to.last = 0;
    to.target = 0;
    to.size = 0;
    to.vector = false;
    to.mode = Instruction.OFFSET;
    operands(row.form(), word, to);
  }

  private static void operands(char form, int word, Instruction to) {
    switch (form) {
      case 'p' -> {
        to.rd = general(word);
        long distance = (long) (word << 8 >> 13) << 2 | (word >>> 29 & 3);
        boolean page = to.operation == Operation.ADRP;
        to.target = page ? (to.address & -4096) + (distance << 12) : to.address + distance;
        to.wide = true;
      }
      case 'i' -> {
        boolean flags = (word >>> 29 & 1) != 0;
        to.rd = flags ? general(word) : stack(word);
        to.rn = stack(word >>> 5);
        long value = (long) (word >>> 10 & 0xfff) << ((word >>> 22 & 1) != 0 ? 12 : 0);
        to.immediate = (word >>> 30 & 1) != 0 ? -value : value;
      }
      case 'l' -> {
        boolean flags = (word >>> 29 & 3) == 3;
        to.rd = flags ? general(word) : stack(word);
        to.rn = general(word >>> 5);
        if (!mask(word, to)) {
          to.operation = Operation.UNDEFINED;
        }
      }
      case 'w' -> {
        to.rd = general(word);
        to.amount = (word >>> 21 & 3) * 16;
        to.immediate = (word >>> 5 & 0xffffL) << to.amount;
        if (to.operation == Operation.MOVE_WIDE) {
          to.immediate = (word >>> 30 & 1) != 0 ? to.immediate : ~to.immediate;
          to.immediate = to.wide ? to.immediate : to.immediate & 0xffffffffL;
        }
        if (!to.wide && to.amount > 16) {
          to.operation = Operation.UNDEFINED;
        }
      }
      case 'f' -> {
        to.rd = general(word);
        to.rn = general(word >>> 5);
        to.amount = word >>> 16 & 63;
        to.last = word >>> 10 & 63;
      }
      case 'r', 'x', 'c' -> registers(form, word, to);
      case 'j' -> to.target = to.address + ((long) (word << 6 >> 6) << 2);
      case 'b' -> branch(word << 8 >> 13, word, to);
      case 't' -> branch(word << 13 >> 18, word, to);
      case 'n' -> to.rn = general(word >>> 5);
      case 'm', 'M' -> literal(form, word, to);
      case 'P', 'Q' -> pair(form, word, to);
      case 'u', 's', 'o', 'U', 'S', 'O' -> access(form, word, to);
      case 'e' -> {
        to.rd = general(word);
        to.rn = stack(word >>> 5);
        to.rm = general(word >>> 16);
        // A pair is compared and swapped with two registers each.
        to.rd2 = (word & 0x08208000) == 0x08208000 ? general(word >>> 10) : Instruction.NONE;
        boolean swapsPair = (word & 0xbfa07c00) == 0x08207c00;
        to.rd2 = swapsPair ? Math.min(to.rm + 1, Instruction.ZERO) : to.rd2;
        if ((word & 0x3f000000) == 0x08000000 && (word & 0x00a00000) == 0x00200000 && !swapsPair) {
          to.rd2 = general(word >>> 10);
        }
      }
      case 'v' -> {
        to.rn = stack(word >>> 5);
        boolean back = (word >>> 23 & 1) != 0;
        to.rd = back ? to.rn : Instruction.ZERO;
      }
      case 'd' -> to.rd = general(word);
      default -> {}
    }
  }

  private static void registers(char form, int word, Instruction to) {
    boolean extended = form == 'x';
    boolean flags = (word >>> 29 & 1) != 0;
    to.rd = extended && !flags ? stack(word) : general(word);
    to.rn = extended ? stack(word >>> 5) : general(word >>> 5);
    to.rm = general(word >>> 16);
    if (form == 'r') {
      to.shift = word >>> 22 & 3;
      to.amount = word >>> 10 & 63;
    } else if (extended) {
      to.shift = 4;
      to.amount = word >>> 10 & 7;
      to.last = word >>> 13 & 7;
      if ((to.last & 3) == 3 || (!to.wide && to.last == 2)) {
        to.shift = 0; // uxtx, or uxtw of a 32-bit operation: nothing is extended
      }
    }
  }

  private static void branch(int distance, int word, Instruction to) {
    to.target = to.address + ((long) distance << 2);
    to.rd = (word & 0x7e000000) == 0x54000000 ? Instruction.ZERO : general(word);
  }

  private static void literal(char form, int word, Instruction to) {
    int kind = word >>> 30;
    to.target = to.address + ((long) (word << 8 >> 13) << 2);
    to.vector = form == 'M';
    to.rd = to.vector ? Instruction.ZERO : general(word);
    to.size = to.vector ? 4 << kind : kind == 1 ? 8 : 4;
    to.wide = kind != 0;
    if (!to.vector && kind == 3) {
      to.operation = Operation.NOTHING; // prfm
    } else if (to.vector && kind == 3) {
      to.operation = Operation.UNDEFINED;
    }
  }

  private static void pair(char form, int word, Instruction to) {
    int kind = word >>> 30;
    to.vector = form == 'Q';
    to.size = to.vector ? 4 << kind : kind == 2 ? 8 : 4;
    boolean tag = !to.vector && kind == 1 && (word >>> 22 & 1) == 0;
    int scale = tag ? 16 : to.size; // stgp stores two words and a tag
    to.size = tag ? 8 : to.size;
    to.wide = kind == 2;
    to.rd = to.vector ? Instruction.ZERO : general(word);
    to.rd2 = to.vector ? Instruction.ZERO : general(word >>> 10);
    to.rn = stack(word >>> 5);
    to.immediate = (long) (word << 10 >> 25) * scale;
    int mode = word >>> 23 & 3;
    to.mode = mode == 1 || mode == 3 ? mode : Instruction.OFFSET;
  }

  private static void access(char form, int word, Instruction to) {
    to.vector = Character.isUpperCase(form);
    int size = word >>> 30;
    boolean sixteen = to.vector && (word >>> 23 & 1) != 0;
    to.size = sixteen ? 16 : 1 << size;
    // Of loads that extend the sign, opc 10 is to 64 bits and 11 to 32.
    to.wide = to.operation == Operation.LOAD_SIGNED ? (word >>> 22 & 3) == 2 : size == 3;
    to.rd = to.vector ? Instruction.ZERO : general(word);
    to.rn = stack(word >>> 5);
    switch (Character.toLowerCase(form)) {
      case 'u' -> to.immediate = (long) (word >>> 10 & 0xfff) * to.size;
      case 's' -> {
        to.immediate = (long) (word << 11) >> 23;
        int mode = word >>> 10 & 3;
        to.mode = mode == 1 || mode == 3 ? mode : Instruction.OFFSET;
      }
      default -> {
        to.rm = general(word >>> 16);
        to.amount = (word >>> 12 & 1) != 0 ? Integer.numberOfTrailingZeros(to.size) : 0;
        to.last = word >>> 13 & 7;
      }
    }
  }

  // DecodeBitMasks of the manual: a run of ones, rotated, repeated.
  private static boolean mask(int word, Instruction to) {
    int n = word >>> 22 & 1;
    int rotation = word >>> 16 & 63;
    int ones = word >>> 10 & 63;
    int length = 31 - Integer.numberOfLeadingZeros(n << 6 | (~ones & 63));
    if (length < 1 || (!to.wide && n != 0)) {
      return false;
    }
    int size = 1 << length;
    int run = (ones & (size - 1)) + 1;
    int turn = rotation & (size - 1);
    if (run == size) {
      return false;
    }
    long element = (1L << run) - 1;
    long all = size == 64 ? -1L : (1L << size) - 1;
    if (turn != 0) {
      element = (element >>> turn | element << (size - turn)) & all;
    }
    long value = element;
    for (int at = size; at < 64; at *= 2) {
      value |= value << at;
    }
    to.immediate = to.wide ? value : value & 0xffffffffL;
    return true;
  }

  private static int general(int field) {
    int number = field & 31;
    return number == 31 ? Instruction.ZERO : number;
  }

  private static int stack(int field) {
    return field & 31;
  }
}
