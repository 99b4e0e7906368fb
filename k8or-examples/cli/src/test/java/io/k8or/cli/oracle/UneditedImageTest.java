package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.image.Image;
import io.k8or.layers.LayerRewriter;
import io.k8or.layers.storage.ImageWriter;
import io.k8or.layers.storage.OciLayout;
import io.k8or.transform.EditPlan;
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
              "apply",
              "oci:" + input + ":latest",
              "--out",
              "oci:" + out + ":latest",
              "--files",
              "--no-rule",
              "all",
              "--remove-path",
              "/no/such/path",
              "--json");
      assertThat(applied.at("/output/manifestDigest"))
          .isEqualTo(applied.at("/input/manifestDigest"));
      assertThat(applied.at("/layers"))
          .allSatisfy(
              layer -> {
                assertThat(layer.at("/action").asText()).isEqualTo("kept");
                assertThat(layer.at("/encodedBytes").asLong()).isZero();
              });
      assertThat(blobs(out)).isEqualTo(blobs(input));
    }
  }

  @Test
  void rewrite_ofNoEdits_decompressesNoLayer() throws IOException {
    try (Scratch work = Scratch.create("unreadable")) {
      Path input = work.resolve("in");
      LayoutBytes layout = new LayoutBytes(input);
      List<String> layers = new ArrayList<>();
      List<String> diffIds = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        // Called gzip, but nobody can decompress it.
        layers.add(layout.blob(LayoutBytes.TAR + "+gzip", LayoutBytes.utf8("no gzip " + i)));
        diffIds.add(LayoutBytes.sha256(new byte[] {(byte) i}));
      }
      LayoutBytes.top(input, layout.image(layers, diffIds), "unreadable");

      Image image = OciLayout.open(input).image("unreadable");
      Path out = work.resolve("out");
      try (ImageWriter writer = OciLayout.create(out)) {
        Image rewritten = LayerRewriter.inPlace().rewrite(image, EditPlan.empty(), writer).image();
        assertThat(rewritten).isSameAs(image);
        writer.write(rewritten, "unreadable");
      }
      assertThat(OciLayout.open(out).image("unreadable").digest()).isEqualTo(image.digest());
      assertThat(blobs(out)).isEqualTo(blobs(input)).hasSize(5);
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
