package io.k8or.cli;

import io.k8or.files.FilePruner;
import io.k8or.files.PathGlob;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Transform;
import io.k8or.users.KubernetesUser;
import io.k8or.users.UidRegistry;
import io.k8or.users.UserPruner;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
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

  @Option(
      names = "--add-user",
      paramLabel = "NAME[:UID[:GID]]",
      description = "Adds an account for a service and makes it the image's USER.")
  private @Nullable String addUser;

  @Option(
      names = "--own",
      paramLabel = "PATH",
      description = "Gives this path, with all below it, to the account of --add-user.")
  private List<String> own = new ArrayList<>();

  /**
   * Returns the transforms in their order: an account whose files are gone, or given to another,
   * may go as well.
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
      if (addUser != null) {
        transform = transform.andThen(account(addUser));
      } else if (!own.isEmpty()) {
        throw new UsageException("--own", "it needs --add-user, whose account it gives the path");
      }
      transform = transform.andThen(new UserPruner(keepUsers));
    } else if (!keepUsers.isEmpty() || !own.isEmpty() || addUser != null) {
      throw needs(
          !keepUsers.isEmpty() ? "--keep-user" : addUser != null ? "--add-user" : "--own",
          "--users");
    }
    return transform;
  }

  private Transform account(String text) {
    List<ImagePath> paths = new ArrayList<>();
    for (String path : own) {
      try {
        paths.add(ImagePath.of(path));
      } catch (IllegalArgumentException e) {
        throw new UsageException("--own " + path, String.valueOf(e.getMessage()));
      }
    }
    try {
      return KubernetesUser.parse(text, UidRegistry.inMemory()).owning(paths);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--add-user " + text, String.valueOf(e.getMessage()));
    }
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
