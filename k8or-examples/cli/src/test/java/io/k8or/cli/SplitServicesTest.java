package io.k8or.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Image;
import io.k8or.layers.LayeredImage;
import io.k8or.layers.storage.OciLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SplitServicesTest {
  private static final List<String> SERVICES =
      List.of(
          "--services",
          "--split-services",
          "--service=server=/usr/bin/demo-server 8080",
          "--service=worker=/usr/bin/demo-worker");

  @TempDir Path directory = Path.of("");

  private String sample() throws IOException {
    Path there = directory.resolve("sample");
    return "oci:" + (Files.exists(there) ? there : Run.sample(directory));
  }

  private Run apply(Object... more) throws IOException {
    List<Object> args = new ArrayList<>(List.of("apply", sample()));
    args.addAll(SERVICES);
    args.addAll(List.of(more));
    return Run.of(args.toArray());
  }

  @Test
  void apply_eachMode_givesAnImageForEachService() throws IOException {
    for (String mode : List.of("in-place", "squash", "overlay")) {
      Path out = directory.resolve(mode);
      JsonNode json = apply("--out", "oci:" + out, "--mode", mode, "--json").done().json();
      Run.of("verify", "oci:" + out).done();
      OciLayout layout = OciLayout.open(out);
      assertThat(layout.images()).extracting(stored -> stored.ref()).contains("server", "worker");
      LayeredImage server = LayeredImage.open(layout.image("server"));
      LayeredImage worker = LayeredImage.open(layout.image("worker"));
      assertThat(server.files().contains(ImagePath.of("/usr/bin/demo-server"))).isTrue();
      assertThat(server.files().contains(ImagePath.of("/usr/bin/demo-worker"))).isFalse();
      assertThat(worker.files().contains(ImagePath.of("/usr/bin/demo-server"))).isFalse();
      assertThat(worker.files().contains(ImagePath.of("/usr/bin/demo-worker"))).isTrue();
      assertThat(server.image().config().entrypoint()).hasSize(1);
      assertThat(server.image().config().cmd()).containsExactly("8080");
      assertThat(worker.image().config().entrypoint()).containsExactly("/usr/bin/demo-worker");
      assertThat(worker.image().config().cmd()).isEmpty();
      assertThat(json.at("/services/0/name").asText()).isEqualTo("server");
      for (int i = 0; i < 2; i++) {
        LayeredImage image = i == 0 ? server : worker;
        assertThat(json.at("/services/" + i + "/output"))
            .as(mode)
            .hasToString(Figures.of(image).json().toString());
      }
    }
  }

  @Test
  void apply_inPlace_storesWhatIsSharedOnce() throws IOException {
    Path out = directory.resolve("out");
    JsonNode json = apply("--out", "oci:" + out, "--json").done().json();
    Image server = OciLayout.open(out).image("server");
    Image worker = OciLayout.open(out).image("worker");
    assertThat(server.layers().get(0).descriptor()).isEqualTo(worker.layers().get(0).descriptor());
    assertThat(json.at("/layers/storedBytes").asLong())
        .isLessThan(json.at("/layers/inputBytes").asLong());
    // The step between leaves nothing: two manifests, two configurations, the layers.
    long blobs;
    try (var files = Files.list(out.resolve("blobs/sha256"))) {
      blobs = files.count();
    }
    long layers =
        Stream.of(server, worker)
            .flatMap(image -> image.layers().stream())
            .map(layer -> layer.descriptor().digest())
            .distinct()
            .count();
    assertThat(blobs).isEqualTo(layers + 4);
  }

  @Test
  void apply_twice_givesTheSameBytes() throws IOException {
    for (String name : List.of("a", "b")) {
      Path parent = Files.createDirectory(directory.resolve(name));
      Run.of(
              "apply",
              "oci:" + Run.sample(parent),
              "--out",
              "oci:" + parent.resolve("out"),
              SERVICES.get(0),
              SERVICES.get(1),
              SERVICES.get(2),
              SERVICES.get(3))
          .done();
    }
    assertThat(directory.resolve("a/out/index.json"))
        .hasSameBinaryContentAs(directory.resolve("b/out/index.json"));
  }

  @Test
  void apply_artifacts_areInAFolderForEachService() throws IOException {
    Path artifacts = directory.resolve("artifacts");
    apply("--out", "oci:" + directory.resolve("out"), "--syscalls", "--artifacts", artifacts)
        .done();
    assertThat(artifacts.resolve("server/seccomp-server.json")).isRegularFile();
    assertThat(artifacts.resolve("worker/seccomp-worker.json")).isRegularFile();
  }

  @Test
  void apply_thatFails_leavesNothing() throws IOException {
    Path artifacts = Files.createDirectory(directory.resolve("artifacts"));
    Path taken = Files.createDirectory(artifacts.resolve("worker")).resolve("seccomp-worker.json");
    Files.writeString(taken, "mine");
    Path out = directory.resolve("out");
    apply("--out", "oci:" + out, "--syscalls", "--artifacts", artifacts)
        .failed(
            2, "k8or: usage: --artifacts " + taken + ": it exists already, and is not overwritten");
    assertThat(out).doesNotExist();
    assertThat(artifacts.resolve("server")).doesNotExist();
    assertThat(taken).hasContent("mine");
  }

  @Test
  void apply_whatDoesNotGoTogether_isWrongUsage() throws IOException {
    String out = "oci:" + directory.resolve("out");
    apply("--out", out + ":tag")
        .failed(
            2,
            "k8or: usage: --out "
                + out
                + ":tag: with --split-services each image has its service's name");
    apply("--out", out, "--report", directory.resolve("r.html"))
        .failed(
            2,
            "k8or: usage: --report "
                + directory.resolve("r.html")
                + ": it is of one image, not of several");
    apply("--out", out, "--users", "--add-user=other")
        .failed(
            2,
            "k8or: usage: --add-user other: with --split-services it is for the service of its"
                + " name");
    Run.of("apply", "oci:" + directory.resolve("sample"), "--out", out, "--split-services")
        .failed(
            2,
            "k8or: usage: --split-services: it steers --services, which is not among the"
                + " transforms that are chosen");
  }

  @Test
  void apply_addUser_isForTheServiceOfItsName() throws IOException {
    Path out = directory.resolve("out");
    apply("--out", "oci:" + out, "--users", "--add-user=worker").done();
    assertThat(OciLayout.open(out).image("server").config().user()).isEmpty();
    assertThat(OciLayout.open(out).image("worker").config().user().orElseThrow())
        .matches("\\d{5}:\\d{5}");
  }

  @Test
  void plan_split_hasAPlanForEachService() throws IOException {
    List<Object> args = new ArrayList<>(List.of("plan", "oci:" + Run.sample(directory)));
    args.addAll(SERVICES);
    assertThat(Run.of(args.toArray()).done().text())
        .startsWith("service server" + System.lineSeparator())
        .contains("service worker" + System.lineSeparator());
    args.add("--json");
    JsonNode json = Run.of(args.toArray()).done().json();
    assertThat(json.at("/services")).hasSize(2);
    assertThat(json.at("/services/1/name").asText()).isEqualTo("worker");
    assertThat(json.at("/services/1/edits").size()).isPositive();
  }

  @Test
  void apply_limits_areInTheDocumentsOfTheirService() throws IOException {
    Path artifacts = directory.resolve("artifacts");
    apply(
            "--out",
            "oci:" + directory.resolve("out"),
            "--syscalls",
            "--limit=server:memory=99Mi,cpu=250m",
            "--request=worker:memory=7Mi",
            "--egress=worker:none",
            "--image-name=server=example.org/server:1",
            "--artifacts",
            artifacts)
        .done();
    JsonNode server = container(artifacts.resolve("server/deployment-server.json"));
    assertThat(server.at("/image").asText()).isEqualTo("example.org/server:1");
    assertThat(server.at("/resources/limits/memory").asText()).isEqualTo("99Mi");
    assertThat(server.at("/resources/limits/cpu").asText()).isEqualTo("250m");
    assertThat(server.at("/securityContext/seccompProfile/localhostProfile").asText())
        .isEqualTo("k8or/seccomp-server.json");
    assertThat(server.at("/ports/0/containerPort").asInt()).isEqualTo(8080);
    JsonNode worker = container(artifacts.resolve("worker/deployment-worker.json"));
    assertThat(worker.at("/resources/requests/memory").asText()).isEqualTo("7Mi");
    assertThat(worker.at("/resources/limits/memory").asText()).isEqualTo("256Mi");
    assertThat(artifacts.resolve("worker/patch-worker.yaml")).isRegularFile();
    JsonNode policy =
        Json.read(Files.readAllBytes(artifacts.resolve("worker/networkpolicy-worker.json")));
    assertThat(policy.at("/spec/egress").toString()).isEqualTo("[]");
  }

  @Test
  void apply_ofOneImage_writesItsDocuments() throws IOException {
    Path artifacts = directory.resolve("artifacts");
    JsonNode json =
        Run.of(
                "apply",
                sample(),
                "--out",
                "oci:" + directory.resolve("out"),
                "--services",
                "--artifacts",
                artifacts,
                "--json")
            .done()
            .json();
    assertThat(json.at("/artifacts").findValuesAsText("name"))
        .contains("deployment-demo-server.json", "patch-demo-server.yaml");
    assertThat(container(artifacts.resolve("deployment-demo-server.json")).at("/name").asText())
        .isEqualTo("demo-server");
  }

  @Test
  void apply_wrongLimit_isWrongUsage() throws IOException {
    String out = "oci:" + directory.resolve("out");
    Path artifacts = directory.resolve("artifacts");
    apply("--out", out, "--limit=server:disk=1Gi", "--artifacts", artifacts)
        .failed(
            2,
            "k8or: usage: --limit server:disk=1Gi: expected memory, cpu or ephemeral-storage, not"
                + " disk");
    apply("--out", out, "--egress=server:http", "--artifacts", artifacts)
        .failed(2, "k8or: usage: --egress server:http: not a port such as 5432 or 123/udp: http");
    Run.of("apply", sample(), "--out", out, "--users", "--limit=a:cpu=1")
        .failed(
            2,
            "k8or: usage: --limit: it steers --services, which is not among the transforms that"
                + " are chosen");
    assertThat(artifacts).doesNotExist();
  }

  private static JsonNode container(Path deployment) throws IOException {
    return Json.read(Files.readAllBytes(deployment)).at("/spec/template/spec/containers/0");
  }
}
