package io.k8or.files;

import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import io.k8or.transform.Transform;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Removes the paths that globs name, but for those that other globs keep.
 *
 * <p>A glob that matches a directory means everything below it too. Keeping wins: a directory goes
 * as a whole where nothing in it is kept, otherwise only the parts that are not kept. Symbolic
 * links are not followed, other names of a hard-linked file stay. Paths that a higher layer hides
 * are removed too: they are still in the image. A glob that matches nothing is a finding.
 *
 * <p>Costs one pass over the paths for each glob; reads no content.
 *
 * @param remove what goes
 * @param keep what stays nevertheless
 */
public record FilePruner(List<PathGlob> remove, List<PathGlob> keep) implements Transform {
  private static final String NAME = "files";

  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException if a glob to remove is the root
   */
  public FilePruner {
    remove = List.copyOf(remove);
    keep = List.copyOf(keep);
    for (PathGlob glob : remove) {
      if (glob.matches(ImagePath.root())) {
        throw new IllegalArgumentException("the root cannot be removed: " + glob);
      }
    }
  }

  /**
   * Returns a transform that removes what the globs match.
   *
   * @throws IllegalArgumentException if a glob is the root
   */
  public static FilePruner removing(List<PathGlob> globs) {
    return new FilePruner(globs, List.of());
  }

  /** Returns this transform with further globs of what stays. */
  public FilePruner keeping(List<PathGlob> globs) {
    List<PathGlob> all = new ArrayList<>(keep);
    all.addAll(globs);
    return new FilePruner(remove, all);
  }

  @Override
  public EditPlan plan(ImageSnapshot image) {
    FileTree files = image.files();
    TreeSet<ImagePath> paths = new TreeSet<>(files.nodes().keySet());
    files.shadowed().forEach(file -> paths.add(file.path()));
    Map<ImagePath, PathGlob> toRemove = new HashMap<>();
    Map<ImagePath, PathGlob> toKeep = new HashMap<>();
    List<Finding> findings = new ArrayList<>();
    match(remove, paths, toRemove, findings);
    match(keep, paths, toKeep, findings);
    Set<ImagePath> holdsKept = holdingKept(paths, toKeep.keySet());

    List<Edit> edits = new ArrayList<>();
    Within done = new Within(); // a directory that is kept or removed as a whole
    Within matched = new Within(); // a directory that is to be removed
    for (ImagePath path : paths) {
      if (done.isAround(path)) {
        continue;
      }
      if (!matched.isAround(path) && toRemove.containsKey(path)) {
        matched.set(path);
      }
      if (!matched.isAround(path)) {
        if (toKeep.containsKey(path)) {
          done.set(path);
        }
        continue;
      }
      ImagePath cause = toRemove.containsKey(path) ? path : matched.get();
      PathGlob keeper = toKeep.get(path);
      PathGlob remover = toRemove.get(cause);
      if (keeper != null) {
        done.set(path);
        Reason reason = new Reason(NAME, "kept", evidence(keeper, path, path, files));
        findings.add(Finding.at(path, reason));
      } else if (remover != null && !holdsKept.contains(path)) {
        done.set(path);
        Reason reason = new Reason(NAME, "removed", evidence(remover, cause, path, files));
        edits.add(new Edit.RemovePath(path, reason));
      }
    }
    return EditPlan.of(edits, List.of(), findings);
  }

  /** The directory that the paths, which come in order, are in at the moment. */
  private static final class Within {
    private Optional<ImagePath> directory = Optional.empty();

    void set(ImagePath path) {
      directory = Optional.of(path);
    }

    ImagePath get() {
      return directory.orElseThrow();
    }

    boolean isAround(ImagePath path) {
      return directory.isPresent() && path.isWithin(directory.get());
    }
  }

  private static String evidence(PathGlob glob, ImagePath matched, ImagePath path, FileTree files) {
    String text =
        glob + " matches" + (matched.equals(path) ? "" : " " + matched + ", which this is in");
    if (!files.contains(path)) {
      return text + "; a higher layer hides it";
    }
    int otherNames = files.links(path).size() - 1;
    return otherNames == 0 ? text : text + "; " + otherNames + " other names of the file stay";
  }

  // The first glob that matches a path is the one that its reason names.
  private static void match(
      List<PathGlob> globs,
      TreeSet<ImagePath> paths,
      Map<ImagePath, PathGlob> matches,
      List<Finding> findings) {
    for (PathGlob glob : globs) {
      boolean found = false;
      for (ImagePath path : paths.tailSet(glob.base())) {
        if (!path.isWithin(glob.base())) {
          break;
        }
        if (glob.matches(path)) {
          found = true;
          matches.putIfAbsent(path, glob);
        }
      }
      if (!found) {
        findings.add(
            Finding.of(new Reason(NAME, "matches-nothing", "no path in the image is " + glob)));
      }
    }
  }

  private static Set<ImagePath> holdingKept(TreeSet<ImagePath> paths, Set<ImagePath> kept) {
    Set<ImagePath> holding = new HashSet<>();
    for (ImagePath path : kept) {
      Optional<ImagePath> above = path.parent();
      while (above.isPresent() && holding.add(above.get())) {
        above = above.get().parent();
      }
    }
    holding.retainAll(paths);
    return holding;
  }
}
