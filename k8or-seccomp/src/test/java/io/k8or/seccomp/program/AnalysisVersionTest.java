package io.k8or.seccomp.program;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
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
      Set<String> there = new TreeSet<>();
      for (String file : classFiles(entry.getKey())) {
        String name = file.replace(".class", "");
        if (!name.contains("$") && !name.endsWith("Test") && !name.equals("package-info")) {
          there.add(name);
        }
      }
      assertThat(there)
          .as("%s: a class was added or renamed", entry.getKey().getPackageName())
          .containsExactlyInAnyOrderElementsOf(List.of(entry.getValue().split(" ", -1)));
    }
  }

  /** The class files of a class's package, in a folder or in another module's jar. */
  private static List<String> classFiles(Class<?> of) throws Exception {
    URI own = of.getResource(of.getSimpleName() + ".class").toURI();
    if (own.getScheme().equals("file")) {
      return list(Path.of(own).getParent());
    }
    assertThat(own.getScheme()).isEqualTo("jar");
    String[] parts = own.getSchemeSpecificPart().split("!", 2);
    try (FileSystem jar = FileSystems.newFileSystem(Path.of(URI.create(parts[0])))) {
      return list(jar.getPath(parts[1]).getParent());
    }
  }

  private static List<String> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".class"))
          .toList();
    }
  }
}
