package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.dpkg.Alternative;
import io.k8or.packages.dpkg.ControlFile;
import io.k8or.packages.dpkg.Diversion;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Does what dpkg leaves to the scripts of packages, and to apt: alternatives and other records. */
final class DpkgAftermath {
  private static final ImagePath CURRENT = ImagePath.of("/etc/alternatives");

  private final DpkgDatabase database;
  private final List<InstalledPackage> leaving;
  private final RemovalLog log;
  private final TreeState state;

  DpkgAftermath(DpkgDatabase database, List<InstalledPackage> leaving, RemovalLog log) {
    this.database = database;
    this.leaving = leaving;
    this.log = log;
    this.state = log.state();
  }

  void run() throws IOException {
    alternatives();
    diversions();
    overrides();
    cutStanzas(ImagePath.of("/var/lib/apt/extended_states"), "apt-extended-states");
    cutStanzas(DpkgReader.ADMIN.resolve("available"), "dpkg-available");
    shells();
    ucf();
    for (String name :
        List.of("status-old", "available-old", "diversions-old", "statoverride-old")) {
      Optional<ImagePath> old = database.files().resolve(DpkgReader.ADMIN.resolve(name));
      if (old.isPresent() && state.get(old.get()).filter(FileNode::isRegular).isPresent()) {
        log.remove(old.get(), "", "old-records", "a copy of the records as they were");
      }
    }
    new LeftBehind(database, leaving, log).run();
  }

  private void alternatives() throws IOException {
    Optional<ImagePath> directory =
        database
            .files()
            .resolve(DpkgReader.ADMIN.resolve("alternatives"))
            .filter(state::isDirectory);
    for (ImagePath file : directory.map(state::children).orElse(List.of())) {
      FileNode node = state.get(file).orElseThrow();
      if (node.isRegular()) {
        Alternative before = Alternative.parse(TreeFiles.bytes(file, node), file.toString());
        List<Alternative.Choice> left = new ArrayList<>(before.choices());
        left.removeIf(choice -> isGone(choice.path()));
        if (left.size() < before.choices().size()) {
          reselect(file, before, before.withChoices(left));
        }
      }
    }
  }

  // Only what this removal took away: what was missing before may be missing on purpose.
  private boolean isGone(String path) {
    return Programs.path(path).flatMap(database.files()::resolve).filter(state::isGone).isPresent();
  }

  private void reselect(ImagePath file, Alternative before, Alternative after) {
    String rule = "alternatives";
    String name = file.name().toLatin1();
    if (after.choices().isEmpty()) {
      removeLinks(name, before.link(), rule);
      before.slaves().forEach(slave -> removeLinks(slave.name(), slave.link(), rule));
      log.remove(file, "", rule, "no choice is left for " + name);
      return;
    }
    Optional<FileNode> current = place(name).flatMap(state::get).filter(FileNode::isSymlink);
    boolean currentGone =
        current.isPresent()
            && before.choices().stream()
                .filter(choice -> !after.choices().contains(choice))
                .anyMatch(
                    choice -> TreeFiles.latin1Bytes(choice.path()).equals(current.get().target()));
    Alternative result = currentGone ? after.withMode("auto") : after;
    log.replace(file, result.print(), rule, "choices that went are no longer offered for " + name);
    if (!currentGone) {
      return;
    }
    Alternative.Choice best = result.best().orElseThrow();
    point(name, best.path(), rule);
    for (int i = 0; i < result.slaves().size(); i++) {
      Alternative.Slave slave = result.slaves().get(i);
      String target = best.slavePaths().get(i);
      if (target.isEmpty()) {
        removeLinks(slave.name(), slave.link(), rule);
      } else {
        point(slave.name(), target, rule);
        offer(slave, rule);
      }
    }
  }

  private static Optional<ImagePath> place(String name) {
    return name.isEmpty() || name.contains("/") || name.equals(".")
        ? Optional.empty()
        : Programs.path(CURRENT + "/" + name);
  }

  private void point(String name, String target, String rule) {
    Optional<ImagePath> link = place(name);
    if (link.isEmpty() || Programs.path(target).flatMap(state::resolve).isEmpty()) {
      // A page of the manual may be excluded from an image: a link to nothing helps nobody.
      link.filter(path -> state.get(path).isPresent())
          .ifPresent(path -> log.remove(path, "", rule, "the choice has no " + target));
      return;
    }
    log.add(
        link.get(),
        FileNode.symlink(attributes(link.get()), TreeFiles.latin1Bytes(target)),
        rule,
        "the choice of the highest priority that is left is " + target);
  }

  // The generic path of a slave that the choice before did not have.
  private void offer(Alternative.Slave slave, String rule) {
    Optional<ImagePath> generic = Programs.path(slave.link()).flatMap(state::resolveParent);
    Optional<ImagePath> link = place(slave.name());
    if (generic.isPresent() && link.isPresent() && state.get(generic.get()).isEmpty()) {
      log.add(
          generic.get(),
          FileNode.symlink(
              attributes(link.get()), ByteString.utf8("/").concat(link.get().toRelativeBytes())),
          rule,
          "the choice that is left has " + slave.name());
    }
  }

  private FileAttributes attributes(ImagePath link) {
    return database
        .files()
        .get(link)
        .or(() -> database.files().get(CURRENT))
        .map(FileNode::attributes)
        .orElse(FileAttributes.ofMode(0777))
        .withMode(0777);
  }

