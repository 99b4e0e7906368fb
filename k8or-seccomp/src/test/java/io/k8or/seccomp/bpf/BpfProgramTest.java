package io.k8or.seccomp.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.seccomp.Architecture;
import io.k8or.seccomp.ArgumentCondition;
import io.k8or.seccomp.ArgumentCondition.Operator;
import io.k8or.seccomp.SyscallProfile;
import io.k8or.seccomp.SyscallRule;
import io.k8or.seccomp.Verdict;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BpfProgramTest {
  private static final SyscallProfile PROFILE =
      SyscallProfile.of(
          Architecture.X86_64,
          Verdict.KILL_PROCESS,
          Map.of(
              "read",
              List.of(SyscallRule.always(Verdict.ALLOW)),
              "write",
              List.of(SyscallRule.always(Verdict.ALLOW)),
              "clone",
              List.of(
                  new SyscallRule(
                      List.of(ArgumentCondition.masked(0, 0x7e020000, 0)), Verdict.ALLOW))));

  @Test
  void listing_ofAProfile_showsRangesAndTests() {
    assertThat(BpfProgram.compile(PROFILE).listing())
        .isEqualTo(
            """
               0: ld [4]
               1: jeq 0xc000003e, 2, 10
               2: ld [0]
               3: jge 0x38, 5, 4
               4: jge 0x2, 10, 9
               5: jge 0x39, 10, 6
               6: ld [16]
               7: and 0x7e020000
               8: jeq 0x0, 9, 10
               9: ret 0x7fff0000
              10: ret 0x80000000
            """);
  }

  @Test
  void listing_ofNumbersThatAreSums_testsThemAtOnce() {
    List<SyscallRule> rules =
        LongStream.of(0, 8, 0x20000, 0x20008, 0xffffffffL)
            .mapToObj(v -> ArgumentCondition.of(0, Operator.EQUAL, v))
            .map(condition -> new SyscallRule(List.of(condition), Verdict.ALLOW))
            .toList();
    String listing =
        BpfProgram.compile(
                SyscallProfile.of(
                    Architecture.X86_64, Verdict.KILL_PROCESS, Map.of("personality", rules)))
            .listing();
    assertThat(listing).contains("ld [20]", "jset 0xfffdfff7", "jeq 0xffffffff").hasLineCount(12);
  }

  @Test
  void run_ofForeignCalls_kills() {
    BpfProgram program =
        BpfProgram.compile(SyscallProfile.of(Architecture.X86_64, Verdict.NOT_PERMITTED, Map.of()));
    int killed = Verdict.KILL_PROCESS.filterValue();
    assertThat(program.run(SyscallData.of(Architecture.AARCH64, 0)).value()).isEqualTo(killed);
    assertThat(program.run(SyscallData.of(Architecture.X86_64, 0x40000000)).value())
        .isEqualTo(killed);
    assertThat(program.run(SyscallData.of(Architecture.X86_64, 0x3fffffff)).value())
        .isEqualTo(Verdict.NOT_PERMITTED.filterValue());
  }

  @Test
  void run_ofEachOperator_comparesUnsignedIn64Bits() {
    long[] values = {0, 1, 0xffffffffL, 0x100000000L, 0x100000001L, -2, -1, Long.MIN_VALUE};
    for (Operator operator : Operator.values()) {
      for (long value : values) {
        ArgumentCondition condition =
            operator == Operator.MASKED_EQUAL
                ? ArgumentCondition.masked(3, 0xf0000000fL, value & 0xf0000000fL)
                : ArgumentCondition.of(3, operator, value);
        SyscallProfile profile =
            SyscallProfile.of(
                Architecture.AARCH64,
                Verdict.KILL_PROCESS,
                Map.of("ioctl", List.of(new SyscallRule(List.of(condition), Verdict.ALLOW))));
        BpfProgram program = BpfProgram.compile(profile);
        for (long argument : values) {
          SyscallData call = SyscallData.of(Architecture.AARCH64, 29, 7, 7, 7, argument, 7, 7);
          assertThat(program.run(call).value() == Verdict.ALLOW.filterValue())
              .as("%s of %x", condition, argument)
              .isEqualTo(condition.test(argument));
        }
      }
    }
  }

  @Test
  void toContent_ofBothByteOrders_isReadBack() throws IOException {
    BpfProgram program = BpfProgram.compile(PROFILE);
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      Content content = program.toContent(order);
      assertThat(content.size()).isEqualTo(8L * program.size());
      assertThat(BpfProgram.read(content, order)).isEqualTo(program);
    }
    assertThat(program.toContent(ByteOrder.LITTLE_ENDIAN).slice(0, 8).readAll(8))
        .startsWith(0x20, 0, 0, 0, 4, 0, 0, 0);
  }

  @Test
  void read_ofWhatTheKernelWouldRefuse_throws() {
    assertMalformed("its instructions: expected 1 to 4096 instructions, found 0");
    // A load beyond the data; a jump out of the program; no return at the end; a load of a half.
    assertMalformed("instruction 0: ld [64]", 0x20, 64, 6, 0);
    assertMalformed("instruction 0: jeq 0x0, +5, +0", 0x15 | 5 << 16, 0, 6, 0);
    assertMalformed("its end is no return", 0x20, 0);
    assertMalformed("instruction 0: code 0x28", 0x28, 0, 6, 0);
    assertMalformed("its size: expected a multiple of 8, found 4", 6);
  }

  private static void assertMalformed(String why, int... words) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int word : words) {
      bytes.putInt(word);
    }
    assertThatThrownBy(() -> BpfProgram.read(Content.of(bytes.array()), ByteOrder.LITTLE_ENDIAN))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("seccomp filter: ")
        .hasMessageContaining(why);
  }
}
