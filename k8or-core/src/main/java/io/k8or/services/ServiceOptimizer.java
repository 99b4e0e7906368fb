package io.k8or.services;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.LoaderCache;
import io.k8or.loader.ProgramFinder;
import io.k8or.packages.InstalledPackage;
import io.k8or.packages.PackageDatabase;
import io.k8or.packages.PackageDatabases;
import io.k8or.packages.PackagePruner;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import io.k8or.transform.Transform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Removes what the services of an image cannot reach, and leaves a package database that says what
 * is there.
 *
 * <p>Where the image does not say what it runs, or that is not there, nothing goes. Packages of
 * which nothing is reached go as {@link PackagePruner} removes them.
 *
 * @param told services, of which only name and command count; where there is none, those that the
 *     image's configuration leads to
 * @param level how much goes
 * @param trace what a run used, to compare with what goes and stays; of no paths if there is none
 */
public record ServiceOptimizer(List<Service> told, Level level, Trace trace) implements Transform {
  static final String NAME = "services";

  // Its own removal knows what stays of it.
  private static final List<ImagePath> DATABASES =
      Stream.of("/var/lib/dpkg", "/lib/apk", "/usr/lib/apk", "/var/lib/rpm", "/usr/lib/sysimage")
          .map(ImagePath::of)
          .toList();

  // What the edits themselves say.
  private static final Set<String> SAID = Set.of("forced", "directory-not-empty");

  /** Copies the list. */
  public ServiceOptimizer {
    told = List.copyOf(told);
  }

  /** Returns an optimizer for what the image's entrypoint and command run, {@code balanced}. */
  public static ServiceOptimizer forEntrypoint() {
    return new ServiceOptimizer(List.of(), Level.BALANCED, new Trace(Set.of()));
  }

  /**
   * Returns this, but for a service that is told, and others that are told, instead of the image's.
   *
   * @param command the program and its arguments
   * @throws IllegalArgumentException if the name has other letters than a service's, or the command
   *     no word
   */
  public ServiceOptimizer withService(String name, List<String> command) {
    List<Service> all = new ArrayList<>(told);
    all.add(new Service(name, command, "told", List.of()));
    return new ServiceOptimizer(all, level, trace);
  }

  /** Returns this, but at another level. */
  public ServiceOptimizer at(Level newLevel) {
    return new ServiceOptimizer(told, newLevel, trace);
  }

  /**
   * Returns this, but the findings say what a run used that goes ({@code used-but-removed}, which
   * should be nothing), and how much stays that it did not use.
   */
  public ServiceOptimizer checkedAgainst(Trace run) {
    return new ServiceOptimizer(told, level, run);
  }

  /**
   * Returns the services that it is for.
   *
   * @throws IllegalArgumentException if one that is told has another form
   * @throws IOException if the image cannot be read
   */
  public List<Service> services(ImageSnapshot image) throws IOException {
    if (told.isEmpty()) {
      return ServiceFinder.find(image);
    }
    List<Service> services = new ArrayList<>();
    for (Service service : told) {
      services.add(ServiceFinder.told(image, service.name(), service.command()));
    }
    return services;
  }

  /**
   * Returns what the services reach, without planning what goes.
   *
   * @throws IOException if the image cannot be read
   */
  public ReachableFiles reachable(ImageSnapshot image) throws IOException {
    return ReachableFiles.of(image, services(image), level);
  }

  @Override
  public EditPlan plan(ImageSnapshot image) throws IOException {
    EditPlan plan = planFor(image, services(image), new Scans());
    return trace.paths().isEmpty() ? plan : plan.then(compared(image, plan));
  }

  /** Plans what goes for these services alone, with what is known of them. */
  EditPlan planFor(ImageSnapshot image, List<Service> services, Scans scans) throws IOException {
    List<Finding> findings = new ArrayList<>();
    for (Service service : services) {
      findings.add(Finding.of(new Reason(NAME, "service", service.toString())));
    }
    Optional<String> unknown = unknown(image, services);
    if (unknown.isPresent()) {
      findings.add(Finding.of(new Reason(NAME, "no-service", unknown.get())));
      return EditPlan.of(List.of(), List.of(), findings);
    }
    ReachableFiles reached = ReachableFiles.of(image, services, level, scans);
    findings.addAll(reached.findings());
    EditPlan packages = packages(image, reached);
    EditPlan plan = EditPlan.of(List.of(), List.of(), findings).then(packages);
    if (level != Level.SAFE) {
      plan = plan.then(files(image.with(packages), image, reached));
      plan = plan.then(ModuleRecords.plan(image, image.with(plan))).then(hidden(image.files()));
    }
    return plan;
  }

