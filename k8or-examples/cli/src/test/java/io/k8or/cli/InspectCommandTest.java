package io.k8or.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.cli.sample.SampleImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class InspectCommandTest {
  @TempDir Path directory = Path.of("");

  @Test
  void inspect_sample_saysWhatItHolds() throws IOException {
    String text = Run.of("inspect", "oci:" + Run.sample(directory)).done().text();
    assertThat(text)
        .contains("manifest     " + SampleImage.build().digest())
        .contains("platform     linux/amd64")
        .contains("command      /usr/bin/demo-server 8080")
        .contains("accounts: 25 users, 3 needed; 27 groups, 5 needed")
        .contains("packages: 4 in the dpkg database")
        .contains("install demo-server demo-worker");
  }

  @Test
  void inspect_json_hasTheSameShapeForEveryForm() throws IOException {
    Path layout = Run.sample(directory);
    JsonNode oci = Run.of("inspect", "oci:" + layout + ":demo", "--json").done().json();
    assertThat(oci.path("manifestDigest").asText())
        .isEqualTo(SampleImage.build().digest().toString());
    assertThat(oci.path("layers")).hasSize(3);
    JsonNode layer = oci.path("layers").path(0);
    assertThat(layer.path("compression").asText()).isEqualTo("gzip");
    assertThat(layer.path("uncompressedBytes").asLong())
        .isGreaterThan(layer.path("compressedBytes").asLong());
    assertThat(oci.path("accounts").path("users")).hasSize(25);
    assertThat(oci.path("packages").path("installed").path(0).path("name").asText())
        .isEqualTo("demo-base");
    assertThat(oci.path("services").path(0).path("command").path(0).asText())
        .isEqualTo("/usr/bin/demo-server");
    assertThat(oci.path("sizes").path("hiddenBytes").asLong()).isGreaterThan(12_000);

    JsonNode archive =
        Run.of("inspect", "docker-archive:" + Run.sampleArchive(directory), "--json").done().json();
    assertThat(archive.path("configDigest")).isEqualTo(oci.path("configDigest"));
    assertThat(archive.path("accounts")).isEqualTo(oci.path("accounts"));
    assertThat(archive.path("sizes").path("files")).isEqualTo(oci.path("sizes").path("files"));
  }

  @Test
  void inspect_platformThatIsNotThere_isWrongUsage() throws IOException {
    Run run = Run.of("inspect", "oci:" + Run.sample(directory), "--platform", "linux/arm64");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.stderr())
        .startsWith("k8or: usage: no image for linux/arm64 in ")
        .contains("there is linux/amd64 demo")
        .hasLineCount(1);
  }

  @Test
  void inspect_platformOfAnotherForm_isWrongUsage() {
    Run.of("inspect", "oci:" + directory, "--platform", "arm64")
        .failed(2, "k8or: usage: --platform arm64: expected os/arch[/variant]");
  }

  @Test
  void inspect_directory_hasNoLayers() throws IOException {
    Files.createDirectories(directory.resolve("root/etc"));
    Files.writeString(directory.resolve("root/etc/passwd"), "root:x:0:0::/:/bin/sh\n");
    JsonNode json = Run.of("inspect", "dir:" + directory.resolve("root"), "--json").done().json();
    assertThat(json.path("layers")).isEmpty();
    assertThat(json.path("accounts").path("users")).hasSize(1);
    assertThat(json.path("packages").path("format").asText()).isEqualTo("none");
  }
}
