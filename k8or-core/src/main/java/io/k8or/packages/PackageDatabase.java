package io.k8or.packages;

import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Edit;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * The packages of an image, as one database of it records them. Immutable; it belongs to the
 * snapshot that it was read from.
 *
 * <p>Reading costs one pass over the database; the index of paths is made at its first use, one
 * look-up in the tree for each listed path.
 */
public sealed interface PackageDatabase permits IndexedDatabase {
  /** Returns the format. */
  PackageFormat format();

  /** Returns the path of the file or directory that it was read from. */
  ImagePath location();

  /** Returns all packages, in the database's order. */
  List<InstalledPackage> packages();

  /**
   * Returns the packages of a name, or the one of an id, such as {@code libc6} or {@code
   * libc6:arm64}; none where there are none.
   */
  List<InstalledPackage> named(String nameOrId);

  /**
   * Returns the packages that own what is at a path of the tree; links in the directories above it
   * are followed. Several own a directory.
   */
  List<InstalledPackage> owners(ImagePath path);

  /**
   * Returns the paths of the tree that a package owns: those it lists, with diversions applied and
   * symbolic links of the directories above followed, that are there. Unique, in the order of the
   * list.
   *
   * @throws IllegalArgumentException if the package is of another database
   */
  List<ImagePath> paths(InstalledPackage owner);

  /**
   * Returns the installed packages that stand for a name, in the database's order.
   *
   * @param dependent the package that asks, for formats where its architecture matters
   */
  List<InstalledPackage> providers(InstalledPackage dependent, Requirement.Named need);

  /** Returns the order of the format's versions. A text that is no version does not fail. */
  Comparator<String> versionOrder();

  /**
   * Plans that packages leave, as the package manager would purge them, without a maintainer
   * script; what they are needed for is not asked.
   *
   * @throws IllegalArgumentException if one of them is of another database
   * @throws io.k8or.content.MalformedContentException if a file of the database that must be
   *     rewritten has another form than its format asks for
   * @throws IOException if the image cannot be read
   */
  PackageRemoval removal(Collection<InstalledPackage> leaving) throws IOException;

  /**
   * Paths that leave an image while the packages that list them stay.
   *
   * @param transform the name of the transform that takes them, for the reasons
   * @param paths the paths of the tree
   * @param excluded globs of what the package manager is to leave out when it installs a package
   *     from now on, as far as the format has a way to say so
   * @param included globs of exceptions from these
   */
  record Unlisted(
      String transform, Set<ImagePath> paths, List<String> excluded, List<String> included) {
    /** Copies the collections. */
    public Unlisted {
      paths = Set.copyOf(paths);
      excluded = List.copyOf(excluded);
      included = List.copyOf(included);
    }

    static String count(int gone) {
      return gone == 1 ? "a path that is gone" : gone + " paths that are gone";
    }
  }

  /**
   * Plans that the database says that paths are not there, in the format's own way, so that
   * verifying the packages finds nothing missing:
   *
   * <ul>
   *   <li>dpkg: they go from the packages' lists and sums, and what is excluded is written to
   *       {@code /etc/dpkg/dpkg.cfg.d}. A configuration file stays listed: dpkg knows that
   *       administrators delete those.
   *   <li>apk: their lines go from the packages' records.
   *   <li>rpm: their state becomes "not installed", as for what {@code --excludepath} leaves out.
   * </ul>
   *
   * @throws io.k8or.content.MalformedContentException if a file of the database that must be
   *     rewritten has another form than its format asks for
   * @throws IOException if the image cannot be read
   */
  List<Edit> unlisting(Unlisted unlisted) throws IOException;
}
