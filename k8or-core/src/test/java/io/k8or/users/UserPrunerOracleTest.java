package io.k8or.users;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.testing.Tools;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real root file systems, with pwck(8) and grpck(8) before and after. */
@Tag("oracle")
class UserPrunerOracleTest {
  @TempDir(cleanup = CleanupMode.NEVER)
  Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "alpine-minirootfs-3.20.3-x86_64.tar.gz",
        "alpine-minirootfs-3.20.3-aarch64.tar.gz",
        "almalinux-9-20231124-aarch64-micro.tar.xz",
      })
  void plan_realRootFileSystem_pwckFindsNothingNew(String name) throws Exception {
    Tools.require("tar", "pwck", "grpck");
    Tools.requireRoot();
    Path archive = Tools.shared().resolve("data").resolve(name);
    Path root = Files.createDirectory(folder.resolve("root"));
    try {
      Tools.output("tar", "-xf", archive.toString(), "-C", root.toString());
      check(root);
    } finally {
      delete(folder);
    }
  }

  @Test
  void plan_debian_pwckFindsNothingNewAndMostUnusedAccountsGo() throws Exception {
    Tools.require("mmdebstrap", "tar", "pwck", "grpck");
    Tools.requireRoot();
    Path root = folder.resolve("root");
    try {
      Tools.output(
          "mmdebstrap",
          "--quiet",
          "--variant=minbase",
          "--include=nginx-light",
          "bookworm",
          root.toString(),
          "http://deb.debian.org/debian");
      List<AccountDecision> decisions = check(root);
      assertThat(decisions)
          .filteredOn(AccountDecision::kept)
          .extracting(AccountDecision::name)
          .contains("root", "nobody", "www-data", "_apt");
      long notOwning = decisions.stream().filter(d -> !isOwner(d)).count();
      long removed = decisions.stream().filter(decision -> !decision.kept()).count();
      assertThat(removed * 100 / notOwning)
          .as("percent of the accounts that own nothing which go, %s", decisions)
          .isGreaterThanOrEqualTo(85);
    } finally {
      delete(folder);
    }
  }

  private static boolean isOwner(AccountDecision decision) {
    return Set.of("owner", "root", "nobody").contains(decision.rule());
  }

  private static List<AccountDecision> check(Path root) throws IOException {
    ImageSnapshot image = TestImages.image(read(root));
    Set<String> before = complaints(root);
    List<AccountDecision> decisions = UserPruner.defaults().decide(image);
    EditPlan plan = UserPruner.defaults().plan(image);
    assertThat(plan.edits()).as("edits").isNotEmpty();
    assertThat(decisions).as("removed").anyMatch(decision -> !decision.kept());
    apply(plan, root);
    assertThat(complaints(root)).as("complaints of pwck and grpck").isSubsetOf(before);

    ImageSnapshot lean = image.with(plan);
    EditPlan added = KubernetesUser.parse("web", UidRegistry.inMemory()).plan(lean);
    apply(added, root);
    Set<String> missingHome =
        complaints(root).stream()
            .filter(line -> line.contains("/nonexistent"))
            .collect(Collectors.toSet());
    Set<String> left = new TreeSet<>(complaints(root));
    left.removeAll(missingHome);
    assertThat(left).as("complaints with the account web").isSubsetOf(before);
    return decisions;
  }

  private static Set<String> complaints(Path root) {
    Set<String> lines = new TreeSet<>();
    for (String tool : List.of("pwck", "grpck")) {
      Tools.Result result =
          Tools.run(root, Map.of("LC_ALL", "C"), List.of(tool, "-r", "-R", root.toString()));
      lines.addAll(result.stdout().lines().toList());
      lines.addAll(result.stderr().lines().toList());
    }
    lines.removeIf(line -> line.isBlank() || line.endsWith("no changes"));
    return lines;
  }

  private static void apply(EditPlan plan, Path root) throws IOException {
    for (Edit edit : plan.edits()) {
      if (edit instanceof Edit.ReplaceContent replace) {
        Path file = root.resolve(replace.path().toRelativeBytes().toUtf8());
        Files.write(file, replace.content().readAll(1 << 24), StandardOpenOption.TRUNCATE_EXISTING);
      } else {
        assertThat(edit).isInstanceOf(Edit.EditConfig.class);
      }
    }
  }

  /** Reads an unpacked root; names that are no text of this system's are left out. */
  private static FileTree.Editor read(Path root) throws IOException {
    FileTree.Editor files = FileTree.builder();
    List<Path> paths = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(root)) {
      walk.filter(path -> !path.equals(root)).forEach(paths::add);
    }
    for (Path path : paths) {
      Map<String, Object> unix = Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS);
      FileAttributes attributes =
          FileAttributes.ofMode((int) unix.get("mode") & 07777)
              .withOwner(
                  Integer.toUnsignedLong((int) unix.get("uid")),
                  Integer.toUnsignedLong((int) unix.get("gid")));
      ImagePath name = ImagePath.of("/" + root.relativize(path));
      if (Files.isSymbolicLink(path)) {
        ByteString target = ByteString.utf8(Files.readSymbolicLink(path).toString());
        files.put(name, FileNode.symlink(attributes, target));
      } else if (Files.isDirectory(path)) {
        files.put(name, FileNode.directory(attributes));
      } else if (Files.isRegularFile(path)) {
        files.put(name, FileNode.regular(attributes, content(path)));
      }
    }
    return files;
  }

  // The test changes files later: small ones are read at once.
  private static Content content(Path file) throws IOException {
    return Files.size(file) < 1 << 20 ? Content.of(Files.readAllBytes(file)) : Content.of(file);
  }

  private static void delete(Path folder) {
    Tools.run(
        folder.getParent(), Map.of(), List.of("rm", "-rf", "--one-file-system", folder.toString()));
  }
}
