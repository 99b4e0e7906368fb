package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.testing.Tools;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** dpkg and apt look at a pruned image. */
@Tag("oracle")
class DebianPruneOracleTest {
  private static ImageSnapshot image(Path root) throws IOException {
    ImageConfig config =
        ImageConfig.of(Platform.parse("linux/amd64"))
            .with("/config/Entrypoint", "[\"nginx\",\"-g\",\"daemon off;\"]");
    return ImageSnapshot.of(config, DirectoryTree.read(root));
  }

  @Test
  void pruned_image_satisfiesDpkgAndApt() throws Exception {
    Tools.require("dpkg", "mmdebstrap", "unshare", "cp");
    Tools.requireRoot();
    Path folder = Tools.projectRoot().resolve("k8or-core/target/oracle-packages");
    Path root = DebianImage.unpacked(folder);
    ImageSnapshot image = image(root);
    EditPlan plan = PackagePruner.keepingWhatServicesNeed().keeping("apt", "python3").plan(image);
    Path copy = folder.resolve("pruned");
    try {
      Tools.output("cp", "-a", root.toString(), copy.toString());
      apply(plan, copy);
      assertThat(Tools.output("dpkg", "--root=" + copy, "--audit")).isEmpty();
      int listed = PackageDatabases.of(image.with(plan)).get(0).packages().size();
      assertThat(Tools.output("dpkg-query", "--admindir=" + copy + "/var/lib/dpkg", "-W").lines())
          .hasSize(listed);
      Path cache = copy.resolve("etc/ld.so.cache");
      byte[] ours = Files.readAllBytes(cache);
      assertThat(inside(copy, "/sbin/ldconfig").status()).isZero();
      assertThat(Files.readAllBytes(cache)).isEqualTo(ours);
      assertThat(ours).hasSizeLessThan((int) Files.size(root.resolve("etc/ld.so.cache")));
      Tools.Result check = inside(copy, "apt-get", "check");
      assertThat(check.status()).as(check.stdout() + check.stderr()).isZero();
      assertThat(inside(copy, "nginx", "-t").stderr()).contains("test is successful");
      assertThat(inside(copy, "python3", "-c", "import json; print(1)").stdout()).isEqualTo("1\n");
    } finally {
      DebianImage.delete(copy);
    }
  }

  @Test
  void minimal_nginx_isSmallAndStarts() throws Exception {
    Tools.require("mmdebstrap", "unshare", "cp");
    Tools.requireRoot();
    Path folder = Tools.projectRoot().resolve("k8or-core/target/oracle-packages");
    Path root = DebianImage.unpacked(folder);
    ImageSnapshot image = image(root);
    PackagePruner pruner = PackagePruner.keepingOnly("nginx-light").minimal();
    EditPlan plan = pruner.plan(image);
    PackageDatabase after = PackageDatabases.of(image.with(plan)).get(0);
    FileTree files = image.with(plan).files();
    long bytes = 0;
    for (ImagePath path : files.nodes().keySet()) {
      if (!after.owners(path).isEmpty()) {
        bytes += files.get(path).orElseThrow().size();
      }
    }
    System.out.printf(
        "nginx-light, minimal: %d packages, %.1f MiB listed, %.1f MiB in all; %s%n",
        after.packages().size(),
        bytes / 1048576.0,
        files.nodes().values().stream().mapToLong(node -> node.size()).sum() / 1048576.0,
        after.packages().stream().map(InstalledPackage::id).toList());
    Path copy = folder.resolve("minimal");
    try {
      Tools.output("cp", "-a", root.toString(), copy.toString());
      apply(plan, copy);
      assertThat(inside(copy, "nginx", "-t").stderr()).contains("test is successful");
    } finally {
      DebianImage.delete(copy);
    }
  }

  @Test
  void plan_twoHundredRemovals_areFast() throws Exception {
    Tools.require("mmdebstrap");
    Tools.requireRoot();
    Path root =
        DebianImage.unpacked(Tools.projectRoot().resolve("k8or-core/target/oracle-packages"));
    ImageSnapshot image = image(root);
    long start = System.nanoTime();
    PackageDatabase database = PackageDatabases.of(image).get(0);
    long read = System.nanoTime();
    database.removal(database.packages());
    long all = System.nanoTime();
    PackagePruner.keepingWhatServicesNeed().plan(image);
    long plan = System.nanoTime();
    System.out.printf(
        "%d packages: read in %d ms, all removed in %d ms, services' plan in %d ms%n",
        database.packages().size(),
        (read - start) / 1_000_000,
        (all - read) / 1_000_000,
        (plan - all) / 1_000_000);
    assertThat(all - read).isLessThan(5_000_000_000L);
  }

  private static Tools.Result inside(Path root, String... command) {
    List<String> words =
        new ArrayList<>(List.of("unshare", "-mpn", "--fork", "chroot", root.toString()));
    words.addAll(List.of(command));
    return Tools.run(
        root,
        Map.of("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        words);
  }

  private static void apply(EditPlan plan, Path root) throws IOException {
    for (Edit edit : plan.edits()) {
      if (edit instanceof Edit.RemovePath remove) {
        Files.deleteIfExists(root.resolve(remove.path().toString().substring(1)));
      } else if (edit instanceof Edit.ReplaceContent replace) {
        Files.write(
            root.resolve(replace.path().toString().substring(1)),
            replace.content().readAll(1 << 28));
      } else if (edit instanceof Edit.AddFile add && add.node().isSymlink()) {
        Path link = root.resolve(add.path().toString().substring(1));
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, Path.of(add.node().target().toString()));
      }
    }
  }
}
