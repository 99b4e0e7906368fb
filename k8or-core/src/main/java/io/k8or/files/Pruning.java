package io.k8or.files;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.packages.PackageDatabase;
import io.k8or.packages.PackageDatabases;
import io.k8or.transform.Artifact;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** One plan of a {@link FilePruner} in the making. */
final class Pruning {
  static final String NAME = "files";
  static final String NAMED = "removed";

  private final ImageSnapshot image;
  private final FileTree files;
  private final FilePruner pruner;
  private final TreeSet<ImagePath> paths;
  // Of paths that are hidden alone.
  private final Map<ImagePath, FileNode> hidden = new HashMap<>();
  private final TreeMap<ImagePath, Hit> gone = new TreeMap<>();
  private final List<Finding> findings = new ArrayList<>();

  /** Why a path goes. */
  record Hit(String rule, String evidence) {}

  Pruning(ImageSnapshot image, FilePruner pruner) {
    this.image = image;
    this.files = image.files();
    this.pruner = pruner;
    this.paths = new TreeSet<>(files.nodes().keySet());
    for (FileTree.Shadowed file : files.shadowed()) {
      if (!files.contains(file.path())) {
        hidden.put(file.path(), file.node());
      }
      paths.add(file.path());
    }
  }

  EditPlan plan() throws IOException {
    Map<ImagePath, PathGlob> toRemove = match(pruner.remove());
    Map<ImagePath, PathGlob> toKeep = match(pruner.keep());
    takeNamed(toRemove, toKeep);
    takeByRules(toKeep);
    List<Edit> edits = edits();
    List<Artifact> artifacts = new ArrayList<>();
    if (!gone.isEmpty()) {
      List<PackageDatabase> databases = databases();
      artifacts.add(PrunedReport.of(databases, files, gone));
      PackageDatabase.Unlisted unlisted = unlisted();
      for (PackageDatabase database : databases) {
        edits.addAll(database.unlisting(unlisted));
      }
    }
    return EditPlan.of(edits, artifacts, findings);
  }

  private List<PackageDatabase> databases() throws IOException {
    try {
      return PackageDatabases.of(files);
    } catch (MalformedContentException e) {
      find("unread-database", "what goes is not taken from the packages' lists: " + e.getMessage());
      return List.of();
    }
  }

  // What dpkg is to leave out from now on: of rules for people alone, and only if they took some.
  private PackageDatabase.Unlisted unlisted() {
    List<String> excluded = new ArrayList<>();
    List<String> included = new ArrayList<>();
    Set<String> used = new HashSet<>();
    gone.values().forEach(hit -> used.add(hit.rule()));
    for (FileRule rule : pruner.rules()) {
      if (!rule.isReinstalled() && used.contains(rule.name())) {
        rule.paths().forEach(glob -> excluded.add(glob.toString()));
        if (rule.localeAt() >= 0) {
          for (String locale : locales().names()) {
            for (String suffix : List.of("", "_*", "@*", ".*")) {
              included.add("/usr/share/locale/" + locale + suffix + "/**");
            }
          }
        }
      }
    }
    if (!excluded.isEmpty()) {
      included.add("/usr/share/doc/*/copyright");
      pruner.keep().forEach(glob -> included.add(glob.toString()));
    }
    return new PackageDatabase.Unlisted(NAME, gone.keySet(), excluded, included);
  }

  private Locales locales() {
    return Locales.of(pruner.locales(), image.config().env());
  }

  private void find(String rule, String evidence) {
    findings.add(Finding.of(new Reason(NAME, rule, evidence)));
  }

  private FileNode node(ImagePath path) {
    FileNode hiddenNode = hidden.get(path);
    return hiddenNode != null ? hiddenNode : files.get(path).orElseThrow();
  }

  // ---- What globs name.

  // The first glob that matches a path is the one that its reason names.
  private Map<ImagePath, PathGlob> match(List<PathGlob> globs) {
    Map<ImagePath, PathGlob> matches = new HashMap<>();
    for (PathGlob glob : globs) {
      boolean found = false;
      for (ImagePath path : within(glob)) {
        found = true;
        matches.putIfAbsent(path, glob);
      }
      if (!found) {
        find("matches-nothing", "no path in the image is " + glob);
      }
    }
    return matches;
  }

  private List<ImagePath> within(PathGlob glob) {
    List<ImagePath> matching = new ArrayList<>();
    for (ImagePath path : paths.tailSet(glob.base())) {
      if (!path.isWithin(glob.base())) {
        break;
      }
      if (glob.matches(path)) {
        matching.add(path);
      }
    }
    return matching;
  }

