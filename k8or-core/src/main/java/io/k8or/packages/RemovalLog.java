package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Edit;
import io.k8or.transform.Finding;
import io.k8or.transform.Reason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Takes paths out of a tree and keeps the edits that do it, with their reasons. */
final class RemovalLog {
  static final String TRANSFORM = "packages";

  private final TreeState state;
  private final List<Edit> edits = new ArrayList<>();
  private final List<PackageRemoval.RemovedPath> removed = new ArrayList<>();
  private final List<Finding> findings = new ArrayList<>();
  // The paths put there, and the directories above them.
  private final Set<ImagePath> added = new HashSet<>();

  RemovalLog(TreeState state) {
    this.state = state;
  }

  TreeState state() {
    return state;
  }

  /** Takes out a path that is there, and is no directory with something in it. */
  void remove(ImagePath path, String owner, String rule, String evidence) {
    FileNode node = state.get(path).orElseThrow();
    edits.add(new Edit.RemovePath(path, new Reason(TRANSFORM, rule, evidence)));
    removed.add(new PackageRemoval.RemovedPath(path, owner, rule, node.size()));
    state.remove(path);
  }

  /** Takes out a path and everything below it, the deepest first. */
  void removeTree(ImagePath path, String owner, String rule, String evidence) {
    if (state.get(path).isEmpty()) {
      return;
    }
    for (ImagePath child : state.children(path)) {
      removeTree(child, owner, rule, evidence);
    }
    remove(path, owner, rule, evidence);
  }

  void replace(ImagePath path, ByteString content, String rule, String evidence) {
    edits.add(
        new Edit.ReplaceContent(path, Content.of(content), new Reason(TRANSFORM, rule, evidence)));
  }

  void add(ImagePath path, FileNode node, String rule, String evidence) {
    edits.add(new Edit.AddFile(path, node, new Reason(TRANSFORM, rule, evidence)));
    Optional<ImagePath> at = Optional.of(path);
    while (at.isPresent() && added.add(at.get())) {
      at = at.get().parent();
    }
  }

  /** Says whether something was put at the path, or below it. */
  boolean isAdded(ImagePath path) {
    return added.contains(path);
  }

  void find(ImagePath path, String rule, String evidence) {
    findings.add(Finding.at(path, new Reason(TRANSFORM, rule, evidence)));
  }

  List<PackageRemoval.RemovedPath> removed() {
    return removed;
  }

  PackageRemoval toRemoval() {
    return new PackageRemoval(edits, removed, findings);
  }
}
