package io.k8or.seccomp.x86;

/**
 * Decodes instructions of 64-bit mode in all encodings: legacy, REX, VEX, EVEX and XOP (Intel SDM
 * volume 2, chapter 2; AMD manual volume 3, chapter 1). It finds the length, the control flow and
 * the operands that matter for system calls; it does not name instructions.
 */
final class Decoder {
  /** The longest that an instruction can be, in bytes. */
  static final int MAX_LENGTH = 15;

  private final byte[] code;
  private final long start;

  // The state of one call.
  private int at;
  private int end;
  private boolean truncated;
  private int rex;

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

  /**
   * Decodes the instruction at an offset of the code.
   *
   * @return whether there is one; where not, its length is 0
   */
  boolean decode(int offset, Instruction to) {
    at = offset;
    end = Math.min(code.length, offset + MAX_LENGTH);
    truncated = false;
    rex = 0;
    to.address = start + offset;
    to.length = 0;
    to.map = Instruction.ONE_BYTE;
    to.opcode = 0;
    to.vector = false;
    to.wide = false;
    to.operand16 = false;
    to.address32 = false;
    to.repeat = 0;
    to.segment = 0;
    to.hasModRm = false;
    to.rmIsRegister = false;
    to.reg = 0;
    to.rm = 0;
    to.base = Instruction.NONE;
    to.index = Instruction.NONE;
    to.scale = 1;
    to.displacement = 0;
    to.hasImmediate = false;
    to.immediate = 0;
    to.opcodeRegister = 0;
    if (offset < 0 || !body(to) || truncated) {
      return false;
    }
    to.length = at - offset;
    return true;
  }

  private boolean body(Instruction to) {
    int opcode = prefixes(to);
    // fwait is an instruction, which objdump takes for a prefix of the x87 instruction behind it.
    // What counts is that both end at the same place.
    if (opcode == 0x9b && at < end && (code[at] & 0xf8) == 0xd8) {
      opcode = next();
    }
    char form;
    if (opcode == 0xc5 || opcode == 0xc4) {
      return vex(opcode, to);
    } else if (opcode == 0x62) {
      return evex(to);
    } else if (opcode == 0x8f && at < end && (code[at] & 0x1f) >= 8) {
      return xop(to);
    } else if (opcode == 0x0f) {
      opcode = next();
      if (opcode == 0x38 || opcode == 0x3a) {
        to.map = opcode == 0x38 ? Instruction.MAP_0F38 : Instruction.MAP_0F3A;
        form = opcode == 0x38 ? 'm' : 'B';
        opcode = next();
      } else {
        to.map = Instruction.MAP_0F;
        form = Opcodes.twoByte(opcode);
        if (opcode == 0x78 && (to.operand16 || to.repeat == 0xf2)) {
          form = 'E'; // SSE4a: two imm8
        }
      }
    } else {
      form = Opcodes.oneByte(opcode);
    }
    to.opcode = opcode;
    to.rex = (rex & 0x40) != 0;
    to.opcodeRegister = (opcode & 7) | (rex & 1) << 3;
    return operands(form, to);
  }

  private int prefixes(Instruction to) {
    while (true) {
      int b = next();
      switch (b) {
        case 0x66 -> to.operand16 = true;
        case 0x67 -> to.address32 = true;
        case 0xf2, 0xf3 -> to.repeat = b;
        case 0x64, 0x65 -> to.segment = b;
        case 0xf0, 0x2e, 0x36, 0x3e, 0x26 -> {}
        default -> {
          if (b >= 0x40 && b <= 0x4f) {
            rex = b;
            continue;
          }
          to.wide = (rex & 8) != 0;
          return b;
        }
      }
      // A REX prefix counts only directly before the opcode.
      rex = 0;
      if (truncated) {
        return 0;
      }
    }
  }

  private boolean vex(int first, Instruction to) {
    to.vector = true;
    int b = next();
    int map = 1;
    rex = (~b >> 5) & 4; // R
    if (first == 0xc4) {
      rex = (~b >> 5) & 7; // R, X, B
      map = b & 0x1f;
      b = next();
      to.wide = (b & 0x80) != 0;
    }
    to.operand16 = (b & 3) == 1;
    to.map = map;
    to.opcode = next();
    if (map == 1) {
      // vzeroupper and vzeroall have no operand
      return operands(to.opcode == 0x77 ? '.' : vectorForm(to.opcode), to);
    }
    return switch (map) {
      case 2, 5, 6, 7 -> operands('m', to);
      case 3 -> operands('B', to);
      default -> false;
    };
  }

