package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.dpkg.ControlFile;
import io.k8or.packages.dpkg.Stanza;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Plans what {@code dpkg --purge} does to the files of packages, without their scripts.
 *
 * <p>A package's list is walked from its end: a file goes; a directory goes if no other package
 * lists it and it is empty by then. Then its conffiles go, with their backups, and then the
 * directories that were not empty before. The rules whose names begin with {@code dpkg-} are those
 * of dpkg itself; the others do what scripts would have done.
 */
final class DpkgRemoval {
  static final String LIST = "dpkg-list";
  static final String CONFFILE = "dpkg-conffile";
  static final String INFO = "dpkg-info";
  static final String STATUS = "dpkg-status";
  static final String TRIGGERS = "dpkg-triggers";

  /** What dpkg and editors leave beside a conffile (dpkg, lib/dpkg/dpkg.h, main/main.h). */
  private static final List<String> BACKUPS =
      List.of("~", ".bak", "%", ".dpkg-tmp", ".dpkg-new", ".dpkg-old", ".dpkg-dist");

  private static final int MAX_LINKS = 25;

  // While dpkg runs, its journal is in here: it cannot remove the directory, even with itself.
  private static final ImagePath JOURNAL = DpkgReader.ADMIN.resolve("updates");

  private final DpkgDatabase database;
  private final List<InstalledPackage> leaving;
  private final Set<InstalledPackage> left = new HashSet<>();
  private final Map<ImagePath, InstalledPackage> notEmpty = new LinkedHashMap<>();
  private final RemovalLog log;
  private final TreeState state;

  DpkgRemoval(DpkgDatabase database, Collection<InstalledPackage> leaving) {
    this.database = database;
    this.leaving = dependentsFirst(database, leaving);
    this.state = new TreeState(database.index());
    this.log = new RemovalLog(state);
  }

  PackageRemoval plan() throws IOException {
    Map<String, List<ImagePath>> info = infoByStem();
    for (InstalledPackage each : leaving) {
      remove(each, info);
      left.add(each);
    }
    if (!leaving.isEmpty()) {
      rewriteStatus();
      rewriteTriggers();
      new DpkgAftermath(database, leaving, log).run();
      reportNotEmpty();
    }
    return log.toRemoval();
  }

  // A package that needs another one goes before it, as dpkg orders its queue.
  private static List<InstalledPackage> dependentsFirst(
      DpkgDatabase database, Collection<InstalledPackage> leaving) {
    Set<InstalledPackage> all = new LinkedHashSet<>();
    database.packages().stream().filter(new HashSet<>(leaving)::contains).forEach(all::add);
    Map<InstalledPackage, Set<InstalledPackage>> dependents = new HashMap<>();
    for (InstalledPackage each : all) {
      for (InstalledPackage needed : PackageGraph.directlyNeeded(database, each)) {
        if (needed != each && all.contains(needed)) {
          dependents.computeIfAbsent(needed, n -> new LinkedHashSet<>()).add(each);
        }
      }
    }
    List<InstalledPackage> order = new ArrayList<>();
    Set<InstalledPackage> entered = new HashSet<>();
    for (InstalledPackage each : all) {
      visit(each, dependents, entered, order);
    }
    return order;
  }

  // The stack is explicit: a chain of dependencies may be as long as the database.
  private static void visit(
      InstalledPackage start,
      Map<InstalledPackage, Set<InstalledPackage>> dependents,
      Set<InstalledPackage> entered,
      List<InstalledPackage> order) {
    if (!entered.add(start)) {
      return;
    }
    Deque<InstalledPackage> path = new ArrayDeque<>();
    Deque<Iterator<InstalledPackage>> open = new ArrayDeque<>();
    path.push(start);
    open.push(dependents.getOrDefault(start, Set.of()).iterator());
    while (!path.isEmpty()) {
      if (!open.element().hasNext()) {
        open.pop();
        order.add(path.pop());
        continue;
      }
      InstalledPackage next = open.element().next();
      if (entered.add(next)) {
        path.push(next);
        open.push(dependents.getOrDefault(next, Set.of()).iterator());
      }
    }
  }

