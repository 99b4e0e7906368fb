package io.k8or.seccomp.x86;

/**
 * What follows an opcode of 64-bit mode: a ModRM byte or none, and which immediate (Intel SDM
 * volume 2, appendix A, "Opcode Map").
 *
 * <p>One char an opcode, sixteen a row:
 *
 * <pre>
 *   .  nothing              m  ModRM
 *   b  imm8                 B  ModRM, imm8
 *   z  imm16 or imm32       Z  ModRM, imm16 or imm32
 *   v  imm16, 32 or 64      w  imm16
 *   e  imm16, imm8          o  an address (moffs)
 *   j  rel8                 J  rel16 or rel32
 *   p  a prefix             t  ModRM, an immediate if its reg is 0 or 1 (group 3)
 *   x  another map          -  no instruction
 * </pre>
 */
final class Opcodes {
  private static final String ONE_BYTE =
      """
      mmmmbz--mmmmbz-x
      mmmmbz--mmmmbz--
      mmmmbzp-mmmmbzp-
      mmmmbzp-mmmmbzp-
      pppppppppppppppp
      ................
      --xmppppzZbB....
      jjjjjjjjjjjjjjjj
      BZ-Bmmmmmmmmmmmx
      ..........-.....
      oooo....bz......
      bbbbbbbbvvvvvvvv
      BBw.xxBZe.w..b-.
      mmmm---.mmmmmmmm
      jjjjbbbbJJ-j....
      p.pp..tt......mm
      """
          .replace("\n", "");

  // 0F 0F is 3DNow!, whose opcode stands behind the operands like an imm8.
  private static final String TWO_BYTE =
      """
      mmmm-.....-.-m.B
      mmmmmmmmmmmmmmmm
      mmmmmmmmmmmmmmmm
      ........x-x-----
      mmmmmmmmmmmmmmmm
      mmmmmmmmmmmmmmmm
      mmmmmmmmmmmmmmmm
      BBBBmmm.mmmmmmmm
      JJJJJJJJJJJJJJJJ
      mmmmmmmmmmmmmmmm
      ...mBmmm...mBmmm
      mmmmmmmmmmBmmmmm
      mmBmBBBm........
      mmmmmmmmmmmmmmmm
      mmmmmmmmmmmmmmmm
      mmmmmmmmmmmmmmmm
      """
          .replace("\n", "");

  private Opcodes() {}

  static char oneByte(int opcode) {
    return ONE_BYTE.charAt(opcode);
  }

  static char twoByte(int opcode) {
    return TWO_BYTE.charAt(opcode);
  }
}
