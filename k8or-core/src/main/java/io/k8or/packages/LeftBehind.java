package io.k8or.packages;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.loader.LoaderCache;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Removes what scripts of packages made and no package lists, by the rules of {@code
 * left-behind.json}, and the directories that are empty without it.
 */
final class LeftBehind {
  private static final Rules RULES = load();

  private final IndexedDatabase database;
  private final Set<InstalledPackage> leaving;
  private final RemovalLog log;
  private final TreeState state;

  private record Rules(List<Beside> beside, List<Links> links, List<Made> made) {}

  private record Beside(String name, String suffix, String folder, String made) {}

  private record Links(String name, List<PathGlob> paths) {}

  private record Made(String name, List<String> packages, List<PathGlob> paths) {}

  LeftBehind(IndexedDatabase database, Collection<InstalledPackage> leaving, RemovalLog log) {
    this.database = database;
    this.leaving = new HashSet<>(leaving);
    this.log = log;
    this.state = log.state();
  }

  void run() throws IOException {
    Map<ImagePath, String> owners = new LinkedHashMap<>();
    log.removed().forEach(gone -> owners.put(gone.path(), gone.owner()));
    for (Beside rule : RULES.beside()) {
      followStems(rule, owners);
    }
    for (Made rule : RULES.made()) {
      followPackages(rule);
    }
    for (Links rule : RULES.links()) {
      followLinks(rule);
    }
    cutLoaderCache();
    removeEmptied();
  }

  private void cutLoaderCache() throws IOException {
    Optional<TreeFiles.Read> cache = TreeFiles.read(files(), LoaderCache.PATH);
    boolean libraries =
        log.removed().stream().anyMatch(gone -> gone.path().name().toLatin1().contains(".so"));
    if (!libraries || cache.isEmpty() || state.isGone(cache.get().path())) {
      return;
    }
    Optional<ByteString> cut =
        LoaderCache.without(
            cache.get().bytes(),
            path ->
                Programs.path(path)
                    .filter(at -> files().resolve(at).isPresent() && state.resolve(at).isEmpty())
                    .isPresent(),
            cache.get().path().toString());
    if (cut.isEmpty()) {
      log.find(
          cache.get().path(),
          "loader-cache",
          "of a form that is not rewritten, so it is kept; the loader passes over what went");
    } else if (!cut.get().equals(cache.get().bytes())) {
      log.replace(cache.get().path(), cut.get(), "loader-cache", "without the libraries that went");
    }
  }

  private void followStems(Beside rule, Map<ImagePath, String> owners) {
    ByteString suffix = ByteString.utf8(rule.suffix());
    Map<ImagePath, Map<String, ImagePath>> stems = new LinkedHashMap<>();
    for (ImagePath gone : owners.keySet()) {
      ByteString name = gone.name();
      if (name.endsWith(suffix)) {
        ImagePath folder = gone.parent().orElseThrow().resolve(rule.folder());
        if (state.isDirectory(folder)) {
          stems
              .computeIfAbsent(folder, at -> new HashMap<>())
              .put(name.substring(0, name.length() - suffix.length()).toLatin1(), gone);
        }
      }
    }
    stems.forEach(
        (folder, made) -> {
          for (ImagePath child : state.children(folder)) {
            String name = child.name().toLatin1();
            ImagePath source = name.endsWith(rule.made()) ? source(name, made) : null;
            if (source != null && isFree(child)) {
              log.remove(child, owners.getOrDefault(source, ""), rule.name(), "made of " + source);
            }
          }
        });
  }

