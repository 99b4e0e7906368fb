package io.k8or.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.cli.sample.SampleImage;
import io.k8or.image.Layer;
import io.k8or.layers.LayeredImage;
import io.k8or.layers.storage.DockerArchive;
import io.k8or.layers.storage.OciLayout;
import io.k8or.report.TreeComparison;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ApplyCommandTest {
  @TempDir Path directory = Path.of("");

  @Test
  void apply_eachOutputAndMode_hasThePlannedFiles() throws IOException {
    String image = "oci:" + Run.sample(directory);
    ImageSnapshot before = LayeredImage.open(SampleImage.build()).snapshot();
    EditPlan plan = DemoCommand.transform().plan(before);
    ImageSnapshot expected = before.with(plan);
    List<String> options = List.of("--add-user=demo-server", "--own=/srv/www");
    for (String mode : List.of("in-place", "squash", "overlay")) {
      for (String out :
          List.of(
              "oci:x-" + mode + ":lean",
              "oci:y-" + mode + ".tar:lean",
              "docker-archive:z-" + mode + ".tar:k8or/lean:1")) {
        int colon = out.indexOf(':') + 1;
        String target = out.substring(0, colon) + directory.resolve(out.substring(colon));
        List<Object> args = new ArrayList<>(List.of("apply", image, "--out", target));
        args.addAll(options);
        args.addAll(List.of("--mode", mode));
        Run.of(args.toArray()).done();
        Input written =
            Input.open(
                ImageArgument.parse(target),
                Optional.empty(),
                new Session(System.out, System.err, Progress.silent(), Runnable::run));
        assertThat(TreeComparison.of(expected.files(), written.snapshot().files()).differences())
            .as(target)
            .isEmpty();
        assertThat(written.snapshot().config().user()).isEqualTo(expected.config().user());
        Run.of("verify", target).done();
      }
    }
  }

  @Test
  void apply_json_hasTheContractsFields() throws IOException {
    JsonNode json =
        Run.of(
                "apply",
                "oci:" + Run.sample(directory),
                "--out",
                "oci:" + directory.resolve("out"),
                "--users",
                "--json")
            .done()
            .json();
    for (String side : List.of("input", "output")) {
      for (String field :
          List.of("compressedBytes", "uncompressedBytes", "files", "users", "groups", "packages")) {
        assertThat(json.path(side).path(field).isIntegralNumber()).as(side + field).isTrue();
      }
    }
    assertThat(json.path("input").path("manifestDigest").asText())
        .isEqualTo(SampleImage.build().digest().toString());
    assertThat(json.path("output").path("manifestDigest").asText())
        .isEqualTo(OciLayout.open(directory.resolve("out")).image().digest().toString());
    assertThat(json.path("output").path("users").asInt()).isEqualTo(3);
    assertThat(json.path("edits").path("replaced").asInt()).isEqualTo(8);
    assertThat(json.path("layers").findValuesAsText("action"))
        .containsExactly("rewritten", "kept", "kept");
    assertThat(json.path("findings").path(0).path("transform").asText()).isEqualTo("users");
    assertThat(json.path("artifacts").isArray()).isTrue();
    assertThat(json.path("seconds").isNumber()).isTrue();
    // The sizes are those of the image that was written.
    LayeredImage written = LayeredImage.open(OciLayout.open(directory.resolve("out")).image());
    assertThat(json.path("output")).hasToString(Figures.of(written).json().toString());
  }

  @Test
  void apply_compressionFormat_isThatOfTheLayersThatAreWritten() throws IOException {
    String image = "oci:" + Run.sample(directory);
    for (String format : List.of("gzip", "zstd")) {
      Path out = directory.resolve(format);
      Run.of(
              "apply",
              image,
              "--files",
              "--no-rule=all",
              "--remove-path=/usr/share/doc/**",
              "--compression-format",
              format,
              "--out",
              "oci:" + out)
          .done();
      List<Layer> layers = OciLayout.open(out).image().layers();
      assertThat(layers.get(0).descriptor().mediaType().value()).endsWith("tar+" + format);
      assertThat(layers.get(1).descriptor().digest())
          .isEqualTo(SampleImage.build().layers().get(1).descriptor().digest());
      Run.of("verify", "oci:" + out).done();
    }
    Run.of("apply", image, "--compression-format", "xz", "--out", "oci:" + directory.resolve("x"))
        .failed(ExitStatus.USAGE, "k8or: usage: --compression-format xz: expected gzip or zstd");
  }

  @Test
  void apply_nothingToDo_keepsTheManifest() throws IOException {
    Path layout = Run.sample(directory);
    String out = "oci:" + directory.resolve("same");
    assertThat(
            Run.of("apply", "oci:" + layout + ":demo", "--files", "--no-rule=all", "--out", out)
                .done()
                .text())
        .contains("nothing to change");
    assertThat(OciLayout.open(directory.resolve("same")).image("demo").digest())
        .isEqualTo(SampleImage.build().digest());
  }

  @Test
  void apply_twice_givesTheSameBytes() throws IOException {
    String image = "oci:" + Run.sample(directory);
    for (String name : List.of("a", "b")) {
      Run.of(
              "apply",
              image,
              "--remove-path=/usr/share/**",
              "--out",
              "docker-archive:" + directory.resolve(name + ".tar"),
              "--report",
              directory.resolve(name + ".html"))
          .done();
    }
    for (String suffix : List.of(".tar", ".html")) {
      assertThat(directory.resolve("a" + suffix))
          .hasSameBinaryContentAs(directory.resolve("b" + suffix));
    }
  }

  @Test
  void apply_report_tellsEditsAndAccounts() throws IOException {
    Path report = directory.resolve("report.html");
    String text =
        Run.of(
                "apply",
                "docker-archive:" + Run.sampleArchive(directory),
                "--no-rule=all",
                "--remove-path=/usr/share/man",
                "--out",
                "docker-archive:" + directory.resolve("out.tar"),
                "--report",
                report,
                "--artifacts",
                directory.resolve("artifacts"))
            .done()
            .text();
    assertThat(text).contains("report   " + report);
    assertThat(report)
        .content()
        .startsWith("<!DOCTYPE html>")
        .contains(
            "<h2>Summary</h2>", "<td>user</td><td>sshd</td><td class=n>101</td><td>removed</td>")
        .contains("files/removed", "remove /usr/share/man")
        .contains("<h2>Findings</h2>");
    assertThat(directory.resolve("artifacts").resolve("pruned.json")).exists();
    assertThat(DockerArchive.open(directory.resolve("out.tar")).image("k8or/sample:1").layers())
        .hasSize(3);
  }

  @Test
  void apply_outputThatExists_isRefusedAndLeftAlone() throws IOException {
    String image = "oci:" + Run.sample(directory);
    Path there = Files.writeString(directory.resolve("there"), "precious");
    Run.of("apply", image, "--out", "oci:" + there)
        .failed(2, "k8or: usage: --out " + there + ": it exists already, and is not overwritten");
    Path out = directory.resolve("out");
    Run.of("apply", image, "--out", "oci:" + out, "--report", there)
        .failed(
            2, "k8or: usage: --report " + there + ": it exists already, and is not overwritten");
    Run.of("apply", image, "--out", image)
        .failed(
            2,
            "k8or: usage: --out "
                + directory.resolve("sample")
                + ": it exists already, and is not overwritten");
    assertThat(there).hasContent("precious");
    assertThat(out).doesNotExist();
  }

  @Test
  void apply_outputsOfOtherForms_areWrongUsage() throws IOException {
    String image = "oci:" + Run.sample(directory);
    Path out = directory.resolve("out");
    Run.of("apply", image, "--out", "rootfs:" + out)
        .failed(
            2,
            "k8or: usage: --out rootfs:"
                + out
                + ": only oci:PATH[:REF] and docker-archive:FILE[:REF] are written");
    Run.of("apply", image, "--out", "oci:" + out.resolve("deeper"))
        .failed(
            2, "k8or: usage: --out " + out.resolve("deeper") + ": there is no directory " + out);
    Run.of("apply", image, "--out", "oci:" + out, "--mode", "fast")
        .failed(2, "k8or: usage: --mode fast: expected in-place, squash or overlay");
    Run.of("apply", image, "--out", "oci:" + out, "--report", out)
        .failed(2, "k8or: usage: --report " + out + ": --out is the same file");
    Run.of("apply", image)
        .failed(2, "k8or: usage: k8or apply: Missing required option: '--out=IMAGE'");
  }

  @Test
  void apply_directory_isReadOnly() throws IOException {
    Files.createDirectory(directory.resolve("root"));
    Run.of("apply", "dir:" + directory.resolve("root"), "--out", "oci:" + directory.resolve("o"))
        .failed(
            2,
            "k8or: usage: dir:"
                + directory.resolve("root")
                + ": an unpacked root is read only; pack it and use rootfs:FILE");
  }

  @Test
  void apply_failureHalfWay_leavesNothing() throws IOException {
    Path layout = Run.sample(directory);
    // A layer that no edit touches is damaged: it is read when it is copied, if not before.
    Path blob =
        layout
            .resolve("blobs/sha256")
            .resolve(SampleImage.build().layers().get(2).descriptor().digest().hex());
    byte[] bytes = Files.readAllBytes(blob);
    bytes[bytes.length - 5] ^= 1;
    Files.write(blob, bytes);
    Run run =
        Run.of(
            "apply",
            "oci:" + layout,
            "--out",
            "oci:" + directory.resolve("out"),
            "--report",
            directory.resolve("report.html"));
    assertThat(run.status()).isEqualTo(3);
    assertThat(run.stderr()).hasLineCount(1);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactly(layout);
    }
  }
}
