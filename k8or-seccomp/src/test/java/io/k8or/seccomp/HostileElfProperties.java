package io.k8or.seccomp;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** ELF files with changed headers and tables: an error that says where, or an answer; in time. */
class HostileElfProperties {
  private static final List<byte[]> ORIGINALS = originals();

  // Small programs of the machine with all tables, where there are some; a tiny one else.
  private static List<byte[]> originals() {
    List<byte[]> found = new ArrayList<>();
    try {
      found.add(TinyElf.program("b83c0000000f05f4").content().readAll(1000));
      for (String path : List.of("/usr/bin/true", "/usr/bin/env", "/lib64/libutil.so.1")) {
        if (Files.isReadable(Path.of(path)) && Files.size(Path.of(path)) < 100_000) {
          byte[] bytes = Files.readAllBytes(Path.of(path));
          if (bytes.length > 64 && bytes[0] == 0x7f && bytes[4] == 2) {
            found.add(bytes);
          }
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return found;
  }

  @Property(seed = "20260101", shrinking = ShrinkingMode.OFF)
  void analysis_ofChangedFiles_answersOrSaysWhere(@ForAll("changed") byte[] bytes) {
    assertTimeoutPreemptively(Duration.ofMinutes(3), () -> HostileElf.analyze(bytes));
  }

  @Provide
  static Arbitrary<byte[]> changed() {
    return Arbitraries.longs()
        .map(
            seed -> {
              Random random = new Random(seed);
              return HostileElf.mutated(ORIGINALS.get(random.nextInt(ORIGINALS.size())), random);
            });
  }
}
