package io.k8or.packages;

import io.k8or.filesystem.ImagePath;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The packages that must stay with some of them: what they need, what that needs, and so on.
 * Immutable.
 *
 * <p>Where one of several packages will do, one that stays anyway is taken; else the first that the
 * dependency names. What no installed package meets was not met before: it is reported by {@link
 * #unmet}, and is no error. A cycle is kept as a whole.
 */
public final class PackageClosure {
  private final PackageDatabase database;
  private final Map<InstalledPackage, String> roots;
  private final Set<InstalledPackage> packages;
  private final List<Unmet> unmet;
  private final Map<InstalledPackage, PackageChain.Link> reached;

  /**
   * A dependency that no installed package meets.
   *
   * @param dependent the package that states it
   * @param dependency what it states
   */
  public record Unmet(InstalledPackage dependent, Dependency dependency) {}

  private PackageClosure(
      PackageDatabase database,
      Map<InstalledPackage, String> roots,
      Set<InstalledPackage> packages,
      List<Unmet> unmet) {
    this.database = database;
    this.roots = roots;
    this.packages = packages;
    this.unmet = unmet;
    this.reached = reach(database, roots, packages);
  }

  /**
   * Returns the closure of some packages.
   *
   * @param roots the packages, each with the reason for which it stays; the order decides between
   *     chains of the same length
   * @throws IllegalArgumentException if one of them is not installed, or of another database
   */
  public static PackageClosure of(PackageDatabase database, Map<InstalledPackage, String> roots) {
    Set<InstalledPackage> all = new HashSet<>(database.packages());
    for (InstalledPackage root : roots.keySet()) {
      if (!all.contains(root) || !root.isInstalled()) {
        throw new IllegalArgumentException("not an installed package of the database: " + root);
      }
    }
    Map<InstalledPackage, String> ordered = Collections.unmodifiableMap(new LinkedHashMap<>(roots));
    Set<InstalledPackage> kept = new LinkedHashSet<>(ordered.keySet());
    Resolver resolver = new Resolver(database, kept);
    resolver.run();
    Set<InstalledPackage> inOrder = new LinkedHashSet<>();
    database.packages().stream().filter(kept::contains).forEach(inOrder::add);
    return new PackageClosure(
        database, ordered, Collections.unmodifiableSet(inOrder), resolver.unmet());
  }

  /** Returns the packages that stay, in the database's order. */
  public Set<InstalledPackage> packages() {
    return packages;
  }

  /** Returns the roots, with the reasons that they were given. */
  public Map<InstalledPackage, String> roots() {
    return roots;
  }

  /** Returns what the packages that stay need and do not have, in the database's order. */
  public List<Unmet> unmet() {
    return unmet;
  }

  /** Returns the shortest chain from a root to a package; empty if it does not stay. */
  public Optional<PackageChain> why(InstalledPackage target) {
    if (!packages.contains(target)) {
      return Optional.empty();
    }
    Deque<PackageChain.Link> links = new ArrayDeque<>();
    InstalledPackage at = target;
    while (!roots.containsKey(at)) {
      PackageChain.Link link = reached.get(at);
      if (link == null) {
        return Optional.empty();
      }
      links.push(link);
      at = link.from();
    }
    return Optional.of(new PackageChain(at, roots.getOrDefault(at, ""), List.copyOf(links)));
  }

  /**
   * Returns the shortest chain from a root to a package by its name or id; empty if none of that
   * name stays.
   */
  public Optional<PackageChain> why(String nameOrId) {
    return shortest(database.named(nameOrId));
  }

  /**
   * Returns the shortest chain from a root to a package that owns what is at a path; empty if none
   * stays that does.
   */
  public Optional<PackageChain> why(ImagePath path) {
    return shortest(database.owners(path));
  }

  private Optional<PackageChain> shortest(List<InstalledPackage> candidates) {
    PackageChain best = null;
    for (InstalledPackage each : candidates) {
      Optional<PackageChain> chain = why(each);
      if (chain.isPresent() && (best == null || chain.get().links().size() < best.links().size())) {
        best = chain.get();
      }
    }
    return Optional.ofNullable(best);
  }

  /** Returns, for each package that is reached and is no root, the step that first reaches it. */
  static Map<InstalledPackage, PackageChain.Link> reach(
      PackageDatabase database, Map<InstalledPackage, String> roots, Set<InstalledPackage> within) {
    Map<InstalledPackage, PackageChain.Link> reached = new HashMap<>();
    Deque<InstalledPackage> open = new ArrayDeque<>(roots.keySet());
    while (!open.isEmpty()) {
      InstalledPackage from = open.remove();
      for (Dependency dependency : from.dependencies()) {
        for (InstalledPackage to : PackageGraph.named(database, from, dependency.requirement())) {
          if (within.contains(to)
              && !roots.containsKey(to)
              && reached.putIfAbsent(to, new PackageChain.Link(from, dependency, to)) == null) {
            open.add(to);
          }
        }
      }
    }
    return reached;
  }

  @Override
  public String toString() {
    return packages.size()
        + " of "
        + database.packages().size()
        + " packages, for "
        + roots.size()
        + " roots";
  }

  /** Adds to a set of packages what they need. */
  private static final class Resolver {
    private final PackageDatabase database;
    private final Set<InstalledPackage> kept;
    private final Set<Unmet> unmet = new LinkedHashSet<>();

    Resolver(PackageDatabase database, Set<InstalledPackage> kept) {
      this.database = database;
      this.kept = kept;
    }

    List<Unmet> unmet() {
      return List.copyOf(unmet);
    }

    // First all that leaves no choice; then one choice, with which others may be made already.
    void run() {
      while (addForced() || addChosen()) {
        // until nothing is missing
      }
      for (InstalledPackage each : kept) {
        for (Dependency dependency : each.dependencies()) {
          if (!isMet(each, dependency.requirement())) {
            unmet.add(new Unmet(each, dependency));
          }
        }
      }
    }

    private boolean addForced() {
      boolean added = false;
      Deque<InstalledPackage> open = new ArrayDeque<>(kept);
      while (!open.isEmpty()) {
        InstalledPackage each = open.remove();
        for (Dependency dependency : each.dependencies()) {
          Requirement requirement = dependency.requirement();
          if (isMet(each, requirement) || !isForced(each, requirement)) {
            continue;
          }
          for (InstalledPackage need : cheapest(each, requirement).orElse(Set.of())) {
            if (kept.add(need)) {
              open.add(need);
              added = true;
            }
          }
        }
      }
      return added;
    }

    private boolean addChosen() {
      for (InstalledPackage each : List.copyOf(kept)) {
        for (Dependency dependency : each.dependencies()) {
          if (!isMet(each, dependency.requirement())) {
            Optional<Set<InstalledPackage>> needs = cheapest(each, dependency.requirement());
            if (needs.isPresent() && kept.addAll(needs.get())) {
              return true;
            }
          }
        }
      }
      return false;
    }

    private boolean isMet(InstalledPackage dependent, Requirement requirement) {
      return PackageGraph.isMet(database, dependent, requirement, kept);
    }

    private boolean isForced(InstalledPackage dependent, Requirement requirement) {
      if (requirement instanceof Requirement.AllOf all) {
        return all.parts().stream().allMatch(part -> isForced(dependent, part));
      } else if (requirement instanceof Requirement.AnyOf any) {
        List<Requirement> possible =
            any.parts().stream().filter(part -> cheapest(dependent, part).isPresent()).toList();
        return possible.size() == 1 && isForced(dependent, possible.get(0));
      } else if (requirement instanceof Requirement.When when) {
        return isForced(
            dependent, isMet(dependent, when.condition()) ? when.then() : when.otherwise());
      }
      return PackageGraph.standingFor(database, dependent, requirement).size() == 1;
    }

    /**
     * Returns what to add so that a requirement is met; empty if nothing that is installed does.
     */
    private Optional<Set<InstalledPackage>> cheapest(
        InstalledPackage dependent, Requirement requirement) {
      if (isMet(dependent, requirement)) {
        return Optional.of(Set.of());
      }
      if (requirement instanceof Requirement.AllOf all) {
        Set<InstalledPackage> union = new LinkedHashSet<>();
        for (Requirement part : all.parts()) {
          Optional<Set<InstalledPackage>> needs = cheapest(dependent, part);
          if (needs.isEmpty()) {
            return Optional.empty();
          }
          union.addAll(needs.get());
        }
        return Optional.of(union);
      } else if (requirement instanceof Requirement.AnyOf any) {
        for (Requirement part : any.parts()) {
          Optional<Set<InstalledPackage>> needs = cheapest(dependent, part);
          if (needs.isPresent()) {
            return needs;
          }
        }
        return Optional.empty();
      } else if (requirement instanceof Requirement.When when) {
        return cheapest(
            dependent, isMet(dependent, when.condition()) ? when.then() : when.otherwise());
      }
      List<InstalledPackage> candidates =
          new ArrayList<>(PackageGraph.standingFor(database, dependent, requirement));
      if (candidates.isEmpty()) {
        return Optional.empty();
      }
      // One that somebody asked for, before one that came along.
      for (InstalledPackage candidate : candidates) {
        if (!candidate.isAutomatic()) {
          return Optional.of(Set.of(candidate));
        }
      }
      return Optional.of(Set.of(candidates.get(0)));
    }
  }
}
