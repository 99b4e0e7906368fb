package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Debian's Java runtime with a server in a jar, cut down with {@code --level minimal}: the runtime
 * to the modules that the server names, programs stripped. It serves under runc, and all modules
 * are there of which a run of the whole image loads a class.
 */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JavaServiceImageTest {
  private static final String SERVER =
      """
      import com.sun.net.httpserver.HttpServer;
      import java.net.InetSocketAddress;
      import java.util.logging.Logger;
      public class Server {
        public static void main(String[] words) throws Exception {
          var server = HttpServer.create(new InetSocketAddress(8080), 0);
          server.createContext("/", exchange -> {
            Logger.getLogger("server").info("asked for " + exchange.getRequestURI());
            byte[] page = "served by Java\\n".getBytes("UTF-8");
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
          });
          server.start();
        }
      }
      """;

  private static final String MAKE =
      """
      "$2"/bin/javac --release 17 -d classes Server.java
      mkdir app
      "$2"/bin/jar --create --file app/server.jar --main-class Server -C classes .
      cp -a "$1" image
      umoci unpack --image image:latest before >&2
      cp -R app before/rootfs/srv/java
      umoci repack --refresh-bundle --image image:latest before >&2
      umoci config --image image:latest --config.entrypoint /usr/bin/java \
        --config.entrypoint -jar --config.entrypoint /srv/java/server.jar >&2
      """;

  // The classes that a run of the whole image loads, each with where it is from.
  private static final String TRACE =
      """
      root=$PWD/before/rootfs
      mount -t proc proc "$root/proc"
      mount --rbind /dev "$root/dev"
      trap 'umount -l "$root/dev" "$root/proc"' EXIT
      busybox=$1/bin/busybox
      "$busybox" ip link set lo up
      chroot "$root" /usr/bin/java -Xshare:off -Xlog:class+load -jar /srv/java/server.jar \
        > loaded 2> log &
      java=$!
      for i in $(seq 240); do
        if "$busybox" wget -qO- http://127.0.0.1:8080/ > answer 2>> log; then
          break
        fi
        sleep 0.5
      done
      kill $java
      wait $java || true
      cat answer
      """;

  private Scratch scratch;
  private Path probe;
  private Path output;
  private JsonNode applied;

  @BeforeAll
  void traceAndApply() throws IOException {
    Tools.require("umoci", "unshare", "chroot");
    Tools.requireRoot();
    Tools.shared();
    scratch = Scratch.create("java");
    probe = Runc.probe(scratch);
    Files.writeString(scratch.resolve("Server.java"), SERVER);
    Shell.run(scratch.folder(), MAKE, DebianImage.layout(), System.getProperty("java.home"));
    Path input = scratch.resolve("image");
    assertThat(
            Shell.runPrivately(
                scratch.folder(),
                "unshare --net bash -euo pipefail -c \"$1\" k8or-trace \"$2\"",
                TRACE,
                probe))
        .isEqualTo("served by Java\n");
    output = scratch.resolve("out");
    applied =
        K8or.json(
            "apply",
            "oci:" + input + ":latest",
            "--out",
            "oci:" + output + ":latest",
            "--services",
            "--level",
            "minimal",
            "--json");
    Shell.run(scratch.folder(), "umoci unpack --image \"$1\" after >&2", output + ":latest");
  }

  @AfterAll
  void clean() {
    if (scratch != null) {
      scratch.close();
    }
  }

  @Test
  void apply_ofAJavaServer_halvesTheRuntime() {
    long before = bytes("before/rootfs/usr/lib/jvm", "before/rootfs/srv/java");
    long after = bytes("after/rootfs/usr/lib/jvm", "after/rootfs/srv/java");
    System.out.printf(
        "Java server: runtime and jar %.1f of %.1f MiB, tree %.1f of %.1f MiB, %.1f s%n",
        mebibytes(after),
        mebibytes(before),
        mebibytes(bytes("after/rootfs")),
        mebibytes(bytes("before/rootfs")),
        applied.at("/seconds").asDouble());
    assertThat(after).isLessThan(before / 2);
  }

  @Test
  void modules_ofWhatARunLoads_areThere() throws IOException {
    Set<String> kept = new TreeSet<>();
    for (JsonNode finding : applied.at("/findings")) {
      if (finding.at("/rule").asText().equals("module-stays")) {
        System.out.println("stays: " + finding.at("/evidence").asText());
        kept.add(finding.at("/evidence").asText().replaceFirst(":.*", ""));
      }
    }
    Set<String> loaded = new TreeSet<>();
    Matcher matcher =
        Pattern.compile("source: jrt:/([\\w.]+)")
            .matcher(Files.readString(scratch.resolve("loaded")));
    int classes = 0;
    while (matcher.find()) {
      loaded.add(matcher.group(1));
      classes++;
    }
    System.out.println(classes + " classes were loaded, of " + loaded);
    assertThat(loaded).contains("java.base", "jdk.httpserver", "java.logging");
    // What it says of itself to the locales' search; its data is not asked for in English.
    loaded.remove("jdk.localedata");
    assertThat(kept).containsAll(loaded);
  }

  @Test
  void server_underRunc_serves() {
    Tools.require("runc", "jq");
    try (Scratch work = Scratch.create("java-runc")) {
      assertThat(
              Runc.ask(
                  work.folder(),
                  output + ":latest",
                  "null",
                  probe,
                  "wget",
                  "-qO-",
                  "http://127.0.0.1:8080/"))
          .isEqualTo("served by Java\n");
    }
  }

  @Test
  void verifyAndDpkg_ofTheResult_findNoFault() {
    Tools.require("dpkg");
    K8or.run("verify", "oci:" + output + ":latest");
    Path root = scratch.resolve("after/rootfs");
    assertThat(Shell.run(scratch.folder(), "dpkg --root=\"$1\" --audit 2>&1", root)).isEmpty();
    // Sums of what is there are right; configuration files may be missing.
    assertThat(Shell.attempt(root, "dpkg --root=\"$PWD\" --verify 2>&1").stdout())
        .doesNotContain("5");
  }

  private long bytes(String... folders) {
    return Long.parseLong(
        Shell.run(scratch.folder(), "du -xsbc \"$@\" | tail -n 1 | cut -f1", (Object[]) folders)
            .strip());
  }

  private static double mebibytes(long bytes) {
    return bytes / (double) (1 << 20);
  }
}
