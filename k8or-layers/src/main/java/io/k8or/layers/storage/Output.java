package io.k8or.layers.storage;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A new file or directory that appears as a whole, also after a power failure: it is made in a
 * directory {@code .NAME.RANDOM.incomplete} beside, brought to the disk, and renamed. A process
 * that is killed leaves at most that directory, and the next output of the same name removes it.
 *
 * <p>Whether its process lives is told by a lock on the file {@code lock} in it, which ends with
 * the process. A name is never used again, so whoever sees a dead directory can remove it without
 * looking twice. Where a file system has no locks, nothing is removed.
 */
final class Output implements Closeable {
  private static final String SUFFIX = ".incomplete";
  private static final String LOCK = "lock";
  private static final String CONTENT = "content";

  // A process that opens a file and closes it loses its lock on it: it must not look at its own.
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final Path target;
  private @Nullable Path outer;
  private @Nullable FileChannel lock;
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
    Path existing = outer;
    if (existing == null) {
      removeDead();
      existing = target.resolveSibling(prefix() + random() + SUFFIX);
      OWN.add(existing);
      boolean made = false;
      try {
        Files.createDirectory(existing);
        made = true;
      } finally {
        if (!made) {
          OWN.remove(existing);
        }
      }
      outer = existing;
      lock = locked(existing.resolve(LOCK), StandardOpenOption.CREATE_NEW);
      if (lock == null) {
        Files.deleteIfExists(existing.resolve(LOCK)); // nobody shall think that it is a dead one's
      }
    }
    return Files.createDirectories(existing.resolve(CONTENT));
  }

  private String prefix() {
    return "." + target.getFileName() + ".";
  }

  // Not for secrecy: two that begin at the same time must not meet, and no name comes again.
  private static String random() {
    return String.format("%016x", ThreadLocalRandom.current().nextLong());
  }

  // Removes what processes left that are no more. It is no fault if that cannot be done.
  private void removeDead() {
    try (DirectoryStream<Path> siblings =
        Files.newDirectoryStream(target.resolveSibling(""), path -> isUnfinished(path))) {
      for (Path sibling : siblings) {
        try (FileChannel dead = locked(sibling.resolve(LOCK), StandardOpenOption.WRITE)) {
          if (dead != null) {
            removeTree(sibling);
          }
        } catch (IOException e) {
          // Another's, or without its lock yet.
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // What cannot be listed can still be written to.
    }
  }

  private boolean isUnfinished(Path path) {
    String name = path.getFileName().toString();
    return name.startsWith(prefix())
        && name.endsWith(SUFFIX)
        && name.length() == prefix().length() + 16 + SUFFIX.length()
        && Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
        && !OWN.contains(path);
  }

  // The file with a lock on it; null where another process has it, or there are no locks.
  private static @Nullable FileChannel locked(Path file, StandardOpenOption option)
      throws IOException {
    if (!isOnDisk(file)) {
      return null;
    }
    FileChannel channel =
        FileChannel.open(file, option, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    boolean held = false;
    try {
      held = channel.tryLock() != null;
    } catch (IOException | OverlappingFileLockException e) {
      // No locks here: the directory is then never taken for a dead one's.
    } finally {
      if (!held) {
        channel.close();
      }
    }
    return held ? channel : null;
  }

  // Others, such as a zip file as a file system, have neither processes nor a disk.
  private static boolean isOnDisk(Path path) {
    return path.getFileSystem().provider().equals(FileSystems.getDefault().provider());
  }

  /** Moves the staging directory, or the finished file in it, to the target. */
  void commit(Path finished) throws IOException {
    checkFree(target);
    if (isOnDisk(finished)) {
      force(finished);
    }
    try {
      Files.move(finished, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(finished, target);
    }
    committed = true;
    forceDirectory(target.resolveSibling(""));
    close();
  }

  // The bytes must be on the disk before the name is: after a power failure the name would else
  // stand for empty files.
  private static void force(Path written) throws IOException {
    Files.walkFileTree(
        written,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
              channel.force(true);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            forceDirectory(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  // Not every system opens directories; those that do not keep names in order themselves.
  private static void forceDirectory(Path directory) {
    if (isOnDisk(directory)) {
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      } catch (IOException e) {
        // as said
      }
    }
  }

  boolean isCommitted() {
    return committed;
  }

  @Override
  public void close() throws IOException {
    ended = true;
    Path leftover = outer;
    if (leftover == null) {
      return;
    }
    outer = null;
    try {
      if (Files.exists(leftover.resolve(CONTENT))) {
        removeTree(leftover.resolve(CONTENT));
      }
    } finally {
      FileChannel held = lock;
      lock = null;
      if (held != null) {
        held.close();
      }
      // From here on others may take it for a dead one's, and remove it too.
      Files.deleteIfExists(leftover.resolve(LOCK));
      Files.deleteIfExists(leftover);
      OWN.remove(leftover);
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
