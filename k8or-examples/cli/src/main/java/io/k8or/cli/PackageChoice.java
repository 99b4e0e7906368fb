package io.k8or.cli;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.InstalledPackage;
import io.k8or.packages.PackageDatabase;
import io.k8or.packages.PackageDatabases;
import io.k8or.packages.PackagePruner;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import io.k8or.transform.Transform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which packages go, as the command line says it.
 *
 * <p>With names to remove: those. Else with names to keep: all but those, what they need, and what
 * the services need, as far as the image says what it runs. Else: all but what the services need;
 * nothing where no package owns what the image runs, because then nothing tells what is needed.
 *
 * @param keep names of packages that stay
 * @param remove names of packages that go
 * @param force whether they go even where others need them
 * @param minimal whether essential packages stay only where something uses them
 */
record PackageChoice(List<String> keep, List<String> remove, boolean force, boolean minimal)
    implements Transform {
  private static final String NO_SERVICE = "no-service";

  PackageChoice {
    keep = List.copyOf(keep);
    remove = List.copyOf(remove);
  }

  @Override
  public EditPlan plan(ImageSnapshot image) throws IOException {
    return decide(image).plan();
  }

  /**
   * What is done with an image.
   *
   * @param pruner what it is done by
   * @param plan what it comes to
   */
  record Decision(PackagePruner pruner, EditPlan plan) {}

  /** Decides what is done with an image. */
  Decision decide(ImageSnapshot image) throws IOException {
    String[] kept = keep.toArray(String[]::new);
    if (!remove.isEmpty()) {
      PackagePruner pruner = PackagePruner.removing(remove.toArray(String[]::new)).keeping(kept);
      pruner = force ? pruner.forcingDependencies() : pruner;
      return new Decision(pruner, withLostServices(image, pruner.plan(image)));
    }
    if (!keep.isEmpty() && words(image).isEmpty()) {
      PackagePruner only = lean(PackagePruner.keepingOnly(kept));
      return new Decision(only, only.plan(image));
    }
    PackagePruner services = lean(PackagePruner.keepingWhatServicesNeed().keeping(kept));
    EditPlan plan = services.plan(image);
    boolean known = plan.findings().stream().noneMatch(f -> f.reason().rule().equals(NO_SERVICE));
    if (!keep.isEmpty()) {
      if (known) {
        return new Decision(services, plan);
      }
      PackagePruner only = lean(PackagePruner.keepingOnly(kept));
      return new Decision(only, only.plan(image));
    }
    if (known && !plan.edits().isEmpty() && !isOwned(image)) {
      PackagePruner none = PackagePruner.removing();
      String runs = Text.command(words(image));
      EditPlan nothing =
          none.plan(image)
              .then(
                  finding(
                      NO_SERVICE,
                      "no package owns what the image runs ("
                          + runs
                          + "), so what it needs is not known and nothing goes; name packages with"
                          + " --keep-package"));
      return new Decision(none, nothing);
    }
    return new Decision(known ? services : PackagePruner.removing(), plan);
  }

  private PackagePruner lean(PackagePruner pruner) {
    return minimal ? pruner.minimal() : pruner;
  }

  // What is asked for is done; but one should know that the image may no longer run.
  private static EditPlan withLostServices(ImageSnapshot image, EditPlan plan) throws IOException {
    Map<String, PackageSavings.Row> gone = PackageSavings.removed(plan);
    EditPlan with = plan;
    for (PackageDatabase database : PackageDatabases.of(image)) {
      Map<InstalledPackage, String> roots =
          PackagePruner.keepingWhatServicesNeed().closure(image, database).roots();
      for (Map.Entry<InstalledPackage, String> root : roots.entrySet()) {
        InstalledPackage each = root.getKey();
        if (gone.containsKey(PackageSavings.key(each.id(), each.version()))) {
          with =
              with.then(
                  finding(
                      "service-loses",
                      "removed although the services may use it: "
                          + each.id()
                          + " ("
                          + root.getValue()
                          + ")"));
        }
      }
    }
    return with;
  }

  private static EditPlan finding(String rule, String evidence) {
    return EditPlan.of(
        List.of(), List.of(), List.of(Finding.of(new Reason("packages", rule, evidence))));
  }

  private static List<String> words(ImageSnapshot image) {
    List<String> words = new ArrayList<>(image.config().entrypoint());
    words.addAll(image.config().cmd());
    return words;
  }

  /** Says whether a package owns a file that the entrypoint or the command names. */
  private static boolean isOwned(ImageSnapshot image) throws IOException {
    List<PackageDatabase> databases = PackageDatabases.of(image);
    return words(image).stream()
        .flatMap(word -> places(image, word).stream())
        .anyMatch(path -> isOwned(image.files(), databases, path));
  }

  private static boolean isOwned(FileTree files, List<PackageDatabase> databases, ImagePath path) {
    Optional<ImagePath> real =
        files.resolve(path).filter(at -> files.get(at).filter(FileNode::isRegular).isPresent());
    return real.isPresent()
        && databases.stream()
            .flatMap(
                database ->
                    Stream.concat(
                        database.owners(path).stream(), database.owners(real.get()).stream()))
            .anyMatch(InstalledPackage::isInstalled);
  }

  // Where a program of this name would be looked for.
  private static List<ImagePath> places(ImageSnapshot image, String word) {
    List<String> texts = new ArrayList<>();
    if (word.startsWith("/")) {
      texts.add(word);
    } else if (word.contains("/")) {
      texts.add(image.config().workingDir().orElse("/") + "/" + word);
    } else {
      Map<String, String> environment = new LinkedHashMap<>();
      for (String each : image.config().env()) {
        int equals = each.indexOf('=');
        if (equals > 0) {
          environment.put(each.substring(0, equals), each.substring(equals + 1));
        }
      }
      String path =
          environment.getOrDefault(
              "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
      for (String folder : path.split(":", -1)) {
        texts.add(folder + "/" + word);
      }
    }
    List<ImagePath> places = new ArrayList<>();
    for (String text : texts) {
      if (text.startsWith("/") && text.indexOf('\0') < 0 && !text.contains("/../")) {
        places.add(ImagePath.of(text.replace("/./", "/")));
      }
    }
    return places;
  }
}
