package io.k8or.layers.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * A new file or directory that appears as a whole: it is made in a directory {@code
 * .NAME.N.incomplete} beside, and renamed. A process that is killed leaves at most that directory.
 */
final class Output implements Closeable {
  private static final int MAX_TRIES = 1000;

  private final Path target;
  private @Nullable Path staging;
  private boolean ended;
  private boolean committed;

  private Output(Path target) {
    this.target = target;
  }

  static Output at(Path target) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    checkFree(absolute);
    Path parent = absolute.getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      throw new NoSuchFileException(
          target.toString(), null, "there is no directory " + parent + " to write it to");
    }
    return new Output(absolute);
  }

  private static void checkFree(Path target) throws IOException {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileAlreadyExistsException(
          target.toString(), null, "it exists already, and nothing is overwritten");
    }
  }

  Path target() {
    return target;
  }

  /** Returns the directory to work in; it is made when it is first asked for. */
  Path staging() throws IOException {
    if (ended) {
      throw new IllegalStateException(
          target + (committed ? " is committed already" : " was given up"));
    }
    Path existing = staging;
    if (existing != null) {
      return existing;
    }
    for (int n = 0; n < MAX_TRIES; n++) {
      Path candidate = target.resolveSibling("." + target.getFileName() + "." + n + ".incomplete");
      try {
        staging = Files.createDirectory(candidate);
        return candidate;
      } catch (FileAlreadyExistsException e) {
        // Another writer's, or one left behind; it is not ours to remove: the next number.
      }
    }
    throw new FileAlreadyExistsException(
        target.toString(), null, MAX_TRIES + " unfinished outputs are beside it");
  }

  /** Moves the staging directory, or the finished file in it, to the target. */
  void commit(Path finished) throws IOException {
    checkFree(target);
    try {
      Files.move(finished, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(finished, target);
    }
    committed = true;
    if (finished.equals(staging)) {
      staging = null;
    }
    close();
  }

  boolean isCommitted() {
    return committed;
  }

  @Override
  public void close() throws IOException {
    ended = true;
    Path leftover = staging;
    if (leftover != null) {
      staging = null;
      removeTree(leftover);
    }
  }

  static void removeTree(Path directory) throws IOException {
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
