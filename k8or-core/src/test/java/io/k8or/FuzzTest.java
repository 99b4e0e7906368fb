package io.k8or;

import io.k8or.testing.Fuzz;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The targets of {@code bench/fuzz} with their seeds and with all that was ever found. */
class FuzzTest {
  @ParameterizedTest
  @ValueSource(
      classes = {
        io.k8or.elf.ElfFuzz.class,
        io.k8or.image.DocumentsFuzz.class,
        io.k8or.jvm.JimageFuzz.class,
        io.k8or.jvm.ZipDirectoryFuzz.class,
        io.k8or.packages.DatabasesFuzz.class,
        io.k8or.users.AccountsFuzz.class
      })
  void target_seedsAndFinds_throwNothing(Class<?> target) throws Exception {
    for (Map.Entry<String, byte[]> input : Fuzz.inputs(target).entrySet()) {
      try {
        Fuzz.run(target, input.getValue());
      } catch (Exception | AssertionError e) {
        throw new AssertionError(target.getSimpleName() + ", " + input.getKey(), e);
      }
    }
  }
}
