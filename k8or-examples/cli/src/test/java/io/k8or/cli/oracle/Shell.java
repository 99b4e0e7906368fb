package io.k8or.cli.oracle;

import static org.junit.jupiter.api.Assertions.fail;

import io.k8or.testing.Tools;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Shell scripts of these tests. Texts are bytes as ISO 8859-1, so that none is lost. */
final class Shell {
  /** Makes a process's mounts and children its own: all of them end with it. */
  static final List<String> PRIVATE =
      List.of(
          "unshare",
          "--mount",
          "--propagation",
          "private",
          "--pid",
          "--fork",
          "--kill-child",
          "--mount-proc");

  private Shell() {}

  /** Returns what processes of these tests get to see besides the usual. */
  static Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>();
    String path = System.getenv("PATH");
    environment.put(
        "PATH", (path == null ? "" : path + ":") + "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin");
    environment.put("LC_ALL", "C.UTF-8");
    environment.put("PYTHONIOENCODING", "utf-8:surrogateescape");
    return environment;
  }

  /** Runs a bash script, which must succeed, and returns what it printed on stdout. */
  static String run(Path directory, String script, Object... arguments) {
    return check(List.of(), directory, script, arguments);
  }

  /** Runs a bash script with mounts and processes of its own; none of them outlives it. */
  static String runPrivately(Path directory, String script, Object... arguments) {
    return check(PRIVATE, directory, script, arguments);
  }

  /** Runs a bash script, whatever its exit status. */
  static Tools.Result attempt(Path directory, String script, Object... arguments) {
    return attempt(List.of(), directory, script, arguments);
  }

  private static String check(
      List<String> wrapper, Path directory, String script, Object... arguments) {
    Tools.Result result = attempt(wrapper, directory, script, arguments);
    if (result.status() != 0) {
      fail(
          script
              + List.of(arguments)
              + "\nexit status "
              + result.status()
              + ", expected 0\nstdout: "
              + end(result.stdout())
              + "\nstderr: "
              + end(result.stderr()));
    }
    return result.stdout();
  }

  private static Tools.Result attempt(
      List<String> wrapper, Path directory, String script, Object... arguments) {
    // The limit ends the whole process group, before Tools would leave its children behind.
    List<String> command = new ArrayList<>(List.of("timeout", "-k", "10", "570"));
    command.addAll(wrapper);
    command.addAll(List.of("bash", "-euo", "pipefail", "-c", script, "k8or-oracle"));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    return Tools.run(directory, environment(), command);
  }

  private static String end(String text) {
    return text.length() <= 8000 ? text : "…" + text.substring(text.length() - 8000);
  }
}
