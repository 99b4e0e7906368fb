package io.k8or.users;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.FileType;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Edit;
import io.k8or.transform.Finding;
import io.k8or.transform.Reason;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Gives paths to an account, as {@code chown -R} would: links are not followed below them. */
final class OwnedPaths {
  private static final ByteString CAPABILITY = ByteString.utf8("security.capability");

  private final FileTree files;
  private final long uid;
  private final long gid;
  private final boolean groupAsUser;

  OwnedPaths(FileTree files, long uid, long gid, boolean groupAsUser) {
    this.files = files;
    this.uid = uid;
    this.gid = gid;
    this.groupAsUser = groupAsUser;
  }

  void plan(List<ImagePath> paths, List<Edit> edits, List<Finding> findings) {
    Map<ImagePath, FileNode> nodes = new TreeMap<>();
    for (ImagePath path : paths) {
      ImagePath real = realPath(path);
      if (files.contains(real)) {
        nodes.putAll(files.subtree(real));
      } else {
        FileNode directory =
            FileNode.directory(changed(FileType.DIRECTORY, FileAttributes.ofMode(0750)));
        edits.add(new Edit.AddFile(real, directory, reason("the service's, and not there")));
      }
    }
    Map<FileNode, Integer> names = new HashMap<>();
    nodes.values().forEach(node -> names.merge(node, 1, Integer::sum));
    Map<FileNode, ImagePath> seen = new HashMap<>();
    nodes.forEach(
        (path, node) -> {
          FileAttributes changed = changed(node.type(), node.attributes());
          boolean first = node.isImplied() || seen.putIfAbsent(node, path) == null;
          if (!first || changed.equals(node.attributes())) {
            return;
          }
          if (!node.isImplied() && names.getOrDefault(node, 0) < files.links(path).size()) {
            String others = "not given away: it has names elsewhere, " + files.links(path);
            findings.add(Finding.at(path, new Reason("users", "hard-link-outside", others)));
          } else {
            String evidence = "the service's; was " + node.attributes();
            edits.add(new Edit.SetAttributes(path, changed, reason(evidence)));
          }
        });
  }

  private static Reason reason(String evidence) {
    return new Reason("users", "own", evidence);
  }

  private FileAttributes changed(FileType type, FileAttributes old) {
    FileAttributes changed = old;
    boolean newOwner = old.uid() != uid || old.gid() != gid;
    if (newOwner) {
      changed = changed.withOwner(uid, gid);
    }
    // chown(2) takes these too: what was meant for the old owner is not for the new one.
    if (newOwner && type == FileType.REGULAR) {
      changed = changed.withMode(changed.mode() & 01777);
      if (changed.xattrs().containsKey(CAPABILITY)) {
        Map<ByteString, ByteString> xattrs = new TreeMap<>(changed.xattrs());
        xattrs.remove(CAPABILITY);
        changed = changed.withXattrs(xattrs);
      }
    }
    if (groupAsUser && type != FileType.SYMLINK) {
      changed = changed.withMode((changed.mode() & ~070) | (changed.mode() & 0700) >> 3);
    }
    return changed;
  }

  /** Returns the path with the links of what is there resolved. */
  private ImagePath realPath(ImagePath path) {
    ImagePath existing = path;
    while (!files.contains(existing) && files.resolve(existing).isEmpty()) {
      Optional<ImagePath> above = existing.parent();
      if (above.isEmpty()) {
        break;
      }
      existing = above.get();
    }
    ImagePath top = existing;
    ImagePath real =
        files
            .resolve(top)
            .orElseThrow(
                () -> new IllegalArgumentException(top + " is a symbolic link to nothing"));
    boolean directory = files.get(real).map(FileNode::isDirectory).orElse(false);
    if (!top.equals(path) && !directory) {
      throw new IllegalArgumentException(
          "nothing can be at " + path + ": " + top + " is no directory");
    }
    ImagePath result = path.rebase(top, real);
    if (result.isRoot()) {
      throw new IllegalArgumentException("the whole image cannot be a service's: " + path);
    }
    return result;
  }
}
