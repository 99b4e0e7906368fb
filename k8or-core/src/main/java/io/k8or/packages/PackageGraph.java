package io.k8or.packages;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Answers which packages meet a requirement. */
final class PackageGraph {
  private PackageGraph() {}

  /** Returns every installed package that stands for something that a package names. */
  static Set<InstalledPackage> directlyNeeded(PackageDatabase database, InstalledPackage each) {
    Set<InstalledPackage> needed = new LinkedHashSet<>();
    for (Dependency dependency : each.dependencies()) {
      collect(database, each, dependency.requirement(), needed);
    }
    return needed;
  }

  /** Returns every installed package that stands for a name in a requirement. */
  static Set<InstalledPackage> named(
      PackageDatabase database, InstalledPackage dependent, Requirement requirement) {
    Set<InstalledPackage> needed = new LinkedHashSet<>();
    collect(database, dependent, requirement, needed);
    return needed;
  }

  private static void collect(
      PackageDatabase database,
      InstalledPackage dependent,
      Requirement requirement,
      Set<InstalledPackage> needed) {
    if (requirement instanceof Requirement.Named named) {
      needed.addAll(database.providers(dependent, named));
      return;
    }
    for (Requirement part : parts(requirement)) {
      collect(database, dependent, part, needed);
    }
  }

  private static List<Requirement> parts(Requirement requirement) {
    if (requirement instanceof Requirement.AnyOf any) {
      return any.parts();
    } else if (requirement instanceof Requirement.AllOf all) {
      return all.parts();
    } else if (requirement instanceof Requirement.When when) {
      return List.of(when.then(), when.otherwise());
    } else if (requirement instanceof Requirement.With with) {
      return List.of(with.one(), with.other());
    } else if (requirement instanceof Requirement.Without without) {
      return List.of(without.one());
    }
    return List.of();
  }

  /** Returns the single packages of which each meets the requirement alone. */
  static List<InstalledPackage> standingFor(
      PackageDatabase database, InstalledPackage dependent, Requirement requirement) {
    if (requirement instanceof Requirement.Named named) {
      return database.providers(dependent, named);
    } else if (requirement instanceof Requirement.With with) {
      List<InstalledPackage> both = new ArrayList<>(standingFor(database, dependent, with.one()));
      both.retainAll(standingFor(database, dependent, with.other()));
      return both;
    } else if (requirement instanceof Requirement.Without without) {
      List<InstalledPackage> rest =
          new ArrayList<>(standingFor(database, dependent, without.one()));
      rest.removeAll(standingFor(database, dependent, without.other()));
      return rest;
    } else if (requirement instanceof Requirement.AnyOf any) {
      Set<InstalledPackage> all = new LinkedHashSet<>();
      any.parts().forEach(part -> all.addAll(standingFor(database, dependent, part)));
      return List.copyOf(all);
    }
    return List.of();
  }

  /** Says whether the packages of a set meet a requirement. */
  static boolean isMet(
      PackageDatabase database,
      InstalledPackage dependent,
      Requirement requirement,
      Set<InstalledPackage> present) {
    if (requirement instanceof Requirement.AllOf all) {
      return all.parts().stream().allMatch(part -> isMet(database, dependent, part, present));
    } else if (requirement instanceof Requirement.AnyOf any) {
      return any.parts().stream().anyMatch(part -> isMet(database, dependent, part, present));
    } else if (requirement instanceof Requirement.When when) {
      return isMet(database, dependent, when.condition(), present)
          ? isMet(database, dependent, when.then(), present)
          : isMet(database, dependent, when.otherwise(), present);
    }
    return standingFor(database, dependent, requirement).stream().anyMatch(present::contains);
  }
}
