package io.k8or.cli;

import io.k8or.content.Content;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Files that a command writes: all of them appear when it is done, or none. They are written beside
 * their place and renamed.
 */
final class Outputs implements Closeable {
  private static final int MAX_TRIES = 1000;

  private final Map<Path, Path> staged = new LinkedHashMap<>();
  private final List<Path> committed = new ArrayList<>();
  private boolean kept;

  /**
   * Says that an output can be made there.
   *
   * @throws UsageException if there is something already, or no directory to put it in
   */
  static void requireFree(String option, Path target) {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new UsageException(option + " " + target, "it exists already, and is not overwritten");
    }
    Path parent = target.toAbsolutePath().getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      throw new UsageException(option + " " + target, "there is no directory " + parent);
    }
  }

  /** Writes a file beside its place. */
  void stage(Path target, Content content) throws IOException {
    Path beside = beside(target);
    staged.put(target, beside);
    try (FileChannel file = FileChannel.open(beside, StandardOpenOption.WRITE);
        OutputStream out = Channels.newOutputStream(file);
        InputStream in = content.open()) {
      in.transferTo(out);
      file.force(true);
    }
  }

  // A run that was killed may have left one: it must not be in the way of this one.
  private static Path beside(Path target) throws IOException {
    for (int n = 0; ; n++) {
      try {
        return Files.createFile(
            target.resolveSibling("." + target.getFileName() + "." + n + ".incomplete"));
      } catch (FileAlreadyExistsException e) {
        if (n == MAX_TRIES) {
          throw e;
        }
      }
    }
  }

  /** Makes a directory, which goes again if nothing comes of it. */
  void directory(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectory(directory);
      committed.add(0, directory);
    }
  }

  /** Takes away what another writer makes at this place, if in the end nothing is kept. */
  void madeLater(Path place) {
    committed.add(place);
  }

  /** Puts all files in their places; {@link #close} takes them away again before {@link #keep}. */
  void commit() throws IOException {
    for (Map.Entry<Path, Path> entry : staged.entrySet()) {
      Files.move(entry.getValue(), entry.getKey());
      committed.add(entry.getKey());
    }
    staged.clear();
  }

  /** Says that all is done. */
  void keep() {
    kept = true;
  }

  @Override
  public void close() throws IOException {
    for (Path beside : staged.values()) {
      Files.deleteIfExists(beside);
    }
    if (!kept) {
      for (int i = committed.size() - 1; i >= 0; i--) {
        remove(committed.get(i));
      }
    }
  }

  // Only what this command made is ever in the list.
  private static void remove(Path place) throws IOException {
    if (Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)) {
      List<Path> inside;
      try (Stream<Path> children = Files.list(place)) {
        inside = children.toList();
      }
      for (Path child : inside) {
        remove(child);
      }
    }
    Files.deleteIfExists(place);
  }
}
