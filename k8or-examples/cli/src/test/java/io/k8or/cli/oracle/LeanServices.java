package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Services of one unpacked image: each is traced in it, the image is cut down to it, and a profile
 * is made of what is left. Then all of them are started, asked and stopped under their profiles.
 */
final class LeanServices implements AutoCloseable {
  /** Whether all services are taken, rather than the sample of each run. */
  static final boolean ALL = Boolean.getBoolean("k8or.oracle.all");

  private static final int TIMES = Integer.getInteger("k8or.oracle.times", ALL ? 3 : 1);
  private static final String ONLY = System.getProperty("k8or.oracle.only", "");
  private static final ObjectMapper JSON = new ObjectMapper();

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

  private final Scratch scratch;
  private final Path root;
  private final Map<String, Integer> aims;
  private final Set<String> asked;
  private final List<ObjectNode> services = new ArrayList<>();
  private final List<String> missed = new ArrayList<>();

  /**
   * Begins with none.
   *
   * @param root the unpacked image; its {@code srv} is written to
   * @param aims what a service's image may have at most, in MiB
   * @param asked paths that a run may ask for although they are gone, since it does not use them
   */
  LeanServices(Scratch scratch, Path root, Map<String, Integer> aims, Set<String> asked) {
    this.scratch = scratch;
    this.root = root;
    this.aims = aims;
    this.asked = asked;
  }

  /** Requires what each of the tests needs, and root's rights. */
  static void requireTools() {
    Tools.require("runc", "unshare", "python3", "strace", "umoci", "tar");
    Tools.requireRoot();
  }

  /** Cuts the image down to each service of a list that is asked for. */
  void addAll(String list) throws Exception {
    JsonNode described;
    try (InputStream in = LeanServices.class.getResourceAsStream(list)) {
      described = JSON.readTree(in);
    }
    for (JsonNode service : described) {
      boolean chosen =
          ONLY.isEmpty()
              ? ALL || service.at("/sample").asBoolean()
              : List.of(ONLY.split(",", -1)).contains(service.at("/name").asText());
      if (chosen) {
        add((ObjectNode) service);
      }
    }
  }

  // Traces the service in the whole image, cuts that down, and makes a profile of what is left.
  private void add(ObjectNode service) throws Exception {
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
    ServiceDriver.check(run("strace", List.of(service), work, 1), 1);

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
    if (after > aims.getOrDefault(name, 1000)) {
      missed.add(name + " has " + after + " MiB");
    }
    boolean compared = false;
    for (JsonNode finding : applied.at("/findings")) {
      String rule = finding.at("/rule").asText();
      compared |= rule.equals("kept-but-not-used");
      if (rule.equals("used-but-removed") && !asked.contains(finding.at("/path").asText())) {
        missed.add(name + " used " + finding.at("/path").asText() + ", which is gone");
      }
    }
    assertThat(compared).as("%s", applied.at("/findings")).isTrue();

    int allowed = ServiceDriver.confine(service, name, result, work);
    System.out.printf("%s: %d system calls allowed%n", name, allowed);
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

  /** Checks that each reached its aim, and that nothing is gone that a run used. */
  void checkImages() {
    assertThat(missed).isEmpty();
  }

  /** Starts, asks and stops each of them, again and again. */
  void checkStarts(String engine) throws Exception {
    ServiceDriver.check(run(engine, services, scratch.directory(engine), TIMES), TIMES);
  }

  private JsonNode run(String engine, List<ObjectNode> some, Path work, int times)
      throws Exception {
    ObjectNode specification = JSON.createObjectNode();
    specification.put("root", root.toString()).put("times", times);
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

  @Override
  public void close() {
    scratch.close();
  }
}