  private boolean evex(Instruction to) {
    to.vector = true;
    int p0 = next();
    int p1 = next();
    next();
    rex = (~p0 >> 5) & 7;
    to.wide = (p1 & 0x80) != 0;
    to.operand16 = (p1 & 3) == 1;
    to.map = p0 & 7;
    to.opcode = next();
    return switch (to.map) {
      case 1 -> operands(vectorForm(to.opcode), to);
      case 2, 5, 6 -> operands('m', to);
      case 3 -> operands('B', to);
      default -> false;
    };
  }

  private boolean xop(Instruction to) {
    to.vector = true;
    int b = next();
    rex = (~b >> 5) & 7;
    to.map = b & 0x1f;
    b = next();
    to.wide = (b & 0x80) != 0;
    to.opcode = next();
    return switch (to.map) {
      case 8 -> operands('B', to);
      case 9 -> operands('m', to);
      case 10 -> operands('L', to);
      default -> false;
    };
  }

  private static char vectorForm(int opcode) {
    return switch (opcode) {
      case 0x70, 0x71, 0x72, 0x73, 0xc2, 0xc4, 0xc5, 0xc6 -> 'B';
      default -> 'm';
    };
  }

  private boolean operands(char form, Instruction to) {
    boolean half = to.operand16 && !to.wide;
    switch (form) {
      case '.' -> {}
      case 'm' -> modRm(to);
      case 'b' -> immediate(1, to);
      case 'B' -> {
        modRm(to);
        immediate(1, to);
      }
      case 'z' -> immediate(half ? 2 : 4, to);
      case 'Z' -> {
        modRm(to);
        immediate(half ? 2 : 4, to);
      }
      case 'v' -> immediate(to.wide ? 8 : half ? 2 : 4, to);
      case 'w' -> immediate(2, to);
      case 'e' -> {
        immediate(2, to);
        next();
      }
      case 'E' -> {
        modRm(to);
        immediate(2, to);
      }
      case 'L' -> {
        modRm(to);
        immediate(4, to);
      }
      case 'o' -> immediate(to.address32 ? 4 : 8, to);
      case 'j' -> immediate(1, to);
      case 'J' -> immediate(half ? 2 : 4, to);
      case 't' -> {
        modRm(to);
        if ((to.reg & 7) < 2) {
          immediate((to.opcode & 1) == 0 ? 1 : half ? 2 : 4, to);
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void modRm(Instruction to) {
    int b = next();
    int mod = b >> 6;
    int rm = b & 7;
    to.hasModRm = true;
    to.reg = ((b >> 3) & 7) | (rex & 4) << 1;
    // Control and debug registers are always moved to and from registers.
    if (mod == 3 || (to.map == 1 && !to.vector && to.opcode >= 0x20 && to.opcode <= 0x23)) {
      to.rmIsRegister = true;
      to.rm = rm | (rex & 1) << 3;
      return;
    }
    if (rm == 4) {
      int sib = next();
      int index = ((sib >> 3) & 7) | (rex & 2) << 2;
      to.index = index == 4 ? Instruction.NONE : index;
      to.scale = 1 << (sib >> 6);
      int base = sib & 7;
      if (base == 5 && mod == 0) {
        to.displacement = signed(4);
        return;
      }
      to.base = base | (rex & 1) << 3;
    } else if (rm == 5 && mod == 0) {
      to.base = Instruction.RIP;
      to.displacement = signed(4);
      return;
    } else {
      to.base = rm | (rex & 1) << 3;
    }
    if (mod == 1) {
      to.displacement = signed(1);
    } else if (mod == 2) {
      to.displacement = signed(4);
    }
  }

  private void immediate(int size, Instruction to) {
    to.hasImmediate = true;
    to.immediate = signed(size);
  }

  private long signed(int size) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (long) next() << (8 * i);
    }
    int unused = 64 - 8 * size;
    return value << unused >> unused;
  }

  private int next() {
    if (at >= end) {
      truncated = true;
      return 0;
    }
    return code[at++] & 0xff;
  }
}
