package io.k8or.packages;

import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

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
}
