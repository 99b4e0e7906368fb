package io.k8or.seccomp;

import io.k8or.testing.LibraryRules;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules of the libraries, for k8or-seccomp. */
class ArchitectureTest {
  @Test
  void mainClasses_ofThisModule_keepTheRules() {
    LibraryRules.check("io.k8or.seccomp", List.of("io.k8or.layers", "io.k8or.cli"));
  }
}
