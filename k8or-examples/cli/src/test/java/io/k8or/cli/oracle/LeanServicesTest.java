package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.image.Platform;
import io.k8or.layers.storage.DirectoryRoot;
import io.k8or.seccomp.ContainerRuntime;
import io.k8or.seccomp.ServiceAnalyzer;
import io.k8or.seccomp.SyscallProfile;
import io.k8or.seccomp.SyscallProfileGenerator;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
  private static final boolean ALL = Boolean.getBoolean("k8or.oracle.all");
  private static final int TIMES = Integer.getInteger("k8or.oracle.times", ALL ? 3 : 1);
  private static final String ONLY = System.getProperty("k8or.oracle.only", "");
  private static final ObjectMapper JSON = new ObjectMapper();

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

  private static final String SERVER =
      """
      package main

      import (
      	"net/http"
      	"os"
      	"os/signal"
      	"syscall"
      )

      func main() {
      	stop := make(chan os.Signal, 1)
      	signal.Notify(stop, syscall.SIGTERM)
      	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("served")) })
      	go http.ListenAndServe("127.0.0.1:8080", nil)
      	<-stop
      }
      """;

  private Scratch scratch;
  private Path root;
  private final List<ObjectNode> services = new ArrayList<>();
  private final List<String> missed = new ArrayList<>();

  @BeforeAll
  void prepare() throws Exception {
    Tools.require("runc", "unshare", "python3", "strace", "umoci", "tar");
    Tools.requireRoot();
    scratch = Scratch.create("lean");
    if (ALL) {
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
    JsonNode described;
    try (InputStream in = LeanServicesTest.class.getResourceAsStream("lean-services.json")) {
      described = JSON.readTree(in);
    }
    for (JsonNode service : described) {
      boolean chosen =
          ONLY.isEmpty()
              ? ALL || service.at("/sample").asBoolean()
              : List.of(ONLY.split(",", -1)).contains(service.at("/name").asText());
      if (chosen) {
        lean((ObjectNode) service);
      }
    }
  }

  @AfterAll
  void clean() {
    if (scratch != null) {
      scratch.close();
    }
  }

  // Traces the service in the whole image, cuts that down, and makes a profile of what is left.
  private void lean(ObjectNode service) throws Exception {
    String name = service.at("/name").asText();
    Path work = scratch.directory(name);
    Path trace = work.resolve("trace");
    service.put("user", user(service.at("/owner").asText("root")));
    service.put("trace", trace.toString());
    service.putObject("profiles");
    Shell.run(root, "rm -rf srv; mkdir -p srv");
    if (name.equals("go")) {
      buildServer(root.resolve("srv/go/server"));
    }
    for (Map.Entry<String, JsonNode> file : service.at("/files").properties()) {
      Path at = root.resolve(file.getKey());
      Files.createDirectories(at.getParent());
      Files.writeString(at, file.getValue().asText());
    }
    ServiceDriver.check(run("strace", List.of(service), root, work, 1), 1);

    StringBuilder command = new StringBuilder();
    List<String> words = new ArrayList<>();
    for (JsonNode word : service.at("/args")) {
      words.add(word.asText());
      command.append(command.isEmpty() ? "" : " ").append('\'').append(word.asText()).append('\'');
    }
    Path image = work.resolve("image.tar");
    Shell.run(work, "tar -C \"$1\" --numeric-owner -cf \"$2\" .", root, image);
    long start = System.nanoTime();
    JsonNode applied =
        K8or.json(
            "apply",
            "rootfs:" + image,
            "--out",
            "oci:" + work.resolve("out") + ":latest",
            "--services",
            "--level",
            "balanced",
            "--service",
            name.replace('.', '-') + "=" + command,
            "--trace",
            trace,
            "--json");
    double seconds = (System.nanoTime() - start) / 1e9;
    Files.delete(image);
    Shell.run(work, "umoci unpack --image \"$1\" bundle >&2", work.resolve("out") + ":latest");
    Path result = work.resolve("bundle/rootfs");
    double before = mebibytes(root);
    double after = mebibytes(result);
    System.out.printf(
        "%s: %.1f of %.1f MiB, packages %d of %d, %.1f s%n",
        name,
        after,
        before,
        applied.at("/output/packages").asLong(),
        applied.at("/input/packages").asLong(),
        seconds);
    if (after > AIMS.getOrDefault(name, 1000)) {
      missed.add(name + " has " + after + " MiB");
    }
    boolean compared = false;
    for (JsonNode finding : applied.at("/findings")) {
      String rule = finding.at("/rule").asText();
      compared |= rule.equals("kept-but-not-used");
      if (rule.equals("used-but-removed") && !ASKED.contains(finding.at("/path").asText())) {
        missed.add(name + " used " + finding.at("/path").asText() + ", which is gone");
      }
    }
    assertThat(compared).as("%s", applied.at("/findings")).isTrue();

    SyscallProfile profile =
        SyscallProfileGenerator.killing()
            .forRuntime(ContainerRuntime.RUNC_1_1, true)
            .profile(
                ServiceAnalyzer.of(
                        DirectoryRoot.open(result, new Platform("linux", "amd64", "")).files())
                    .analyze(name, words, List.of()))
            .orElseThrow();
    Path file = work.resolve("seccomp.json");
    Files.write(file, profile.toOciJson().readAll(1 << 20));
    System.out.printf("%s: %d system calls allowed%n", name, profile.allowed().size());
    service.putObject("profiles").put("true", file.toString());
    service.put("root", result.toString());
    services.add(service);
  }

  private static void buildServer(Path program) throws IOException {
    Files.createDirectories(program.getParent());
    try (Scratch work = Scratch.create("go")) {
      Files.writeString(work.resolve("main.go"), SERVER);
      Shell.run(
          work.folder(),
          """
          go=$(command -v go || echo /usr/local/go/bin/go)
          export CGO_ENABLED=0 GO111MODULE=off HOME=$PWD GOCACHE=$PWD/cache
          "$go" build -o "$1" main.go
          chmod -R u+w .
          """,
          program);
    }
  }

  @Test
  void apply_ofEachService_reachesItsAimAndRemovesNothingThatItUsed() {
    assertThat(missed).isEmpty();
  }

  @Test
  void services_underRunc_startServeAndStop() throws Exception {
    ServiceDriver.check(run("runc", services, root, scratch.directory("runc"), TIMES), TIMES);
  }

  @Test
  void services_underDocker_startServeAndStop() throws Exception {
    Tools.require("dockerd", "docker", "containerd");
    ServiceDriver.check(run("docker", services, root, scratch.directory("docker"), TIMES), TIMES);
  }

  private JsonNode run(String engine, List<ObjectNode> some, Path whole, Path work, int times)
      throws Exception {
    ObjectNode specification = JSON.createObjectNode();
    specification.put("root", whole.toString()).put("times", times);
    specification.putArray("noNewPrivileges").add(true);
    ArrayNode all = specification.putArray("services");
    some.forEach(all::add);
    return ServiceDriver.run(engine, specification, work, 20);
  }

  private int user(String name) throws IOException {
    for (String line : Files.readAllLines(root.resolve("etc/passwd"))) {
      if (line.startsWith(name + ":")) {
        return Integer.parseInt(line.split(":", -1)[2]);
      }
    }
    return fail("no user " + name);
  }

  private static double mebibytes(Path tree) {
    return Long.parseLong(Shell.run(tree, "du -xsb . | cut -f1").strip()) / (double) (1 << 20);
  }
}
