package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The built jar, run as a user runs it. */
final class K8or {
  private static final ObjectMapper JSON = new ObjectMapper();

  private K8or() {}

  /** Runs a command, whatever its exit status. */
  static Tools.Result attempt(List<String> jvm, Object... words) {
    Path jar = Tools.projectRoot().resolve("k8or-examples/cli/target/k8or.jar");
    if (!Files.isRegularFile(jar)) {
      fail("no " + jar + ": these tests run after the package phase");
    }
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(jvm);
    command.addAll(List.of("-jar", jar.toString()));
    for (Object word : words) {
      command.add(word.toString());
    }
    long start = System.nanoTime();
    Tools.Result result = Tools.run(Scratch.parent(), Shell.environment(), command);
    System.out.printf(
        "k8or %s: %.1f s%n",
        String.join(" ", command.subList(command.indexOf("-jar") + 2, command.size())),
        (System.nanoTime() - start) / 1e9);
    return result;
  }

  /** Runs a command that must succeed, and returns what it printed. */
  static String run(Object... words) {
    return runIn(List.of(), words);
  }

  /** Runs a command that must succeed, with arguments of the JVM. */
  static String runIn(List<String> jvm, Object... words) {
    Tools.Result result = attempt(jvm, words);
    assertThat(result.status())
        .as("exit status of k8or %s%n%s%s", List.of(words), result.stdout(), result.stderr())
        .isZero();
    return result.stdout();
  }

  /** Runs a command that prints one JSON object and must succeed. */
  static JsonNode json(Object... words) {
    return jsonIn(List.of(), words);
  }

  /** Runs a command that prints one JSON object and must succeed, with arguments of the JVM. */
  static JsonNode jsonIn(List<String> jvm, Object... words) {
    String text = runIn(jvm, words);
    try {
      // Tools reads bytes as ISO 8859-1.
      return JSON.readTree(text.getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      return fail("no JSON: " + text, e);
    }
  }
}
