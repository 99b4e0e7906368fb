package io.k8or.cli.oracle;

import static org.junit.jupiter.api.Assertions.fail;

import io.k8or.testing.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A Docker engine of the test's own, with mounts and processes of its own: whatever happens, none
 * of them outlives it. It uses no network, and its containers have none but the loopback.
 */
final class DockerDaemon implements AutoCloseable {
  // The script is the first process of its name space: the kernel ends all others with it. It waits
  // for the end of its input, which comes also where the test's JVM dies.
  private static final String SUPERVISOR =
      """
      dockerd --data-root "$1" --exec-root "$2/x" --pidfile "$2/pid" -H "unix://$2/s" \
        --iptables=false --ip6tables=false --bridge=none --storage-driver vfs < /dev/null &
      daemon=$!
      cat > /dev/null
      kill -TERM $daemon
      for i in $(seq 150); do
        kill -0 $daemon 2> /dev/null || break
        sleep 0.1
      done
      """;

  private final Process process;
  private final Path sockets;
  private final Path log;

  private DockerDaemon(Process process, Path sockets, Path log) {
    this.process = process;
    this.sockets = sockets;
    this.log = log;
  }

  /** Starts an engine that keeps its data in the scratch folder, and waits until it answers. */
  static DockerDaemon start(Scratch scratch) throws IOException, InterruptedException {
    Tools.require("dockerd", "docker", "containerd", "runc", "unshare");
    Tools.requireRoot();
    Path data = scratch.directory("docker");
    Path log = scratch.resolve("docker.log");
    // The path of a socket has at most 107 bytes.
    Path sockets = Files.createTempDirectory(Path.of("/tmp"), "k8or-");
    List<String> command = new ArrayList<>(Shell.PRIVATE);
    command.addAll(
        List.of("bash", "-c", SUPERVISOR, "k8or-docker", data.toString(), sockets.toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(Shell.environment());
    builder.redirectErrorStream(true);
    builder.redirectOutput(log.toFile());
    DockerDaemon daemon = new DockerDaemon(builder.start(), sockets, log);
    try {
      daemon.awaitReady();
      return daemon;
    } catch (RuntimeException | Error | InterruptedException e) {
      daemon.close();
      throw e;
    }
  }

  private void awaitReady() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    while (System.nanoTime() < end && process.isAlive()) {
      if (attempt("version").status() == 0) {
        return;
      }
      Thread.sleep(250);
    }
    fail("the Docker engine does not answer; its log:\n" + log());
  }

  /** Runs the client, whatever its exit status. */
  Tools.Result attempt(String... words) {
    List<String> command =
        new ArrayList<>(
            List.of("timeout", "-k", "5", "300", "docker", "-H", "unix://" + sockets + "/s"));
    command.addAll(List.of(words));
    return Tools.run(sockets, Shell.environment(), command);
  }

  /** Runs the client, which must succeed, and returns what it printed, without the last newline. */
  String docker(String... words) {
    Tools.Result result = attempt(words);
    if (result.status() != 0) {
      fail(
          "docker "
              + String.join(" ", words)
              + "\nexit status "
              + result.status()
              + ", expected 0\n"
              + result.stdout()
              + result.stderr()
              + "\nthe engine's log:\n"
              + log());
    }
    return result.stdout().strip();
  }

  /** Loads the image {@code latest} of a layout under a name. */
  void load(Scratch scratch, Path layout, String name) throws IOException {
    load(scratch, layout, "latest", name);
  }

  /** Loads an image of a layout under a name. */
  void load(Scratch scratch, Path layout, String reference, String name) throws IOException {
    Tools.require("skopeo");
    Path archive = scratch.resolve("image.tar");
    Shell.run(
        scratch.folder(),
        "skopeo --insecure-policy copy --quiet \"oci:$1:$4\" \"docker-archive:$2:$3\"",
        layout,
        archive,
        name,
        reference);
    docker("load", "--input", archive.toString());
    Files.deleteIfExists(archive);
  }

  /** Runs a command in a container until its exit status is 0, and returns what it printed. */
  String ask(String container, String... command) throws InterruptedException {
    List<String> words = new ArrayList<>(List.of("exec", container));
    words.addAll(List.of(command));
    Tools.Result last = attempt(words.toArray(new String[0]));
    for (int i = 0; i < 120 && last.status() != 0; i++) {
      Thread.sleep(500);
      last = attempt(words.toArray(new String[0]));
    }
    if (last.status() != 0) {
      fail("no answer: " + last + "\n" + attempt("logs", container));
    }
    return last.stdout();
  }

  private String log() {
    try {
      String text = Files.readString(log, StandardCharsets.ISO_8859_1);
      return text.length() <= 10_000 ? text : "…" + text.substring(text.length() - 10_000);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      if (process.isAlive()) {
        // Containers leave their control groups behind if nobody stops them.
        for (String container : attempt("ps", "-aq").stdout().split("\\s+")) {
          if (!container.isEmpty()) {
            attempt("rm", "-f", container);
          }
        }
      }
      process.getOutputStream().close();
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      }
    } catch (IOException | RuntimeException | AssertionError e) {
      process.destroyForcibly();
      System.err.println("stopping the Docker engine: " + e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    Scratch.remove(sockets);
  }
}
