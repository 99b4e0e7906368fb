package io.k8or.seccomp.aarch64;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.seccomp.machine.MachineCode;
import io.k8or.seccomp.machine.References;
import io.k8or.seccomp.machine.Value;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ValuesTest {
  private static final long START = 0x10000;
  private static final int NUMBER = 8;

  private static MachineCode code(int... words) {
    ByteBuffer bytes = ByteBuffer.allocate(words.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int word : words) {
      bytes.putInt(word);
    }
    return new Aarch64Machine()
        .code(value -> false)
        .bytes(START, bytes.array(), false)
        .function(START)
        .build();
  }

  private static List<String> references(MachineCode code) {
    List<String> all = new ArrayList<>();
    References references = code.references();
    for (int i = 0; i < references.size(); i++) {
      all.add(
          String.format("%x %d %x", references.at(i), references.kind(i), references.target(i)));
    }
    return all;
  }

  @Test
  void at_numberMovedBeforeSvc_isConstant() {
    MachineCode code = code(0xd2800808, 0xd4000001, 0xd65f03c0); // mov x8, #64; svc #0; ret
    assertThat(code.values(0).at(START + 4, NUMBER, false)).isEqualTo(Value.constant(64));
    assertThat(references(code)).containsExactly("10004 7 0");
  }

  @Test
  void at_numberThatIsAnArgument_isItsPlace() {
    MachineCode code = code(0x2a0003e8, 0xd4000001, 0xd65f03c0); // mov w8, w0; svc #0; ret
    assertThat(code.values(0).at(START + 4, NUMBER, false)).isEqualTo(Value.place(0));
  }

  @Test
  void at_numberThroughTheStack_isConstant() {
    // stp x29, x30, [sp, #-32]!; mov w0, #93; str w0, [sp, #28]; ldr w8, [sp, #28]; svc #0
    MachineCode code = code(0xa9be7bfd, 0x52800ba0, 0xb9001fe0, 0xb9401fe8, 0xd4000001);
    assertThat(code.values(0).at(START + 16, NUMBER, false)).isEqualTo(Value.constant(93));
  }

  @Test
  void at_selectedNumbers_areBoth() {
    // mov w0, #1; mov w1, #2; csel w8, w0, w1, eq; svc #0; ret
    MachineCode code = code(0x52800020, 0x52800041, 0x1a810008, 0xd4000001, 0xd65f03c0);
    assertThat(code.values(0).at(START + 12, NUMBER, false).constants()).containsExactly(1, 2);
  }

  @Test
  void references_pageAndRestFarApart_areAnAddress() {
    // adrp x0, 0x30000; cbz x1, +12; mov x2, x0; ret; add x0, x0, #0x10; ret
    MachineCode code = code(0x90000100, 0xb4000061, 0xaa0003e2, 0xd65f03c0, 0x91004000, 0xd65f03c0);
    assertThat(references(code)).contains("10010 6 30010");
  }

  @Test
  void references_jumpToWhatIsNext_isThere() {
    // b +4, into another function
    ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(0x14000001).putInt(0xd65f03c0);
    MachineCode code =
        new Aarch64Machine()
            .code(value -> false)
            .bytes(START, bytes.array(), false)
            .function(START + 4)
            .build();
    assertThat(references(code)).containsExactly("10000 2 10004");
  }

  @Test
  void references_stubOfALinkageTable_isAJumpThroughItsSlot() {
    ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    // adrp x16, 0x30000; ldr x17, [x16, #8]; add x16, x16, #8; br x17
    bytes.putInt(0x90000110).putInt(0xf9400611).putInt(0x91002210).putInt(0xd61f0220);
    MachineCode code =
        new Aarch64Machine().code(value -> false).bytes(START, bytes.array(), true).build();
    assertThat(references(code)).containsExactly("1000c 4 30008");
  }
}
