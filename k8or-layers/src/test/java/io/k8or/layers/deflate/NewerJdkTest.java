package io.k8or.layers.deflate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.k8or.content.Content;
import io.k8or.image.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is encoded anew has the same bytes on every JDK, whatever zlib that has. */
@Tag("oracle")
final class NewerJdkTest {
  /** Prints the digests of what we encode, one a line. */
  public static void main(String[] args) throws IOException {
    digests().forEach(System.out::println);
  }

  private static List<String> digests() throws IOException {
    List<String> digests = new ArrayList<>();
    for (int seed = 0; seed < 5; seed++) {
      byte[] bytes = Samples.bytes(seed, 1_200_000);
      byte[] gzip = Samples.encode(bytes);
      digests.add(Digest.sha256(gzip).toString());
      ByteArrayOutputStream spliced = new ByteArrayOutputStream();
      GzipSplice.splice(Content.of(gzip), "sample", Samples.spans(seed, bytes.length), spliced);
      digests.add(Digest.sha256(spliced.toByteArray()).toString());
    }
    return digests;
  }

  @Test
  void encode_onAnotherJdk_givesTheSameBytes() throws Exception {
    List<Path> others = others();
    assumeTrue(!others.isEmpty(), "no JDK newer than " + Runtime.version().feature() + " here");
    for (Path java : others) {
      Process process =
          new ProcessBuilder(
                  java.toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  NewerJdkTest.class.getName())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      process.getOutputStream().close();
      try (InputStream out = process.getInputStream()) {
        String text = new String(out.readAllBytes(), StandardCharsets.US_ASCII);
        assertThat(process.waitFor()).as("%s", java).isZero();
        assertThat(text.lines().toList()).as("%s", java).isEqualTo(digests());
      }
    }
  }

  // By the "release" file that every JDK has.
  private static List<Path> others() throws IOException {
    Path jdks = Path.of("/usr/lib/jvm");
    if (!Files.isDirectory(jdks)) {
      return List.of();
    }
    List<Path> found = new ArrayList<>();
    try (Stream<Path> homes = Files.list(jdks)) {
      for (Path home : homes.sorted().toList()) {
        Path java = home.resolve("bin").resolve("java");
        Path release = home.resolve("release");
        if (Files.isExecutable(java)
            && Files.isRegularFile(release)
            && version(Files.readString(release)) > Runtime.version().feature()) {
          found.add(java);
        }
      }
    }
    return found;
  }

  private static int version(String release) {
    return release
        .lines()
        .filter(line -> line.startsWith("JAVA_VERSION=\""))
        .map(line -> line.replaceAll("[^0-9.]", ""))
        .mapToInt(number -> Integer.parseInt(number.split("\\.")[0]))
        .findFirst()
        .orElse(0);
  }
}
