package io.k8or.packages;

import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.rpm.RpmHeaders;
import io.k8or.packages.rpm.RpmVersion;
import io.k8or.transform.Edit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** An rpm database. */
final class RpmDatabase extends IndexedDatabase {
  private final ImagePath location;
  private final RpmHeaders headers;
  private final Map<InstalledPackage, Origin> origins;
  private final Map<ImagePath, List<InstalledPackage>> listers = new HashMap<>();

  /**
   * Where a package's data is.
   *
   * @param number of its header
   * @param algorithm of the files' digests in Java's words; empty if it is not known
   */
  record Origin(int number, List<Listed> files, String algorithm) {}

  /**
   * A file of a package.
   *
   * @param flags 1 for configuration, 64 for one that need not be there
   * @param mode its kind and permissions
   * @param size in bytes; -1 where it is not known
   * @param digest of the content in hexadecimal digits; empty where there is none
   * @param target of a symbolic link
   * @param present whether it was put there, and not left out
   */
  record Listed(
      ImagePath path,
      int flags,
      int mode,
      long size,
      String digest,
      String target,
      boolean present) {
    boolean isConfiguration() {
      return (flags & 1) != 0 && (isRegular() || isSymlink());
    }

    boolean isGhost() {
      return (flags & 64) != 0;
    }

    boolean isRegular() {
      return (mode & 0170000) == 0100000;
    }

    boolean isSymlink() {
      return (mode & 0170000) == 0120000;
    }
  }

  RpmDatabase(
      FileTree files,
      ImagePath location,
      RpmHeaders headers,
      Map<InstalledPackage, Origin> origins) {
    super(files, List.copyOf(origins.keySet()));
    this.location = location;
    this.headers = headers;
    this.origins = origins;
    for (InstalledPackage each : packages()) {
      for (ImagePath path : each.files()) {
        listers.computeIfAbsent(path, at -> new ArrayList<>(1)).add(each);
      }
    }
  }

  RpmHeaders headers() {
    return headers;
  }

  Origin origin(InstalledPackage each) {
    Origin origin = origins.get(each);
    if (origin == null) {
      throw new IllegalArgumentException("a package of another database: " + each);
    }
    return origin;
  }

  List<InstalledPackage> listers(ImagePath listed) {
    return listers.getOrDefault(listed, List.of());
  }

  @Override
  ImagePath placeOf(InstalledPackage owner, ImagePath listed) {
    return listed;
  }

  @Override
  public PackageFormat format() {
    return PackageFormat.RPM;
  }

  @Override
  public ImagePath location() {
    return location;
  }

  @Override
  public Comparator<String> versionOrder() {
    return RpmVersion.ORDER;
  }

  @Override
  public List<InstalledPackage> providers(InstalledPackage dependent, Requirement.Named need) {
    Set<InstalledPackage> providers = new LinkedHashSet<>();
    for (InstalledPackage each : withCapability(need.name())) {
      if (each.provides().stream()
          .anyMatch(given -> given.name().equals(need.name()) && accepts(need, given.version()))) {
        providers.add(each);
      }
    }
    Optional<ImagePath> path = Programs.path(need.name());
    if (path.isPresent()) {
      providers.addAll(listers(path.get()));
      providers.addAll(owners(path.get()));
    }
    if (providers.isEmpty()) {
      // Headers of old do not provide their own name.
      for (InstalledPackage each : named(need.name())) {
        if (accepts(need, each.version())) {
          providers.add(each);
        }
      }
    }
    return List.copyOf(providers);
  }

  // rpm: where one side names no version, any will do.
  private static boolean accepts(Requirement.Named need, String version) {
    if (need.operator().isEmpty() || version.isEmpty()) {
      return true;
    }
    int order = RpmVersion.parse(version).compareForDependency(RpmVersion.parse(need.version()));
    return (order == 0 && need.operator().indexOf('=') >= 0)
        || (order < 0 && need.operator().indexOf('<') >= 0)
        || (order > 0 && need.operator().indexOf('>') >= 0);
  }

  @Override
  public PackageRemoval removal(Collection<InstalledPackage> leaving) throws IOException {
    leaving.forEach(this::requireMember);
    return new RpmRemoval(this, leaving).plan();
  }

  @Override
  public List<Edit> unlisting(Unlisted unlisted) throws IOException {
    return new RpmUnlisting(this, unlisted).plan();
  }
}
