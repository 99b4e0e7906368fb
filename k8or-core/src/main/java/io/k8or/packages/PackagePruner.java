package io.k8or.packages;

import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Artifact;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import io.k8or.transform.Transform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Removes packages from an image, without a package manager or a script, and leaves a database that
 * says what is there.
 *
 * <p>Which packages go is said in one of three ways: {@link #removing} those, {@link #keepingOnly}
 * those and what they need, or {@link #keepingWhatServicesNeed}. Essential and protected packages
 * stay (unless they are to be removed by {@link #forcingDependencies force}, or {@link #minimal} is
 * asked for). How they go is what {@code dpkg --purge}, {@code apk del} and {@code rpm -e} do to
 * files; see {@link PackageDatabase#removal}.
 *
 * <p>The plan has four artifacts, which depend on the image alone: {@code sbom.spdx.json} and
 * {@code sbom.cyclonedx.json} say what stays, {@code removed.json} what went and by which rule,
 * {@code vex.openvex.json} that the packages which went are not present.
 *
 * @param choice which packages go
 * @param names the packages that the choice is about, by name or id
 * @param keep further packages that stay, with what they need
 * @param force whether packages go even where others need them
 * @param lean whether essential packages stay only where something uses them
 */
public record PackagePruner(
    Choice choice, List<String> names, List<String> keep, boolean force, boolean lean)
    implements Transform {
  /** Copies the lists. */
  public PackagePruner {
    names = List.copyOf(names);
    keep = List.copyOf(keep);
  }

  /** Which packages go. */
  public enum Choice {
    /** Those that are named. */
    REMOVE,
    /** All but those that are named, and what they need. */
    KEEP,
    /** All but what the image's services need. */
    SERVICES
  }

  /**
   * Returns a pruner that removes packages.
   *
   * <p>Planning throws {@link PackageNeededException} where a package that stays needs one of them,
   * and {@link IllegalArgumentException} where the image has no package of a name.
   */
  public static PackagePruner removing(String... names) {
    return new PackagePruner(Choice.REMOVE, List.of(names), List.of(), false, false);
  }

  /**
   * Returns a pruner that keeps packages, what they need, essential ones, and the one with {@code
   * os-release}, which scanners read; and removes all others. Planning throws {@link
   * IllegalArgumentException} where the image has no package of a name.
   */
  public static PackagePruner keepingOnly(String... names) {
    return new PackagePruner(Choice.KEEP, List.of(names), List.of(), false, false);
  }

  /**
   * Returns a pruner that keeps the packages of the image's entrypoint and command: of the files
   * that these name, of their interpreters and libraries, of the commands that their scripts name;
   * those that programs use without saying so, such as certificates; essential ones; and what all
   * of them need. Where the image says nothing of what it runs, nothing goes.
   */
  public static PackagePruner keepingWhatServicesNeed() {
    return new PackagePruner(Choice.SERVICES, List.of(), List.of(), false, false);
  }

  /** Returns this, but with further packages that stay, with what they need. */
  public PackagePruner keeping(String... more) {
    List<String> all = new ArrayList<>(keep);
    all.addAll(List.of(more));
    return new PackagePruner(choice, names, all, force, lean);
  }

  /** Returns this, but packages go even where others need them; the findings name who does. */
  public PackagePruner forcingDependencies() {
    return new PackagePruner(choice, names, keep, true, lean);
  }

  /**
   * Returns this, but essential packages stay only where they are used: by a dependency, or by the
   * programs of the packages that are asked for (of the services, where those decide) and by what
   * these run, as far as their text names it.
   */
  public PackagePruner minimal() {
    return new PackagePruner(choice, names, keep, force, true);
  }

  @Override
  public EditPlan plan(ImageSnapshot image) throws IOException {
    List<PackageDatabase> databases = PackageDatabases.of(image);
    if (databases.isEmpty()) {
      requireKnown(List.of());
      return EditPlan.of(
          List.of(), List.of(), List.of(finding("no-database", "the image has no packages")));
    }
    requireKnown(databases);
    List<Edit> edits = new ArrayList<>();
    List<Finding> findings = new ArrayList<>();
    List<PackageRemoval.RemovedPath> removed = new ArrayList<>();
    Set<InstalledPackage> leaving = new LinkedHashSet<>();
    Map<PackageDatabase, Set<InstalledPackage>> staying = new LinkedHashMap<>();
    for (PackageDatabase database : databases) {
      Set<InstalledPackage> go = choose(image, database, findings);
      PackageRemoval removal = database.removal(go);
      edits.addAll(removal.edits());
      findings.addAll(removal.findings());
      removed.addAll(removal.removed());
      leaving.addAll(go);
      Set<InstalledPackage> stay = new LinkedHashSet<>(database.packages());
      stay.removeAll(go);
      staying.put(database, stay);
    }
    List<Artifact> artifacts = new PackageReports(image, staying, leaving, removed).artifacts();
    return EditPlan.of(edits, artifacts, findings);
  }

  /**
   * Returns what stays and why, without planning the removal.
   *
   * @throws IllegalArgumentException as planning does
   * @throws IOException if the image cannot be read
   */
  public PackageClosure closure(ImageSnapshot image, PackageDatabase database) throws IOException {
    Map<InstalledPackage, String> roots = new LinkedHashMap<>();
    for (String name : keep) {
      database.named(name).forEach(each -> roots.putIfAbsent(each, "asked to be kept"));
    }
    switch (choice) {
      case REMOVE -> {
        Set<InstalledPackage> go = named(database, names);
        for (InstalledPackage each : ((IndexedDatabase) database).wanted()) {
          if (each.isInstalled() && !go.contains(each)) {
            roots.putIfAbsent(each, "installed for itself");
          }
        }
        for (InstalledPackage each : database.packages()) {
          if (each.isInstalled() && !go.contains(each) && isEssential(each)) {
            roots.put(each, essence(each));
          }
        }
      }
      case KEEP ->
          named(database, names).stream()
              .filter(InstalledPackage::isInstalled)
              .forEach(each -> roots.putIfAbsent(each, "asked to be kept"));
      case SERVICES -> ServiceRoots.of(image, database).roots().forEach(roots::putIfAbsent);
    }
    roots.keySet().removeIf(each -> !each.isInstalled());
    if (choice == Choice.REMOVE) {
      return PackageClosure.of(database, roots);
    }
    // Those that stay for their data alone do not run.
    Set<InstalledPackage> users = new LinkedHashSet<>(roots.keySet());
    for (JsonTable.Entry entry : JsonTable.silentPackages()) {
      users.removeIf(each -> entry.reason().equals(roots.getOrDefault(each, "")));
    }
    for (String path : List.of("/etc/os-release", "/usr/lib/os-release")) {
      database
          .owners(ImagePath.of(path))
          .forEach(each -> roots.putIfAbsent(each, "has " + path + ", which scanners read"));
    }
    if (!lean) {
      addEssential(database, roots);
      return PackageClosure.of(database, roots);
    }
    new SilentUse(image, database).of(users).forEach(roots::putIfAbsent);
    return PackageClosure.of(database, roots);
  }

  private static void addEssential(PackageDatabase database, Map<InstalledPackage, String> roots) {
    for (InstalledPackage each : database.packages()) {
      if (isEssential(each)) {
        roots.putIfAbsent(each, essence(each));
      }
    }
  }

  private static boolean isEssential(InstalledPackage each) {
    return each.isEssential() || each.isProtected();
  }

  private static String essence(InstalledPackage each) {
    return each.isEssential() ? "essential" : "protected";
  }

  private Set<InstalledPackage> choose(
      ImageSnapshot image, PackageDatabase database, List<Finding> findings) throws IOException {
    if (choice == Choice.REMOVE) {
      Set<InstalledPackage> go = named(database, names);
      requireUnneeded(image, database, go, findings);
      return go;
    }
    if (choice == Choice.SERVICES) {
      ServiceRoots services = ServiceRoots.of(image, database);
      findings.addAll(services.findings());
      if (!services.isKnown()) {
        return Set.of();
      }
    } else if (named(database, names).isEmpty() && named(database, keep).isEmpty()) {
      return Set.of(); // the names are another database's
    }
    PackageClosure closure = closure(image, database);
    for (PackageClosure.Unmet unmet : closure.unmet()) {
      findings.add(finding("unmet-dependency", unmet.dependent() + " has " + unmet.dependency()));
    }
    Set<InstalledPackage> go = new LinkedHashSet<>(database.packages());
    go.removeAll(closure.packages());
    return go;
  }

  private void requireUnneeded(
      ImageSnapshot image,
      PackageDatabase database,
      Set<InstalledPackage> go,
      List<Finding> findings)
      throws IOException {
    Set<InstalledPackage> all = new LinkedHashSet<>();
    database.packages().stream().filter(InstalledPackage::isInstalled).forEach(all::add);
    Set<InstalledPackage> stay = new LinkedHashSet<>(all);
    stay.removeAll(go);
    for (InstalledPackage each : go) {
      if (isEssential(each) && each.isInstalled()) {
        report(new PackageChain(each, essence(each), List.of()), findings);
      }
    }
    PackageClosure roots = null;
    for (InstalledPackage each : stay) {
      for (Dependency dependency : each.dependencies()) {
        if (PackageGraph.isMet(database, each, dependency.requirement(), stay)
            || !PackageGraph.isMet(database, each, dependency.requirement(), all)) {
          continue;
        }
        for (InstalledPackage needed :
            PackageGraph.named(database, each, dependency.requirement())) {
          if (go.contains(needed)) {
            if (roots == null) {
              roots = closure(image, database);
            }
            report(chain(roots, stay, each, dependency, needed), findings);
            break;
          }
        }
      }
    }
  }

  private static PackageChain chain(
      PackageClosure closure,
      Set<InstalledPackage> stay,
      InstalledPackage dependent,
      Dependency dependency,
      InstalledPackage needed) {
    PackageChain.Link last = new PackageChain.Link(dependent, dependency, needed);
    Optional<PackageChain> before =
        closure
            .why(dependent)
            .filter(chain -> chain.links().stream().allMatch(link -> stay.contains(link.to())));
    if (before.isEmpty()) {
      return new PackageChain(dependent, "stays", List.of(last));
    }
    List<PackageChain.Link> links = new ArrayList<>(before.get().links());
    links.add(last);
    return new PackageChain(before.get().root(), before.get().reason(), links);
  }

  private void report(PackageChain chain, List<Finding> findings) {
    PackageNeededException needed = new PackageNeededException(chain);
    if (!force) {
      throw needed;
    }
    findings.add(finding("forced", "removed although " + needed.getMessage()));
  }

  private void requireKnown(List<PackageDatabase> databases) {
    for (List<String> list : List.of(names, keep)) {
      for (String name : list) {
        if (databases.stream().allMatch(database -> database.named(name).isEmpty())) {
          throw new IllegalArgumentException("no package " + name + " in the image");
        }
      }
    }
  }

  private static Set<InstalledPackage> named(PackageDatabase database, Collection<String> names) {
    Set<InstalledPackage> found = new LinkedHashSet<>();
    names.forEach(name -> found.addAll(database.named(name)));
    return found;
  }

  private static Finding finding(String rule, String evidence) {
    return Finding.of(new Reason(RemovalLog.TRANSFORM, rule, evidence));
  }

  @Override
  public String toString() {
    String what =
        switch (choice) {
          case REMOVE -> "removing " + names;
          case KEEP -> "keeping only " + names;
          case SERVICES -> "keeping what services need";
        };
    return "PackagePruner "
        + what
        + (keep.isEmpty() ? "" : ", keeping " + keep)
        + (force ? ", forcing dependencies" : "")
        + (lean ? ", minimal" : "");
  }
}