  private EditPlan compared(ImageSnapshot image, EditPlan plan) {
    FileTree after = image.with(plan).files();
    Set<ImagePath> used = trace.used(image.files());
    List<Finding> findings = new ArrayList<>();
    for (ImagePath path : used) {
      if (!after.contains(path)) {
        findings.add(
            Finding.at(
                path, new Reason(NAME, "used-but-removed", "the run that was traced used it")));
      }
    }
    int unseen = 0;
    long bytes = 0;
    for (Map.Entry<ImagePath, FileNode> entry : after.nodes().entrySet()) {
      if (!entry.getValue().isDirectory() && !used.contains(entry.getKey())) {
        unseen++;
        bytes += entry.getValue().size();
      }
    }
    findings.add(
        Finding.of(
            new Reason(
                NAME,
                "kept-but-not-used",
                unseen
                    + " files of "
                    + bytes
                    + " bytes stay that the run did not use; it used "
                    + used.size()
                    + " paths")));
    return EditPlan.of(List.of(), List.of(), findings);
  }

  private static Optional<String> unknown(ImageSnapshot image, List<Service> services) {
    if (services.isEmpty()) {
      return Optional.of("the image has no entrypoint and no command, so nothing is unneeded");
    }
    ProgramFinder finder = ProgramFinder.of(image.files(), image.config().env());
    ImagePath directory =
        image.config().workingDir().flatMap(ProgramFinder::path).orElse(ImagePath.root());
    for (Service service : services) {
      if (finder.find(service.command().get(0), directory).isEmpty()) {
        return Optional.of(
            "service "
                + service.name()
                + " runs "
                + service.command().get(0)
                + ", which is not there, so nothing goes");
      }
    }
    return Optional.empty();
  }

  // Packages of which nothing is reached. What the database says must be there for others is said
  // to be gone, because it is: who needs it is not run.
  private static EditPlan packages(ImageSnapshot image, ReachableFiles reached) throws IOException {
    Set<String> go = new LinkedHashSet<>();
    Set<String> stay = new HashSet<>();
    for (PackageDatabase database : PackageDatabases.of(image)) {
      for (InstalledPackage each : database.packages()) {
        boolean used =
            database.paths(each).stream()
                .anyMatch(
                    path ->
                        reached.contains(path)
                            && image
                                .files()
                                .follow(path)
                                .filter(node -> !node.isDirectory())
                                .isPresent());
        (used ? stay : go).add(each.id());
      }
    }
    go.removeAll(stay);
    if (go.isEmpty()) {
      return EditPlan.empty();
    }
    EditPlan plan =
        PackagePruner.removing(go.toArray(String[]::new)).forcingDependencies().plan(image);
    List<Edit> edits = new ArrayList<>();
    for (Edit edit : plan.edits()) {
      // What a package's script made may be reached although the package goes.
      boolean needed =
          edit instanceof Edit.RemovePath remove
              && reached.contains(remove.path())
              && DATABASES.stream().noneMatch(remove.path()::isWithin);
      if (!needed) {
        edits.add(edit);
      }
    }
    List<Finding> findings =
        plan.findings().stream().filter(each -> !SAID.contains(each.reason().rule())).toList();
    return EditPlan.of(edits, plan.artifacts(), findings);
  }

