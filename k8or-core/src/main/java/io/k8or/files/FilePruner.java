package io.k8or.files;

import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Transform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Removes files that nothing needs to run: those of {@linkplain FileRule named rules}, and those
 * that globs name; but not those that other globs keep.
 *
 * <p>Keeping wins over removing, and both over the rules. A glob that matches a directory means
 * everything below it too: it goes as a whole where nothing in it is kept, otherwise only the parts
 * that are not kept. Symbolic links are not followed, other names of a hard-linked file stay. Paths
 * that a higher layer hides are removed too: they are still in the image. A glob that matches
 * nothing is a finding.
 *
 * <p>A rule takes files alone, and the directories that its table names once they are empty. It
 * leaves licence texts, what the image's configuration names, and what a symbolic link that stays
 * points to.
 *
 * <p>What a package lists and this removes is taken from the package's list; see {@link
 * io.k8or.packages.PackageDatabase#unlisting}. The artifact {@code pruned.json} has each path with
 * its package, rule and bytes, and the packages that are no longer whole.
 *
 * <p>Costs one pass over the paths for each glob, and reads the package databases where something
 * goes.
 *
 * @param rules classes of files that go
 * @param remove what goes beside them
 * @param keep what stays nevertheless
 * @param locales languages whose translations stay, such as {@code de} or {@code pt_BR}, beside
 *     English and those of the image's environment
 */
public record FilePruner(
    List<FileRule> rules, List<PathGlob> remove, List<PathGlob> keep, List<String> locales)
    implements Transform {
  /**
   * Copies the lists.
   *
   * @throws IllegalArgumentException if a glob to remove is the root, or a locale has no letters
   *     alone to begin with
   */
  public FilePruner {
    rules = List.copyOf(rules);
    remove = List.copyOf(remove);
    keep = List.copyOf(keep);
    locales = List.copyOf(locales);
    for (PathGlob glob : remove) {
      if (glob.matches(ImagePath.root())) {
        throw new IllegalArgumentException("the root cannot be removed: " + glob);
      }
    }
    for (String locale : locales) {
      if (!locale.matches("[A-Za-z]{1,8}([_.@-][A-Za-z0-9_.@-]*)?")) {
        throw new IllegalArgumentException("not a locale: " + locale);
      }
    }
  }

  /** Returns a transform of the rules that are safe for any image. */
  public static FilePruner defaults() {
    return new FilePruner(FileRule.defaults(), List.of(), List.of(), List.of());
  }

  /**
   * Returns a transform that removes what the globs match, and nothing else.
   *
   * @throws IllegalArgumentException if a glob is the root
   */
  public static FilePruner removing(List<PathGlob> globs) {
    return new FilePruner(List.of(), globs, List.of(), List.of());
  }

  /** Returns this transform with further globs of what stays. */
  public FilePruner keeping(List<PathGlob> globs) {
    List<PathGlob> all = new ArrayList<>(keep);
    all.addAll(globs);
    return new FilePruner(rules, remove, all, locales);
  }

  /**
   * Returns this transform with further languages whose translations stay.
   *
   * @throws IllegalArgumentException if one is no locale
   */
  public FilePruner keepingLocales(List<String> names) {
    List<String> all = new ArrayList<>(locales);
    all.addAll(names);
    return new FilePruner(rules, remove, keep, all);
  }

  @Override
  public EditPlan plan(ImageSnapshot image) throws IOException {
    return new Pruning(image, this).plan();
  }
}
