package io.k8or.services;

import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The paths that a recorded run of services used. Immutable.
 *
 * @param paths as the processes named them, in order
 */
public record Trace(Set<ImagePath> paths) {
  // 1234 openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3; strace marks what another thread cuts off.
  private static final Pattern CALL =
      Pattern.compile(
          "(?:\\[pid +\\d+\\] |\\d+ +)?(?:[\\d:.]+ +)?[a-z_0-9]+\\(.*?\"(/[^\"]*)\"(?:.*?\"(/[^\"]*)\")?"
              + ".*?(?:= (-?\\d+|\\?).*|<unfinished \\.\\.\\.>)");

  /** Copies the paths. */
  public Trace {
    paths = Collections.unmodifiableSortedSet(new TreeSet<>(paths));
  }

  /**
   * Reads what {@code strace -f -e trace=%file} prints, or a list of absolute paths, one a line.
   * Calls that failed are left out, and so are relative paths; what is no such line means nothing.
   *
   * @param text a char a byte
   */
  public static Trace parse(String text) {
    Set<ImagePath> found = new TreeSet<>();
    for (String line : text.split("\n", -1)) {
      if (line.startsWith("/")) {
        ProgramFinder.path(line.strip()).ifPresent(found::add);
        continue;
      }
      Matcher matcher = CALL.matcher(line);
      if (matcher.matches() && !String.valueOf(matcher.group(3)).startsWith("-")) {
        for (int i = 1; i <= 2; i++) {
          if (matcher.group(i) != null && matcher.group(i).indexOf('\\') < 0) {
            ProgramFinder.path(matcher.group(i)).ifPresent(found::add);
          }
        }
      }
    }
    return new Trace(found);
  }

  /** Returns what of a tree was used: what the paths lead to, and the links that they name. */
  public Set<ImagePath> used(FileTree files) {
    Set<ImagePath> used = new TreeSet<>();
    for (ImagePath path : paths) {
      Optional<ImagePath> parent = files.resolveParent(path);
      parent.filter(files::contains).ifPresent(used::add);
      files.resolve(path).ifPresent(used::add);
    }
    return used;
  }
}