  private EditPlan files(ImageSnapshot after, ImageSnapshot before, ReachableFiles reached)
      throws IOException {
    FileTree files = after.files();
    List<PackageDatabase> databases = PackageDatabases.of(before);
    List<Edit> edits = new ArrayList<>();
    Set<InstalledPackage> partly = new LinkedHashSet<>();
    Optional<ImagePath> gone = Optional.empty();
    Set<ImagePath> removed = new HashSet<>();
    for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
      ImagePath path = entry.getKey();
      boolean within = gone.isPresent() && path.isWithin(gone.get());
      if (!within && (reached.contains(path) || isOfDatabase(path, before))) {
        continue;
      }
      removed.add(path);
      for (PackageDatabase database : databases) {
        if (!entry.getValue().isDirectory()) {
          database.owners(path).stream().limit(1).forEach(partly::add);
        }
      }
      if (!within) {
        gone = Optional.of(path);
        edits.add(new Edit.RemovePath(path, reason(path, files, databases)));
      }
    }
    cutLoaderCache(files, removed, edits);
    PackageDatabase.Unlisted unlisted =
        new PackageDatabase.Unlisted(NAME, removed, List.of(), List.of());
    for (PackageDatabase database : PackageDatabases.of(after)) {
      for (Edit edit : database.unlisting(unlisted)) {
        // What an earlier run wrote for dpkg goes where dpkg does.
        if (!(edit instanceof Edit.FileEdit file && removed.contains(file.path()))) {
          edits.add(edit);
        }
      }
    }
    List<Finding> findings = new ArrayList<>();
    for (InstalledPackage each : partly) {
      findings.add(
          Finding.of(
              new Reason(
                  NAME,
                  "partly-removed",
                  each.id() + " " + each.version() + " stays, but not all of its files")));
    }
    return EditPlan.of(edits, List.of(), findings);
  }

  // What lower layers still hold of paths that upper ones took away.
  private static EditPlan hidden(FileTree files) {
    SortedMap<ImagePath, FileNode> hidden = new TreeMap<>();
    for (FileTree.Shadowed file : files.shadowed()) {
      if (!files.contains(file.path())) {
        hidden.put(file.path(), file.node());
      }
    }
    List<Edit> edits = new ArrayList<>();
    Optional<ImagePath> last = Optional.empty();
    for (ImagePath path : hidden.keySet()) {
      if (last.isEmpty() || !path.isWithin(last.get())) {
        last = Optional.of(path);
        edits.add(
            new Edit.RemovePath(
                path, new Reason(NAME, "hidden", "upper layers took it away, lower ones hold it")));
      }
    }
    return EditPlan.of(edits);
  }

  // What the database's own removal wrote or keeps.
  private static boolean isOfDatabase(ImagePath path, ImageSnapshot before) {
    return !before.files().contains(path);
  }

  private static Reason reason(ImagePath path, FileTree files, List<PackageDatabase> databases) {
    String owner =
        databases.stream()
            .flatMap(database -> database.owners(path).stream())
            .map(InstalledPackage::id)
            .findFirst()
            .map(id -> "of package " + id)
            .orElse("of no package");
    int count = files.subtree(path).size();
    String what = count > 1 ? ", with " + (count - 1) + " paths below it" : "";
    return new Reason(NAME, "not-reached", owner + what + "; no service leads to it");
  }

  private static void cutLoaderCache(FileTree files, Set<ImagePath> removed, List<Edit> edits)
      throws IOException {
    Optional<FileNode> node = files.get(LoaderCache.PATH).filter(FileNode::isRegular);
    if (node.isEmpty()) {
      return;
    }
    ByteString cache = ByteString.copyOf(node.get().content().readAll(64 << 20));
    Optional<ByteString> cut =
        LoaderCache.without(
            cache,
            text ->
                ProgramFinder.path(text)
                    .filter(
                        path -> {
                          Optional<ImagePath> at = files.resolveParent(path);
                          return at.isPresent()
                              && (removed.contains(at.get())
                                  || files.resolve(path).filter(removed::contains).isPresent());
                        })
                    .isPresent(),
            LoaderCache.PATH.toString());
    if (cut.isPresent() && !cut.get().equals(cache)) {
      edits.add(
          new Edit.ReplaceContent(
              LoaderCache.PATH,
              Content.of(cut.get()),
              new Reason(NAME, "loader-cache", "without the libraries that went")));
    }
  }

  @Override
  public String toString() {
    return "ServiceOptimizer " + level + " for " + (told.isEmpty() ? "the entrypoint" : told);
  }
}
