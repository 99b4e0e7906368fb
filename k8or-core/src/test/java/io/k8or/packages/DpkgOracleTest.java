package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.filesystem.FileTree;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

  @Test
  void removal_fromDatabasesWithRareThings_takesTheFilesThatDpkgTakes() throws Exception {
    Tools.require("dpkg", "unshare", "bash");
    Tools.requireRoot();
    Path folder = Tools.projectRoot().resolve("k8or-core/target/oracle-packages");
    Files.createDirectories(folder);
    Path scratch = Files.createTempDirectory(folder, "tiny");
    List<String> differences = new ArrayList<>();
    int images = ALL ? 400 : 40;
    try {
      for (int seed = 0; seed < images; seed++) {
        Path root = Files.createDirectories(scratch.resolve("root"));
        DirectoryTree.write(RandomDebian.of(seed).build().files(), root);
        FileTree files = DirectoryTree.read(root);
        PackageDatabase database = PackageDatabases.of(files).get(0);
        List<InstalledPackage> leaving = new ArrayList<>(database.packages());
        Random random = new Random(seed);
        Collections.shuffle(leaving, random);
        leaving = new ArrayList<>(leaving.subList(0, 1 + random.nextInt(leaving.size())));
        // A directory's fate may hang on the order, which is dpkg's caller's.
        leaving.sort(Comparator.comparing(database.packages()::indexOf));
        String name = "image " + seed + ", ";
        new DpkgPurge(root, scratch, files, database)
            .difference(leaving)
            .ifPresent(wrong -> differences.add(name + wrong));
        DebianImage.delete(root);
      }
      System.out.printf(
          "dpkg --purge in small images: %d of %d agree%n", images - differences.size(), images);
      assertThat(differences).isEmpty();
    } finally {
      DebianImage.delete(scratch);
    }
  }

  @Test
  void dependents_ofEachPackage_areThoseThatDpkgNames() throws Exception {
    try (Debian debian = Debian.open()) {
      List<InstalledPackage> sample = new ArrayList<>(debian.database().packages());
      if (!ALL) {
        Collections.shuffle(sample, new Random(4));
        sample = sample.subList(0, 60);
      }
      List<String> differences = new ArrayList<>();
      int dependents = 0;
      for (InstalledPackage each : sample) {
        Tools.Result result =
            Tools.run(
                debian.scratch(),
                Map.of("LC_ALL", "C"),
                List.of(
                    "dpkg",
                    "--root=" + debian.root(),
                    "--no-act",
                    "--force-remove-essential,remove-protected",
                    "--purge",
                    each.name()));
        Set<String> expected = new TreeSet<>();
        Matcher matcher =
            Pattern.compile("(?m)^ (\\S+) depends on ").matcher(result.stdout() + result.stderr());
        while (matcher.find()) {
          expected.add(matcher.group(1).replaceFirst(":.*", ""));
        }
        Set<String> found = new TreeSet<>();
        RpmRootOracleTest.dependents(debian.database(), each)
            .forEach(dependent -> found.add(dependent.name()));
        dependents += expected.size();
        if (!expected.equals(found)) {
          differences.add(each + ": expected " + expected + ", found " + found);
        }
      }
      System.out.printf(
          "dpkg --no-act --purge: %d of %d agree, %d dependents%n",
          sample.size() - differences.size(), sample.size(), dependents);
      assertThat(differences).isEmpty();
      assertThat(dependents).isPositive();
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
      new DpkgPurge(root, scratch, files, database).difference(leaving).ifPresent(differences::add);
    }

    @Override
    public void close() {
      DebianImage.delete(scratch);
    }
  }
}
