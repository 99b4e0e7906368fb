package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.filesystem.FileTree;
import io.k8or.image.Platform;
import io.k8or.layers.storage.DirectoryRoot;
import io.k8or.seccomp.ContainerRuntime;
import io.k8or.seccomp.ServiceAnalyzer;
import io.k8or.seccomp.SyscallProfile;
import io.k8or.seccomp.SyscallProfileGenerator;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Starts, asks and stops services under their profiles, with {@code services-under-profiles.py}.
 * The engines are {@code runc}, {@code crun}, {@code docker}, and {@code strace} without a
 * container.
 */
final class ServiceDriver {
  private static final ObjectMapper JSON = new ObjectMapper();

  // The engine's processes are those of the driver's name spaces, so that it sees theirs.
  private static final String DOCKER =
      """
      dockerd --data-root "$3/docker" --exec-root "$4/x" --pidfile "$4/pid" -H "unix://$4/s" \
        --iptables=false --ip6tables=false --bridge=none --storage-driver vfs \
        < /dev/null > "$3/docker.log" 2>&1 &
      daemon=$!
      for i in $(seq 450); do
        docker -H "unix://$4/s" version > /dev/null 2>&1 && break
        sleep 0.2
      done
      status=0
      python3 "$1" docker "$2" "$3/docker.json" || status=$?
      kill -TERM $daemon
      wait $daemon || true
      exit $status
      """;

  private ServiceDriver() {}

  /**
   * Runs the services of a specification, and returns the driver's results.
   *
   * @param specification as the driver takes it; its {@code work} and {@code docker} are set here
   * @param work an empty folder, or one of an earlier run
   */
  static JsonNode run(String engine, ObjectNode specification, Path work, int minutes)
      throws Exception {
    // The path of a socket has at most 107 bytes.
    Path sockets = Files.createTempDirectory(Path.of("/tmp"), "k8or-");
    try {
      Path driver = work.resolve("services-under-profiles.py");
      try (InputStream in = ServiceDriver.class.getResourceAsStream("services-under-profiles.py")) {
        Files.write(driver, Objects.requireNonNull(in).readAllBytes());
      }
      specification.put("work", work.toString());
      specification.put("docker", "unix://" + sockets + "/s");
      Path file = work.resolve(engine + "-specification.json");
      Files.writeString(file, JSON.writeValueAsString(specification));
      Path result = work.resolve(engine + ".json");
      List<String> command = new ArrayList<>(Shell.PRIVATE);
      if (engine.equals("docker")) {
        command.addAll(List.of("bash", "-euc", DOCKER, "k8or-docker"));
        command.addAll(List.of("" + driver, "" + file, "" + work, "" + sockets));
      } else {
        command.addAll(List.of("python3", "" + driver, engine, "" + file, "" + result));
      }
      execute(engine, command, work.resolve(engine + ".log"), minutes);
      return JSON.readTree(result.toFile());
    } finally {
      Scratch.remove(sockets);
    }
  }

  private static void execute(String engine, List<String> command, Path log, int minutes)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(Shell.environment());
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    builder.redirectInput(Path.of("/dev/null").toFile());
    Process process = builder.start();
    if (!process.waitFor(minutes, TimeUnit.MINUTES)) {
      process.destroyForcibly();
    }
    if (process.waitFor() != 0) {
      fail(engine + ": " + Files.readString(log, StandardCharsets.ISO_8859_1));
    }
  }

  /**
   * Has a service of a specification run in a tree, with the profile of what the tree holds and
   * with no_new_privs.
   *
   * @param work where the profile is written
   * @return how many system calls it allows
   */
  static int confine(ObjectNode service, String name, Path tree, Path work) throws IOException {
    List<String> words = new ArrayList<>();
    service.at("/args").forEach(word -> words.add(word.asText()));
    FileTree files = DirectoryRoot.open(tree, new Platform("linux", "amd64", "")).files();
    SyscallProfile profile =
        SyscallProfileGenerator.killing()
            .forRuntime(ContainerRuntime.RUNC_1_1, true)
            .profile(ServiceAnalyzer.of(files).analyze(name, words, List.of()))
            .orElseThrow();
    Path file = work.resolve("seccomp.json");
    Files.write(file, profile.toOciJson().readAll(1 << 20));
    service.putObject("profiles").put("true", file.toString());
    service.put("root", tree.toString());
    return profile.allowed().size();
  }

  /** Checks that each service started so often, and never failed. */
  static void check(JsonNode results, int times) {
    List<String> failures = new ArrayList<>();
    for (JsonNode result : results) {
      System.out.println(result);
      if (!result.at("/failures").isEmpty() || result.at("/starts").asInt() != times) {
        failures.add(result.toString());
      }
    }
    assertThat(failures).isEmpty();
  }
}
