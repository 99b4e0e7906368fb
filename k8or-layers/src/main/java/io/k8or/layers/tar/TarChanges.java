package io.k8or.layers.tar;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileAttributes;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What {@link TarHeaders#patch} changes in an entry's header; all else stays. Immutable. */
public final class TarChanges {
  private static final TarChanges NONE = new TarChanges(null, null, null, null, false);

  private final @Nullable FileAttributes attributes;
  private final @Nullable Long size;
  private final @Nullable ByteString name;
  private final @Nullable ByteString linkName;
  private final boolean regular;

  private TarChanges(
      @Nullable FileAttributes attributes,
      @Nullable Long size,
      @Nullable ByteString name,
      @Nullable ByteString linkName,
      boolean regular) {
    this.attributes = attributes;
    this.size = size;
    this.name = name;
    this.linkName = linkName;
    this.regular = regular;
  }

  /** Returns no changes. */
  public static TarChanges none() {
    return NONE;
  }

  /**
   * Returns these changes with other attributes. What is equal in the header stays as it is; with a
   * new owner or group its name goes, which would be the old one's.
   */
  public TarChanges withAttributes(FileAttributes newAttributes) {
    return new TarChanges(Objects.requireNonNull(newAttributes), size, name, linkName, regular);
  }

  /**
   * Returns these changes with another size, for new content that is stored whole: a sparse entry
   * becomes a plain one.
   *
   * @param newSize in bytes
   * @throws IllegalArgumentException if it is negative
   */
  public TarChanges withSize(long newSize) {
    if (newSize < 0) {
      throw new IllegalArgumentException("a negative size: " + newSize);
    }
    return new TarChanges(attributes, newSize, name, linkName, regular);
  }

  /** Returns these changes with another name, as it shall stand in the tar. */
  public TarChanges withName(ByteString newName) {
    return new TarChanges(attributes, size, Objects.requireNonNull(newName), linkName, regular);
  }

  /** Returns these changes with another target of a symbolic or hard link. */
  public TarChanges withLinkName(ByteString newLinkName) {
    return new TarChanges(attributes, size, name, Objects.requireNonNull(newLinkName), regular);
  }

  /**
   * Returns these changes with a hard link made the regular file itself.
   *
   * @param newSize the number of its bytes
   * @throws IllegalArgumentException if it is negative
   */
  public TarChanges asRegular(long newSize) {
    TarChanges sized = withSize(newSize);
    return new TarChanges(attributes, sized.size, name, null, true);
  }

  Optional<FileAttributes> attributes() {
    return Optional.ofNullable(attributes);
  }

  OptionalLong size() {
    return size == null ? OptionalLong.empty() : OptionalLong.of(size);
  }

  Optional<ByteString> name() {
    return Optional.ofNullable(name);
  }

  Optional<ByteString> linkName() {
    return Optional.ofNullable(linkName);
  }

  boolean isRegular() {
    return regular;
  }

  @Override
  public String toString() {
    return "TarChanges["
        + (attributes == null ? "" : " attributes " + attributes)
        + (size == null ? "" : " size " + size)
        + (name == null ? "" : " name " + name)
        + (linkName == null ? "" : " link " + linkName)
        + (regular ? " regular" : "")
        + " ]";
  }
}