  private void removeLinks(String name, String generic, String rule) {
    Optional<ImagePath> current = place(name);
    Optional<ImagePath> link = Programs.path(generic).flatMap(state::resolveParent);
    if (link.isPresent() && current.isPresent()) {
      ByteString expected = ByteString.utf8("/").concat(current.get().toRelativeBytes());
      if (state
          .get(link.get())
          .filter(node -> node.isSymlink() && node.target().equals(expected))
          .isPresent()) {
        log.remove(link.get(), "", rule, "a link to the alternative " + name);
      }
    }
    if (current.isPresent() && state.get(current.get()).filter(FileNode::isSymlink).isPresent()) {
      log.remove(current.get(), "", rule, "no choice is left for " + name);
    }
  }

  private void diversions() throws IOException {
    Set<String> names = new HashSet<>();
    namesThatGo().forEach(each -> names.add(each.name()));
    List<Diversion> kept = new ArrayList<>();
    for (Diversion diversion : database.diversions()) {
      if (!names.contains(diversion.owner())) {
        kept.add(diversion);
        continue;
      }
      Optional<ImagePath> from = state.resolveParent(diversion.from());
      Optional<ImagePath> to = state.resolveParent(diversion.to());
      if (from.isPresent()
          && to.isPresent()
          && state.get(from.get()).isEmpty()
          && state.get(to.get()).filter(node -> !node.isDirectory()).isPresent()) {
        String evidence = "the diversion by " + diversion.owner() + " ends";
        log.add(from.get(), state.get(to.get()).orElseThrow(), "diversions", evidence);
        log.remove(to.get(), diversion.owner(), "diversions", evidence);
      }
    }
    if (kept.size() < database.diversions().size()) {
      Optional<ImagePath> file = database.files().resolve(DpkgReader.ADMIN.resolve("diversions"));
      log.replace(
          file.orElseThrow(),
          Diversion.print(kept),
          "diversions",
          "without those of " + DpkgRemoval.names(leaving));
    }
  }

  // A path a line, as add-shell(8) and remove-shell(8) have it.
  private void shells() throws IOException {
    cutLines(ImagePath.of("/etc/shells"), "shells", line -> line.startsWith("/") && isGone(line));
  }

  // PACKAGE PATH, and SUM PATH: configuration files that ucf(1) keeps for packages.
  private void ucf() throws IOException {
    ImagePath folder = ImagePath.of("/var/lib/ucf");
    Optional<TreeFiles.Read> registry =
        TreeFiles.read(database.files(), folder.resolve("registry"));
    if (registry.isEmpty()) {
      return;
    }
    Set<String> paths = new HashSet<>();
    for (InstalledPackage each : namesThatGo()) {
      for (String line : registry.get().bytes().toLatin1().lines().toList()) {
        String[] words = line.strip().split("\\s+", 2);
        if (words.length == 2 && words[0].equals(each.name())) {
          paths.add(words[1]);
          removeKept(each, words[1]);
        }
      }
    }
    for (String name : List.of("registry", "hashfile")) {
      cutLines(
          folder.resolve(name),
          "ucf-registry",
          line -> {
            String[] words = line.strip().split("\\s+", 2);
            return words.length == 2 && paths.contains(words[1]);
          });
    }
  }

  private void removeKept(InstalledPackage owner, String file) {
    List<Optional<ImagePath>> places =
        List.of(
            Programs.path(file).flatMap(state::resolveParent),
            Programs.path("/var/lib/ucf/cache/" + file.replace('/', ':'))
                .flatMap(state::resolveParent));
    for (Optional<ImagePath> place : places) {
      if (place.isPresent()
          && state.get(place.get()).filter(FileNode::isRegular).isPresent()
          && database.ownersAt(place.get()).stream().allMatch(leaving::contains)) {
        log.remove(place.get(), owner.id(), "ucf-registry", "kept by ucf for the package " + owner);
      }
    }
  }

  private List<InstalledPackage> namesThatGo() {
    return leaving.stream()
        .filter(each -> leaving.containsAll(database.named(each.name())))
        .toList();
  }

  // USER GROUP MODE PATH
  private void overrides() throws IOException {
    cutLines(
        DpkgReader.ADMIN.resolve("statoverride"),
        "statoverride",
        line -> line.indexOf('/') > 0 && isGone(line.substring(line.indexOf('/'))));
  }

  private void cutLines(ImagePath path, String rule, Predicate<String> gone) throws IOException {
    Optional<TreeFiles.Read> file = TreeFiles.read(database.files(), path);
    if (file.isEmpty() || state.isGone(file.get().path())) {
      return;
    }
    StringBuilder kept = new StringBuilder();
    int dropped = 0;
    for (String line : file.get().bytes().toLatin1().lines().toList()) {
      if (gone.test(line)) {
        dropped++;
      } else {
        kept.append(line).append('\n');
      }
    }
    if (dropped > 0) {
      log.replace(
          file.get().path(),
          TreeFiles.latin1Bytes(kept.toString()),
          rule,
          "without " + dropped + " for what goes");
    }
  }

  private void cutStanzas(ImagePath path, String rule) throws IOException {
    Optional<TreeFiles.Read> file = TreeFiles.read(database.files(), path);
    if (file.isEmpty() || state.isGone(file.get().path())) {
      return;
    }
    ControlFile control =
        ControlFile.parse(file.get().bytes(), rule, file.get().path().toString(), false);
    Set<String> gone = new HashSet<>();
    for (InstalledPackage each : leaving) {
      gone.add(each.name() + ":" + each.architecture());
      if (each.architecture().equals("all")) {
        gone.add(each.name() + ":" + database.nativeArchitecture()); // as apt has it
      }
    }
    ByteString kept =
        control.without(
            stanza -> gone.contains(stanza.text("Package") + ":" + stanza.text("Architecture")));
    if (kept.length() < control.bytes().length()) {
      log.replace(
          file.get().path(), kept, rule, "without the stanzas of " + DpkgRemoval.names(leaving));
    }
  }
}
