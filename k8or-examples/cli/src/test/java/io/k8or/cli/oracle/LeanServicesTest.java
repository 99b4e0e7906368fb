package io.k8or.cli.oracle;

import io.k8or.testing.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * One image, cut down for one service after another. Each result serves in real containers under
 * the profile that is made of what is left, and nothing is gone that a traced run in the whole
 * image used.
 *
 * <p>{@code -Dk8or.oracle.all=true} takes all services of {@code lean-services.json}, in an image
 * of their own; else three in the Debian image.
 */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LeanServicesTest {
  /** What an image may have at most, in MiB. */
  private static final Map<String, Integer> AIMS =
      Map.of(
          "nginx",
          12,
          "memcached",
          12,
          "http.server",
          30,
          "python",
          30,
          "haproxy",
          21,
          "lighttpd",
          15);

  /**
   * What is asked for by stat alone: whether programs beside gunicorn are packages of Python, and
   * whether there are libraries of the processor beside node.
   */
  private static final Set<String> ASKED =
      Set.of(
          "/usr/bin/base64",
          "/usr/bin/flask",
          "/usr/bin/locale",
          "/usr/bin/tempfile",
          "/usr/bin/setarch",
          "/usr/bin/x86_64");

  private static final String MAKE =
      """
      mmdebstrap --quiet --variant=minbase --aptopt='APT::Install-Recommends "false"' \
        --include=nginx-light,redis-server,memcached,haproxy,lighttpd,postgresql \
        --include=python3,python3-flask,gunicorn,nodejs,node-express bookworm "$1"
      """;

  private LeanServices services;

  @BeforeAll
  void prepare() throws Exception {
    LeanServices.requireTools();
    Scratch scratch = Scratch.create("lean");
    Path root;
    if (LeanServices.ALL) {
      Tools.require("mmdebstrap");
      root = Scratch.parent().resolve("cache/lean");
      if (!Files.exists(root)) {
        Path made = scratch.resolve("made");
        Shell.run(scratch.folder(), MAKE, made);
        Files.move(made, root);
      }
    } else {
      Shell.run(
          scratch.folder(),
          "umoci unpack --image \"$1\" bundle >&2",
          DebianImage.layout() + ":latest");
      root = scratch.resolve("bundle/rootfs");
    }
    services = new LeanServices(scratch, root, AIMS, ASKED);
    services.addAll("lean-services.json");
  }

  @AfterAll
  void clean() {
    if (services != null) {
      services.close();
    }
  }

  @Test
  void apply_ofEachService_reachesItsAimAndRemovesNothingThatItUsed() {
    services.checkImages();
  }

  @Test
  void services_underRunc_startServeAndStop() throws Exception {
    services.checkStarts("runc");
  }

  @Test
  void services_underDocker_startServeAndStop() throws Exception {
    Tools.require("dockerd", "docker", "containerd");
    services.checkStarts("docker");
  }
}
