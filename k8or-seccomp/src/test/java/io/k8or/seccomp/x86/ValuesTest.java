package io.k8or.seccomp.x86;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.elf.AddressRange;
import io.k8or.seccomp.machine.CodeBuilder;
import io.k8or.seccomp.machine.FunctionValues;
import io.k8or.seccomp.machine.Memory;
import io.k8or.seccomp.machine.References;
import io.k8or.seccomp.machine.Value;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Constants followed to the instruction that enters the kernel; the code is as's output. */
class ValuesTest {
  private static final long START = 0x1000;

  @Test
  void number_copiedThroughRegistersInALoop_isFound() {
    // mov r9d,202; xor ebx,ebx; 1: mov eax,r9d; syscall; cmp eax,-11; je 1b; mov eax,60; syscall
    assertThat(numbers("41b9ca00000031db4489c80f0583f8f574f6b83c0000000f05f4"))
        .containsExactly(60L, 202L);
  }

  @Test
  void number_spilledToTheStackAcrossACall_isFound() {
    // sub rsp,24; mov dword [rsp+8],39; mov qword [rsp],1; call f; mov eax,[rsp+8]; syscall;
    // push 102; pop rax; syscall; mov eax,60; syscall; hlt; f: ret
    assertThat(
            numbers(
                "4883ec18c74424082700000048c7042401000000e8130000008b4424080f056a66580f05"
                    + "b83c0000000f05f4c3"))
        .containsExactly(39L, 60L, 102L);
  }

  @Test
  void number_chosenByAConditionalMove_isEither() {
    // mov eax,1; mov ecx,2; test rdi,rdi; cmovne eax,ecx; syscall; mov eax,60; syscall; hlt
    assertThat(numbers("b801000000b9020000004885ff0f45c10f05b83c0000000f05f4"))
        .containsExactly(1L, 2L, 60L);
  }

  @Test
  void number_behindAFunctionThatNeverReturns_isNotMixedUp() {
    // mov r9d,202; test edi,edi; jne 1f; call d; 1: mov eax,r9d; syscall; ret
    // d: mov eax,60; syscall; jmp d
    assertThat(
            numbers(
                "41b9ca00000085ff7505e8110000004489c80f05c366662e0f1f840000000000b83c0000000f05ebf7"))
        .containsExactly(60L, 202L);
  }

  @Test
  void number_inCasesOfASwitch_isFound() {
    // lea rdx,[table]; movslq rax,[rdx+rdi*4]; add rax,rdx; jmp rax; mov eax,1; syscall; ret;
    // mov eax,3; syscall; ret
    assertThat(numbers("488d1519000000486304ba4801d0ffe0b8010000000f05c3b8030000000f05c300000000"))
        .containsExactly(1L, 3L);
  }

  @Test
  void number_inAnArgument_isAPlaceAtEntry() {
    // mov rax,rdi; mov rdi,rsi; syscall; ret
    Code code = code("4889f84889f70f05c3", List.of());
    Value value = Values.of(code, 0).at(START + 6, 0, false);
    assertThat(value.places()).isEqualTo(1L << 7);
    assertThat(value.constants()).isEmpty();
    assertThat(value.isAnything()).isFalse();
  }

  @Test
  void number_loadedFromMemory_isAnything() {
    // mov eax,[rip+10]; syscall
    Code code = code("8b050a0000000f05b83c0000000f05f40000000000000000", List.of());
    assertThat(Values.of(code, 0).at(START + 6, 0, false).isAnything()).isTrue();
  }

  @Test
  void number_inAPartThatIsJumpedTo_isFollowedThere() {
    // f: mov eax,39; jmp part -- part: syscall; ret, with an unwinding frame of its own
    Code code = code("b827000000eb070f1f80000000000f05c3", List.of(frame(0, 7), frame(0x0e, 0x11)));
    assertThat(code.functions()).isEqualTo(2);
    assertThat(code.isCallable(1)).isFalse();
    assertThat(Values.of(code, 0).at(START + 0x0e, 0, false).constants()).containsExactly(39);
  }

  @Test
  void functions_withPointerIntoAGap_beginAtThePointer() {
    // the last byte of a long nop, where a frame begins, and the code one byte behind it
    Code code =
        new CodeBuilder<>(value -> false, Code::of)
            .bytes(START, bytes("0048c7c00f0000000f05"), false)
            .frame(frame(0, 10))
            .taken(START + 1)
            .build();
    int function = code.functionAt(START + 1);
    assertThat(code.start(function)).isEqualTo(START + 1);
    assertThat(Values.of(code, function).at(START + 8, 0, false).constants()).containsExactly(15);
  }

  @Test
  void call_withAddressSizePrefix_isACall() {
    // addr32 call f, as linkers write for a call through the table that they made direct
    Code code = code("67e80a000000b83c0000000f05f46690b8390000000f05c3", List.of());
    assertThat(code.functions()).isEqualTo(2);
    assertThat(code.start(1)).isEqualTo(START + 16);
  }

