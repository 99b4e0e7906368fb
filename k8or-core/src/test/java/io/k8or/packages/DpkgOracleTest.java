package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileTree;
import io.k8or.testing.Tools;
import io.k8or.transform.Edit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Against dpkg itself, on a real image. {@code -Dk8or.oracle.all=true} asks it of every package.
 */
@Tag("oracle")
class DpkgOracleTest {
  private static final boolean ALL = Boolean.getBoolean("k8or.oracle.all");

  @Test
  void removal_onePackage_takesTheFilesThatDpkgTakes() throws Exception {
    try (Debian debian = Debian.open()) {
      List<InstalledPackage> sample = new ArrayList<>(debian.database().packages());
      if (!ALL) {
        Collections.shuffle(sample, new Random(1));
        sample = new ArrayList<>(sample.subList(0, 20));
        for (String name : List.of("dash", "libc-bin", "base-files", "dpkg", "ca-certificates")) {
          sample.addAll(debian.database().named(name));
        }
      }
      List<String> differences = new ArrayList<>();
      for (InstalledPackage each : sample) {
        debian.compare(List.of(each), differences);
      }
      System.out.printf(
          "dpkg --purge of one package: %d of %d agree%n",
          sample.size() - differences.size(), sample.size());
      assertThat(differences).isEmpty();
    }
  }

  @Test
  void removal_randomPackages_takesTheFilesThatDpkgTakes() throws Exception {
    try (Debian debian = Debian.open()) {
      Random random = new Random(2);
      int sets = ALL ? 200 : 10;
      List<String> differences = new ArrayList<>();
      for (int i = 0; i < sets; i++) {
        List<InstalledPackage> all = new ArrayList<>(debian.database().packages());
        Collections.shuffle(all, random);
        debian.compare(all.subList(0, 2 + random.nextInt(all.size() / 2)), differences);
      }
      System.out.printf(
          "dpkg --purge of random sets: %d of %d agree%n", sets - differences.size(), sets);
      assertThat(differences).isEmpty();
    }
  }

  /** A Debian image, unpacked. */
  private record Debian(Path root, Path scratch, FileTree files, PackageDatabase database)
      implements AutoCloseable {
    static Debian open() throws IOException {
      Tools.require("dpkg", "mmdebstrap", "unshare", "bash");
      Tools.requireRoot();
      Path folder = Tools.projectRoot().resolve("k8or-core/target/oracle-packages");
      Path root = DebianImage.unpacked(folder);
      FileTree files = DirectoryTree.read(root);
      Path scratch = Files.createTempDirectory(folder, "purge");
      return new Debian(root, scratch, files, PackageDatabases.of(files).get(0));
    }

    void compare(List<InstalledPackage> leaving, List<String> differences) throws IOException {
      Path out = scratch.resolve("out");
      List<String> command =
          new ArrayList<>(
              List.of(
                  "bash",
                  Tools.shared().resolve("oracle/dpkg-purge.sh").toString(),
                  root.toString(),
                  out.toString()));
      leaving.forEach(each -> command.add(each.name()));
      Tools.Result result = Tools.run(scratch, Map.of("LC_ALL", "C"), command);
      if (!result.stdout().strip().equals("rc=0")) {
        differences.add(
            DpkgRemoval.names(leaving) + ": dpkg failed: " + Files.readString(out.resolve("log")));
        return;
      }
      Set<String> expected = new TreeSet<>();
      for (String line : Files.readAllLines(out.resolve("removed"))) {
        expected.add(line.substring(1));
      }
      PackageRemoval removal = database.removal(leaving);
      Set<String> found = new TreeSet<>();
      for (PackageRemoval.RemovedPath path : removal.removed()) {
        if (path.rule().startsWith("dpkg-") && !isScript(path.path().toString())) {
          found.add(path.path().toString());
        }
      }
      Set<String> missing = new TreeSet<>(expected);
      missing.removeAll(found);
      Set<String> extra = new TreeSet<>(found);
      extra.removeAll(expected);
      List<String> wrong = new ArrayList<>();
      if (!missing.isEmpty() || !extra.isEmpty()) {
        wrong.add("not removed " + missing + ", removed too much " + extra);
      }
      for (Edit edit : removal.edits()) {
        if (edit instanceof Edit.ReplaceContent replace
            && replace.reason().rule().startsWith("dpkg-")) {
          Path file = out.resolve("u" + replace.path());
          ByteString dpkgs = ByteString.copyOf(Files.readAllBytes(file));
          if (!ByteString.copyOf(replace.content().readAll(1 << 24)).equals(dpkgs)) {
            wrong.add("other bytes in " + replace.path());
          }
        }
      }
      if (!wrong.isEmpty()) {
        differences.add(DpkgRemoval.names(leaving) + ": " + wrong);
      }
    }

    // The oracle deletes them before, so that dpkg cannot run them.
    private static boolean isScript(String path) {
      return path.startsWith("/var/lib/dpkg/info/")
          && path.matches(".*\\.(preinst|postinst|prerm|postrm|config)");
    }

    @Override
    public void close() {
      DebianImage.delete(scratch);
    }
  }
}
