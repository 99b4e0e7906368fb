package io.k8or.cli.oracle;

import io.k8or.testing.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A folder of its own for one test, below {@code target/oracle}. Closing it is best effort: what
 * cannot be unmounted or removed stays, and no test fails for that.
 */
final class Scratch implements AutoCloseable {
  private static final String CLEAN =
      """
      cut -d' ' -f5 /proc/self/mountinfo | { grep -F -- "$1/" || true; } | sort -r |
        while read -r mount; do umount -l "$mount" || true; done
      rm -rf --one-file-system -- "$1" || true
      """;

  private final Path folder;

  private Scratch(Path folder) {
    this.folder = folder;
  }

  /** Makes a new folder, whose name begins so. */
  static Scratch create(String name) {
    try {
      return new Scratch(Files.createTempDirectory(parent(), name + "-"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the folder below which all of these tests write. */
  static Path parent() {
    try {
      return Files.createDirectories(
          Tools.projectRoot().resolve("k8or-examples/cli/target/oracle"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path folder() {
    return folder;
  }

  Path resolve(String name) {
    return folder.resolve(name);
  }

  /** Makes and returns a folder inside. */
  Path directory(String name) {
    try {
      return Files.createDirectories(folder.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    remove(folder);
  }

  /** Removes a folder with all mounts below it, as far as that can be done. */
  static void remove(Path folder) {
    try {
      Tools.Result result =
          Tools.run(
              Path.of("/"),
              Map.of(),
              List.of("timeout", "-k", "5", "120", "bash", "-c", CLEAN, "clean", "" + folder));
      if (!result.stderr().isBlank()) {
        System.err.println("not all of " + folder + " could be removed: " + result.stderr());
      }
    } catch (RuntimeException | AssertionError e) {
      System.err.println("not all of " + folder + " could be removed: " + e);
    }
  }
}