  private void remove(InstalledPackage each, Map<String, List<ImagePath>> info)
      throws MalformedContentException {
    DpkgDatabase.Origin origin = database.origin(each);
    if (origin.single().isPresent()) {
      removeSingle(each, origin);
      return;
    }
    String list = origin.stem() + ".list";
    if (each.isInstalled()
        && info.getOrDefault(origin.stem(), List.of()).stream()
            .noneMatch(path -> path.name().toLatin1().equals(list))) {
      throw new MalformedContentException(
          "dpkg file list",
          DpkgReader.ADMIN.resolve("info").resolve(list).toString(),
          "missing, so nobody can say which files would go with the package " + each);
    }
    String evidence = "package " + each + " lists it";
    List<ImagePath> rest = each.files();
    if (each.isInstalled()) {
      rest = removeFiles(each, evidence);
    }
    purgeConffiles(each, rest);
    removeRest(each, rest, evidence);
    for (ImagePath path : info.getOrDefault(origin.stem(), List.of())) {
      if (state.get(path).isPresent()) {
        log.remove(path, each.id(), INFO, "metadata of the package " + each);
      }
    }
  }

  /** Returns what is left for later, in the order of the list. */
  private List<ImagePath> removeFiles(InstalledPackage each, String evidence) {
    Set<ImagePath> conffiles = new HashSet<>(each.conffiles());
    Set<ImagePath> aboveConffiles = new HashSet<>();
    each.conffiles().forEach(path -> addDirectories(path, aboveConffiles));
    Leftover leftover = new Leftover();
    for (int i = each.files().size() - 1; i >= 0; i--) {
      ImagePath listed = each.files().get(i);
      ImagePath place = database.placeOf(each, listed);
      boolean directory = state.resolve(place).filter(state::isDirectory).isPresent();
      if (!directory && isSharedWithTwin(each, listed)) {
        continue;
      }
      if (conffiles.contains(listed)
          || (directory && (aboveConffiles.contains(listed) || leftover.isAbove(listed)))) {
        leftover.add(listed);
        continue;
      }
      if (directory && (isListedByOthers(each, listed) || place.isRoot())) {
        continue;
      }
      for (String suffix : List.of(".dpkg-tmp", ".dpkg-new")) {
        Optional<ImagePath> temporary =
            state.resolveParent(beside(place, suffix)).filter(p -> state.get(p).isPresent());
        temporary.ifPresent(
            path ->
                log.removeTree(
                    path, each.id(), LIST, "dpkg's temporary name of " + listed + " of " + each));
      }
      if (!unlink(each, place, LIST, evidence)) {
        leftover.add(listed);
      }
    }
    return leftover.inOrder();
  }

  private void removeRest(InstalledPackage each, List<ImagePath> rest, String evidence) {
    Set<ImagePath> conffiles = new HashSet<>(each.conffiles());
    Leftover leftover = new Leftover();
    for (int i = rest.size() - 1; i >= 0; i--) {
      ImagePath listed = rest.get(i);
      if (conffiles.contains(listed)) {
        continue;
      }
      ImagePath place = database.placeOf(each, listed);
      if (state.resolve(place).filter(state::isDirectory).isPresent()) {
        if (leftover.isAbove(listed)) {
          leftover.add(listed);
          continue;
        }
        if (isListedByOthers(each, listed) || place.isRoot()) {
          continue;
        }
      }
      // A file stays now, as one of a package of which only the configuration was left.
      if (isRegular(place) || !unlink(each, place, LIST, evidence)) {
        leftover.add(listed);
      }
    }
    for (ImagePath listed : leftover.inOrder()) {
      if (isListedByOthers(each, listed)) {
        continue;
      }
      state
          .resolve(database.placeOf(each, listed))
          .ifPresent(path -> notEmpty.putIfAbsent(path, each));
    }
  }

  private boolean isRegular(ImagePath place) {
    return state
        .resolveParent(place)
        .flatMap(state::get)
        .filter(node -> !node.isDirectory() && !node.isSymlink())
        .isPresent();
  }

  // What scripts made may have gone in the meantime; of directories in one another the deepest
  // tells.
  private void reportNotEmpty() {
    notEmpty.forEach(
        (path, owner) -> {
          boolean deepest = state.children(path).stream().noneMatch(notEmpty::containsKey);
          if (state.isDirectory(path) && !state.isEmpty(path) && deepest) {
            log.find(
                path,
                "directory-not-empty",
                "the last package that lists it goes, " + owner + ", but something else is in it");
          }
        });
  }

  /** Removes what is at a path; says false where a directory is not empty. */
  private boolean unlink(InstalledPackage each, ImagePath place, String rule, String evidence) {
    Optional<ImagePath> real = state.resolveParent(place);
    if (real.isEmpty() || state.get(real.get()).isEmpty()) {
      return true;
    }
    ImagePath path = real.get();
    if (state.isDirectory(path) && (!state.isEmpty(path) || path.equals(JOURNAL))) {
      return false;
    }
    log.remove(path, each.id(), rule, evidence);
    return true;
  }

