package io.k8or.packages;

import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.dpkg.ControlFile;
import io.k8or.packages.dpkg.Diversion;
import io.k8or.packages.dpkg.DpkgRelation;
import io.k8or.packages.dpkg.DpkgVersion;
import io.k8or.packages.dpkg.Stanza;
import io.k8or.transform.Edit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A dpkg database. */
final class DpkgDatabase extends IndexedDatabase {
  private final ImagePath location;
  private final Optional<ControlFile> status;
  private final Map<InstalledPackage, Origin> origins;
  private final List<Diversion> diversions;
  private final Map<ImagePath, Diversion> diverted = new HashMap<>();
  private final String nativeArchitecture;
  private final Map<ImagePath, List<InstalledPackage>> listers;

  /**
   * Where a package's data is.
   *
   * @param stem of its files in info, such as {@code libc6:amd64}; empty for one of status.d
   * @param single its file in status.d
   * @param beside further files of it in status.d
   */
  record Origin(Stanza stanza, String stem, Optional<ImagePath> single, List<ImagePath> beside) {}

  DpkgDatabase(
      FileTree files,
      ImagePath location,
      Optional<ControlFile> status,
      Map<InstalledPackage, Origin> origins,
      List<Diversion> diversions,
      String nativeArchitecture) {
    super(files, List.copyOf(origins.keySet()));
    this.location = location;
    this.status = status;
    this.origins = origins;
    this.diversions = diversions;
    this.nativeArchitecture = nativeArchitecture;
    for (Diversion diversion : diversions) {
      diverted.put(diversion.from(), diversion);
    }
    this.listers = new HashMap<>();
    for (InstalledPackage each : packages()) {
      for (ImagePath path : each.files()) {
        listers.computeIfAbsent(path, p -> new ArrayList<>(1)).add(each);
      }
    }
  }

  Optional<ControlFile> status() {
    return status;
  }

  Origin origin(InstalledPackage each) {
    Origin origin = origins.get(each);
    if (origin == null) {
      throw new IllegalArgumentException("a package of another database: " + each);
    }
    return origin;
  }

  /** Returns the architecture of packages without another one; empty where none is known. */
  String nativeArchitecture() {
    return nativeArchitecture;
  }

  List<Diversion> diversions() {
    return diversions;
  }

  /** Returns the packages that list the very path. */
  List<InstalledPackage> listers(ImagePath listed) {
    return listers.getOrDefault(listed, List.of());
  }

  /** Returns the diversion of a path that packages list, if there is one. */
  Optional<Diversion> diversionOf(ImagePath listed) {
    return Optional.ofNullable(diverted.get(listed));
  }

  /** Says whether a path is where a diversion moves another package's file. */
  boolean isDiversionTarget(ImagePath listed) {
    return diversions.stream().anyMatch(diversion -> diversion.to().equals(listed));
  }

  @Override
  ImagePath placeOf(InstalledPackage owner, ImagePath listed) {
    Diversion diversion = diverted.get(listed);
    return diversion == null || diversion.owner().equals(owner.name()) ? listed : diversion.to();
  }

  @Override
  public PackageFormat format() {
    return PackageFormat.DPKG;
  }

  @Override
  public ImagePath location() {
    return location;
  }

  @Override
  public Comparator<String> versionOrder() {
    return DpkgVersion.ORDER;
  }

  @Override
  public List<InstalledPackage> providers(InstalledPackage dependent, Requirement.Named need) {
    DpkgRelation relation =
        new DpkgRelation(need.name(), need.qualifier(), need.operator(), need.version());
    List<InstalledPackage> providers = new ArrayList<>();
    for (InstalledPackage each : named(need.name())) {
      if (each.isInstalled()
          && each.name().equals(need.name())
          && relation.accepts(each.version())
          && fitsArchitecture(dependent, need.qualifier(), each)) {
        providers.add(each);
      }
    }
    for (InstalledPackage each : withCapability(need.name())) {
      if (each.isInstalled()
          && !providers.contains(each)
          && fitsArchitecture(dependent, need.qualifier(), each)
          && each.provides().stream().anyMatch(given -> provides(given, relation))) {
        providers.add(each);
      }
    }
    return providers;
  }

  private static boolean provides(Capability given, DpkgRelation relation) {
    if (!given.name().equals(relation.name())) {
      return false;
    }
    return relation.operator().isEmpty()
        || (!given.version().isEmpty() && relation.accepts(given.version()));
  }

  // Multi-Arch, as dpkg's deparchmatch: dpkg has it in its "dpkg-arch" and policy has it not yet.
  private boolean fitsArchitecture(
      InstalledPackage dependent, String qualifier, InstalledPackage candidate) {
    String own = concrete(dependent.architecture());
    String other = concrete(candidate.architecture());
    return switch (qualifier) {
      case "" -> candidate.multiArch().equals("foreign") || own.equals(other);
      case "any" -> candidate.multiArch().equals("allowed") || own.equals(other);
      case "native" -> other.equals(concrete("all"));
      default -> candidate.architecture().equals(qualifier);
    };
  }

  private String concrete(String architecture) {
    return architecture.equals("all") || architecture.isEmpty() ? nativeArchitecture : architecture;
  }

  @Override
  public PackageRemoval removal(Collection<InstalledPackage> leaving) throws IOException {
    leaving.forEach(this::requireMember);
    return new DpkgRemoval(this, leaving).plan();
  }

  @Override
  public List<Edit> unlisting(Unlisted unlisted) throws IOException {
    return new DpkgUnlisting(this, unlisted).plan();
  }
}
