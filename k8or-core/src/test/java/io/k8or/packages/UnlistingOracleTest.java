package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.files.FilePruner;
import io.k8or.filesystem.PathGlob;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.packages.rpm.BdbHeaders;
import io.k8or.packages.rpm.NdbHeaders;
import io.k8or.packages.rpm.RpmHeaders;
import io.k8or.packages.rpm.SqliteHeaders;
import io.k8or.testing.Tools;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What package managers say of an image whose packages lost files to rules. */
@Tag("oracle")
class UnlistingOracleTest {
  private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  @Test
  void dpkg_verify_missesNothing() throws Exception {
    Tools.require("dpkg", "mmdebstrap", "unshare", "cp");
    Tools.requireRoot();
    Path folder = Tools.projectRoot().resolve("k8or-core/target/oracle-packages");
    Path root = DebianImage.unpacked(folder);
    Path copy = Files.createTempDirectory(folder, "unlisted").resolve("root");
    try {
      Tools.output("cp", "-a", root.toString(), copy.toString());
      List<String> before = inside(copy, "dpkg", "--verify").stdout().lines().toList();
      EditPlan plan = FilePruner.defaults().plan(image(copy));
      assertThat(plan.edits()).hasSizeGreaterThan(500);
      apply(plan, copy);
      assertThat(FilePruner.defaults().plan(image(copy)).edits()).isEmpty();

      List<String> after = inside(copy, "dpkg", "--verify").stdout().lines().toList();
      assertThat(before).containsAll(after);
      assertThat(inside(copy, "dpkg", "--audit").stdout()).isEmpty();
      Tools.Result check = inside(copy, "apt-get", "check");
      assertThat(check.status()).as(check.stdout() + check.stderr()).isZero();
      assertThat(inside(copy, "nginx", "-t").stderr()).contains("test is successful");
      assertThat(inside(copy, "python3", "-c", "import json, ssl; print(1)").stdout())
          .isEqualTo("1\n");
      assertThat(inside(copy, "dpkg", "-L", "bash").stdout())
          .contains("/bin/bash\n", "/usr/share/doc/bash/copyright\n")
          .doesNotContain("bash.1.gz");
    } finally {
      DebianImage.delete(copy.getParent());
    }
  }

  @Test
  void apk_audit_missesNothing() throws Exception {
    Tools.require("unshare", "tar");
    Tools.requireRoot();
    Path scratch = scratch();
    try {
      Path root = unpacked(scratch, "alpine-minirootfs-3.20.3-x86_64.tar.gz");
      EditPlan plan = removing("/etc/motd", "/usr/share/udhcpc").plan(image(root));
      for (Edit edit : plan.edits()) {
        if (edit instanceof Edit.RemovePath remove) {
          remove(root, remove);
        }
      }
      assertThat(inside(root, "apk", "audit", "--system").stdout())
          .contains("X etc/motd\n"); // a directory that is missing as a whole is not looked into
      apply(plan, root);
      assertThat(inside(root, "apk", "audit", "--system").stdout()).doesNotContain("X ", "udhcpc");
      assertThat(inside(root, "apk", "info", "-L", "busybox").stdout())
          .contains("bin/busybox\n")
          .doesNotContain("usr/share/udhcpc");
    } finally {
      DebianImage.delete(scratch);
    }
  }

  @Test
  void rpm_verify_missesNothing() throws Exception {
    Tools.require("rpm", "tar", "sqlite3");
    Tools.requireRoot();
    Path scratch = scratch();
    try {
      Path root = unpacked(scratch, "almalinux-9-20231124-aarch64-micro.tar.xz");
      String before = rpm(root, "-Va", "--nodeps");
      EditPlan plan = removing("/usr/share/zoneinfo/A*", "/etc/profile").plan(image(root));
      apply(plan, root);
      assertThat(rpm(root, "-Va", "--nodeps")).isEqualTo(before);
      assertThat(rpm(root, "-qs", "setup")).contains("not installed /etc/profile\n");
      assertThat(rpm(root, "--verifydb")).isEmpty();
      assertThat(
              Tools.output("sqlite3", root + "/var/lib/rpm/rpmdb.sqlite", "PRAGMA integrity_check"))
          .isEqualTo("ok\n");
    } finally {
      DebianImage.delete(scratch);
    }
  }

