package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.filesystem.FileTree;
import io.k8or.image.Platform;
import io.k8or.layers.storage.DirectoryRoot;
import io.k8or.seccomp.ContainerRuntime;
import io.k8or.seccomp.ServiceAnalyzer;
import io.k8or.seccomp.ServiceSyscalls;
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
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Services start, serve and stop in real containers under the profiles that were made for them, and
 * what is outside of a profile is killed.
 *
 * <p>{@code -Dk8or.oracle.all=true} takes 15 services, 20 starts each, in an image of their own;
 * else three services of the Debian image start three times.
 */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServicesUnderProfilesTest {
  private static final boolean ALL = Boolean.getBoolean("k8or.oracle.all");
  private static final int TIMES = Integer.getInteger("k8or.oracle.times", ALL ? 20 : 3);
  private static final Set<String> SOME = Set.of("nginx", "redis", "loop", "forbidden");
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String MAKE =
      """
      mmdebstrap --quiet --variant=minbase --aptopt='APT::Install-Recommends "false"' \
        --include=nginx-light,redis-server,memcached,haproxy,lighttpd,sqlite3,postgresql \
        --include=python3,perl,nodejs,default-jre-headless,dnsmasq-base,openssh-server,busybox \
        bookworm "$1"
      """;

  private Scratch scratch;
  private Path root;
  private final List<ObjectNode> services = new ArrayList<>();
  private final Map<String, Map<String, Path>> profiles = new TreeMap<>();

  @BeforeAll
  void prepare() throws IOException {
    Tools.require("runc", "unshare", "python3");
    Tools.requireRoot();
    scratch = Scratch.create("profiles");
    if (ALL) {
      Tools.require("mmdebstrap");
      root = Scratch.parent().resolve("cache/services");
      if (!Files.exists(root)) {
        Path made = scratch.resolve("services");
        Shell.run(scratch.folder(), MAKE, made);
        Files.move(made, root);
      }
    } else {
      Tools.require("umoci");
      Shell.run(
          scratch.folder(),
          "umoci unpack --image \"$1\" bundle >&2",
          DebianImage.layout() + ":latest");
      root = scratch.resolve("bundle/rootfs");
    }
    JsonNode described;
    try (InputStream in = ServicesUnderProfilesTest.class.getResourceAsStream("services.json")) {
      described = JSON.readTree(in);
    }
    for (Map.Entry<String, JsonNode> file : described.at("/files").properties()) {
      Path at = root.resolve(file.getKey());
      Files.createDirectories(at.getParent());
      Files.writeString(at, file.getValue().asText());
    }
    for (JsonNode script : described.at("/scripts")) {
      assertThat(root.resolve(script.asText()).toFile().setExecutable(true, false)).isTrue();
    }
    if (ALL) {
      assertThat(
              ToolProvider.getSystemJavaCompiler()
                  .run(null, null, null, "--release", "17", root.resolve("srv/Server.java") + ""))
          .isZero();
    }
    for (JsonNode service : described.at("/services")) {
      if (ALL || SOME.contains(service.at("/name").asText())) {
        services.add((ObjectNode) service);
      }
    }
    makeProfiles();
  }

  @AfterAll
  void clean() {
    if (scratch != null) {
      scratch.close();
    }
  }

  private void makeProfiles() throws IOException {
    FileTree files = DirectoryRoot.open(root, new Platform("linux", "amd64", "")).files();
    ServiceAnalyzer analyzer = ServiceAnalyzer.of(files);
    Map<String, ContainerRuntime> runtimes =
        Map.of(
            "runc", ContainerRuntime.RUNC_1_1,
            "crun", ContainerRuntime.CRUN_1_8,
            "docker", ContainerRuntime.RUNC_1_1);
    for (ObjectNode service : services) {
      String name = service.at("/name").asText();
      List<String> command = new ArrayList<>();
      (service.has("of") ? service.at("/of") : service.at("/args"))
          .forEach(word -> command.add(word.asText()));
      long start = System.nanoTime();
      ServiceSyscalls found = analyzer.analyze(name, command, List.of());
      double seconds = (System.nanoTime() - start) / 1e9;
      for (Map.Entry<String, ContainerRuntime> runtime : runtimes.entrySet()) {
        for (boolean noNewPrivileges : List.of(false, true)) {
          SyscallProfile profile =
              SyscallProfileGenerator.killing()
                  .forRuntime(runtime.getValue(), noNewPrivileges)
                  .profile(found)
                  .orElseThrow();
          String key = runtime.getKey() + "-" + noNewPrivileges;
          Path file = scratch.resolve(key + "-" + name + ".json");
          Files.write(file, profile.toOciJson().readAll(1 << 20));
          profiles.computeIfAbsent(key, k -> new TreeMap<>()).put(name, file);
          if (runtime.getKey().equals("runc")) {
            System.out.printf(
                "%s: %d calls found%s in %.1f s, %d allowed for runc, no_new_privs %s%n",
                name,
                found.syscalls().size(),
                found.isOpen() ? ", widened" : "",
                seconds,
                profile.allowed().size(),
                noNewPrivileges);
          }
        }
      }
      if (found.isOpen()) {
        found.unresolved().stream()
            .filter(ServiceSyscalls.Unresolved::open)
            .forEach(u -> System.out.println("  " + u));
      }
    }
  }

  @Test
  void services_underRunc_startServeAndStop() throws Exception {
    run("runc");
  }

  @Test
  void services_underCrun_startServeAndStop() throws Exception {
    Tools.require("crun");
    List<String> mount = new ArrayList<>(Shell.PRIVATE);
    mount.addAll(List.of("mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"));
    assumeTrue(
        Tools.run(scratch.folder(), Shell.environment(), mount).status() == 0,
        "crun needs control groups of version 2");
    run("crun");
  }

  @Test
  void services_underDocker_startServeAndStop() throws Exception {
    Tools.require("dockerd", "docker", "containerd");
    run("docker");
  }

  private void run(String engine) throws Exception {
    JsonNode results =
        ServiceDriver.run(engine, specification(engine), scratch.directory(engine), ALL ? 90 : 15);
    assertThat(results.size()).isEqualTo(2 * services.size());
    ServiceDriver.check(results, TIMES);
  }

  private ObjectNode specification(String engine) throws IOException {
    ObjectNode json = JSON.createObjectNode();
    json.put("root", root.toString());
    json.put("times", TIMES);
    json.putArray("noNewPrivileges").add(false).add(true);
    ArrayNode all = json.putArray("services");
    for (ObjectNode service : services) {
      ObjectNode copy = service.deepCopy();
      copy.put("user", user(service.at("/owner").asText("root")));
      ObjectNode files = copy.putObject("profiles");
      for (boolean noNewPrivileges : List.of(false, true)) {
        Path file =
            Objects.requireNonNull(
                profiles
                    .getOrDefault(engine + "-" + noNewPrivileges, Map.of())
                    .get(service.at("/name").asText()));
        files.put(Boolean.toString(noNewPrivileges), file.toString());
      }
      all.add(copy);
    }
    return json;
  }

  private int user(String name) throws IOException {
    for (String line : Files.readAllLines(root.resolve("etc/passwd"))) {
      if (line.startsWith(name + ":")) {
        return Integer.parseInt(line.split(":", -1)[2]);
      }
    }
    return fail("no user " + name);
  }
}
