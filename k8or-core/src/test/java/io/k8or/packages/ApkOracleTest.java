package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.testing.Tools;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
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
 * Against apk itself, on Alpine's root file systems. {@code -Dk8or.oracle.all=true} asks it of 200
 * random worlds for each.
 */
@Tag("oracle")
class ApkOracleTest {
  private static final int WORLDS = Boolean.getBoolean("k8or.oracle.all") ? 200 : 12;

  @Test
  void removal_eachPackage_takesTheFilesThatApkTakes() throws Exception {
    try (Alpine alpine = Alpine.open("x86_64", "x86_64")) {
      for (InstalledPackage each : alpine.database().packages()) {
        alpine.delete(List.of(), List.of(each.name()));
      }
      alpine.requireAgreement("each package of x86_64");
    }
  }

  @Test
  void removal_whatARandomWorldDoesNotNeed_takesTheFilesThatApkTakes() throws Exception {
    for (String architecture : List.of("x86_64", "aarch64")) {
      try (Alpine alpine = Alpine.open(architecture, "x86_64")) {
        Random random = new Random(3);
        for (int i = 0; i < WORLDS; i++) {
          List<String> world = new ArrayList<>();
          for (InstalledPackage each : alpine.database().packages()) {
            if (random.nextInt(3) == 0) {
              world.add(each.name());
            }
          }
          if (!world.isEmpty()) {
            alpine.delete(world, List.of(world.remove(random.nextInt(world.size()))));
          }
        }
        alpine.requireAgreement("random worlds of " + architecture);
      }
    }
  }

  /**
   * An Alpine root file system, and an apk for it that runs here: with its own scripts where it can
   * run them, without where it is of another architecture.
   */
  private static final class Alpine implements AutoCloseable {
    private final Path scratch;
    private final Path root;
    private final Path tool;
    private final String architecture;
    private final FileTree files;
    private final PackageDatabase database;
    private final List<String> differences = new ArrayList<>();
    private int compared;

    private Alpine(Path scratch, Path root, Path tool, String architecture) throws IOException {
      this.scratch = scratch;
      this.root = root;
      this.tool = tool;
      this.architecture = architecture;
      this.files = DirectoryTree.read(root);
      this.database = PackageDatabases.of(files).get(0);
    }

    static Alpine open(String architecture, String runs) throws IOException {
      Tools.require("unshare", "tar", "cp", "find");
      Tools.requireRoot();
      Path scratch =
          Files.createTempDirectory(
              Files.createDirectories(Tools.projectRoot().resolve("k8or-core/target")), "apk");
      Path root = unpack(scratch, architecture);
      Path tool = architecture.equals(runs) ? root : unpack(scratch, runs);
      return new Alpine(scratch, root, tool, architecture);
    }

    private static Path unpack(Path scratch, String architecture) throws IOException {
      Path root = Files.createDirectories(scratch.resolve(architecture));
      String archive = "data/alpine-minirootfs-3.20.3-" + architecture + ".tar.gz";
      Tools.output("tar", "-xf", Tools.shared().resolve(archive).toString(), "-C", root.toString());
      return root;
    }

    PackageDatabase database() {
      return database;
    }