  private void takeNamed(Map<ImagePath, PathGlob> toRemove, Map<ImagePath, PathGlob> toKeep) {
    if (toRemove.isEmpty()) {
      return;
    }
    Set<ImagePath> holdsKept = holding(toKeep.keySet());
    Within done = new Within(); // a directory that is kept or removed as a whole
    Within matched = new Within(); // a directory that is to be removed
    for (ImagePath path : paths) {
      if (done.isAround(path)) {
        continue;
      }
      if (!matched.isAround(path) && toRemove.containsKey(path)) {
        matched.set(path);
      }
      if (!matched.isAround(path)) {
        if (toKeep.containsKey(path)) {
          done.set(path);
        }
        continue;
      }
      ImagePath cause = toRemove.containsKey(path) ? path : matched.get();
      PathGlob keeper = toKeep.get(path);
      PathGlob remover = toRemove.get(cause);
      if (keeper != null) {
        done.set(path);
        Reason reason = new Reason(NAME, "kept", evidence(keeper, path, path));
        findings.add(Finding.at(path, reason));
      } else if (remover != null && !holdsKept.contains(path)) {
        done.set(path);
        Hit hit = new Hit(NAMED, evidence(remover, cause, path));
        for (ImagePath below : paths.tailSet(path)) {
          if (!below.isWithin(path)) {
            break;
          }
          gone.put(below, hit);
        }
      }
    }
  }

  /** The directory that the paths, which come in order, are in at the moment. */
  private static final class Within {
    private Optional<ImagePath> directory = Optional.empty();

    void set(ImagePath path) {
      directory = Optional.of(path);
    }

    ImagePath get() {
      return directory.orElseThrow();
    }

    boolean isAround(ImagePath path) {
      return directory.isPresent() && path.isWithin(directory.get());
    }
  }

  private String evidence(PathGlob glob, ImagePath matched, ImagePath path) {
    String text =
        glob + " matches" + (matched.equals(path) ? "" : " " + matched + ", which this is in");
    if (!files.contains(path)) {
      return text + "; a higher layer hides it";
    }
    int otherNames = files.links(path).size() - 1;
    return otherNames == 0 ? text : text + "; " + otherNames + " other names of the file stay";
  }

  private Set<ImagePath> holding(Set<ImagePath> kept) {
    Set<ImagePath> holding = new HashSet<>();
    for (ImagePath path : kept) {
      Optional<ImagePath> above = path.parent();
      while (above.isPresent() && holding.add(above.get())) {
        above = above.get().parent();
      }
    }
    holding.retainAll(paths);
    return holding;
  }

  // ---- What rules take.

  private void takeByRules(Map<ImagePath, PathGlob> toKeep) {
    if (pruner.rules().isEmpty()) {
      return;
    }
    Set<ImagePath> roots = new HashSet<>(toKeep.keySet());
    roots.addAll(Configured.paths(image.config(), files));
    Set<ImagePath> kept = new HashSet<>();
    Within around = new Within();
    for (ImagePath path : roots.isEmpty() ? List.<ImagePath>of() : paths) {
      if (!around.isAround(path) && roots.contains(path)) {
        around.set(path);
      }
      if (around.isAround(path)) {
        kept.add(path);
      }
    }
    Locales locales = locales();
    for (FileRule rule : pruner.rules()) {
      take(rule, kept, locales);
    }
    giveBackTargets();
    takeEmptied(kept);
  }

  private void take(FileRule rule, Set<ImagePath> kept, Locales locales) {
    Map<ImagePath, Hit> taken = new TreeMap<>();
    for (PathGlob glob : rule.paths()) {
      for (ImagePath path : within(glob)) {
        if (!gone.containsKey(path)
            && !taken.containsKey(path)
            && !kept.contains(path)
            && isFor(rule, path, locales)) {
          taken.put(path, new Hit(rule.name(), evidence(glob, path, path)));
        }
      }
    }
    if (taken.isEmpty()) {
      return;
    }
    for (PathGlob glob : rule.unless()) {
      List<ImagePath> users = within(glob);
      if (!users.isEmpty()) {
        find(rule.name(), "nothing goes: " + users.get(0) + " is there, which may need it");
        return;
      }
    }
    gone.putAll(taken);
  }

  private boolean isFor(FileRule rule, ImagePath path, Locales locales) {
    FileNode node = node(path);
    if (node.isDirectory() || (rule.isState() && !node.isRegular())) {
      return false;
    }
    if (!rule.takesLicences() && !rule.isState() && isLicence(path)) {
      return false;
    }
    if (rule.isState() && !hidden.containsKey(path) && !canBeMadeAgain(path, node)) {
      return false;
    }
    if (rule.localeAt() >= 0 && locales.keeps(segment(path, rule.localeAt()))) {
      return false;
    }
    return rule.except().stream().noneMatch(glob -> glob.matches(path));
  }