  @Test
  void rpmHeaders_withChangedOnes_haveThemAndTheOthers() throws Exception {
    Tools.require("db5.3_load", "db5.3_verify");
    Path data = Tools.shared().resolve("data");
    RpmHeaders sqlite =
        SqliteHeaders.parse(
            ByteString.copyOf(
                Files.readAllBytes(data.resolve("rpmdb-sqlite-cbl-mariner-2.0.sqlite"))),
            ByteString.empty(),
            "sqlite");
    Map<Integer, ByteString> changed = changed(sqlite);
    assertThat(SqliteHeaders.parse(sqlite.with(changed), ByteString.empty(), "sqlite").blobs())
        .isEqualTo(expected(sqlite, changed));

    RpmHeaders ndb =
        NdbHeaders.parse(
            ByteString.copyOf(Files.readAllBytes(data.resolve("rpmdb-ndb-sle15-bci-Packages.db"))),
            "ndb");
    changed = changed(ndb);
    assertThat(NdbHeaders.parse(ndb.with(changed), "ndb").blobs())
        .isEqualTo(expected(ndb, changed));

    Path scratch = scratch();
    try {
      StringBuilder dump =
          new StringBuilder(
              "VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\ndb_lorder=1234\nHEADER=END\n");
      sqlite
          .blobs()
          .forEach(
              (number, blob) ->
                  dump.append(String.format(" %08x\n ", Integer.reverseBytes(number)))
                      .append(blob.toHex())
                      .append('\n'));
      Files.writeString(scratch.resolve("dump"), dump.append("DATA=END\n"));
      Path packages = scratch.resolve("Packages");
      Tools.output("db5.3_load", "-f", scratch.resolve("dump").toString(), packages.toString());
      RpmHeaders bdb = BdbHeaders.parse(ByteString.copyOf(Files.readAllBytes(packages)), "bdb");
      changed = changed(bdb);
      ByteString with = bdb.with(changed);
      assertThat(BdbHeaders.parse(with, "bdb").blobs()).isEqualTo(expected(bdb, changed));
      Files.write(packages, with.toByteArray());
      assertThat(Tools.run(scratch, Map.of(), List.of("db5.3_verify", "Packages")).status())
          .isZero();
    } finally {
      DebianImage.delete(scratch);
    }
  }

  // Every third header, with another last byte.
  private static Map<Integer, ByteString> changed(RpmHeaders headers) {
    Map<Integer, ByteString> changed = new TreeMap<>();
    headers
        .blobs()
        .forEach(
            (number, blob) -> {
              if (number % 3 == 0) {
                byte[] bytes = blob.toByteArray();
                bytes[bytes.length - 1] ^= 2;
                changed.put(number, ByteString.copyOf(bytes));
              }
            });
    assertThat(changed).isNotEmpty();
    return changed;
  }

  private static Map<Integer, ByteString> expected(
      RpmHeaders headers, Map<Integer, ByteString> changed) {
    Map<Integer, ByteString> expected = new TreeMap<>(headers.blobs());
    expected.putAll(changed);
    return expected;
  }

  private static FilePruner removing(String... globs) {
    return FilePruner.removing(Arrays.stream(globs).map(PathGlob::of).toList());
  }

  private static ImageSnapshot image(Path root) throws IOException {
    return ImageSnapshot.of(
        ImageConfig.of(Platform.parse("linux/amd64")), DirectoryTree.read(root));
  }

  private static Path scratch() throws IOException {
    return Files.createTempDirectory(
        Files.createDirectories(Tools.projectRoot().resolve("k8or-core/target")), "unlisting");
  }

  private static Path unpacked(Path scratch, String name) throws IOException {
    Path root = Files.createDirectories(scratch.resolve("root"));
    Path tar = Tools.shared().resolve("data").resolve(name);
    Tools.output("tar", "-xf", tar.toString(), "-C", root.toString());
    return root;
  }

  private static String rpm(Path root, String... words) {
    List<String> command =
        new ArrayList<>(List.of("rpm", "--root", root.toString(), "--dbpath", "/var/lib/rpm"));
    command.addAll(List.of(words));
    return Tools.run(root, Map.of("LC_ALL", "C"), command).stdout();
  }

  private static Tools.Result inside(Path root, String... command) {
    List<String> words =
        new ArrayList<>(List.of("unshare", "-mpn", "--fork", "chroot", root.toString()));
    words.addAll(List.of(command));
    return Tools.run(root, Map.of("PATH", PATH, "LC_ALL", "C"), words);
  }

  private static void apply(EditPlan plan, Path root) throws IOException {
    for (Edit edit : plan.edits()) {
      if (edit instanceof Edit.RemovePath remove) {
        remove(root, remove);
      } else if (edit instanceof Edit.ReplaceContent replace) {
        Files.write(at(root, replace), replace.content().readAll(1 << 28));
      } else if (edit instanceof Edit.AddFile add) {
        Files.write(at(root, add), add.node().content().readAll(1 << 28));
      }
    }
  }

  private static void remove(Path root, Edit.RemovePath edit) throws IOException {
    Path path = at(root, edit);
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      Tools.output("rm", "-rf", path.toString());
    } else {
      Files.deleteIfExists(path);
    }
  }

  private static Path at(Path root, Edit.FileEdit edit) {
    return root.resolve(edit.path().toString().substring(1));
  }
}
