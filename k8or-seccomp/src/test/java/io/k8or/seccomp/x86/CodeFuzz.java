package io.k8or.seccomp.x86;

import io.k8or.elf.AddressRange;
import io.k8or.seccomp.machine.CodeBuilder;
import io.k8or.seccomp.machine.FunctionValues;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Machine code: the first two bytes choose what is known of it. */
public final class CodeFuzz {
  private static final long START = 0x1000;
  private static final int MOST = 4096;

  private CodeFuzz() {}

  /** Decodes instructions, then functions and values. */
  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length < 3 || data.length > MOST) {
      return;
    }
    byte[] bytes = Arrays.copyOfRange(data, 2, data.length);
    Decoder decoder = new Decoder(bytes, START);
    Instruction instruction = new Instruction();
    for (int at = 0; at < bytes.length; at++) {
      boolean found = decoder.decode(at, instruction);
      if (found != instruction.length > 0
          || instruction.length > Decoder.MAX_LENGTH
          || at + instruction.length > bytes.length) {
        throw new AssertionError("a length of " + instruction.length + " at " + at);
      }
    }
    CodeBuilder<Code> builder =
        new CodeBuilder<>(address -> address >= START && address < START + MOST, Code::of);
    builder.bytes(START, bytes, (data[0] & 1) != 0);
    builder.function(START);
    builder.taken(START + (data[1] & 0xff) % bytes.length);
    if ((data[0] & 2) != 0) {
      builder.frame(new AddressRange(START, START + bytes.length));
    }
    Code code = builder.build();
    for (int function = 0; function < code.functions(); function++) {
      FunctionValues values = Values.of(code, function);
      if (code.start(function) > code.end(function)) {
        throw new AssertionError("a function from " + code.start(function) + " back");
      }
      values.parts();
      code.neverReturnsAt(code.start(function));
      code.isCallable(function);
    }
  }

  /** Returns short functions. */
  public static List<byte[]> seeds() {
    return List.of(
        seed("554889e5b83c0000000f05c9c3"),
        seed("4889f848c7c0010000000f05c3e8f6ffffffebf9"),
        seed("31c0ffc03d0a00000075f70f05c3"),
        seed("ff2425001000000f1f440000c5f877c3"),
        seed("83ff03770e488d05f2ffffff48630cb84801c8ffe0c3"));
  }

  private static byte[] seed(String hex) {
    byte[] code = HexFormat.of().parseHex(hex);
    byte[] seed = new byte[code.length + 2];
    System.arraycopy(code, 0, seed, 2, code.length);
    return seed;
  }
}