  private boolean isSharedWithTwin(InstalledPackage each, ImagePath listed) {
    for (InstalledPackage other : database.listers(listed)) {
      if (other != each && other.name().equals(each.name()) && !left.contains(other)) {
        return true;
      }
    }
    return false;
  }

  private boolean isListedByOthers(InstalledPackage each, ImagePath listed) {
    for (InstalledPackage other : database.listers(listed)) {
      if (other != each && !left.contains(other)) {
        return true;
      }
    }
    return false;
  }

  private void purgeConffiles(InstalledPackage each, List<ImagePath> listedStill) {
    Set<ImagePath> own = new HashSet<>(listedStill);
    for (ImagePath conffile : each.conffiles()) {
      boolean divertedAway =
          database.isDiversionTarget(conffile)
              || database
                  .diversionOf(conffile)
                  .filter(diversion -> !diversion.owner().equals(each.name()))
                  .isPresent();
      if (!own.contains(conffile) || divertedAway) {
        continue;
      }
      Optional<ImagePath> place = conffilePlace(conffile);
      if (place.isEmpty()) {
        continue;
      }
      ImagePath path = place.get();
      if (state.get(path).isPresent() && !state.isDirectory(path)) {
        log.remove(path, each.id(), CONFFILE, "configuration file of the package " + each);
      }
      ImagePath directory = path.parent().orElse(path);
      for (ImagePath sibling : state.children(directory)) {
        if (isBackup(path.name(), sibling.name()) && !state.isDirectory(sibling)) {
          log.remove(
              sibling, each.id(), CONFFILE, "backup of " + conffile + " of the package " + each);
        }
      }
    }
  }

  // Follows the conffile itself where it is a link; it need not be there.
  private Optional<ImagePath> conffilePlace(ImagePath conffile) {
    ImagePath at = conffile;
    for (int i = 0; i <= MAX_LINKS; i++) {
      Optional<ImagePath> real = state.resolveParent(at);
      if (real.isEmpty()) {
        return Optional.empty();
      }
      Optional<FileNode> node = state.get(real.get());
      if (node.isEmpty() || node.get().isRegular()) {
        return real;
      }
      if (!node.get().isSymlink() || node.get().target().isEmpty()) {
        return Optional.empty();
      }
      Optional<ImagePath> next = target(real.get(), node.get().target());
      if (next.isEmpty()) {
        return Optional.empty();
      }
      at = next.get();
    }
    return Optional.empty();
  }

  /** Returns where a link points as a path, {@code ..} taken by name. */
  static Optional<ImagePath> target(ImagePath link, ByteString target) {
    ImagePath at = target.at(0) == '/' ? ImagePath.root() : link.parent().orElse(ImagePath.root());
    for (String segment : target.toLatin1().split("/", -1)) {
      if (segment.equals("..")) {
        at = at.parent().orElse(at);
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        if (segment.indexOf('\0') >= 0) {
          return Optional.empty();
        }
        at = at.resolve(TreeFiles.latin1Bytes(segment));
      }
    }
    return Optional.of(at);
  }

  private static boolean isBackup(ByteString name, ByteString candidate) {
    String base = name.toLatin1();
    String other = candidate.toLatin1();
    if (other.startsWith(base)) {
      String suffix = other.substring(base.length());
      return BACKUPS.contains(suffix) || isNumbered(suffix);
    }
    return other.equals("#" + base + "#");
  }

