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
 * A Debian image cut down, file by file, to what nginx and redis reach. Both still serve, and
 * nothing is gone that they used in the whole image, as strace saw it.
 */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServicesImageTest {
  private static final String REDIS_ARGUMENTS =
      "[\"/usr/bin/redis-server\", \"/etc/redis/redis.conf\","
          + " \"--daemonize\", \"no\", \"--supervised\", \"no\"]";

  // Starts the services of the whole image, uses them, stops them. What chroot itself opens before
  // it has changed its root is of another system. The files of before tell what was there.
  private static final String TRACE =
      """
      umoci unpack --image "$1" bundle >&2
      busybox=$2/bin/busybox
      root=$PWD/bundle/rootfs
      (cd "$root"; find . -mindepth 1 | cut -c2-) > before
      mount -t proc proc "$root/proc"
      mount --rbind /dev "$root/dev"
      trap 'umount -l "$root/dev" "$root/proc"' EXIT
      "$busybox" ip link set lo up
      traced() {
        exec strace -f -e trace=%file -o "$1.strace" chroot "$root" "${@:2}" > "$1.log" 2>&1
      }
      traced nginx /usr/sbin/nginx -g 'daemon off;' &
      nginx=$!
      traced redis /usr/bin/redis-server /etc/redis/redis.conf --daemonize no --supervised no &
      redis=$!
      ask() {
        for i in $(seq 240); do
          if "$@" > answer 2> why < /dev/null; then
            cat answer
            return
          fi
          sleep 0.5
        done
        cat why ./*.log >&2
        exit 1
      }
      talk() {
        printf '%s\\r\\n' "$@" | "$busybox" nc 127.0.0.1 6379
      }
      ask "$busybox" wget -qO- http://127.0.0.1/
      "$busybox" wget -qO- http://127.0.0.1/nothing >&2 || true
      ask talk PING QUIT
      talk SAVE SHUTDOWN >&2
      kill -QUIT "$(cat "$root/run/nginx.pid")"
      wait $nginx
      wait $redis
      for name in nginx redis; do
        sed '1,/ chroot(/d' "$name.strace"
      done > trace
      test -s trace
      """;

  // Prints what the trace says was used, and was in the image, and is not in the result. This is
  // not how k8or reads a trace: a real shell goes along the links, in each of the roots.
  private static final String MISSING =
      """
      for root in "$2" "$3"; do
        cp "$1/bin/busybox" "$root/busybox"
      done
      grep -E '= [0-9]' trace | grep -oE '"/[^"]*"' | tr -d '"' | grep -vE '^/(proc|dev)/' |
        sort -u > used
      wc -l < used
      chroot "$3" /busybox sh -c \
          'while read -r path; do [ -e "$path" ] || [ -L "$path" ] || echo "$path"; done' \
          < used > absent
      while read -r path; do
        real=$(chroot "$2" /busybox readlink -f "$path" || true)
        if grep -qxF -e "$path" -e "${real:-$path}" before; then
          echo "$path"
        fi
      done < absent
      rm "$2/busybox" "$3/busybox"
      """;

  private Scratch scratch;
  private Path output;
  private Path probe;
  private Path result;
  private JsonNode applied;

  @BeforeAll
  void traceAndApply() throws IOException {
    Tools.require("umoci", "strace", "unshare", "chroot");
    Tools.requireRoot();
    Tools.shared();
    Path input = DebianImage.layout();
    scratch = Scratch.create("services");
    probe = Runc.probe(scratch);
    String answers =
        Shell.runPrivately(
            scratch.folder(),
            "unshare --net bash -euo pipefail -c \"$1\" k8or-trace \"$2\" \"$3\"",
            TRACE,
            input + ":latest",
            probe);
    assertThat(answers).isEqualTo("served by the app\n+PONG\r\n+OK\r\n");
    output = scratch.resolve("out");
    applied =
        K8or.json(
            "apply",
            "oci:" + input + ":latest",
            "--out",
            "oci:" + output + ":latest",
            "--services",
            "--level",
            "balanced",
            "--service",
            "nginx=/usr/sbin/nginx -g 'daemon off;'",
            "--service",
            "redis=/usr/bin/redis-server /etc/redis/redis.conf --daemonize no --supervised no",
            "--trace",
            scratch.resolve("trace"),
            "--json");
    result = scratch.resolve("result/rootfs");
    Shell.run(scratch.folder(), "umoci unpack --image \"$1\" result >&2", output + ":latest");
  }

  @AfterAll
  void clean() {
    if (scratch != null) {
      scratch.close();
    }
  }

  @Test
  void apply_ofTwoServices_leavesASmallTree() {
    long before = bytes(scratch.resolve("bundle/rootfs"));
    long after = bytes(result);
    long compressed = applied.at("/output/compressedBytes").asLong();
    System.out.printf(
        "nginx and redis: tree %.1f of %.1f MiB, layers %.1f of %.1f MiB, files %d of %d,"
            + " packages %d of %d%n",
        mebibytes(after),
        mebibytes(before),
        mebibytes(compressed),
        mebibytes(applied.at("/input/compressedBytes").asLong()),
        applied.at("/output/files").asLong(),
        applied.at("/input/files").asLong(),
        applied.at("/output/packages").asLong(),
        applied.at("/input/packages").asLong());
    // A Java runtime, Python and the base system are gone.
    assertThat(mebibytes(before)).isGreaterThan(200);
    assertThat(mebibytes(after)).isLessThan(45);
    assertThat(compressed).isLessThan(applied.at("/input/compressedBytes").asLong() / 2);
  }

  @Test
  void apply_ofWhatTheServicesUsed_removesNothing() {
    StringBuilder removed = new StringBuilder();
    boolean compared = false;
    for (JsonNode finding : applied.at("/findings")) {
      String rule = finding.at("/rule").asText();
      if (rule.equals("kept-but-not-used")) {
        compared = true;
        System.out.println(finding.at("/evidence").asText());
      } else if (rule.equals("used-but-removed")) {
        removed.append(finding.at("/path").asText()).append('\n');
      }
    }
    assertThat(compared).as("%s", applied.at("/findings")).isTrue();
    assertThat(removed.toString()).isEmpty();
  }

  @Test
  void result_ofWhatStraceSaw_hasEachPath() {
    String missing =
        Shell.run(scratch.folder(), MISSING, probe, scratch.resolve("bundle/rootfs"), result);
    String[] lines = missing.strip().split("\n");
    System.out.println("strace saw " + lines[0] + " paths used");
    assertThat(Integer.parseInt(lines[0])).isGreaterThan(40);
    assertThat(lines).as("the first line counts").hasSize(1);
  }

  @Test
  void verifyAndDpkg_ofTheResult_findNoFault() {
    Tools.require("dpkg");
    K8or.run("verify", "oci:" + output + ":latest");
    assertThat(Shell.run(scratch.folder(), "dpkg --root=\"$1\" --audit 2>&1", result)).isEmpty();
  }

  @Test
  void nginx_underRunc_servesItsPage() {
    Tools.require("runc", "jq");
    try (Scratch work = Scratch.create("services-nginx")) {
      String page =
          Runc.ask(
              work.folder(),
              output + ":latest",
              NginxImageTest.ARGUMENTS,
              probe,
              "wget",
              "-qO-",
              "http://127.0.0.1/");
      assertThat(page).isEqualTo("served by the app\n");
    }
  }

  @Test
  void redis_underRunc_answers() {
    Tools.require("runc", "jq");
    try (Scratch work = Scratch.create("services-redis")) {
      String answer =
          Runc.ask(
              work.folder(),
              output + ":latest",
              REDIS_ARGUMENTS,
              probe,
              "sh",
              "-c",
              "printf 'SET a b\\r\\nSAVE\\r\\nGET a\\r\\nQUIT\\r\\n' |"
                  + " /probe/bin/busybox nc 127.0.0.1 6379");
      assertThat(answer).isEqualTo("+OK\r\n+OK\r\n$1\r\nb\r\n+OK\r\n");
    }
  }

  @Test
  void nginx_underDocker_servesItsPage() throws IOException, InterruptedException {
    Tools.require("dockerd", "docker", "skopeo");
    try (Scratch work = Scratch.create("services-docker");
        DockerDaemon docker = DockerDaemon.start(work)) {
      docker.load(work, output, "k8or.test/services:1");
      assertThat(NginxImageTest.pageOf(docker, "k8or.test/services:1", probe))
          .isEqualTo("served by the app\n");
    }
  }

  private static long bytes(Path root) {
    return Long.parseLong(Shell.run(root, "du -xsb . | cut -f1").strip());
  }

  private static double mebibytes(long bytes) {
    return bytes / (double) (1 << 20);
  }
}
