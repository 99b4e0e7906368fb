package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against apk itself, on Alpine's root file system. */
@Tag("oracle")
class ApkOracleTest {
  @Test
  void removal_eachPackage_takesTheFilesThatApkTakes() throws Exception {
    Tools.require("unshare", "tar", "cp", "find");
    Tools.requireRoot();
    Path rootfs = Tools.shared().resolve("data/alpine-minirootfs-3.20.3-x86_64.tar.gz");
    Path scratch =
        Files.createTempDirectory(
            Files.createDirectories(Tools.projectRoot().resolve("k8or-core/target")), "apk");
    try {
      int compared = 0;
      List<String> differences = new ArrayList<>();
      Path root = Files.createDirectories(scratch.resolve("root"));
      Tools.output("tar", "-xf", rootfs.toString(), "-C", root.toString());
      FileTree files = DirectoryTree.read(root);
      PackageDatabase database = PackageDatabases.of(files).get(0);
      for (InstalledPackage each : database.packages()) {
        Path copy = scratch.resolve("copy");
        Tools.output("cp", "-a", root.toString(), copy.toString());
        Tools.Result result =
            Tools.run(
                scratch,
                Map.of(),
                List.of(
                    "unshare",
                    "-mpn",
                    "--fork",
                    "chroot",
                    copy.toString(),
                    "apk",
                    "del",
                    "--no-network",
                    "-r",
                    each.name()));
        List<InstalledPackage> purged = new ArrayList<>();
        Matcher matcher = Pattern.compile("Purging (\\S+) ").matcher(result.stdout());
        while (matcher.find()) {
          purged.addAll(database.named(matcher.group(1)));
        }
        if (result.status() == 0 && !purged.isEmpty()) {
          compared++;
          compare(files, database, purged, copy, each.name(), differences);
        }
        Tools.output("rm", "-rf", copy.toString());
      }
      System.out.printf("apk del: %d of %d agree%n", compared - differences.size(), compared);
      assertThat(differences).isEmpty();
      assertThat(compared).isPositive();
    } finally {
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
    List<String> wrong = new ArrayList<>();
    if (!missing.isEmpty() || !extra.isEmpty()) {
      wrong.add("not removed " + missing + ", removed too much " + extra);
    }
    for (String file : List.of("/lib/apk/db/installed", "/lib/apk/db/triggers")) {
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
