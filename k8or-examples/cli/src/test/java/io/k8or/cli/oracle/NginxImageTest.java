package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A Debian image of which only nginx and what it needs is kept: no shell is left in it. It serves
 * its page under runc and under Docker, asked by a program that is mounted for the purpose.
 */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NginxImageTest {
  static final String ARGUMENTS = "[\"/usr/sbin/nginx\", \"-g\", \"daemon off;\"]";

  private Scratch scratch;
  private Path output;
  private Path probe;
  private JsonNode applied;

  @BeforeAll
  void applyOnce() throws IOException {
    Tools.require("umoci");
    Tools.requireRoot();
    Tools.shared();
    Path input = DebianImage.layout();
    scratch = Scratch.create("nginx");
    probe = Runc.probe(scratch);
    output = scratch.resolve("out");
    applied =
        K8or.json(
            "apply",
            "oci:" + input + ":latest",
            "--out",
            "oci:" + output + ":latest",
            "--packages",
            "--keep-package",
            "nginx-light",
            "--minimal",
            "--json");
  }

  @AfterAll
  void clean() {
    if (scratch != null) {
      scratch.close();
    }
  }

  @Test
  void apply_keepingNginx_leavesItsClosure() {
    System.out.printf(
        "nginx-light alone: %d packages, %d bytes in %d layers, of %d packages, %d bytes%n",
        applied.at("/output/packages").asLong(),
        applied.at("/output/uncompressedBytes").asLong(),
        applied.at("/layers").size(),
        applied.at("/input/packages").asLong(),
        applied.at("/input/uncompressedBytes").asLong());
    // What the image's own entrypoint needs stays too, so the closure is larger than nginx-light's.
    assertThat(applied.at("/output/packages").asLong())
        .isGreaterThan(20)
        .isLessThan(applied.at("/input/packages").asLong() * 2 / 3);
  }

  @Test
  void nginx_underRunc_servesItsPage() {
    Tools.require("runc", "jq", "umoci");
    try (Scratch work = Scratch.create("nginx-runc")) {
      assertThat(
              Runc.ask(
                  work.folder(),
                  output + ":latest",
                  ARGUMENTS,
                  probe,
                  "wget",
                  "-qO-",
                  "http://127.0.0.1/"))
          .isEqualTo("served by the app\n");
    }
  }

  @Test
  void nginx_underDocker_servesItsPage() throws IOException, InterruptedException {
    Tools.require("dockerd", "docker", "skopeo");
    try (Scratch work = Scratch.create("nginx-docker");
        DockerDaemon docker = DockerDaemon.start(work)) {
      docker.load(work, output, "k8or.test/n:1");
      assertThat(pageOf(docker, "k8or.test/n:1", probe)).isEqualTo("served by the app\n");
    }
  }

  /** Starts nginx in an image that is loaded, and returns its page. */
  static String pageOf(DockerDaemon docker, String image, Path probe) throws InterruptedException {
    String container =
        docker.docker(
            "run",
            "--detach",
            "--network",
            "none",
            "--volume",
            probe + ":/probe:ro",
            "--entrypoint",
            "/usr/sbin/nginx",
            image,
            "-g",
            "daemon off;");
    return docker.ask(container, "/probe/bin/busybox", "wget", "-qO-", "http://127.0.0.1/");
  }
}
