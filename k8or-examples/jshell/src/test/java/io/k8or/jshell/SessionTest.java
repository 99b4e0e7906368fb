package io.k8or.jshell;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.cli.sample.SampleImage;
import io.k8or.layers.LayeredImage;
import io.k8or.layers.storage.ImageWriter;
import io.k8or.layers.storage.OciLayout;
import io.k8or.testing.Tools;
import io.k8or.users.AccountDecision;
import io.k8or.users.UserPruner;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README says in JShell works. */
final class SessionTest {
  private static final Path FOLDER = Tools.projectRoot().resolve("k8or-examples/jshell");

  @TempDir Path directory = Path.of("");

  @Test
  void readme_session_runsAsWritten() throws IOException {
    Files.createDirectory(directory.resolve("k8or-demo"));
    try (ImageWriter writer = OciLayout.create(directory.resolve("k8or-demo/before"))) {
      writer.write(SampleImage.build(), "demo");
    }
    try (JShell shell = start()) {
      List<String> values = new ArrayList<>();
      for (String line : session()) {
        values.add(eval(shell, line.replace("Path.of(\"", "Path.of(\"" + directory + "/")));
      }
      // What JShell prints tells what the value is: no lambda, no hash code.
      assertThat(values)
          .noneMatch(value -> value.contains("Lambda") || value.matches(".*@[0-9a-f]+"));
      assertThat(values).anyMatch(value -> value.startsWith("19 edits, 12 findings"));
    }
    LayeredImage lean =
        LayeredImage.open(OciLayout.open(directory.resolve("k8or-demo/lean")).image("demo"));
    List<AccountDecision> left = UserPruner.defaults().decide(lean.snapshot());
    assertThat(left).allMatch(AccountDecision::kept);
  }

  @Test
  void topReadme_libraryExample_runsAsWritten() throws IOException {
    try (ImageWriter writer = OciLayout.create(directory.resolve("nginx"))) {
      writer.write(SampleImage.build(), "latest");
    }
    String readme = Files.readString(Tools.projectRoot().resolve("README.md"));
    int from = readme.indexOf("```java\n") + "```java\n".length();
    String example = readme.substring(from, readme.indexOf("```", from));
    try (JShell shell = start()) {
      eval(shell, example.replace("Path.of(\"", "Path.of(\"" + directory + "/"));
    }
    assertThat(OciLayout.open(directory.resolve("nginx-lean")).image("latest").digest())
        .isNotEqualTo(SampleImage.build().digest());
  }

  /** A shell with the start-up script. */
  private static JShell start() throws IOException {
    JShell shell = JShell.builder().executionEngine("local").build();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      shell.addToClasspath(entry);
    }
    eval(shell, "import java.util.*;");
    for (String line : Files.readAllLines(FOLDER.resolve("k8or.jsh"))) {
      eval(shell, line);
    }
    return shell;
  }

  /** The lines behind the prompt in the README. */
  private static List<String> session() throws IOException {
    List<String> lines =
        Files.readAllLines(FOLDER.resolve("README.md")).stream()
            .filter(line -> line.startsWith("jshell> "))
            .map(line -> line.substring("jshell> ".length()))
            .toList();
    assertThat(lines).hasSizeGreaterThan(5);
    return lines;
  }

  /** Runs all snippets of a line; returns the last one's value. */
  private static String eval(JShell shell, String source) {
    String value = "";
    SourceCodeAnalysis analysis = shell.sourceCodeAnalysis();
    for (String rest = source; !rest.isBlank(); ) {
      CompletionInfo info = analysis.analyzeCompletion(rest);
      rest = info.remaining();
      if (info.source() == null) {
        continue; // a comment
      }
      for (SnippetEvent event : shell.eval(info.source())) {
        assertThat(event.exception()).as(source).isNull();
        assertThat(event.status())
            .as(source + shell.diagnostics(event.snippet()).map(d -> d.getMessage(null)).toList())
            .isEqualTo(Snippet.Status.VALID);
        value = event.value() == null ? "" : event.value();
      }
    }
    return value;
  }
}