    /**
     * Has apk delete packages and what only they needed, and compares; {@code world} may say all.
     */
    void delete(List<String> world, List<String> names) throws IOException {
      Path copy = scratch.resolve("copy");
      Tools.output("cp", "-a", root.toString(), copy.toString());
      FileTree before = files;
      PackageDatabase given = database;
      if (!world.isEmpty()) {
        List<String> lines = new ArrayList<>(world);
        lines.addAll(names);
        ByteString text = ByteString.utf8(String.join("\n", lines) + "\n");
        Files.write(copy.resolve("etc/apk/world"), text.toByteArray());
        before = files.edit().replaceContent(ApkReader.WORLD, Content.of(text)).build();
        given = PackageDatabases.of(before).get(0);
      }
      List<String> command = new ArrayList<>(List.of("unshare", "-mpn", "--fork"));
      if (tool.equals(root)) {
        command.addAll(List.of("chroot", copy.toString(), "apk"));
      } else {
        command.addAll(
            List.of(
                tool + "/lib/ld-musl-x86_64.so.1",
                "--library-path",
                tool + "/lib:" + tool + "/usr/lib",
                tool + "/sbin/apk",
                "--root",
                copy.toString(),
                "--arch",
                architecture,
                "--no-scripts"));
      }
      command.addAll(List.of("del", "--no-network", "-r"));
      command.addAll(names);
      Tools.Result result = Tools.run(scratch, Map.of(), command);
      Set<String> purged = new LinkedHashSet<>();
      Matcher matcher = Pattern.compile("Purging (\\S+) ").matcher(result.stdout());
      while (matcher.find()) {
        purged.add(matcher.group(1));
      }
      if (!purged.isEmpty()) {
        // What install_if brings back stays, but the world does not ask for it any longer.
        List<String> asked = new ArrayList<>(world);
        names.stream().filter(purged::contains).forEach(asked::add);
        if (!world.isEmpty() && asked.size() < world.size() + names.size()) {
          ByteString text = ByteString.utf8(String.join("\n", asked) + "\n");
          before = files.edit().replaceContent(ApkReader.WORLD, Content.of(text)).build();
          given = PackageDatabases.of(before).get(0);
        }
        compared++;
        List<InstalledPackage> gone =
            given.packages().stream().filter(each -> purged.contains(each.name())).toList();
        compare(before, given, gone, copy, names + " of " + world, differences);
      }
      Tools.output("rm", "-rf", copy.toString());
    }

    void requireAgreement(String what) {
      System.out.printf(
          "apk del, %s: %d of %d agree%n", what, compared - differences.size(), compared);
      assertThat(differences).isEmpty();
      assertThat(compared).isPositive();
    }

    @Override
    public void close() {
      DebianImage.delete(scratch);
    }
  }

  private static void compare(
      FileTree files,
      PackageDatabase database,
      List<InstalledPackage> purged,
      Path apks,
      String name,
      List<String> differences)
      throws IOException {
    ImageSnapshot image = ImageSnapshot.of(ImageConfig.of(Platform.parse("linux/amd64")), files);
    PackageRemoval removal = database.removal(purged);
    FileTree ours = image.with(removal.plan()).files();
    FileTree theirs = DirectoryTree.read(apks);
    Set<String> missing = new TreeSet<>();
    Set<String> extra = new TreeSet<>();
    for (ImagePath path : files.nodes().keySet()) {
      boolean ourRule =
          removal.removed().stream()
              .filter(gone -> gone.path().equals(path))
              .allMatch(gone -> gone.rule().startsWith("apk-"));
      if (ours.contains(path) && !theirs.contains(path)) {
        missing.add(path.toString());
      } else if (!ours.contains(path) && theirs.contains(path) && ourRule) {
        extra.add(path.toString());
      }
    }
    // Where the scripts of triggers were put, and are not without scripts.
    if (!Files.exists(apks.resolve("lib/apk/exec"))) {
      missing.remove("/lib/apk/exec");
    }
    List<String> wrong = new ArrayList<>();
    if (!missing.isEmpty() || !extra.isEmpty()) {
      wrong.add("not removed " + missing + ", removed too much " + extra);
    }
    for (String file : List.of("/lib/apk/db/installed", "/lib/apk/db/triggers", "/etc/apk/world")) {
      if (!text(ours, file).equals(text(theirs, file))) {
        wrong.add("other bytes in " + file);
      }
    }
    if (!wrong.isEmpty()) {
      differences.add(name + " " + DpkgRemoval.names(purged) + ": " + wrong);
    }
  }

  private static String text(FileTree files, String path) throws IOException {
    var node = files.get(ImagePath.of(path));
    return node.isEmpty()
        ? ""
        // A mark that a script failed: without a shell, it did.
        : new String(node.get().content().readAll(1 << 24), StandardCharsets.ISO_8859_1)
            .replace("\nf:s\n", "\n");
  }
}
