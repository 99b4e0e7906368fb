package io.k8or.filesystem;

import io.k8or.content.ByteString;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Mode, owner, time of modification and extended attributes of a node. Immutable.
 *
 * <p>Owners are numbers: an image's accounts are not the host's.
 */
public final class FileAttributes {
  private final int mode;
  private final long uid;
  private final long gid;
  private final Instant modified;
  private final SortedMap<ByteString, ByteString> xattrs;

  private FileAttributes(
      int mode, long uid, long gid, Instant modified, SortedMap<ByteString, ByteString> xattrs) {
    if ((mode & ~07777) != 0) {
      throw new IllegalArgumentException(
          "mode beyond the twelve bits of permissions: 0" + Integer.toOctalString(mode));
    }
    if (uid < 0 || gid < 0) {
      throw new IllegalArgumentException("a negative owner: " + uid + ":" + gid);
    }
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
    this.modified = Objects.requireNonNull(modified);
    this.xattrs = xattrs;
  }

  /**
   * Returns attributes of root's, modified at the epoch, without extended ones.
   *
   * @param mode the permission, setuid, setgid and sticky bits, at most 07777
   */
  public static FileAttributes ofMode(int mode) {
    return new FileAttributes(mode, 0, 0, Instant.EPOCH, Collections.emptySortedMap());
  }

  /** Returns the permission, setuid, setgid and sticky bits, at most 07777. */
  public int mode() {
    return mode;
  }

  /** Returns the owner's number, 0 or more; it may be beyond 2^31. */
  public long uid() {
    return uid;
  }

  /** Returns the group's number, 0 or more; it may be beyond 2^31. */
  public long gid() {
    return gid;
  }

  /** Returns the time of the last modification, to the nanosecond; it may be before 1970. */
  public Instant modified() {
    return modified;
  }

  /** Returns the extended attributes by their full name, such as {@code security.capability}. */
  public SortedMap<ByteString, ByteString> xattrs() {
    return xattrs;
  }

  /** Returns these attributes with another mode, at most 07777. */
  public FileAttributes withMode(int newMode) {
    return new FileAttributes(newMode, uid, gid, modified, xattrs);
  }

  /** Returns these attributes with another owner and group, 0 or more each. */
  public FileAttributes withOwner(long newUid, long newGid) {
    return new FileAttributes(mode, newUid, newGid, modified, xattrs);
  }

  /** Returns these attributes with another time. */
  public FileAttributes withModified(Instant newModified) {
    return new FileAttributes(mode, uid, gid, newModified, xattrs);
  }

  /** Returns these attributes with these extended attributes in place of all earlier ones. */
  public FileAttributes withXattrs(Map<ByteString, ByteString> newXattrs) {
    return new FileAttributes(
        mode,
        uid,
        gid,
        modified,
        newXattrs.isEmpty()
            ? Collections.emptySortedMap()
            : Collections.unmodifiableSortedMap(new TreeMap<>(newXattrs)));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FileAttributes that
        && mode == that.mode
        && uid == that.uid
        && gid == that.gid
        && modified.equals(that.modified)
        && xattrs.equals(that.xattrs);
  }

  @Override
  public int hashCode() {
    return Objects.hash(mode, uid, gid, modified, xattrs);
  }

  @Override
  public String toString() {
    return String.format("%04o %d:%d %s", mode, uid, gid, modified)
        + (xattrs.isEmpty() ? "" : " " + xattrs.keySet());
  }
}
