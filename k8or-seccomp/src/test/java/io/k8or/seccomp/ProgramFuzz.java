package io.k8or.seccomp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Programs: the whole analysis of one, with no library at hand. */
public final class ProgramFuzz {
  private ProgramFuzz() {}

  /** Analyses the input. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    HostileElf.analyze(data);
  }

  /** Returns small programs. */
  public static List<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    for (String code :
        List.of(
            "b83c0000000f05f4",
            "bf27000000e816000000bf3c000000eb0f66662e0f1f8400000000000f1f40004889f84889f70f05c3",
            "bf00014000b80d0000000f05b83c0000000f05f4")) {
      seeds.add(TinyElf.program(code).content().readAll(4096));
    }
    seeds.add(TinyElf.withVariable(8));
    return seeds;
  }
}
