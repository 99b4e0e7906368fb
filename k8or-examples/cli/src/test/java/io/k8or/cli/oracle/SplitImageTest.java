package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A Debian image with nginx and redis, split into one of each. Both run, as the images say it. */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SplitImageTest {
  private static final String REDIS_QUESTION =
      "printf 'SET a b\\r\\nSAVE\\r\\nGET a\\r\\nQUIT\\r\\n' |"
          + " /probe/bin/busybox nc 127.0.0.1 6379";
  private static final String REDIS_ANSWER = "+OK\r\n+OK\r\n$1\r\nb\r\n+OK\r\n";

  private Scratch scratch;
  private Path input;
  private Path output;
  private Path probe;
  private JsonNode applied;

  @BeforeAll
  void applyOnce() throws IOException {
    Tools.require("umoci");
    Tools.requireRoot();
    Tools.shared();
    input = DebianImage.layout();
    scratch = Scratch.create("split");
    probe = Runc.probe(scratch);
    output = scratch.resolve("out");
    applied =
        K8or.json(
            "apply",
            "oci:" + input + ":latest",
            "--out",
            "oci:" + output,
            "--services",
            "--split-services",
            "--syscalls",
            "--service",
            "nginx=/usr/sbin/nginx -g 'daemon off;'",
            "--service",
            "redis=/usr/bin/redis-server /etc/redis/redis.conf --daemonize no --supervised no",
            "--artifacts",
            scratch.resolve("artifacts"),
            "--json");
  }

  @AfterAll
  void clean() {
    if (scratch != null) {
      scratch.close();
    }
  }

  @Test
  void apply_split_storesLessThanTheOriginal() throws IOException {
    long before = bytes(input);
    long after = bytes(output);
    long shared = applied.at("/services/0/layers").size();
    System.out.printf(
        "split: %.1f MiB stored of %.1f, layers %.1f of %.1f; nginx %.1f, redis %.1f MiB"
            + " uncompressed; %d layers for nginx; %.1f s%n",
        mebibytes(after),
        mebibytes(before),
        mebibytes(applied.at("/layers/storedBytes").asLong()),
        mebibytes(applied.at("/layers/inputBytes").asLong()),
        mebibytes(applied.at("/services/0/output/uncompressedBytes").asLong()),
        mebibytes(applied.at("/services/1/output/uncompressedBytes").asLong()),
        shared,
        applied.at("/seconds").asDouble());
    assertThat(after).isLessThan(before / 2);
    // What both need is stored once.
    assertThat(applied.at("/layers/storedBytes").asLong())
        .isLessThan(
            applied.at("/services/0/output/compressedBytes").asLong()
                + applied.at("/services/1/output/compressedBytes").asLong());
  }

  @Test
  void images_haveOnlyTheirOwn() {
    Tools.require("dpkg");
    K8or.run("verify", "oci:" + output);
    for (String name : List.of("nginx", "redis")) {
      Path root = scratch.resolve(name + "/rootfs");
      Shell.run(
          scratch.folder(), "umoci unpack --image \"$1\" \"$2\" >&2", output + ":" + name, name);
      assertThat(Files.exists(root.resolve("usr/sbin/nginx"))).isEqualTo(name.equals("nginx"));
      // redis-server is a link to this.
      assertThat(Files.exists(root.resolve("usr/bin/redis-check-rdb")))
          .isEqualTo(name.equals("redis"));
      assertThat(Shell.run(scratch.folder(), "dpkg --root=\"$1\" --audit 2>&1", root)).isEmpty();
    }
  }

  @Test
  void nginx_underRunc_servesItsPage() {
    Tools.require("runc", "jq");
    try (Scratch work = Scratch.create("split-nginx")) {
      assertThat(
              Runc.ask(
                  work.folder(),
                  output + ":nginx",
                  "null",
                  probe,
                  "wget",
                  "-qO-",
                  "http://127.0.0.1/"))
          .isEqualTo("served by the app\n");
    }
  }

  @Test
  void redis_underRunc_answers() {
    Tools.require("runc", "jq");
    try (Scratch work = Scratch.create("split-redis")) {
      assertThat(
              Runc.ask(work.folder(), output + ":redis", "null", probe, "sh", "-c", REDIS_QUESTION))
          .isEqualTo(REDIS_ANSWER);
    }
  }

  @Test
  void nginx_confinedAsItsDeploymentSays_servesItsPage() throws IOException {
    Tools.require("runc", "jq", "nsenter");
    try (Scratch work = Scratch.create("split-confined")) {
      assertThat(confined(work, "nginx", "wget", "-qO-", "http://127.0.0.1/"))
          .isEqualTo("served by the app\n");
      assertConfined(work, "\\d{5}");
    }
  }

  @Test
  void redis_confinedAsItsDeploymentSays_answers() throws IOException {
    Tools.require("runc", "jq", "nsenter");
    try (Scratch work = Scratch.create("split-confined")) {
      assertThat(confined(work, "redis", "sh", "-c", REDIS_QUESTION.replace("/probe", "" + probe)))
          .isEqualTo(REDIS_ANSWER);
      assertConfined(work, "\\d{3}");
    }
  }

  private String confined(Scratch work, String name, String... question) {
    Path artifacts = scratch.resolve("artifacts").resolve(name);
    return Runc.askConfined(
        work.folder(),
        output + ":" + name,
        artifacts.resolve("deployment-" + name + ".json"),
        artifacts.resolve("seccomp-" + name + ".json"),
        probe,
        question);
  }

  private static void assertConfined(Scratch work, String uid) throws IOException {
    assertThat(Files.readString(work.resolve("status")))
        .containsPattern("Uid:\\s" + uid + "\\s")
        .containsPattern("CapEff:\\s0+\n")
        .containsPattern("NoNewPrivs:\\s1\n")
        .containsPattern("Seccomp:\\s2\n");
  }

  @Test
  void both_underDocker_run() throws IOException, InterruptedException {
    Tools.require("dockerd", "docker", "skopeo");
    try (Scratch work = Scratch.create("split-docker");
        DockerDaemon docker = DockerDaemon.start(work)) {
      docker.load(work, output, "nginx", "k8or.test/nginx:1");
      docker.load(work, output, "redis", "k8or.test/redis:1");
      String nginx = start(docker, "k8or.test/nginx:1");
      assertThat(docker.ask(nginx, "/probe/bin/busybox", "wget", "-qO-", "http://127.0.0.1/"))
          .isEqualTo("served by the app\n");
      String redis = start(docker, "k8or.test/redis:1");
      assertThat(docker.ask(redis, "/probe/bin/busybox", "sh", "-c", REDIS_QUESTION))
          .isEqualTo(REDIS_ANSWER);
    }
  }

  private String start(DockerDaemon docker, String image) {
    return docker.docker(
        "run", "--detach", "--network", "none", "--volume", probe + ":/probe:ro", image);
  }

  private static long bytes(Path layout) throws IOException {
    try (Stream<Path> files = Files.walk(layout)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private static double mebibytes(long bytes) {
    return bytes / (double) (1 << 20);
  }
}
