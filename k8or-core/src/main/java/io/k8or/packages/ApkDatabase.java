package io.k8or.packages;

import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.apk.ApkDependency;
import io.k8or.packages.apk.ApkInstalled;
import io.k8or.packages.apk.ApkVersion;
import io.k8or.transform.Edit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** An apk database. */
final class ApkDatabase extends IndexedDatabase {
  private final ImagePath location;
  private final ApkInstalled installed;
  private final Map<InstalledPackage, ApkInstalled.Entry> entries;
  private final List<ApkDependency> world;

  ApkDatabase(
      FileTree files,
      ImagePath location,
      ApkInstalled installed,
      Map<InstalledPackage, ApkInstalled.Entry> entries,
      List<ApkDependency> world) {
    super(files, List.copyOf(entries.keySet()));
    this.location = location;
    this.installed = installed;
    this.entries = entries;
    this.world = List.copyOf(world);
  }

  ApkInstalled installed() {
    return installed;
  }

  ApkInstalled.Entry entry(InstalledPackage each) {
    ApkInstalled.Entry entry = entries.get(each);
    if (entry == null) {
      throw new IllegalArgumentException("a package of another database: " + each);
    }
    return entry;
  }

  @Override
  ImagePath placeOf(InstalledPackage owner, ImagePath listed) {
    return listed;
  }

  @Override
  public PackageFormat format() {
    return PackageFormat.APK;
  }

  @Override
  public ImagePath location() {
    return location;
  }

  @Override
  public Comparator<String> versionOrder() {
    return ApkVersion.ORDER;
  }

  /** Returns the packages that the world asks for by name or by what they provide. */
  @Override
  List<InstalledPackage> wanted() {
    List<InstalledPackage> wanted = new ArrayList<>();
    for (ApkDependency line : world) {
      if (!line.conflict()) {
        wanted.addAll(providers(line));
      }
    }
    return wanted;
  }

  @Override
  public List<InstalledPackage> providers(InstalledPackage dependent, Requirement.Named need) {
    return providers(new ApkDependency(need.name(), need.operator(), need.version(), false));
  }

  List<InstalledPackage> providers(ApkDependency need) {
    List<InstalledPackage> providers = new ArrayList<>();
    for (InstalledPackage each : named(need.name())) {
      if (accepts(need, each.version(), entry(each).text('C'))) {
        providers.add(each);
      }
    }
    for (InstalledPackage each : withCapability(need.name())) {
      if (!providers.contains(each)
          && each.provides().stream()
              .anyMatch(
                  given ->
                      given.name().equals(need.name()) && accepts(need, given.version(), ""))) {
        providers.add(each);
      }
    }
    return providers;
  }

  private static boolean accepts(ApkDependency need, String version, String checksum) {
    if (need.operator().isEmpty()) {
      return true;
    }
    if (need.operator().equals("><")) {
      return checksum.equals(need.version());
    }
    return !version.isEmpty() && ApkVersion.accepts(version, need.operator(), need.version());
  }

  @Override
  public PackageRemoval removal(Collection<InstalledPackage> leaving) throws IOException {
    leaving.forEach(this::requireMember);
    return new ApkRemoval(this, leaving).plan();
  }

  @Override
  public List<Edit> unlisting(Unlisted unlisted) throws IOException {
    return new ApkUnlisting(this, unlisted).plan();
  }
}
