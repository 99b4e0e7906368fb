package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A plan without edits leaves an image as it is, to the byte. */
@Tag("oracle")
class UneditedImageTest {
  @Test
  void apply_ofNoEdits_keepsTheDigestAndEveryBlob() throws IOException {
    Path input = DebianImage.layout();
    try (Scratch work = Scratch.create("unedited")) {
      Path out = work.resolve("out");
      JsonNode applied =
          K8or.json(
              "apply", "oci:" + input + ":latest", "--out", "oci:" + out + ":latest",
              "--files", "--remove-path", "/no/such/path", "--json");
      assertThat(applied.at("/output/manifestDigest")).isEqualTo(applied.at("/input/manifestDigest"));
      assertThat(applied.at("/layers"))
          .allSatisfy(
              layer -> {
                assertThat(layer.at("/action").asText()).isEqualTo("kept");
                assertThat(layer.at("/encodedBytes").asLong()).isZero();
              });
      assertThat(blobs(out)).isEqualTo(blobs(input));
    }
  }

  private static Map<String, Long> blobs(Path layout) throws IOException {
    Map<String, Long> sizes = new TreeMap<>();
    try (Stream<Path> files = Files.list(layout.resolve("blobs/sha256"))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        // The name is the digest of the bytes, which the writer has verified; the size is ours.
        sizes.put(file.getFileName().toString(), Files.size(file));
      }
    }
    return sizes;
  }
}