  // Emacs: ~12~
  private static boolean isNumbered(String suffix) {
    return suffix.length() >= 2
        && suffix.startsWith("~")
        && suffix.endsWith("~")
        && suffix.substring(1, suffix.length() - 1).chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private void removeSingle(InstalledPackage each, DpkgDatabase.Origin origin) {
    String evidence = "package " + each + " lists it";
    for (ImagePath listed : each.files()) {
      Optional<ImagePath> real = state.resolveParent(listed);
      if (real.isEmpty()
          || state.get(real.get()).isEmpty()
          || state.isDirectory(real.get())
          || isListedByOthers(each, listed)) {
        continue;
      }
      log.remove(real.get(), each.id(), LIST, evidence);
      // The sums name no directory: one that this empties was the package's.
      Optional<ImagePath> directory = real.get().parent();
      while (directory.isPresent()
          && directory.get().depth() > 1
          && state.isEmpty(directory.get())) {
        log.remove(directory.get(), each.id(), LIST, "empty without the package " + each);
        directory = directory.get().parent();
      }
    }
    List<ImagePath> metadata = new ArrayList<>(origin.beside());
    metadata.add(origin.single().orElseThrow());
    for (ImagePath path : metadata) {
      if (state.get(path).isPresent()) {
        log.remove(path, each.id(), INFO, "metadata of the package " + each);
      }
    }
  }

  private Map<String, List<ImagePath>> infoByStem() {
    Map<String, List<ImagePath>> byStem = new HashMap<>();
    Optional<ImagePath> directory =
        database.files().resolve(DpkgReader.ADMIN.resolve("info")).filter(state::isDirectory);
    for (ImagePath path : directory.map(state::children).orElse(List.of())) {
      String name = path.name().toLatin1();
      int dot = name.lastIndexOf('.');
      if (dot > 0 && !state.isDirectory(path)) {
        byStem.computeIfAbsent(name.substring(0, dot), stem -> new ArrayList<>()).add(path);
      }
    }
    return byStem;
  }

  private void rewriteStatus() {
    Set<Stanza> gone = new HashSet<>();
    for (InstalledPackage each : leaving) {
      DpkgDatabase.Origin origin = database.origin(each);
      if (origin.single().isEmpty()) {
        gone.add(origin.stanza());
      }
    }
    Optional<ControlFile> status = database.status();
    if (status.isPresent() && !gone.isEmpty()) {
      log.replace(
          database.location(),
          status.get().without(gone::contains),
          STATUS,
          "without the stanzas of " + names(leaving));
    }
  }

  private void rewriteTriggers() throws IOException {
    Optional<ImagePath> directory =
        database.files().resolve(DpkgReader.ADMIN.resolve("triggers")).filter(state::isDirectory);
    for (ImagePath path : directory.map(state::children).orElse(List.of())) {
      String name = path.name().toLatin1();
      FileNode node = state.get(path).orElseThrow();
      if (!node.isRegular() || name.equals("Lock") || name.equals("Unincorp")) {
        continue;
      }
      boolean byPath = name.equals("File");
      Map<String, String> owners = new LinkedHashMap<>();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      for (String line : TreeFiles.bytes(path, node).toLatin1().lines().toList()) {
        String interested = byPath ? line.substring(line.lastIndexOf(' ') + 1) : line;
        Optional<InstalledPackage> owner = leavingPackage(interested);
        if (owner.isPresent()) {
          owners.put(owner.get().id(), line);
        } else {
          out.writeBytes((line + "\n").getBytes(StandardCharsets.ISO_8859_1));
        }
      }
      if (owners.isEmpty()) {
        continue;
      }
      String evidence = "interests of " + String.join(", ", owners.keySet());
      if (out.size() == 0) {
        log.remove(path, owners.keySet().iterator().next(), TRIGGERS, evidence);
      } else {
        log.replace(path, ByteString.copyOf(out.toByteArray()), TRIGGERS, evidence);
      }
    }
  }

  // NAME[:ARCHITECTURE][/OPTION]
  private Optional<InstalledPackage> leavingPackage(String interested) {
    int slash = interested.indexOf('/');
    String spec = slash < 0 ? interested : interested.substring(0, slash);
    int colon = spec.indexOf(':');
    String name = colon < 0 ? spec : spec.substring(0, colon);
    for (InstalledPackage each : leaving) {
      if (each.name().equals(name)
          && (colon < 0 || each.architecture().equals(spec.substring(colon + 1)))) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  static String names(List<InstalledPackage> packages) {
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < packages.size() && i < 5; i++) {
      names.append(i == 0 ? "" : ", ").append(packages.get(i).id());
    }
    if (packages.size() > 5) {
      names.append(" and ").append(packages.size() - 5).append(" more");
    }
    return names.toString();
  }

  private static ImagePath beside(ImagePath path, String suffix) {
    return path.parent()
        .map(parent -> parent.resolve(path.name().concat(ByteString.utf8(suffix))))
        .orElse(path.resolve(suffix));
  }

  static void addDirectories(ImagePath path, Set<ImagePath> directories) {
    Optional<ImagePath> at = path.parent();
    while (at.isPresent() && directories.add(at.get())) {
      at = at.get().parent();
    }
  }

  /** Listed paths that could not go yet, and the directories above them by name. */
  private static final class Leftover {
    private final List<ImagePath> reversed = new ArrayList<>();
    private final Set<ImagePath> above = new HashSet<>();

    void add(ImagePath listed) {
      reversed.add(listed);
      addDirectories(listed, above);
    }

    boolean isAbove(ImagePath listed) {
      return above.contains(listed);
    }

    List<ImagePath> inOrder() {
      List<ImagePath> order = new ArrayList<>(reversed);
      Collections.reverse(order);
      return order;
    }
  }
}
