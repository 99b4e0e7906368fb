package io.k8or.cli;

import io.k8or.files.FilePruner;
import io.k8or.files.PathGlob;
import io.k8or.transform.Transform;
import io.k8or.users.UserPruner;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Which transforms run, and what steers them. */
final class TransformOptions {
  @Option(names = "--users", description = "Removes accounts that nothing in the image needs.")
  private boolean users;

  @Option(names = "--files", description = "Removes the paths that --remove-path names.")
  private boolean files;

  @Option(
      names = "--keep-user",
      paramLabel = "NAME",
      description = "Keeps the user and the group of this name.")
  private List<String> keepUsers = new ArrayList<>();

  @Option(
      names = "--remove-path",
      paramLabel = "GLOB",
      description = "Removes what this absolute path matches: * within a segment, ** across.")
  private List<String> removePaths = new ArrayList<>();

  @Option(
      names = "--keep-path",
      paramLabel = "GLOB",
      description = "Keeps what this matches, whatever is to be removed.")
  private List<String> keepPaths = new ArrayList<>();

  /**
   * Returns the transforms in their order: files first, because an account whose files are gone may
   * go as well.
   *
   * @throws IllegalArgumentException if an option has another form, or its transform is not chosen
   */
  Transform toTransform() {
    boolean all = !users && !files;
    Transform transform = Transform.identity();
    List<PathGlob> remove = globs("--remove-path", removePaths);
    List<PathGlob> keep = globs("--keep-path", keepPaths);
    if (all || files) {
      transform = transform.andThen(new FilePruner(remove, keep));
    } else if (!remove.isEmpty() || !keep.isEmpty()) {
      throw needs(remove.isEmpty() ? "--keep-path" : "--remove-path", "--files");
    }
    if (all || users) {
      transform = transform.andThen(new UserPruner(keepUsers));
    } else if (!keepUsers.isEmpty()) {
      throw needs("--keep-user", "--users");
    }
    return transform;
  }

  private static UsageException needs(String option, String transform) {
    return new UsageException(
        option, "it steers " + transform + ", which is not among the transforms that are chosen");
  }

  private static List<PathGlob> globs(String option, List<String> texts) {
    List<PathGlob> globs = new ArrayList<>();
    for (String text : texts) {
      try {
        globs.add(PathGlob.of(text));
      } catch (IllegalArgumentException e) {
        throw new UsageException(option + " " + text, String.valueOf(e.getMessage()));
      }
    }
    return globs;
  }
}
