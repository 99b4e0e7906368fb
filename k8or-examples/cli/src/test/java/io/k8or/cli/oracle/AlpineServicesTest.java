package io.k8or.cli.oracle;

import io.k8or.testing.Tools;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * An Alpine image, cut down for one service after another, as {@link LeanServicesTest} does with
 * Debian's. Its servers are made here from Debian's sources, for musl.
 *
 * <p>{@code -Dk8or.oracle.all=true} takes all services of {@code alpine-services.json}, which takes
 * some minutes to build the first time; else redis and busybox' {@code nc}.
 */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AlpineServicesTest {
  private static final List<String> SAMPLE = List.of("redis");
  private static final List<String> SERVERS =
      List.of("redis", "memcached", "nginx", "lighttpd", "haproxy", "node");

  private LeanServices services;

  @BeforeAll
  void prepare() throws Exception {
    LeanServices.requireTools();
    Path root =
        image(LeanServices.ALL ? "alpine-all" : "alpine", LeanServices.ALL ? SERVERS : SAMPLE);
    services = new LeanServices(Scratch.create("alpine"), root, Map.of(), Set.of());
    services.addAll("alpine-services.json");
  }

  // Made once and kept below target/oracle/cache.
  private static Path image(String name, List<String> servers) throws Exception {
    Tools.require("musl-gcc", "make", "apt-get");
    Path root = Scratch.parent().resolve("cache").resolve(name);
    if (!Files.exists(root)) {
      Files.createDirectories(root.getParent());
      try (Scratch scratch = Scratch.create(name)) {
        Path script = scratch.resolve("alpine-image.sh");
        try (InputStream in = AlpineServicesTest.class.getResourceAsStream("alpine-image.sh")) {
          Files.write(script, Objects.requireNonNull(in).readAllBytes());
        }
        List<Object> words = new ArrayList<>(List.of(script));
        words.add(Tools.shared().resolve("data/alpine-minirootfs-3.20.3-x86_64.tar.gz"));
        words.add(scratch.resolve("root"));
        words.addAll(servers);
        long start = System.nanoTime();
        Shell.run(scratch.folder(), "bash \"$@\" >&2", words.toArray());
        System.out.printf("Alpine image made: %.1f s%n", (System.nanoTime() - start) / 1e9);
        Files.move(scratch.resolve("root"), root);
      }
    }
    return root;
  }

  @AfterAll
  void clean() {
    if (services != null) {
      services.close();
    }
  }

  @Test
  void apply_ofEachService_removesNothingThatItUsed() {
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
