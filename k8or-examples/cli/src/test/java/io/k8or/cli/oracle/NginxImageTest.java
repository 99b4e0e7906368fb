package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
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
  private static final String UNDER_RUNC =
      """
      umoci unpack --image "$1" bundle >&2
      jq --arg probe "$2" '
        ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID"]
          as $caps
        | .process.terminal = false
        | .process.capabilities = {bounding: $caps, effective: $caps, permitted: $caps}
        | .process.args = ["/usr/sbin/nginx", "-g", "daemon off;"]
        | .mounts += [{destination: "/probe", type: "bind", source: $probe,
            options: ["rbind", "ro"]}]
        ' bundle/config.json > config.json
      mv config.json bundle/config.json
      state=$(mktemp -d /tmp/k8or-XXXXXX)
      id=$(basename "$state")
      trap 'runc --root "$state" delete -f "$id" > /dev/null 2>&1 || true; rm -rf "$state"' EXIT
      runc --root "$state" run --detach --bundle bundle "$id" > runc.log 2>&1 < /dev/null ||
        { cat runc.log >&2; exit 1; }
      for i in $(seq 120); do
        if runc --root "$state" exec "$id" /probe/bin/busybox wget -qO- http://127.0.0.1/ \
            > answer 2> why < /dev/null; then
          cat answer
          exit 0
        fi
        sleep 0.5
      done
      cat runc.log why >&2
      exit 1
      """;

  private Scratch scratch;
  private Path output;
  private Path probe;
  private JsonNode applied;

  @BeforeAll
  void applyOnce() throws IOException {
    Tools.require("umoci", "tar");
    Tools.requireRoot();
    Path busybox = Tools.shared().resolve("data/busybox-musl-amd64.tar.gz");
    Path input = DebianImage.layout();
    scratch = Scratch.create("nginx");
    probe = scratch.directory("probe");
    Shell.run(probe, "tar -xzf \"$1\"", busybox);
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
      assertThat(Shell.runPrivately(work.folder(), UNDER_RUNC, output + ":latest", probe))
          .isEqualTo("served by the app\n");
    }
  }

  @Test
  void nginx_underDocker_servesItsPage() throws IOException, InterruptedException {
    Tools.require("dockerd", "docker", "skopeo");
    try (Scratch work = Scratch.create("nginx-docker")) {
      Path archive = work.resolve("lean.tar");
      Shell.run(
          work.folder(),
          "skopeo --insecure-policy copy --quiet \"oci:$1:latest\" \"docker-archive:$2:k8or.test/n:1\"",
          output,
          archive);
      try (DockerDaemon docker = DockerDaemon.start(work)) {
        docker.docker("load", "--input", archive.toString());
        Files.deleteIfExists(archive);
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
                "k8or.test/n:1",
                "-g",
                "daemon off;");
        Tools.Result last = null;
        for (int i = 0; i < 120 && (last == null || last.status() != 0); i++) {
          last =
              docker.attempt(
                  "exec", container, "/probe/bin/busybox", "wget", "-qO-", "http://127.0.0.1/");
          Thread.sleep(250);
        }
        assertThat(last.stdout())
            .as("%s\n%s", last, docker.attempt("logs", container))
            .isEqualTo("served by the app\n");
      }
    }
  }
}
