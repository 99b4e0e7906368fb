package io.k8or.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.k8or.cli.sample.SampleImage;
import io.k8or.layers.storage.DockerArchive;
import io.k8or.layers.storage.ImageWriter;
import io.k8or.layers.storage.OciLayout;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** One run of the command, inside this process, and what it left. */
record Run(int status, byte[] stdout, String stderr) {
  private static final ObjectMapper STRICT =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  static Run of(Object... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    List<String> words = Arrays.stream(args).map(Object::toString).toList();
    int status =
        K8or.run(
            words,
            new PrintStream(out, false, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Run(status, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
  }

  String text() {
    return new String(stdout, StandardCharsets.UTF_8);
  }

  /** The only JSON object on stdout. */
  JsonNode json() throws IOException {
    JsonNode node = STRICT.readTree(stdout);
    assertThat(node.isObject()).isTrue();
    return node;
  }

  /** Asserts success without a word on stderr. */
  Run done() {
    assertThat(stderr).isEmpty();
    assertThat(status).isEqualTo(0);
    return this;
  }

  /** Asserts a failure with this one line on stderr and nothing on stdout. */
  void failed(int expectedStatus, String expectedLine) {
    assertThat(stderr).isEqualTo(expectedLine + System.lineSeparator());
    assertThat(stdout).isEmpty();
    assertThat(status).isEqualTo(expectedStatus);
  }

  /** Writes the sample image as a layout and returns its directory. */
  static Path sample(Path directory) throws IOException {
    Path layout = directory.resolve("sample");
    try (ImageWriter writer = OciLayout.create(layout)) {
      writer.write(SampleImage.build(), "demo");
    }
    return layout;
  }

  /** Writes the sample image as Docker would save it. */
  static Path sampleArchive(Path directory) throws IOException {
    Path file = directory.resolve("sample.tar");
    try (ImageWriter writer = DockerArchive.create(file)) {
      writer.write(SampleImage.build(), "k8or/sample:1");
    }
    return file;
  }
}