  private static String segment(ImagePath path, int index) {
    String[] segments = path.toRelativeBytes().toLatin1().split("/", index + 2);
    return index < segments.length ? segments[index] : "";
  }

  // By the names that projects give to them.
  private static boolean isLicence(ImagePath path) {
    String name = path.name().toLatin1().toLowerCase(Locale.ROOT);
    return name.startsWith("copyright")
        || name.startsWith("license")
        || name.startsWith("licence")
        || name.startsWith("copying")
        || name.startsWith("notice");
  }

  // A service that is not root's writes where it may: in a directory of its own, not beside it.
  private boolean canBeMadeAgain(ImagePath path, FileNode node) {
    FileNode directory = files.get(path.parent().orElseThrow()).orElseThrow();
    int mode = directory.attributes().mode();
    long uid = node.attributes().uid();
    long gid = node.attributes().gid();
    return (uid == 0 && gid == 0)
        || directory.attributes().uid() == uid
        || (directory.attributes().gid() == gid && (mode & 0020) != 0)
        || (mode & 0002) != 0;
  }

  // A link that stays would lead nowhere.
  private void giveBackTargets() {
    files
        .nodes()
        .forEach(
            (path, node) -> {
              if (!node.isSymlink() || gone.containsKey(path)) {
                return;
              }
              Optional<ImagePath> target = files.resolve(path);
              Hit hit = target.map(gone::get).orElse(null);
              if (hit != null && !hit.rule().equals(NAMED)) {
                gone.remove(target.get());
                Reason reason = new Reason(NAME, "kept", path + " is a link to it");
                findings.add(Finding.at(target.get(), reason));
              }
            });
  }

  private void takeEmptied(Set<ImagePath> kept) {
    // What is in a directory comes after it: from the last path to the first, the deepest first.
    Map<ImagePath, Hit> within = new HashMap<>();
    Set<ImagePath> holding = new HashSet<>();
    for (ImagePath path : paths.descendingSet()) {
      Hit hit = gone.get(path);
      if (hit == null && within.containsKey(path) && !holding.contains(path)) {
        hit = emptied(path, kept).orElse(null);
        if (hit != null) {
          gone.put(path, hit);
        }
      }
      Optional<ImagePath> parent = path.parent();
      if (parent.isPresent()) {
        if (hit == null) {
          holding.add(parent.get());
        } else if (files.contains(path)) {
          within.put(parent.get(), hit);
        }
      }
    }
  }

  private Optional<Hit> emptied(ImagePath path, Set<ImagePath> kept) {
    if (kept.contains(path) || !node(path).isDirectory()) {
      return Optional.empty();
    }
    for (FileRule rule : pruner.rules()) {
      for (PathGlob glob : rule.emptied()) {
        if (glob.matches(path)) {
          return Optional.of(new Hit(rule.name(), "nothing is left in it"));
        }
      }
    }
    return Optional.empty();
  }

  // ---- What it comes to.

  // A directory goes with all that is in it where one rule takes it all, else after it.
  private List<Edit> edits() {
    List<Edit> edits = new ArrayList<>();
    Within whole = new Within();
    Deque<ImagePath> open = new ArrayDeque<>();
    for (Map.Entry<ImagePath, Hit> entry : gone.entrySet()) {
      ImagePath path = entry.getKey();
      close(open, Optional.of(path), edits);
      if (whole.isAround(path)) {
        continue;
      }
      if (!node(path).isDirectory() || isOfOneRule(path, entry.getValue())) {
        whole.set(path);
        edits.add(edit(path));
      } else {
        open.push(path);
      }
    }
    close(open, Optional.empty(), edits);
    return edits;
  }

  private void close(Deque<ImagePath> open, Optional<ImagePath> next, List<Edit> edits) {
    while (!open.isEmpty() && (next.isEmpty() || !next.get().isWithin(open.element()))) {
      edits.add(edit(open.pop()));
    }
  }

  private boolean isOfOneRule(ImagePath directory, Hit hit) {
    NavigableMap<ImagePath, Hit> below = gone.tailMap(directory, true);
    for (Map.Entry<ImagePath, Hit> entry : below.entrySet()) {
      if (!entry.getKey().isWithin(directory)) {
        break;
      }
      if (!entry.getValue().rule().equals(hit.rule())) {
        return false;
      }
    }
    return true;
  }

  private Edit edit(ImagePath path) {
    Hit hit = Objects.requireNonNull(gone.get(path));
    return new Edit.RemovePath(path, new Reason(NAME, hit.rule(), hit.evidence()));
  }
}
