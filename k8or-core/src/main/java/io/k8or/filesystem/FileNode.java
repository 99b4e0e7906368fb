package io.k8or.filesystem;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import java.util.Objects;

/**
 * What stands at a path: an inode, in the words of a file system. Immutable, without a path of its
 * own.
 *
 * <p>Two paths of a {@link FileTree} with the <em>same instance</em> are hard links of each other;
 * therefore equality is identity. {@link #isSameAs} compares what is recorded.
 */
public final class FileNode {
  private static final FileNode IMPLIED =
      new FileNode(
          FileType.DIRECTORY,
          FileAttributes.ofMode(0755),
          Content.empty(),
          ByteString.empty(),
          0,
          0,
          true);

  private final FileType type;
  private final FileAttributes attributes;
  private final Content content;
  private final ByteString target;
  private final long deviceMajor;
  private final long deviceMinor;
  private final boolean implied;

  private FileNode(
      FileType type,
      FileAttributes attributes,
      Content content,
      ByteString target,
      long deviceMajor,
      long deviceMinor,
      boolean implied) {
    this.type = Objects.requireNonNull(type);
    this.attributes = Objects.requireNonNull(attributes);
    this.content = Objects.requireNonNull(content);
    this.target = Objects.requireNonNull(target);
    this.deviceMajor = deviceMajor;
    this.deviceMinor = deviceMinor;
    this.implied = implied;
  }

  /** Returns a regular file. */
  public static FileNode regular(FileAttributes attributes, Content content) {
    return new FileNode(FileType.REGULAR, attributes, content, ByteString.empty(), 0, 0, false);
  }

  /** Returns a directory. */
  public static FileNode directory(FileAttributes attributes) {
    return new FileNode(
        FileType.DIRECTORY, attributes, Content.empty(), ByteString.empty(), 0, 0, false);
  }

  /**
   * Returns a directory that nothing records, only paths below it: mode 0755, root's. Unpackers
   * make it so, with a time of their own.
   */
  public static FileNode impliedDirectory() {
    return IMPLIED;
  }

  /**
   * Returns a symbolic link.
   *
   * @param target the bytes of the link, as they are
   * @throws IllegalArgumentException if the target has a NUL, which no link can have
   */
  public static FileNode symlink(FileAttributes attributes, ByteString target) {
    if (target.indexOf(0, 0) >= 0) {
      throw new IllegalArgumentException("a NUL in the link target " + target);
    }
    return new FileNode(FileType.SYMLINK, attributes, Content.empty(), target, 0, 0, false);
  }

  /** Returns a named pipe. */
  public static FileNode fifo(FileAttributes attributes) {
    return new FileNode(
        FileType.FIFO, attributes, Content.empty(), ByteString.empty(), 0, 0, false);
  }

  /**
   * Returns a device.
   *
   * @throws IllegalArgumentException if the type is not a device's
   */
  public static FileNode device(FileType type, FileAttributes attributes, long major, long minor) {
    if (type != FileType.CHARACTER_DEVICE && type != FileType.BLOCK_DEVICE) {
      throw new IllegalArgumentException("not a device: " + type);
    }
    return new FileNode(type, attributes, Content.empty(), ByteString.empty(), major, minor, false);
  }

  /** Returns what this is. */
  public FileType type() {
    return type;
  }

  /** Returns mode, owner, time and extended attributes. */
  public FileAttributes attributes() {
    return attributes;
  }

  /** Returns a regular file's bytes; no bytes for any other type. */
  public Content content() {
    return content;
  }

  /** Returns the number of a regular file's bytes; 0 for any other type. */
  public long size() {
    return content.size();
  }

  /** Returns where a symbolic link points; no bytes for any other type. */
  public ByteString target() {
    return target;
  }

  /** Returns a device's major number; 0 for any other type. */
  public long deviceMajor() {
    return deviceMajor;
  }

  /** Returns a device's minor number; 0 for any other type. */
  public long deviceMinor() {
    return deviceMinor;
  }

  /** Says whether no layer records this directory, only paths below it. */
  public boolean isImplied() {
    return implied;
  }

  /** Says whether this is a regular file. */
  public boolean isRegular() {
    return type == FileType.REGULAR;
  }

  /** Says whether this is a directory. */
  public boolean isDirectory() {
    return type == FileType.DIRECTORY;
  }

  /** Says whether this is a symbolic link. */
  public boolean isSymlink() {
    return type == FileType.SYMLINK;
  }

  /** Returns a new node with other attributes; an implied directory becomes a recorded one. */
  public FileNode withAttributes(FileAttributes newAttributes) {
    return new FileNode(type, newAttributes, content, target, deviceMajor, deviceMinor, false);
  }

  /**
   * Returns a new node with other bytes.
   *
   * @throws IllegalStateException if this is not a regular file
   */
  public FileNode withContent(Content newContent) {
    if (type != FileType.REGULAR) {
      throw new IllegalStateException("no content in a node of type " + type);
    }
    return new FileNode(type, attributes, newContent, target, deviceMajor, deviceMinor, false);
  }

  /**
   * Says whether the other records the same: type, attributes, target, device numbers, and the same
   * content by {@code equals} of the two suppliers. Bytes are not read.
   */
  public boolean isSameAs(FileNode other) {
    return this == other
        || (type == other.type
            && attributes.equals(other.attributes)
            && target.equals(other.target)
            && deviceMajor == other.deviceMajor
            && deviceMinor == other.deviceMinor
            && content.equals(other.content));
  }

  @Override
  public String toString() {
    return switch (type) {
      case REGULAR -> "file " + attributes + ", " + size() + " bytes";
      case DIRECTORY -> (implied ? "implied directory " : "directory ") + attributes;
      case SYMLINK -> "symlink to " + target + " " + attributes;
      case FIFO -> "fifo " + attributes;
      case CHARACTER_DEVICE ->
          "character device " + deviceMajor + "," + deviceMinor + " " + attributes;
      case BLOCK_DEVICE -> "block device " + deviceMajor + "," + deviceMinor + " " + attributes;
    };
  }
}
