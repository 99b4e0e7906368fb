package io.k8or.services;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Several plans for one image in two steps: what all of them leave as it is in the image, once, and
 * what each adds to that. So layers that are the same can be stored once.
 *
 * <p>For each plan, the image with {@link #shared} and then its rest has the files and the
 * configuration of the image with the plan. Names of one file (hard links) that are not in all of
 * the results become files of their own.
 *
 * @param shared removes what is not in all results, or not the same in all; nothing else
 * @param rests for each plan, in order, what it adds to that and changes of the configuration
 */
public record SharedFiles(EditPlan shared, List<EditPlan> rests) {
  /** Copies the list. */
  public SharedFiles {
    rests = List.copyOf(rests);
  }

  /**
   * Finds what plans share. Costs a pass over the paths for each plan; reads no content.
   *
   * @throws IllegalArgumentException if a plan does not fit the image, or there is none
   */
  public static SharedFiles of(ImageSnapshot image, List<EditPlan> plans) {
    if (plans.isEmpty()) {
      throw new IllegalArgumentException("no plans");
    }
    FileTree whole = image.files();
    List<ImageSnapshot> results = plans.stream().map(image::with).toList();
    List<Edit> removed = new ArrayList<>();
    Optional<ImagePath> gone = Optional.empty();
    for (Map.Entry<ImagePath, FileNode> entry : whole.nodes().entrySet()) {
      ImagePath path = entry.getKey();
      if (path.isRoot() || (gone.isPresent() && path.isWithin(gone.get()))) {
        continue;
      }
      if (!results.stream().allMatch(result -> isShared(entry.getValue(), result, path))) {
        gone = Optional.of(path);
        removed.add(
            new Edit.RemovePath(
                path,
                new Reason(
                    ServiceOptimizer.NAME, "not-shared", "not the same in all services' images")));
      }
    }
    hidden(whole, results, removed);
    EditPlan shared = EditPlan.of(removed);
    FileTree common = image.with(shared).files();
    List<EditPlan> rests = new ArrayList<>();
    for (int i = 0; i < plans.size(); i++) {
      rests.add(rest(common, results.get(i).files(), plans.get(i)));
    }
    return new SharedFiles(shared, rests);
  }

  // What only lower layers hold goes where it goes for all.
  private static void hidden(FileTree whole, List<ImageSnapshot> results, List<Edit> removed) {
    Set<ImagePath> left = new HashSet<>();
    for (ImageSnapshot result : results) {
      result.files().shadowed().forEach(file -> left.add(file.path()));
    }
    Set<ImagePath> paths = new TreeSet<>();
    for (FileTree.Shadowed file : whole.shadowed()) {
      if (!whole.contains(file.path()) && !left.contains(file.path())) {
        paths.add(file.path());
      }
    }
    Reason reason = new Reason(ServiceOptimizer.NAME, "hidden", "upper layers hide it");
    paths.forEach(path -> removed.add(new Edit.RemovePath(path, reason)));
  }

  // A directory is shared for what is in it; its attributes are of each result's own.
  private static boolean isShared(FileNode node, ImageSnapshot result, ImagePath path) {
    Optional<FileNode> left = result.files().get(path);
    return left.isPresent()
        && (left.get() == node
            || left.get().isSameAs(node)
            || (left.get().isDirectory() && node.isDirectory()));
  }

  private static EditPlan rest(FileTree common, FileTree result, EditPlan plan) {
    List<Edit> edits = new ArrayList<>();
    for (Map.Entry<ImagePath, FileNode> entry : result.nodes().entrySet()) {
      ImagePath path = entry.getKey();
      FileNode node = entry.getValue();
      Optional<FileNode> there = common.get(path);
      if (there.isPresent() && (there.get() == node || there.get().isSameAs(node))) {
        continue;
      }
      Reason reason =
          new Reason(ServiceOptimizer.NAME, "own", "not the same in all services' images");
      edits.add(
          there.isPresent() && node.isDirectory()
              ? new Edit.SetAttributes(path, node.attributes(), reason)
              : new Edit.AddFile(path, node, reason));
    }
    plan.edits().stream().filter(Edit.EditConfig.class::isInstance).forEach(edits::add);
    return EditPlan.of(edits, plan.artifacts(), plan.findings());
  }
}
