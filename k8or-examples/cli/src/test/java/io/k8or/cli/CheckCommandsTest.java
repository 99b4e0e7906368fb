package io.k8or.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.cli.sample.SampleImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** verify, diff, extract, demo. */
final class CheckCommandsTest {
  @TempDir Path directory = Path.of("");

  @Test
  void verify_goodImages_areValid() throws IOException {
    Path layout = Run.sample(directory);
    assertThat(Run.of("verify", "oci:" + layout).done().text()).isEqualTo("valid\n");
    assertThat(Run.of("verify", "oci:" + layout + ":demo").done().text()).isEqualTo("valid\n");
    JsonNode json =
        Run.of("verify", "docker-archive:" + Run.sampleArchive(directory), "--json").done().json();
    assertThat(json.path("valid").asBoolean()).isTrue();
    assertThat(json.path("faults")).isEmpty();
  }

  @Test
  void verify_damagedLayer_isStatus1AndNamesTheBlob() throws IOException {
    Path layout = Run.sample(directory);
    String hex = SampleImage.build().layers().get(1).descriptor().digest().hex();
    Path blob = layout.resolve("blobs/sha256").resolve(hex);
    byte[] bytes = Files.readAllBytes(blob);
    bytes[100] ^= 1;
    Files.write(blob, bytes);
    Run run = Run.of("verify", "oci:" + layout);
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.stderr()).isEmpty();
    assertThat(run.text()).contains("blob: sha256:" + hex).endsWith("1 fault\n");
    Run asJson = Run.of("verify", "oci:" + layout + ":demo", "--json");
    assertThat(asJson.status()).isEqualTo(1);
    assertThat(asJson.json().path("faults").path(0).path("where").asText()).contains(hex);
  }

  @Test
  void verify_noLayout_isMalformed() throws IOException {
    Run run = Run.of("verify", "oci:" + Files.createDirectory(directory.resolve("empty")));
    assertThat(run.status()).isEqualTo(3);
    assertThat(run.stderr()).startsWith("k8or: OCI layout: ").hasLineCount(1);
  }

  @Test
  void diff_sameFilesInOtherForms_isStatus0() throws IOException {
    String oci = "oci:" + Run.sample(directory);
    String archive = "docker-archive:" + Run.sampleArchive(directory);
    assertThat(Run.of("diff", oci, archive).done().text()).isEqualTo("no difference\n");
    assertThat(Run.of("diff", oci, archive, "--json").done().json().path("same").asBoolean())
        .isTrue();
  }

  @Test
  void diff_rewritten_isStatus1AndShowsTheEdits() throws IOException {
    String oci = "oci:" + Run.sample(directory);
    String lean = "oci:" + directory.resolve("lean");
    Run.of(
            "apply",
            oci,
            "--out",
            lean,
            "--remove-path",
            "/usr/share/man",
            "--users",
            "--files",
            "--no-rule=all")
        .done();
    Run run = Run.of("diff", oci, lean);
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.stderr()).isEmpty();
    assertThat(run.text())
        .contains("- /usr/share/man/man1/demo-worker.1\n")
        .contains("~ /etc/subuid: size 35 -> 18; content\n")
        .endsWith("7 removed, 0 added, 10 changed\n");
    JsonNode json = Run.of("diff", oci, lean, "--json").json();
    assertThat(json.path("removed").asInt()).isEqualTo(7);
    assertThat(json.path("changed").asInt()).isEqualTo(10);
    assertThat(json.path("differences")).hasSize(17);
    assertThat(json.path("differences").path(0).path("changes").findValuesAsText("aspect"))
        .containsExactly("size", "content");
  }

  @Test
  void extract_throughSymlinkAndHardLink_givesTheBytes() throws IOException {
    String oci = "oci:" + Run.sample(directory);
    byte[] server = resource("server");
    assertThat(Run.of("extract", oci, "/bin/demo-server").done().stdout()).isEqualTo(server);
    assertThat(Run.of("extract", oci, "/usr/lib/demo/server").done().stdout()).isEqualTo(server);
    assertThat(Run.of("extract", oci, "/usr/bin/demo-beat").done().stdout())
        .isEqualTo(resource("worker"));
    assertThat(Run.of("extract", oci, "/etc/hostname").done().text()).isEqualTo("sample\n");
  }

  @Test
  void extract_whatIsNoFile_isWrongUsage() throws IOException {
    String oci = "oci:" + Run.sample(directory);
    Run.of("extract", oci, "/etc/motd")
        .failed(2, "k8or: usage: /etc/motd: there is no such file in the image");
    Run.of("extract", oci, "etc/passwd")
        .failed(2, "k8or: usage: etc/passwd: expected an absolute path in the image");
    Run run = Run.of("extract", oci, "/etc");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.stderr()).startsWith("k8or: usage: /etc: expected a regular file, found a dir");
  }

  @Test
  void demo_twice_givesTheSameBytes() throws IOException {
    for (String name : new String[] {"one", "two"}) {
      String text = Run.of("demo", "--out", directory.resolve(name)).done().text();
      assertThat(text).contains("users/unused", "files/documentation", "docker load -i ");
    }
    for (String file : new String[] {"after.tar", "report.html", "before/index.json"}) {
      assertThat(directory.resolve("one").resolve(file))
          .hasSameBinaryContentAs(directory.resolve("two").resolve(file));
    }
    Run.of("verify", "docker-archive:" + directory.resolve("one/after.tar")).done();
    Run.of("demo", "--out", directory.resolve("one"))
        .failed(
            2,
            "k8or: usage: --out "
                + directory.resolve("one")
                + ": it exists already, and is not overwritten");
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            SampleImage.class.getResourceAsStream("/io/k8or/cli/demo/" + name))) {
      return in.readAllBytes();
    }
  }
}
