package io.k8or.layers;

import io.k8or.testing.LibraryRules;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules of the libraries, for k8or-layers. */
class ArchitectureTest {
  @Test
  void mainClasses_ofThisModule_keepTheRules() {
    LibraryRules.check("io.k8or.layers", List.of("io.k8or.seccomp", "io.k8or.cli"));
  }
}
