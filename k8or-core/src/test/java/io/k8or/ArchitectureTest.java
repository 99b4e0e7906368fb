package io.k8or;

import io.k8or.testing.LibraryRules;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules of the libraries, for the core. */
class ArchitectureTest {
  @Test
  void mainClasses_ofThisModule_keepTheRules() {
    LibraryRules.check("io.k8or", List.of("io.k8or.layers", "io.k8or.seccomp", "io.k8or.cli"));
  }
}