  // STEM.anything.made, where a stem may have dots.
  private static @Nullable ImagePath source(String name, Map<String, ImagePath> made) {
    for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      ImagePath source = made.get(name.substring(0, dot));
      if (source != null) {
        return source;
      }
    }
    return null;
  }

  private void followPackages(Made rule) {
    String owner = null;
    for (String name : rule.packages()) {
      for (InstalledPackage each : database.named(name)) {
        if (!leaving.contains(each)) {
          return;
        }
        owner = each.id();
      }
    }
    if (owner == null) {
      return;
    }
    for (PathGlob glob : rule.paths()) {
      for (ImagePath path : matching(glob)) {
        if (state.get(path).isPresent() && !state.isDirectory(path) && isFree(path)) {
          log.remove(path, owner, rule.name(), "made by the package " + owner);
        }
      }
    }
  }

  // A link may point to a link: again until nothing more goes.
  private void followLinks(Links rule) {
    List<ImagePath> links = new ArrayList<>();
    for (PathGlob glob : rule.paths()) {
      for (ImagePath path : matching(glob)) {
        if (state.get(path).filter(FileNode::isSymlink).isPresent() && isFree(path)) {
          links.add(path);
        }
      }
    }
    boolean changed = true;
    while (changed) {
      changed = false;
      for (ImagePath link : List.copyOf(links)) {
        Optional<ImagePath> to = goneTarget(link);
        if (to.isPresent()) {
          log.remove(link, "", rule.name(), "a link to " + to.get() + ", which goes");
          links.remove(link);
          changed = true;
        }
      }
    }
  }

  // One step only: what it leads to may be exchanged on the way, as alternatives are.
  private Optional<ImagePath> goneTarget(ImagePath link) {
    ByteString target = state.get(link).orElseThrow().target();
    if (target.isEmpty()) {
      return Optional.empty();
    }
    return DpkgRemoval.target(link, target)
        .flatMap(files()::resolveParent)
        .filter(at -> state.isGone(at) && !log.isAdded(at));
  }

  private void removeEmptied() {
    Set<ImagePath> seen = new HashSet<>();
    for (PackageRemoval.RemovedPath gone : List.copyOf(log.removed())) {
      Optional<ImagePath> directory = gone.path().parent();
      while (directory.isPresent() && directory.get().depth() > 1) {
        ImagePath at = directory.get();
        if (!seen.add(at) && !state.isEmpty(at)) {
          break;
        }
        if (!state.isDirectory(at) || !state.isEmpty(at) || !isFree(at)) {
          break;
        }
        log.remove(at, gone.owner(), "emptied-directory", "nothing is left in it");
        directory = at.parent();
      }
    }
  }

  private List<ImagePath> matching(PathGlob glob) {
    List<ImagePath> paths = new ArrayList<>();
    Optional<ImagePath> prefix = files().resolveParent(glob.base());
    if (prefix.isEmpty()) {
      return paths;
    }
    ImagePath listed = glob.base();
    for (ImagePath path : files().subtree(prefix.get()).keySet()) {
      if (glob.matches(path.rebase(prefix.get(), listed))) {
        paths.add(path);
      }
    }
    return paths;
  }

  private FileTree files() {
    return state.tree();
  }

  // No package that stays lists it.
  private boolean isFree(ImagePath path) {
    if (log.isAdded(path)) {
      return false;
    }
    for (InstalledPackage owner : database.ownersAt(path)) {
      if (!leaving.contains(owner)) {
        return false;
      }
    }
    return true;
  }

  private static Rules load() {
    JsonNode root = JsonTable.resource("left-behind.json");
    List<Beside> beside = new ArrayList<>();
    for (JsonNode rule : root.path("beside")) {
      beside.add(
          new Beside(
              rule.path("name").asText(),
              rule.path("suffix").asText(),
              rule.path("folder").asText(),
              rule.path("made").asText()));
    }
    List<Links> links = new ArrayList<>();
    for (JsonNode rule : root.path("links")) {
      links.add(new Links(rule.path("name").asText(), globs(rule)));
    }
    List<Made> made = new ArrayList<>();
    for (JsonNode rule : root.path("packages")) {
      List<String> names = new ArrayList<>();
      rule.path("packages").forEach(name -> names.add(name.asText()));
      made.add(new Made(rule.path("name").asText(), List.copyOf(names), globs(rule)));
    }
    return new Rules(List.copyOf(beside), List.copyOf(links), List.copyOf(made));
  }

  private static List<PathGlob> globs(JsonNode rule) {
    List<PathGlob> globs = new ArrayList<>();
    rule.path("paths").forEach(path -> globs.add(PathGlob.of(path.asText())));
    return List.copyOf(globs);
  }
}
