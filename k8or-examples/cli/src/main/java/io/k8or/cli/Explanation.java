package io.k8or.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.jvm.JarTrimmer;
import io.k8or.packages.Dependency;
import io.k8or.packages.InstalledPackage;
import io.k8or.packages.PackageChain;
import io.k8or.packages.PackageDatabase;
import io.k8or.packages.PackageDatabases;
import io.k8or.packages.PackagePruner;
import io.k8or.packages.Requirement;
import io.k8or.report.HtmlReport;
import io.k8or.services.ReachableFiles;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Why packages and paths of an image stay or go.
 *
 * @param image the image before
 * @param databases its packages
 * @param pruner what decides which packages go; removes nothing where packages are not chosen
 * @param plan all edits
 * @param reached what services reach, where those are chosen
 * @param kept whether something of what was asked for stays
 * @param lines what there is to say, first for each package or path whether it stays
 */
record Explanation(
    ImageSnapshot image,
    List<PackageDatabase> databases,
    PackagePruner pruner,
    EditPlan plan,
    Optional<ReachableFiles> reached,
    boolean kept,
    List<String> lines) {
  Explanation {
    databases = List.copyOf(databases);
    lines = List.copyOf(lines);
  }

  static Explanation begin(ImageSnapshot image, TransformOptions.Chosen chosen) throws IOException {
    PackagePruner pruner = PackagePruner.removing();
    EditPlan packages = EditPlan.empty();
    if (chosen.packages().isPresent()) {
      PackageChoice.Decision decision = chosen.packages().get().decide(image);
      pruner = decision.pruner();
      packages = decision.plan();
    }
    EditPlan plan = packages.then(chosen.java().plan(image.with(packages)));
    Optional<ReachableFiles> reached = Optional.empty();
    if (chosen.services().isPresent()) {
      ImageSnapshot before = image.with(plan);
      reached = Optional.of(chosen.services().get().reachable(before));
      plan = plan.then(chosen.services().get().plan(before));
    }
    plan = plan.then(chosen.others().plan(image.with(plan)));
    return new Explanation(
        image, PackageDatabases.of(image), pruner, plan, reached, true, List.of());
  }

  private Explanation saying(boolean stays, List<String> text) {
    return new Explanation(image, databases, pruner, plan, reached, stays, text);
  }

  /**
   * Explains the packages of a name.
   *
   * @throws UsageException if there is none
   */
  Explanation ofPackage(String name) throws IOException {
    List<String> text = new ArrayList<>();
    boolean stays = false;
    Map<String, PackageSavings.Row> gone = PackageSavings.removed(plan);
    for (PackageDatabase database : databases) {
      for (InstalledPackage each : database.named(name)) {
        PackageSavings.Row row = gone.get(PackageSavings.key(each.id(), each.version()));
        if (row == null) {
          stays = true;
          text.add(each + " stays: " + stayReason(database, each));
        } else {
          text.add(each + " goes: " + goReason(database, each, gone));
          text.add("  saves " + HtmlReport.grouped(row.saved()) + " bytes");
        }
      }
    }
    if (text.isEmpty()) {
      throw new UsageException(name, "no such package in the image");
    }
    addFindings(text, List.of());
    return saying(stays, text);
  }

  private String stayReason(PackageDatabase database, InstalledPackage each) throws IOException {
    Optional<PackageChain> chain = pruner.closure(image, database).why(each);
    if (chain.isPresent()) {
      return chain.get().toString();
    }
    return each.isInstalled()
        ? "nothing asks for it, and nothing was asked to remove it"
        : "only its configuration is there, and nothing was asked to remove it";
  }

  private String goReason(
      PackageDatabase database, InstalledPackage each, Map<String, PackageSavings.Row> gone) {
    String rule;
    if (pruner.choice() == PackagePruner.Choice.REMOVE) {
      rule = "it was asked for with --remove-package";
    } else if (pruner.choice() == PackagePruner.Choice.KEEP) {
      rule = "nothing that stays needs it; what stays is for " + String.join(", ", pruner.names());
    } else {
      rule =
          "neither the services nor anything else that stays needs it"
              + (pruner.keep().isEmpty()
                  ? ""
                  : "; kept beside them is " + String.join(", ", pruner.keep()));
    }
    Set<String> going = new LinkedHashSet<>();
    Set<String> staying = new LinkedHashSet<>();
    for (InstalledPackage other : database.packages()) {
      if (other != each && other.isInstalled() && needs(database, other, each)) {
        boolean goes = gone.containsKey(PackageSavings.key(other.id(), other.version()));
        (goes ? going : staying).add(other.id());
      }
    }
    return rule
        + (staying.isEmpty() ? "" : "; named by " + String.join(", ", staying) + ", which stay")
        + (going.isEmpty() ? "" : "; needed by " + String.join(", ", going) + ", which go too");
  }

  private static boolean needs(
      PackageDatabase database, InstalledPackage dependent, InstalledPackage needed) {
    return dependent.dependencies().stream()
        .map(Dependency::requirement)
        .anyMatch(requirement -> names(database, dependent, requirement, needed));
  }

  private static boolean names(
      PackageDatabase database,
      InstalledPackage dependent,
      Requirement requirement,
      InstalledPackage needed) {
    if (requirement instanceof Requirement.Named named) {
      return database.providers(dependent, named).contains(needed);
    }
    List<Requirement> parts = List.of();
    if (requirement instanceof Requirement.AnyOf any) {
      parts = any.parts();
    } else if (requirement instanceof Requirement.AllOf all) {
      parts = all.parts();
    }
    return parts.stream().anyMatch(part -> names(database, dependent, part, needed));
  }

  /**
   * Explains a path; symbolic links of the directories above it are followed.
   *
   * @throws UsageException if there is nothing
   */
  Explanation ofPath(ImagePath path) throws IOException {
    ImagePath real =
        image
            .files()
            .resolveParent(path)
            .filter(at -> image.files().contains(at))
            .orElseThrow(() -> new UsageException(path.toString(), "no such path in the image"));
    List<String> text = new ArrayList<>();
    boolean stays = image.with(plan).files().contains(real);
    Map<String, PackageSavings.Row> gone = PackageSavings.removed(plan);
    if (stays) {
      text.add(real + " stays");
      reached.ifPresent(files -> files.why(real).forEach(line -> text.add("  " + line)));
      addEdits(text, real, false);
    } else {
      text.add(real + " goes");
      addEdits(text, real, true);
    }
    boolean owned = false;
    for (PackageDatabase database : databases) {
      List<InstalledPackage> owners =
          database.owners(real).stream().filter(InstalledPackage::isInstalled).toList();
      owned |= !owners.isEmpty();
      int shown = Math.min(owners.size(), 5); // many own a directory
      for (InstalledPackage each : owners.subList(0, shown)) {
        text.add(
            gone.containsKey(PackageSavings.key(each.id(), each.version()))
                ? "  of " + each + ", which goes: " + goReason(database, each, gone)
                : "  of " + each + ", which stays: " + stayReason(database, each));
      }
      if (shown < owners.size()) {
        text.add("  and of " + (owners.size() - shown) + " more packages");
      }
    }
    if (!owned) {
      text.add("  of no package" + (stays ? "; no rule removes it" : ""));
    }
    addFindings(text, List.of(real));
    return saying(stays, text);
  }

  /** Explains a class of the services' class paths, where single classes go. */
  Explanation ofClass(String name, JarTrimmer jars) throws IOException {
    List<String> text = new ArrayList<>();
    List<String> chain = jars.why(image, name);
    text.add(
        name
            + (chain.isEmpty()
                ? " goes with --remove-classes, or is on no class path that is known"
                : " stays"));
    chain.forEach(line -> text.add("  " + line));
    return saying(!chain.isEmpty(), text);
  }

  // The edits of the path; where it goes, also those of a directory above that takes it along.
  private void addEdits(List<String> text, ImagePath real, boolean goes) {
    for (Edit edit : plan.edits()) {
      if (edit instanceof Edit.FileEdit file
          && (file.path().equals(real) || (goes && isAbove(file, real)))) {
        text.add("  " + HtmlReport.describe(edit) + ": " + edit.reason());
      }
    }
  }

  private static boolean isAbove(Edit.FileEdit edit, ImagePath path) {
    if (!(edit instanceof Edit.RemovePath)) {
      return false;
    }
    Optional<ImagePath> at = path.parent();
    while (at.isPresent()) {
      if (at.get().equals(edit.path())) {
        return true;
      }
      at = at.get().parent();
    }
    return false;
  }

  // Of the image as a whole those of packages alone: they tell why packages were not removed.
  private void addFindings(List<String> text, List<ImagePath> path) {
    for (Finding finding : plan.findings()) {
      boolean wanted =
          finding.path().isPresent()
              ? path.contains(finding.path().get())
              : path.isEmpty() && finding.reason().rule().equals("no-service");
      if (wanted) {
        text.add("  " + finding.reason());
      }
    }
  }

  ObjectNode json(String subject) {
    ObjectNode json = Json.object();
    json.put("subject", subject);
    json.put("kept", kept);
    json.set("reasons", Json.strings(lines.stream().map(String::strip).toList()));
    return json;
  }
}
