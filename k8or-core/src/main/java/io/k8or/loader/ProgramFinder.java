package io.k8or.loader;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds programs by name inside an image, as execvp(3) and shells do: a name without a slash in the
 * directories of PATH, another one as a path. Immutable; costs a look-up for each directory.
 */
public final class ProgramFinder {
  private static final String DEFAULT =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final FileTree files;
  private final List<ImagePath> directories;

  private ProgramFinder(FileTree files, List<ImagePath> directories) {
    this.files = files;
    this.directories = List.copyOf(directories);
  }

  /**
   * Returns a finder.
   *
   * @param environment {@code NAME=VALUE}, of which PATH counts; the usual directories come after
   *     its own, since scripts and supervisors set them
   */
  public static ProgramFinder of(FileTree files, List<String> environment) {
    Set<ImagePath> found = new LinkedHashSet<>();
    for (String variable : environment) {
      if (variable.startsWith("PATH=")) {
        addAll(variable.substring(5), found);
      }
    }
    addAll(DEFAULT, found);
    return new ProgramFinder(files, List.copyOf(found));
  }

  private static void addAll(String path, Set<ImagePath> into) {
    for (String directory : path.split(":", -1)) {
      path(directory).ifPresent(into::add);
    }
  }

  /** Returns this, but with further directories in front. */
  public ProgramFinder first(String path) {
    Set<ImagePath> found = new LinkedHashSet<>();
    addAll(path, found);
    found.addAll(directories);
    return new ProgramFinder(files, List.copyOf(found));
  }

  /** Returns the directories, in order. */
  public List<ImagePath> directories() {
    return directories;
  }

  /**
   * Finds a program.
   *
   * @param name a name, an absolute path, or a path from the working directory
   * @param workingDirectory where a relative path begins
   * @return the path that is started, which may lead through symbolic links to the program; empty
   *     if there is no regular file with a bit of mode 0111
   */
  public Optional<ImagePath> find(String name, ImagePath workingDirectory) {
    if (name.isEmpty() || name.indexOf('\0') >= 0) {
      return Optional.empty();
    }
    if (name.indexOf('/') >= 0) {
      return path(name.startsWith("/") ? name : workingDirectory + "/" + name)
          .filter(this::isProgram);
    }
    if (name.equals(".") || name.equals("..")) {
      return Optional.empty();
    }
    for (ImagePath directory : directories) {
      ImagePath candidate = directory.resolve(bytes(name));
      if (isProgram(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  private boolean isProgram(ImagePath path) {
    return files
        .follow(path)
        .filter(node -> node.isRegular() && (node.attributes().mode() & 0111) != 0)
        .isPresent();
  }

  /**
   * Returns the path of an ISO 8859-1 text, a char a byte; segments {@code ..} are taken away with
   * the one before them. Empty if it is not absolute, or has a NUL.
   */
  public static Optional<ImagePath> path(String text) {
    if (!text.startsWith("/") || text.indexOf('\0') >= 0) {
      return Optional.empty();
    }
    List<String> segments = new ArrayList<>();
    for (String segment : text.split("/", -1)) {
      if (segment.equals("..")) {
        // Lexical, where a kernel would follow links first.
        if (!segments.isEmpty()) {
          segments.remove(segments.size() - 1);
        }
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        segments.add(segment);
      }
    }
    return Optional.of(ImagePath.of(bytes(String.join("/", segments))));
  }

  private static ByteString bytes(String text) {
    return ByteString.copyOf(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Override
  public String toString() {
    return "programs in " + directories;
  }
}
