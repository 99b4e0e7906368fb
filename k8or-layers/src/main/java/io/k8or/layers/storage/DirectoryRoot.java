package io.k8or.layers.storage;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.FileType;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * An unpacked root directory, read only: type, mode, owner, time, hard links, symbolic links,
 * devices.
 *
 * <p>Of extended attributes, Java shows those of {@code user.*} on files and directories that the
 * process may read; {@code security.capability} and others are not seen. Sockets are left out, as
 * they are in layers. Names may be any bytes; a symbolic link's target loses doubled slashes and
 * one at its end. The directory must not change while it is in use; contents are opened when they
 * are read.
 */
public final class DirectoryRoot {
  private static final int TYPE_BITS = 0170000;

  private final Map<List<Object>, ImagePath> inodes = new HashMap<>();
  private final FileTree.Editor tree = FileTree.builder();

  private DirectoryRoot() {}

  /**
   * Returns the directory as an image that runs nothing.
   *
   * @param platform what the configuration says; a directory does not say it
   * @throws IllegalArgumentException if the file system has no Unix attributes
   * @throws NotDirectoryException if there is no directory
   * @throws IOException if something in it cannot be read
   */
  public static ImageSnapshot open(Path directory, Platform platform) throws IOException {
    return ImageSnapshot.of(ImageConfig.of(platform), files(directory));
  }

  /**
   * Returns the directory's files. Costs a look at each; memory for each path.
   *
   * @throws IllegalArgumentException if the file system has no Unix attributes
   * @throws NotDirectoryException if there is no directory
   * @throws IOException if something in it cannot be read
   */
  public static FileTree files(Path directory) throws IOException {
    if (!directory.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      throw new IllegalArgumentException(
          "no Unix owners and modes on the file system of " + directory);
    }
    if (!Files.isDirectory(directory)) {
      throw new NotDirectoryException(directory.toString());
    }
    DirectoryRoot reader = new DirectoryRoot();
    // The directory itself may be reached by a link; what is inside is not followed.
    reader.walk(directory.toRealPath(), ImagePath.root());
    return reader.tree.build();
  }

  /** What a file system with a Unix view says of a file. */
  private record Unix(
      int mode,
      long uid,
      long gid,
      Object inode,
      Object device,
      long rdev,
      int links,
      FileTime modified) {
    static Unix of(Path file) throws IOException {
      Map<String, Object> values =
          Files.readAttributes(
              file,
              "unix:mode,uid,gid,ino,dev,rdev,nlink,lastModifiedTime",
              LinkOption.NOFOLLOW_LINKS);
      return new Unix(
          get(values, "mode", Integer.class),
          // They are unsigned.
          get(values, "uid", Integer.class) & 0xffffffffL,
          get(values, "gid", Integer.class) & 0xffffffffL,
          get(values, "ino", Object.class),
          get(values, "dev", Object.class),
          get(values, "rdev", Long.class),
          get(values, "nlink", Integer.class),
          get(values, "lastModifiedTime", FileTime.class));
    }

    private static <T> T get(Map<String, Object> values, String name, Class<T> type) {
      return type.cast(Objects.requireNonNull(values.get(name), name));
    }
  }

  private void walk(Path file, ImagePath path) throws IOException {
    Unix unix = Unix.of(file);
    switch (unix.mode() & TYPE_BITS) {
      case 0040000 -> {
        tree.put(path, FileNode.directory(attributes(file, unix, true)));
        List<Path> inside = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(file)) {
          stream.forEach(inside::add);
        } catch (DirectoryIteratorException e) {
          throw e.getCause();
        }
        for (Path child : inside) {
          walk(child, path.resolve(RawNames.name(child)));
        }
      }
      case 0100000 -> put(path, unix, regular(file, unix));
      case 0120000 ->
          put(
              path,
              unix,
              FileNode.symlink(attributes(file, unix, false), RawNames.linkTarget(file)));
      case 0010000 -> put(path, unix, FileNode.fifo(attributes(file, unix, false)));
      case 0020000 -> put(path, unix, device(FileType.CHARACTER_DEVICE, file, unix));
      case 0060000 -> put(path, unix, device(FileType.BLOCK_DEVICE, file, unix));
      default -> {} // a socket
    }
  }

  private static FileNode regular(Path file, Unix unix) throws IOException {
    return FileNode.regular(attributes(file, unix, true), Content.of(file));
  }

  private static FileNode device(FileType type, Path file, Unix unix) throws IOException {
    long device = unix.rdev();
    // glibc's gnu_dev_major and gnu_dev_minor
    long major = (device >>> 8 & 0xfff) | (device >>> 32 & ~0xfffL);
    long minor = (device & 0xff) | (device >>> 12 & ~0xffL);
    return FileNode.device(type, attributes(file, unix, false), major, minor & 0xffffffffL);
  }

  private void put(ImagePath path, Unix unix, FileNode node) {
    if (unix.links() > 1) {
      List<Object> inode = List.of(unix.device(), unix.inode());
      ImagePath first = inodes.putIfAbsent(inode, path);
      if (first != null) {
        tree.link(path, first);
        return;
      }
    }
    tree.put(path, node);
  }

  private static FileAttributes attributes(Path file, Unix unix, boolean withExtended)
      throws IOException {
    FileAttributes attributes =
        FileAttributes.ofMode(unix.mode() & 07777)
            .withOwner(unix.uid(), unix.gid())
            .withModified(unix.modified().toInstant());
    return withExtended ? attributes.withXattrs(extended(file)) : attributes;
  }

  private static Map<ByteString, ByteString> extended(Path file) throws IOException {
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(
            file, UserDefinedFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    if (view == null) {
      return Map.of();
    }
    List<String> names;
    try {
      names = view.list();
    } catch (FileSystemException e) {
      // Not allowed, or a file system without: both are said in this way alone.
      return Map.of();
    }
    Map<ByteString, ByteString> extended = new HashMap<>();
    for (String name : names) {
      ByteBuffer value = ByteBuffer.allocate(view.size(name));
      view.read(name, value);
      extended.put(
          ByteString.utf8("user." + name), ByteString.copyOf(value.array(), 0, value.position()));
    }
    return extended;
  }
}