  @Test
  void branch_onAConstantArgument_isDecided() {
    // cmp edi,3; jne 1f; mov eax,100; syscall; ret; 1: mov eax,101; syscall; ret
    String hex = "83ff037508b8640000000f05c3b8650000000f05c3";
    assertThat(entered(hex, Map.of(7, 3L))).containsExactly(0x0aL);
    assertThat(entered(hex, Map.of(7, 4L))).containsExactly(0x12L);
    assertThat(entered(hex, Map.of())).containsExactly(0x0aL, 0x12L);
  }

  @Test
  void branch_onBitsOfAConstantArgument_isDecided() {
    // mov eax,edi; and ah,0xfd; test eax,eax; je 1f; mov eax,1; syscall; ret;
    // 1: test edi,0xfffffcff; jne 2f; mov eax,2; syscall; ret; 2: mov eax,3; syscall; ret
    String hex =
        "89f880e4fd85c07408b8010000000f05c3f7c7fffcffff7508b8020000000f05c3b8030000000f05c3";
    assertThat(entered(hex, Map.of(7, 0x200L))).containsExactly(0x1eL);
    assertThat(entered(hex, Map.of(7, 0x300L))).containsExactly(0x0eL);
    assertThat(entered(hex, Map.of())).containsExactly(0x0eL, 0x1eL, 0x26L);
  }

  @Test
  void jumpTable_withAConstantIndex_leadsToOneCase() {
    // cmp edi,2; ja 9f; lea rdx,[t]; mov edi,edi; movsxd rax,[rdx+rdi*4]; add rax,rdx; jmp rax;
    // a: mov eax,1; syscall; ret; b: mov eax,2; syscall; ret; 9: mov eax,3; syscall; ret;
    // t: .long a-t,b-t,a-t
    String hex =
        "83ff027722488d152400000089ff486304ba4801d0ffe0b8010000000f05c3b8020000000f05c3"
            + "b8030000000f05c390e7ffffffefffffffe7ffffff";
    assertThat(entered(hex, Map.of(7, 1L))).containsExactly(0x24L);
    assertThat(entered(hex, Map.of(7, 9L))).containsExactly(0x2cL);
    Code code = code(hex, List.of());
    assertThat(code.values(0, Map.of(), memory(hex)).isComplete()).isFalse();
    assertThat(code.values(0, Map.of(), memory(hex)).conditions()).isEqualTo(1L << 7);
  }

  @Test
  void stackWord_thatACallMayWrite_decidesNothing() {
    // sub rsp,24; mov dword [rsp+8],1; lea rdi,[rsp+8]; call g; cmp dword [rsp+8],1; jne 1f;
    // mov eax,1; syscall; ret; 1: mov eax,2; syscall; ret; g: ret
    String given =
        "4883ec18c744240801000000488d7c2408e81a000000837c2408017508b8010000000f05c3"
            + "b8020000000f05c30f1f00c3";
    assertThat(entered(given, Map.of())).containsExactly(0x22L, 0x2aL);
    // The same with xor edi,edi
    String kept =
        "4883ec18c74424080100000031ffe81d000000837c2408017508b8010000000f05c3"
            + "b8020000000f05c3660f1f440000c3";
    assertThat(entered(kept, Map.of())).containsExactly(0x1fL);
  }

  /** Which system calls of the first function can run, by their distance from its start. */
  private static Set<Long> entered(String hex, Map<Integer, Long> constants) {
    Code code = code(hex, List.of());
    FunctionValues values = code.values(0, constants, memory(hex));
    Set<Long> found = new TreeSet<>();
    for (int i = 0; i < code.references().size(); i++) {
      long at = code.references().at(i);
      if (code.references().kind(i) == References.SYSCALL && values.enters(at)) {
        found.add(at - START);
      }
    }
    return found;
  }

  private static Memory memory(String hex) {
    ByteBuffer bytes = ByteBuffer.wrap(bytes(hex)).order(ByteOrder.LITTLE_ENDIAN);
    return (address, size) ->
        address >= START && address + 4 <= START + bytes.capacity() && size == 4
            ? OptionalLong.of(bytes.getInt((int) (address - START)) & 0xffffffffL)
            : OptionalLong.empty();
  }

  private static Set<Long> numbers(String hex) {
    Code code = code(hex, List.of());
    Set<Long> numbers = new TreeSet<>();
    for (int i = 0; i < code.references().size(); i++) {
      if (code.references().kind(i) == References.SYSCALL) {
        long at = code.references().at(i);
        Value value = Values.of(code, code.functionAt(at)).at(at, 0, false);
        assertThat(value.isAnything()).as("at %x: %s", at, value).isFalse();
        for (long constant : value.constants()) {
          numbers.add(constant);
        }
      }
    }
    return numbers;
  }

  private static AddressRange frame(long from, long to) {
    return new AddressRange(START + from, to - from);
  }

  private static Code code(String hex, List<AddressRange> frames) {
    CodeBuilder<Code> builder =
        new CodeBuilder<>(value -> false, Code::of).bytes(START, bytes(hex), false).function(START);
    frames.forEach(builder::frame);
    return builder.build();
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }
}
