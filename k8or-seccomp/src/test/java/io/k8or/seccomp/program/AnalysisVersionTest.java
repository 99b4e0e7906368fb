package io.k8or.seccomp.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AnalysisVersionTest {
  @Test
  void get_ofTheseClasses_isAlwaysTheSame() throws Exception {
    assertThat(AnalysisVersion.get().orElseThrow()).matches("[0-9a-f]{16}");
    assertThat(AnalysisVersion.get()).isEqualTo(AnalysisVersion.get());
  }

  @Test
  void classes_ofTheVersion_areAllThatSummariesDependOn() throws Exception {
    for (Map.Entry<Class<?>, String> entry : AnalysisVersion.CLASSES.entrySet()) {
      if (entry.getKey() == ObjectAnalysis.class) {
        continue; // most of this package is about whole programs
      }
      URI own = entry.getKey().getResource(entry.getKey().getSimpleName() + ".class").toURI();
      if (!own.getScheme().equals("file")) {
        continue; // of another module's jar
      }
      Set<String> there = new TreeSet<>();
      try (Stream<Path> files = Files.list(Path.of(own).getParent())) {
        files
            .map(file -> file.getFileName().toString())
            .filter(name -> name.endsWith(".class") && !name.contains("$"))
            .map(name -> name.replace(".class", ""))
            .filter(name -> !name.endsWith("Test") && !name.equals("package-info"))
            .forEach(there::add);
      }
      assertThat(there)
          .as("%s: a class was added or renamed", entry.getKey().getPackageName())
          .containsExactlyInAnyOrderElementsOf(List.of(entry.getValue().split(" ", -1)));
    }
  }
}
