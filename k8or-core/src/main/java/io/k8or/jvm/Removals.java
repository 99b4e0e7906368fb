package io.k8or.jvm;

import io.k8or.content.Content;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.PackageDatabase;
import io.k8or.packages.PackageDatabases;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Edits that are collected: with them go links to what goes, and what package databases say. */
final class Removals {
  private final ImageSnapshot image;
  private final FileTree files;
  private final List<Edit> edits = new ArrayList<>();
  private final List<Finding> findings = new ArrayList<>();
  private final Map<ImagePath, Content> replaced = new LinkedHashMap<>();
  private final Set<ImagePath> removed = new HashSet<>();

  Removals(ImageSnapshot image) {
    this.image = image;
    this.files = image.files();
  }

  static Reason reason(String rule, String evidence) {
    return new Reason(JavaTrimmer.NAME, rule, evidence);
  }

  void find(Finding finding) {
    findings.add(finding);
  }

  void find(ImagePath path, String rule, String evidence) {
    findings.add(Finding.at(path, reason(rule, evidence)));
  }

  void remove(ImagePath path, String rule, String evidence) {
    if (files.contains(path) && !removed.contains(path)) {
      removed.addAll(files.subtree(path).keySet());
      edits.add(new Edit.RemovePath(path, reason(rule, evidence)));
    }
  }

  void replace(ImagePath path, Content content, String rule, String evidence) {
    replaced.put(path, content);
    edits.add(new Edit.ReplaceContent(path, content, reason(rule, evidence)));
  }

  EditPlan plan() throws IOException {
    links();
    EditPlan plan = EditPlan.of(edits, List.of(), findings);
    if (!removed.isEmpty()) {
      PackageDatabase.Unlisted unlisted =
          new PackageDatabase.Unlisted(JavaTrimmer.NAME, removed, List.of(), List.of());
      List<Edit> lists = new ArrayList<>();
      for (PackageDatabase database : PackageDatabases.of(image)) {
        lists.addAll(database.unlisting(unlisted));
      }
      plan = plan.then(EditPlan.of(lists));
    }
    return plan.then(PackageDatabases.resumming(image.with(plan), JavaTrimmer.NAME, replaced));
  }

  // Such as those of update-alternatives.
  private void links() {
    if (removed.isEmpty()) {
      return;
    }
    for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
      if (entry.getValue().isSymlink() && !removed.contains(entry.getKey())) {
        Optional<ImagePath> target = files.resolve(entry.getKey());
        if (target.isPresent() && removed.contains(target.get())) {
          remove(entry.getKey(), "link", "it leads to " + target.get() + ", which goes");
        }
      }
    }
  }

  @Override
  public String toString() {
    return edits.size() + " edits";
  }
}
