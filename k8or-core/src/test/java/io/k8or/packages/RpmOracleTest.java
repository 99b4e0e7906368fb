package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.rpm.SqliteHeaders;
import io.k8or.testing.Tools;
import io.k8or.transform.Edit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against rpm itself and sqlite3, on real databases. */
@Tag("oracle")
class RpmOracleTest {
  private static FileTree tree(String name, byte[] bytes) {
    return FileTree.builder()
        .put(
            ImagePath.of("/var/lib/rpm/" + name),
            FileNode.regular(FileAttributes.ofMode(0644), Content.of(bytes)))
        .build();
  }

  private static byte[] without(PackageDatabase database, List<InstalledPackage> leaving)
      throws IOException {
    for (Edit edit : database.removal(leaving).edits()) {
      if (edit instanceof Edit.ReplaceContent replace
          && replace.path().equals(database.location())) {
        return replace.content().readAll(1 << 28);
      }
    }
    throw new AssertionError("the database was not replaced");
  }

  private static long count(Path file, String text) throws IOException {
    String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    return Pattern.compile(text, Pattern.LITERAL).matcher(bytes).results().count();
  }

  // Berkeley DB's buffers do so now and then: the unused part of a page holds an old one's bytes.
  private static void leaveBehind(Path file, String text) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    byte[] left = text.getBytes(StandardCharsets.ISO_8859_1);
    for (int page = 4096; page < bytes.length; page += 4096) {
      int used = Math.max((bytes[page + 22] & 0xff) << 8, (bytes[page + 23] & 0xff) << 8) + 256;
      if (bytes[page + 25] == 7 && used < 4000) {
        System.arraycopy(left, 0, bytes, page + 4096 - left.length, left.length);
      }
    }
    Files.write(file, bytes);
  }

  private static byte[] sample(String name) throws IOException {
    return Files.readAllBytes(Tools.shared().resolve("data").resolve(name));
  }

  private static Path scratch() throws IOException {
    return Files.createTempDirectory(
        Files.createDirectories(Tools.projectRoot().resolve("k8or-core/target")), "rpm");
  }

  // Debian keeps rpm from running at all without this.
  private static Tools.Result rpm(Path folder, String... words) {
    List<String> command = new ArrayList<>(List.of("rpm", "--dbpath", folder.toString()));
    command.addAll(List.of(words));
    return Tools.run(folder, Map.of("LC_ALL", "C"), command);
  }

  @Test
  void sqlite_removal_leavesTheRowsThatRpmLeaves() throws Exception {
    Tools.require("rpm", "sqlite3");
    byte[] original = sample("rpmdb-sqlite-cbl-mariner-2.0.sqlite");
    PackageDatabase database = PackageDatabases.of(tree("rpmdb.sqlite", original)).get(0);
    Path folder = scratch();
    try {
      int agree = 0;
      int traceable = 0;
      String before = new String(original, StandardCharsets.ISO_8859_1);
      Path whole = Files.createDirectories(folder.resolve("whole"));
      Files.write(whole.resolve("rpmdb.sqlite"), original);
      List<String> names = new ArrayList<>(List.of("bash", "glibc", "openssl-libs", "filesystem"));
      if (Boolean.getBoolean("k8or.oracle.all")) {
        names = database.packages().stream().map(InstalledPackage::name).distinct().toList();
        names = names.stream().filter(name -> database.named(name).size() == 1).toList();
      }
      for (String name : names) {
        List<InstalledPackage> leaving = database.named(name);
        assertThat(leaving).as(name).hasSize(1);
        Path theirs = Files.createDirectories(folder.resolve("rpm-" + name));
        Path ours = Files.createDirectories(folder.resolve("k8or-" + name));
        Files.write(theirs.resolve("rpmdb.sqlite"), original);
        Files.write(ours.resolve("rpmdb.sqlite"), without(database, leaving));
        Tools.Result result =
            rpm(theirs, "-e", "--nodeps", "--justdb", "--noscripts", "--notriggers", name);
        assertThat(result.status()).as(result.stderr()).isZero();
        assertThat(rows(ours)).as(name).isEqualTo(rows(theirs));
        assertThat(Tools.output("sqlite3", ours + "/rpmdb.sqlite", "PRAGMA integrity_check"))
            .isEqualTo("ok\n");
        assertThat(rpm(ours, "-qa").stdout().lines()).hasSize(database.packages().size() - 1);
        Tools.Result verify =
            Tools.run(ours, Map.of(), List.of("rpmdb", "--dbpath", ours.toString(), "--verifydb"));
        assertThat(verify.status()).as(verify.stderr()).isZero();
        // Names are no sign of what is left: those of a source package stand in its other headers.
        String digest = rpm(whole, "-q", "--qf", "%{SHA256HEADER}", name).stdout();
        assertThat(digest).as(name).hasSize(64);
        String file =
            new String(
                Files.readAllBytes(ours.resolve("rpmdb.sqlite")), StandardCharsets.ISO_8859_1);
        assertThat(file).doesNotContain(digest);
        // But where the end of a page is within it.
        traceable += before.contains(digest) ? 1 : 0;
        agree++;
      }
      System.out.printf("rpm -e on SQLite: %d of %d agree%n", agree, names.size());
      assertThat(traceable).isGreaterThan(names.size() * 3 / 4);
      Path many = Files.createDirectories(folder.resolve("many"));
      List<InstalledPackage> half = new ArrayList<>(database.packages()).subList(0, 100);
      Files.write(many.resolve("rpmdb.sqlite"), without(database, half));
      assertThat(Tools.output("sqlite3", many + "/rpmdb.sqlite", "PRAGMA integrity_check"))
          .isEqualTo("ok\n");
      assertThat(rpm(many, "-qa").stdout().lines()).hasSize(database.packages().size() - 100);
    } finally {
      DebianImage.delete(folder);
    }
  }

  private static Map<String, String> rows(Path folder) {
    String file = folder.resolve("rpmdb.sqlite").toString();
    Map<String, String> rows = new TreeMap<>();
    for (String table :
        Tools.output("sqlite3", file, "SELECT name FROM sqlite_master WHERE type='table'")
            .split("\n", -1)) {
      // The statistics of a query planner, which rpm brings up to date by the way.
      if (!table.isEmpty() && !table.startsWith("sqlite_stat")) {
        String text =
            Tools.output(
                "sqlite3",
                file,
                "SELECT rowid, quote(hex(t.rowid)), * FROM '" + table + "' t ORDER BY rowid");
        rows.put(table, Integer.toString(text.hashCode()) + " " + text.lines().count());
      }
    }
    return rows;
  }

  @Test
  void sqlite_writeAheadLog_isRead() throws Exception {
    Tools.require("sqlite3", "cp");
    byte[] original = sample("rpmdb-sqlite-cbl-mariner-2.0.sqlite");
    Path folder = scratch();
    try {
      Path file = folder.resolve("rpmdb.sqlite");
      Files.write(file, original);
      // Copied while the connection is open: closing it would empty the log.
      Tools.Result result =
          Tools.run(
              folder,
              Map.of(),
              List.of(
                  "sqlite3",
                  "-cmd",
                  "PRAGMA journal_mode=wal",
                  "-cmd",
                  "DELETE FROM Packages WHERE hnum IN (SELECT min(hnum) FROM Packages)",
                  "-cmd",
                  ".shell cp rpmdb.sqlite copy; cp rpmdb.sqlite-wal copy-wal",
                  file.toString(),
                  "SELECT 1"));
      assertThat(result.status()).as(result.stderr()).isZero();
      ByteString copy = ByteString.copyOf(Files.readAllBytes(folder.resolve("copy")));
      ByteString log = ByteString.copyOf(Files.readAllBytes(folder.resolve("copy-wal")));
      assertThat(log.length()).isPositive();
      assertThat(SqliteHeaders.parse(copy, ByteString.empty(), "/db").blobs()).hasSize(129);
      SqliteHeaders logged = SqliteHeaders.parse(copy, log, "/db");
      assertThat(logged.blobs()).hasSize(128);
      Path rewritten = folder.resolve("rewritten");
      Files.write(rewritten, logged.without(Set.of()).toByteArray());
      assertThat(
              Tools.output(
                  "sqlite3",
                  rewritten.toString(),
                  "PRAGMA integrity_check; SELECT count(*) FROM Packages"))
          .isEqualTo("ok\n128\n");
    } finally {
      DebianImage.delete(folder);
    }
  }

  @Test
  void ndb_removal_isReadByRpm() throws Exception {
    Tools.require("rpm");
    byte[] original = sample("rpmdb-ndb-sle15-bci-Packages.db");
    PackageDatabase database = PackageDatabases.of(tree("Packages.db", original)).get(0);
    Path folder = scratch();
    try {
      Files.write(
          folder.resolve("Packages.db"), without(database, database.packages().subList(0, 5)));
      Tools.Result result = rpm(folder, "--define", "_db_backend ndb", "-qa");
      Assumptions.assumeFalse(
          result.stderr().contains("dummy database"), "this rpm was built without ndb");
      assertThat(result.stdout().lines())
          .as(result.stderr())
          .hasSize(database.packages().size() - 5);
      System.out.printf(
          "rpm -qa on ndb: %d packages of %d%n",
          result.stdout().lines().count(), database.packages().size());
    } finally {
      DebianImage.delete(folder);
    }
  }

  @Test
  void bdb_removal_isReadByBerkeleyDb() throws Exception {
    Tools.require("db5.3_load", "db5.3_dump", "rpm");
    PackageDatabase source =
        PackageDatabases.of(tree("rpmdb.sqlite", sample("rpmdb-sqlite-cbl-mariner-2.0.sqlite")))
            .get(0);
    Path folder = scratch();
    try {
      for (String order : List.of("1234", "4321")) {
        StringBuilder dump =
            new StringBuilder(
                "VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\ndb_lorder="
                    + order
                    + "\nHEADER=END\n");
        ByteOrder bytes = order.equals("1234") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        Map<Integer, ByteString> blobs = ((RpmDatabase) source).headers().blobs();
        dump.append(" 00000000\n 000000ff\n");
        blobs.forEach(
            (number, blob) ->
                dump.append(' ')
                    .append(
                        ByteString.copyOf(
                                ByteBuffer.allocate(4).order(bytes).putInt(number).array())
                            .toHex())
                    .append("\n ")
                    .append(blob.toHex())
                    .append('\n'));
        dump.append("DATA=END\n");
        Path text = folder.resolve("dump" + order);
        Path packages = folder.resolve("Packages" + order);
        Files.writeString(text, dump);
        Tools.output("db5.3_load", "-f", text.toString(), packages.toString());
        PackageDatabase database =
            PackageDatabases.of(tree("Packages", Files.readAllBytes(packages))).get(0);
        assertThat(database.packages()).hasSize(129);
        List<InstalledPackage> leaving = database.packages().subList(0, 60);
        String residue = leaving.get(0).name() + "-" + leaving.get(0).version() + ".";
        leaveBehind(packages, residue);
        assertThat(count(packages, residue)).isGreaterThan(1);
        Files.write(packages, without(database, leaving));
        assertThat(count(packages, residue)).isZero();
        assertDamageIsFound(Files.readAllBytes(packages));
        Path own = Files.createDirectories(folder.resolve("rpm" + order));
        Files.copy(packages, own.resolve("Packages"));
        Tools.Result all = rpm(own, "--define", "_db_backend bdb_ro", "-qa");
        assertThat(all.stdout().lines()).as(order + all.stderr()).hasSize(129 - 60);
        assertThat(Tools.run(folder, Map.of(), List.of("db5.3_verify", packages.toString())))
            .extracting(Tools.Result::status)
            .isEqualTo(0);
        // The pairs, and the one that counts.
        assertThat(
                Tools.output("db5.3_dump", packages.toString())
                    .lines()
                    .filter(line -> line.startsWith(" "))
                    .count())
            .isEqualTo(2 * (129 - 60 + 1));
        assertThat(
                PackageDatabases.of(tree("Packages", Files.readAllBytes(packages)))
                    .get(0)
                    .packages())
            .hasSize(129 - 60);
      }
    } finally {
      DebianImage.delete(folder);
    }
  }

  private static void assertDamageIsFound(byte[] bytes) throws IOException {
    Random random = new Random(6);
    for (int i = 0; i < 40; i++) {
      byte[] damaged = bytes.clone();
      if (i == 0) { // each page of bytes is followed by itself
        for (int page = 0; page < bytes.length; page += 4096) {
          System.arraycopy(bytes, page + 8, damaged, page + 16, 4);
        }
      } else if (i == 1) {
        damaged = Arrays.copyOf(bytes, bytes.length / 8192 * 4096);
      } else {
        for (int j = 0; j < 200; j++) { // most of what counts is at the beginning of a page
          int page = random.nextInt(bytes.length / 4096) * 4096;
          damaged[page + random.nextInt(64)] = (byte) random.nextInt(256);
        }
      }
      try {
        PackageDatabase database = PackageDatabases.of(tree("Packages", damaged)).get(0);
        without(database, database.packages().subList(0, Math.min(1, database.packages().size())));
        assertThat(i).as("a cycle, or half of the file, was read").isGreaterThan(1);
      } catch (MalformedContentException | IndexOutOfBoundsException e) {
        assertThat(e).isInstanceOf(MalformedContentException.class);
      }
    }
  }

  @Test
  void alma_image_isRead() throws Exception {
    Tools.require("tar", "xz");
    Path folder = scratch();
    try {
      Tools.output(
          "tar",
          "-xf",
          Tools.shared().resolve("data/almalinux-9-20231124-aarch64-micro.tar.xz").toString(),
          "-C",
          folder.toString());
      FileTree files = DirectoryTree.read(folder);
      PackageDatabase database = PackageDatabases.of(files).get(0);
      assertThat(database.packages()).hasSize(23);
      PackageRemoval removal = database.removal(database.named("bash"));
      assertThat(removal.removed())
          .extracting(gone -> gone.path().toString())
          .contains("/usr/bin/bash");
      assertThat(
              database.owners(ImagePath.of("/bin/bash")).stream()
                  .map(InstalledPackage::name)
                  .toList())
          .containsExactly("bash");
      assertThat(ByteString.copyOf(without(database, database.named("bash"))).length())
          .isPositive();
    } finally {
      DebianImage.delete(folder);
    }
  }
}
