package io.k8or.testing;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The tools that are compared against, for tests with the tag {@code oracle}.
 *
 * <p>A test that needs a tool which is not there is skipped, and says so; under {@code
 * -Dk8or.ci=true} it fails, because there the tools were installed.
 */
public final class Tools {
  private static final boolean CI = Boolean.getBoolean("k8or.ci");

  private Tools() {}

  /** Skips the running test (fails it in CI) where one of the tools is not on the PATH. */
  public static void require(String... tools) {
    for (String tool : tools) {
      if (!isInstalled(tool)) {
        missing("the tool " + tool + " is not installed");
      }
    }
  }

  /** Skips the running test (fails it in CI) where it does not run as root. */
  public static void requireRoot() {
    if (!System.getProperty("user.name").equals("root")) {
      missing("this needs root");
    }
  }

  /**
   * Returns the folder with real root file systems, {@code -Dk8or.shared=DIR}, by default {@code
   * ../shared} beside the project; skips the running test where it is not there.
   */
  public static Path shared() {
    String given = System.getProperty("k8or.shared");
    Path folder = given != null ? Path.of(given) : projectRoot().resolveSibling("shared");
    if (!Files.isDirectory(folder)) {
      abort("no folder " + folder + " with real data; name one with -Dk8or.shared=DIR");
    }
    return folder;
  }

  /** Returns the top folder of the project. */
  public static Path projectRoot() {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(at.resolve("k8or-core"))) {
      at = at.getParent();
      if (at == null) {
        throw new IllegalStateException("not inside the project");
      }
    }
    return at;
  }

  /** What a process left. */
  public record Result(int status, String stdout, String stderr) {}

  /** Runs a command to its end and returns what it left; it has ten minutes. */
  public static Result run(Path directory, Map<String, String> environment, List<String> command) {
    try {
      Path out = Files.createTempFile("k8or-out", null);
      Path err = Files.createTempFile("k8or-err", null);
      try {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.directory(directory.toFile());
        builder.environment().putAll(environment);
        builder.redirectInput(new File("/dev/null"));
        builder.redirectOutput(out.toFile());
        builder.redirectError(err.toFile());
        Process process = builder.start();
        if (!process.waitFor(10, TimeUnit.MINUTES)) {
          process.destroyForcibly();
          fail("not done after ten minutes: " + String.join(" ", command));
        }
        return new Result(
            process.exitValue(),
            Files.readString(out, StandardCharsets.ISO_8859_1),
            Files.readString(err, StandardCharsets.ISO_8859_1));
      } finally {
        Files.deleteIfExists(out);
        Files.deleteIfExists(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Runs a command that must succeed, and returns what it printed on stdout. */
  public static String output(String... command) {
    List<String> words = new ArrayList<>(List.of(command));
    Result result = run(Path.of("").toAbsolutePath(), Map.of(), words);
    if (result.status() != 0) {
      fail(
          String.join(" ", command)
              + "\nexit status "
              + result.status()
              + ", expected 0\nstdout: "
              + result.stdout()
              + "\nstderr: "
              + result.stderr());
    }
    return result.stdout();
  }

  private static boolean isInstalled(String tool) {
    List<String> folders = new ArrayList<>(List.of(System.getenv("PATH").split(":")));
    folders.addAll(List.of("/usr/sbin", "/sbin"));
    return folders.stream().anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
  }

  private static void missing(String why) {
    if (CI) {
      fail(why);
    }
    abort(why);
  }
}
