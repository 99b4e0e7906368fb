package io.k8or.packages;

import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What all formats' databases have: packages by name, by path, by what they stand for. */
abstract non-sealed class IndexedDatabase implements PackageDatabase {
  private final List<InstalledPackage> packages;
  private final Map<String, List<InstalledPackage>> byName = new HashMap<>();
  private final Map<String, List<InstalledPackage>> byCapability = new HashMap<>();
  private final Set<InstalledPackage> members;
  private final TreeState.Index index;
  private @Nullable Owned owned;

  /** Paths of the tree by owner, and owners by path. */
  private record Owned(
      Map<InstalledPackage, List<ImagePath>> paths,
      Map<ImagePath, List<InstalledPackage>> owners) {}

  IndexedDatabase(FileTree files, List<InstalledPackage> packages) {
    this.packages = List.copyOf(packages);
    this.index = new TreeState.Index(files);
    this.members = new HashSet<>();
    for (InstalledPackage each : packages) {
      members.add(each);
      byName.computeIfAbsent(each.name(), name -> new ArrayList<>(1)).add(each);
      if (!each.id().equals(each.name())) {
        byName.computeIfAbsent(each.id(), id -> new ArrayList<>(1)).add(each);
      }
      for (Capability capability : each.provides()) {
        List<InstalledPackage> list =
            byCapability.computeIfAbsent(capability.name(), name -> new ArrayList<>(1));
        if (list.isEmpty() || list.get(list.size() - 1) != each) {
          list.add(each);
        }
      }
    }
  }

  /** Returns the path of the tree at which a package's listed path would be found. */
  abstract ImagePath placeOf(InstalledPackage owner, ImagePath listed);

  /** Returns the packages that somebody asked for, as far as the database records it. */
  List<InstalledPackage> wanted() {
    return packages.stream().filter(each -> !each.isAutomatic()).toList();
  }

  final TreeState.Index index() {
    return index;
  }

  final FileTree files() {
    return index.tree();
  }

  final List<InstalledPackage> withCapability(String name) {
    return byCapability.getOrDefault(name, List.of());
  }

  final void requireMember(InstalledPackage each) {
    if (!members.contains(each)) {
      throw new IllegalArgumentException("a package of another database: " + each);
    }
  }

  @Override
  public final List<InstalledPackage> packages() {
    return packages;
  }

  @Override
  public final List<InstalledPackage> named(String nameOrId) {
    return Collections.unmodifiableList(byName.getOrDefault(nameOrId, List.of()));
  }

  @Override
  public final List<InstalledPackage> owners(ImagePath path) {
    Optional<ImagePath> real = files().resolveParent(path);
    return real.map(this::ownersAt).orElse(List.of());
  }

  /** Returns the packages that own what is at a path of the tree that has no link above it. */
  final List<InstalledPackage> ownersAt(ImagePath real) {
    return owned().owners().getOrDefault(real, List.of());
  }

  @Override
  public final List<ImagePath> paths(InstalledPackage owner) {
    requireMember(owner);
    return owned().paths().getOrDefault(owner, List.of());
  }

  // Two threads may make it twice; they make the same.
  private Owned owned() {
    Owned made = owned;
    if (made == null) {
      made = index(new TreeState(index));
      owned = made;
    }
    return made;
  }

  private Owned index(TreeState state) {
    Map<InstalledPackage, List<ImagePath>> paths = new HashMap<>();
    Map<ImagePath, List<InstalledPackage>> owners = new HashMap<>();
    for (InstalledPackage each : packages) {
      Set<ImagePath> real = new LinkedHashSet<>();
      for (ImagePath listed : each.files()) {
        state
            .resolveParent(placeOf(each, listed))
            .filter(at -> state.get(at).isPresent())
            .ifPresent(real::add);
      }
      real.forEach(at -> owners.computeIfAbsent(at, path -> new ArrayList<>(1)).add(each));
      paths.put(each, List.copyOf(real));
    }
    owners.replaceAll((path, list) -> List.copyOf(list));
    return new Owned(paths, owners);
  }

  @Override
  public String toString() {
    return format() + " database at " + location() + ", " + packages.size() + " packages";
  }
}
