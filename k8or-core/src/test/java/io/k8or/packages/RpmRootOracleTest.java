package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.testing.Tools;
import io.k8or.transform.Edit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against rpm itself: the files that it removes, and what it says is needed. */
@Tag("oracle")
class RpmRootOracleTest {
  private static final Pattern NEEDED = Pattern.compile("is needed by \\(installed\\) (\\S+)");

  private static Tools.Result rpm(List<String> where, String... words) {
    // Debian's rpm does not like to remove, for it is not Debian's package manager.
    List<String> command = new ArrayList<>(List.of("rpm", "--force-debian"));
    command.addAll(where);
    command.addAll(List.of(words));
    return Tools.run(Path.of("/"), Map.of("LC_ALL", "C"), command);
  }

  private static Path scratch() throws IOException {
    return Files.createTempDirectory(
        Files.createDirectories(Tools.projectRoot().resolve("k8or-core/target")), "rpm");
  }

  @Test
  void removal_eachPackageOfARoot_takesTheFilesThatRpmTakes() throws Exception {
    Tools.require("rpm", "tar", "xz", "cp");
    Tools.requireRoot();
    Path scratch = scratch();
    try {
      Path root = Files.createDirectories(scratch.resolve("root"));
      Tools.output(
          "tar",
          "-xf",
          Tools.shared().resolve("data/almalinux-9-20231124-aarch64-micro.tar.xz").toString(),
          "-C",
          root.toString());
      int changed = change(root);
      FileTree files = DirectoryTree.read(root);
      PackageDatabase database = PackageDatabases.of(files).get(0);
      List<String> differences = new ArrayList<>();
      int saved = 0;
      List<InstalledPackage> sample = new ArrayList<>(database.packages());
      if (!Boolean.getBoolean("k8or.oracle.all")) {
        sample.removeIf(each -> !List.of("filesystem", "glibc", "setup").contains(each.name()));
      }
      for (InstalledPackage each : sample) {
        Path copy = scratch.resolve("copy");
        Tools.output("cp", "-a", root.toString(), copy.toString());
        Tools.Result result =
            rpm(
                List.of("--root", copy.toString(), "--dbpath", "/var/lib/rpm"),
                "-e",
                "--nodeps",
                "--noscripts",
                "--notriggers",
                each.name());
        assertThat(result.status()).as(each + result.stderr()).isZero();
        Set<String> expected = changes(files, DirectoryTree.read(copy));
        Set<String> found = changes(database.removal(List.of(each)));
        saved += (int) expected.stream().filter(change -> change.endsWith(".rpmsave")).count();
        if (!expected.equals(found)) {
          Set<String> missing = new TreeSet<>(expected);
          missing.removeAll(found);
          found.removeAll(expected);
          differences.add(each + ": missing " + missing + ", too much " + found);
        }
        DebianImage.delete(copy);
      }
      int all = sample.size();
      System.out.printf(
          "rpm -e in a root: %d of %d agree; %d files changed before, %d saved as .rpmsave%n",
          all - differences.size(), all, changed, saved);
      assertThat(differences).isEmpty();
      assertThat(saved).isPositive();
    } finally {
      DebianImage.delete(scratch);
    }
  }

  // Every second configuration file, so that rpm has some to save.
  private static int change(Path root) throws IOException {
    int seen = 0;
    int changed = 0;
    for (InstalledPackage each : PackageDatabases.of(DirectoryTree.read(root)).get(0).packages()) {
      for (ImagePath conffile : each.conffiles()) {
        Path file = root.resolve(conffile.toRelativeBytes().toUtf8());
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && seen++ % 2 == 0) {
          Files.writeString(file, "# changed\n", StandardOpenOption.APPEND);
          changed++;
        }
      }
    }
    return changed;
  }

  private static boolean isRecord(ImagePath path) {
    return path.toString().startsWith("/var/lib/rpm/");
  }

  private static Set<String> changes(FileTree before, FileTree after) {
    Set<String> changes = new TreeSet<>();
    for (ImagePath path : before.nodes().keySet()) {
      if (!after.contains(path) && !isRecord(path)) {
        changes.add("- " + path);
      }
    }
    for (ImagePath path : after.nodes().keySet()) {
      if (!before.contains(path) && !isRecord(path)) {
        changes.add("+ " + path);
      }
    }
    return changes;
  }

  private static Set<String> changes(PackageRemoval removal) {
    Set<String> changes = new TreeSet<>();
    for (Edit edit : removal.edits()) {
      if (!edit.reason().rule().startsWith("rpm-")) {
        continue;
      }
      if (edit instanceof Edit.RemovePath remove && !isRecord(remove.path())) {
        changes.add("- " + remove.path());
      } else if (edit instanceof Edit.AddFile add) {
        changes.add("+ " + add.path());
      }
    }
    return changes;
  }

  @Test
  void dependents_ofEachPackage_areThoseThatRpmNames() throws Exception {
    Tools.require("rpm");
    Path scratch = scratch();
    try {
      Path file = scratch.resolve("rpmdb.sqlite");
      Files.copy(Tools.shared().resolve("data/rpmdb-sqlite-cbl-mariner-2.0.sqlite"), file);
      FileTree files =
          FileTree.builder()
              .put(
                  ImagePath.of("/var/lib/rpm/rpmdb.sqlite"),
                  FileNode.regular(
                      FileAttributes.ofMode(0644), Content.of(Files.readAllBytes(file))))
              .build();
      PackageDatabase database = PackageDatabases.of(files).get(0);
      List<String> differences = new ArrayList<>();
      int dependents = 0;
      for (InstalledPackage each : database.packages()) {
        Tools.Result result =
            rpm(
                List.of("--dbpath", scratch.toString()),
                "-e",
                "--test",
                "--noscripts",
                each.name());
        Set<String> expected = new TreeSet<>();
        Matcher matcher = NEEDED.matcher(result.stderr());
        while (matcher.find()) {
          expected.add(matcher.group(1));
        }
        Set<String> found = new TreeSet<>();
        for (InstalledPackage dependent : dependents(database, each)) {
          found.add(dependent.name() + "-" + dependent.version() + "." + dependent.architecture());
        }
        dependents += expected.size();
        if (!expected.equals(found)) {
          differences.add(each + ": expected " + expected + ", found " + found);
        }
      }
      int all = database.packages().size();
      System.out.printf(
          "rpm -e --test: %d of %d agree, %d dependents%n",
          all - differences.size(), all, dependents);
      assertThat(differences).isEmpty();
      assertThat(dependents).isPositive();
    } finally {
      DebianImage.delete(scratch);
    }
  }

  /** Returns the packages that have what they need, and would not without one of them. */
  static Set<InstalledPackage> dependents(PackageDatabase database, InstalledPackage leaving) {
    Set<InstalledPackage> all = new HashSet<>(database.packages());
    Set<InstalledPackage> rest = new HashSet<>(all);
    rest.remove(leaving);
    Set<InstalledPackage> dependents = new HashSet<>();
    for (InstalledPackage each : rest) {
      for (Dependency dependency : each.dependencies()) {
        if (PackageGraph.isMet(database, each, dependency.requirement(), all)
            && !PackageGraph.isMet(database, each, dependency.requirement(), rest)) {
          dependents.add(each);
        }
      }
    }
    return dependents;
  }
}
