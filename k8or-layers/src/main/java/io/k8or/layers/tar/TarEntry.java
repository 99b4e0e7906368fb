package io.k8or.layers.tar;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileType;
import io.k8or.filesystem.ImagePath;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a tar: what it says, and where it stands. Immutable.
 *
 * <p>The entry's bytes are {@code headerOffset} (inclusive) to {@code endOffset} (exclusive):
 *
 * <pre>
 * headerOffset                          dataOffset            endOffset
 * | PAX x, GNU L, K headers | header |  stored data | padding |
 * </pre>
 *
 * <p>Small enough to be kept for a million entries (about 200 bytes with its path and attributes):
 * raw headers are not kept; they can be read again from {@code headerOffset}.
 */
public final class TarEntry {
  private static final ByteString[] BEFORE = {
    ByteString.empty(), ByteString.utf8("./"), ByteString.utf8("/")
  };
  private static final ByteString[] BEHIND = {ByteString.empty(), ByteString.utf8("/")};
  private static final byte ODD = -1;

  private final long headerOffset;
  private final long dataOffset;
  private final long storedSize;
  private final long size;
  private final ImagePath path;
  // How the name is spelled: an index in BEFORE and one in BEHIND, or ODD. Most names are their
  // path with one of these around it, and so need no memory of their own.
  private final byte spelling;
  private final @Nullable FileType type;
  private final FileAttributes attributes;
  private final ByteString linkName;
  private final @Nullable Rare rare;

  /** What few entries have. */
  private record Rare(
      ByteString oddName, long deviceMajor, long deviceMinor, @Nullable SparseMap sparse) {}

  TarEntry(
      long headerOffset,
      long dataOffset,
      long storedSize,
      long size,
      ByteString name,
      ImagePath path,
      @Nullable FileType type,
      FileAttributes attributes,
      ByteString linkName,
      long deviceMajor,
      long deviceMinor,
      @Nullable SparseMap sparse) {
    this.headerOffset = headerOffset;
    this.dataOffset = dataOffset;
    this.storedSize = storedSize;
    this.size = size;
    this.path = path;
    this.type = type;
    this.attributes = attributes;
    this.linkName = linkName;
    this.spelling = spelling(name, path);
    this.rare =
        spelling == ODD || deviceMajor != 0 || deviceMinor != 0 || sparse != null
            ? new Rare(
                spelling == ODD ? name : ByteString.empty(), deviceMajor, deviceMinor, sparse)
            : null;
  }

  private static byte spelling(ByteString name, ImagePath path) {
    ByteString relative = path.toRelativeBytes();
    for (int before = 0; before < BEFORE.length; before++) {
      for (int behind = 0; behind < BEHIND.length; behind++) {
        if (name.length() == BEFORE[before].length() + relative.length() + BEHIND[behind].length()
            && name.equals(BEFORE[before].concat(relative).concat(BEHIND[behind]))) {
          return (byte) (before * BEHIND.length + behind);
        }
      }
    }
    return ODD;
  }

  /** Returns where the first block that belongs to this entry begins, in bytes of the tar. */
  public long headerOffset() {
    return headerOffset;
  }

  /** Returns where the stored data begins, right behind the last header block. */
  public long dataOffset() {
    return dataOffset;
  }

  /** Returns where the next entry begins: behind the data and its padding. */
  public long endOffset() {
    return dataOffset + Fields.padded(storedSize);
  }

  /** Returns the number of bytes of stored data, without padding; 0 for all but regular files. */
  public long storedSize() {
    return storedSize;
  }

  /** Returns the number of a regular file's bytes, holes among them; 0 for any other kind. */
  public long size() {
    return size;
  }

  /** Returns the name as it stands in the tar, after PAX and GNU headers had their say. */
  public ByteString name() {
    return spelling == ODD
        ? Objects.requireNonNull(rare).oddName
        : BEFORE[spelling / BEHIND.length]
            .concat(path.toRelativeBytes())
            .concat(BEHIND[spelling % BEHIND.length]);
  }

  /** Returns the name as a path in the image. */
  public ImagePath path() {
    return path;
  }

  /** Says whether this is one more name for the file at {@link #linkPath}. */
  public boolean isHardLink() {
    return type == null;
  }

  /** Returns what the entry is; empty for a hard link. */
  public Optional<FileType> type() {
    return Optional.ofNullable(type);
  }

  /** Says whether this is a regular file with data of its own. */
  public boolean isRegular() {
    return type == FileType.REGULAR;
  }

  /** Says whether this is a directory. */
  public boolean isDirectory() {
    return type == FileType.DIRECTORY;
  }

  /** Returns the target of a symbolic or hard link as it stands; no bytes for any other kind. */
  public ByteString linkName() {
    return linkName;
  }

  /**
   * Returns the target of a hard link as a path in the image.
   *
   * @throws IllegalStateException if this is not a hard link
   */
  public ImagePath linkPath() {
    if (!isHardLink()) {
      throw new IllegalStateException("not a hard link: " + this);
    }
    return ImagePath.of(linkName);
  }

  /** Returns mode, owner, time and extended attributes; those of a hard link play no part. */
  public FileAttributes attributes() {
    return attributes;
  }

  /** Returns a device's major number; 0 for any other kind. */
  public long deviceMajor() {
    return rare == null ? 0 : rare.deviceMajor;
  }

  /** Returns a device's minor number; 0 for any other kind. */
  public long deviceMinor() {
    return rare == null ? 0 : rare.deviceMinor;
  }

  /** Returns the map of a sparse file; empty for one that is stored whole. */
  public Optional<SparseMap> sparse() {
    return rare == null ? Optional.empty() : Optional.ofNullable(rare.sparse);
  }

  /**
   * Returns the file's bytes, holes filled, given the bytes of the whole tar.
   *
   * @throws IllegalArgumentException if the tar is shorter than this entry says
   */
  public Content contentIn(Content tar) {
    return contentOf(tar.slice(dataOffset, storedSize));
  }

  /**
   * Returns the file's bytes, holes filled, given the stored ones.
   *
   * @param stored {@link #storedSize} bytes, from {@link #dataOffset} on
   * @throws IllegalArgumentException if it has another size
   */
  public Content contentOf(Content stored) {
    if (stored.size() != storedSize) {
      throw new IllegalArgumentException(
          "expected " + storedSize + " stored bytes of " + this + ", found " + stored.size());
    }
    SparseMap map = rare == null ? null : rare.sparse;
    return map == null ? stored : new SparseContent(stored, map, size);
  }

  @Override
  public String toString() {
    return (type == null ? "hard link" : type.name().toLowerCase(Locale.ROOT))
        + " "
        + path
        + (linkName.isEmpty() ? "" : " -> " + linkName)
        + " "
        + attributes
        + ", "
        + size
        + " bytes, at byte "
        + headerOffset;
  }
}
