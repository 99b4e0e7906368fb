package io.k8or.packages;

import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import java.util.List;
import java.util.Objects;

/**
 * How packages leave an image: the edits, and which path went for which package.
 *
 * @param edits what changes, in the order in which it applies; what is below a directory goes
 *     before the directory
 * @param removed each path that goes, in the order of the edits
 * @param findings what a person should know
 */
public record PackageRemoval(List<Edit> edits, List<RemovedPath> removed, List<Finding> findings) {
  /** Copies the lists. */
  public PackageRemoval {
    edits = List.copyOf(edits);
    removed = List.copyOf(removed);
    findings = List.copyOf(findings);
  }

  /**
   * A path that goes.
   *
   * @param path the path in the tree
   * @param owner the id of the package that it goes for
   * @param rule the rule's name
   * @param bytes of a regular file; 0 for anything else
   */
  public record RemovedPath(ImagePath path, String owner, String rule, long bytes) {
    /** Checks that nothing is missing. */
    public RemovedPath {
      Objects.requireNonNull(path);
      Objects.requireNonNull(owner);
      Objects.requireNonNull(rule);
    }
  }

  /** Returns the edits and findings as a plan. */
  public EditPlan plan() {
    return EditPlan.of(edits, List.of(), findings);
  }
}
