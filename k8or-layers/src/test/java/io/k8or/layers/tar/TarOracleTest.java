package io.k8or.layers.tar;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileType;
import io.k8or.layers.limits.Limits;
import io.k8or.testing.Tools;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What GNU tar and libarchive make of our tars, and we of GNU tar's. */
@Tag("oracle")
class TarOracleTest {
  private static final String CAPABILITY =
      "0100000200ff00000000000000000000000000ff".substring(0, 40);

  private Path folder;

  @BeforeEach
  void makeFolder() throws IOException {
    folder = Files.createTempDirectory("k8or-tar");
  }

  @AfterEach
  void removeFolder() {
    Tools.run(Path.of("/"), Map.of(), List.of("rm", "-rf", folder.toString()));
  }

  @Test
  void writer_allKinds_areExtractedTheSameByGnuTarAndLibarchive() throws IOException {
    Tools.require("tar", "bsdtar", "find", "getfattr");
    Tools.requireRoot();
    Path tar = folder.resolve("ours.tar");
    FileAttributes plain =
        FileAttributes.ofMode(0640)
            .withOwner(12345, 3_000_000)
            .withModified(Instant.ofEpochSecond(1_700_000_000, 123_456_789));
    FileAttributes rich =
        plain
            .withMode(04755)
            .withModified(Instant.ofEpochSecond(-5, 250_000_000))
            .withXattrs(
                Map.of(
                    ByteString.utf8("security.capability"),
                    ByteString.copyOf(HexFormat.of().parseHex(CAPABILITY)),
                    ByteString.utf8("user.bin"),
                    Tars.latin1("\0\u00ff\n=")));
    ByteString latin = Tars.latin1("d/caf\u00e9-").concat(ByteString.utf8("x".repeat(120)));
    String nested = ("s".repeat(60) + "/").repeat(4) + "deep";
    try (TarWriter writer = new TarWriter(new BufferedOutputStream(Files.newOutputStream(tar)))) {
      writer.put(ByteString.utf8(nested), FileNode.regular(plain, Content.of(new byte[1])));
      writer.put(ByteString.utf8("d"), FileNode.directory(plain.withMode(01777)));
      writer.put(ByteString.utf8("d/f"), FileNode.regular(rich, Content.of(new byte[600])));
      writer.put(latin, FileNode.regular(plain, Content.empty()));
      writer.put(Tars.latin1("d/\u00ff"), FileNode.regular(plain, Content.empty()));
      writer.putHardLink(ByteString.utf8("d/h"), ByteString.utf8("d/f"), rich);
      writer.put(
          ByteString.utf8("d/l"),
          FileNode.symlink(plain.withMode(0777), Tars.latin1("t\u00e9".repeat(80))));
      writer.put(ByteString.utf8("d/p"), FileNode.fifo(plain));
      writer.put(ByteString.utf8("d/n"), FileNode.device(FileType.CHARACTER_DEVICE, plain, 1, 3));
      writer.finish();
    }
    Path gnu = Files.createDirectory(folder.resolve("gnu"));
    Path bsd = Files.createDirectory(folder.resolve("bsd"));
    run(gnu, "tar", "--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf", tar.toString());
    run(bsd, "bsdtar", "--numeric-owner", "--xattrs", "-xpf", tar.toString());
    String found = listing(gnu);
    // find prints the two numbers of a time as they are stored: 5 s before, 0.25 s after.
    assertThat(found)
        .contains("|d|d|1777|12345|3000000|1700000000.1234567890|")
        .contains("|d/f|f|4755|12345|3000000|-5.2500000000|600||\n")
        .contains("|d/h|f|4755|12345|3000000|-5.2500000000|600||\n")
        .contains("|" + latin.toLatin1() + "|f|640|")
        .contains("|d/\u00ff|f|640|")
        .contains("|d/n|c|640|")
        .contains("|d/p|p|640|")
        .contains("|d/l|l|777|12345|3000000|")
        .contains("|" + "t\u00e9".repeat(80) + "|\n")
        .contains("|" + nested + "|f|640|");
    // libarchive adds the fraction of a negative time where POSIX, GNU tar and Go subtract it.
    assertThat(listing(bsd)).isEqualTo(found.replace("-5.2500000000", "-4.7500000000"));
    for (Path root : List.of(gnu, bsd)) {
      String xattrs = run(root, "getfattr", "-d", "-m", "-", "-e", "hex", "d/f", "d/h");
      assertThat(xattrs.split("user.bin=0x00ff0a3d", -1)).hasSize(3);
      assertThat(xattrs.split("security.capability=0x" + CAPABILITY, -1)).hasSize(3);
    }
  }

  // Directories that no entry records get the time of extraction: left out.
  private static String listing(Path root) {
    String all =
        run(root, "find", ".", "-mindepth", "1", "-printf", "|%P|%y|%m|%U|%G|%T@|%s|%l|\n");
    List<String> lines = new ArrayList<>();
    for (String line : all.split("\n")) {
      if (!line.startsWith("|s") || !line.contains("|d|")) {
        lines.add(line);
      }
    }
    lines.sort(null);
    return String.join("\n", lines) + "\n";
  }

  @Test
  void next_tarsOfGnuTar_inAllFormats_giveTheSameFiles() throws IOException {
    Tools.require("tar", "truncate", "touch");
    Path files = Files.createDirectory(folder.resolve("files"));
    Files.writeString(files.resolve("short"), "content");
    Files.createDirectory(files.resolve("sub"));
    Files.writeString(files.resolve("sub").resolve("n".repeat(90)), "x".repeat(1000));
    Files.createSymbolicLink(files.resolve("link"), Path.of("short"));
    Files.createLink(files.resolve("zhard"), files.resolve("short"));
    run(files, "touch", "-h", "-d", "@1600000000", "link", "short", "sub/" + "n".repeat(90), "sub");
    for (String format : List.of("v7", "oldgnu", "gnu", "ustar", "posix")) {
      Map<String, TarEntry> found = archive(files, "--format=" + format);
      assertThat(found.keySet())
          .as(format)
          .containsExactly("/link", "/short", "/sub", "/sub/" + "n".repeat(90), "/zhard");
      assertThat(found.get("/link").linkName()).as(format).hasToString("short");
      assertThat(found.get("/zhard").linkPath()).as(format).hasToString("/short");
      assertThat(found.get("/short").size()).as(format).isEqualTo(7);
      assertThat(found.get("/sub").isDirectory()).as(format).isTrue();
      assertThat(found.get("/sub/" + "n".repeat(90)).size()).as(format).isEqualTo(1000);
      assertThat(found.get("/short").attributes().modified())
          .as(format)
          .isEqualTo(Instant.ofEpochSecond(1_600_000_000));
    }
    // What the older formats cannot hold.
    String far = ("f".repeat(80) + "/").repeat(4);
    Files.createDirectories(files.resolve(far));
    Files.writeString(files.resolve(far + "z"), "far");
    Files.createSymbolicLink(files.resolve("zl"), Path.of(far));
    run(files, "touch", "-d", "@-7", far + "z");
    for (String format : List.of("oldgnu", "gnu", "posix")) {
      Map<String, TarEntry> found =
          archive(files, "--format=" + format, "--owner=:4000000", "--group=:5000000");
      TarEntry entry = found.get("/" + far + "z");
      assertThat(entry.size()).as(format).isEqualTo(3);
      assertThat(entry.attributes().uid()).as(format).isEqualTo(4_000_000);
      assertThat(entry.attributes().gid()).as(format).isEqualTo(5_000_000);
      assertThat(entry.attributes().modified()).as(format).isEqualTo(Instant.ofEpochSecond(-7));
      assertThat(found.get("/zl").linkName().toString())
          .as(format)
          .startsWith(far.substring(0, 300));
    }
  }

  @Test
  void next_sparseTarsOfGnuTar_inAllVersions_giveTheSameBytes() throws IOException {
    Tools.require("tar", "truncate");
    Path files = Files.createDirectory(folder.resolve("files"));
    byte[] expected = new byte[3_000_000];
    for (int i = 0; i < 30; i++) {
      // On the borders of file system blocks, so that what lies between can be a hole.
      Arrays.fill(expected, i * 98304, i * 98304 + 4096, (byte) (i + 1));
    }
    Path whole = folder.resolve("whole");
    Files.write(whole, expected);
    run(files, "cp", "--sparse=always", whole.toString(), "s");
    List<String[]> ways =
        List.of(
            new String[] {"--sparse", "--format=gnu"},
            new String[] {"--sparse", "--format=oldgnu"},
            new String[] {"--sparse", "--format=posix", "--sparse-version=0.0"},
            new String[] {"--sparse", "--format=posix", "--sparse-version=0.1"},
            new String[] {"--sparse", "--format=posix", "--sparse-version=1.0"});
    for (String[] way : ways) {
      TarEntry entry = archive(files, way).get("/s");
      assertThat(entry.sparse()).as(String.join(" ", way)).isPresent();
      assertThat(entry.storedSize()).isLessThan(1_000_000);
      byte[] read =
          entry.contentIn(Content.of(folder.resolve("theirs.tar"))).readAll(expected.length);
      assertThat(Arrays.equals(read, expected)).as(String.join(" ", way)).isTrue();
    }
  }

  /** Archives a folder with GNU tar, reads it, and returns the entries by path but the root. */
  private Map<String, TarEntry> archive(Path files, String... options) throws IOException {
    Path tar = folder.resolve("theirs.tar");
    List<String> command = new ArrayList<>(List.of("tar", "--sort=name", "--xattrs"));
    if (!String.join(" ", options).contains("posix")) {
      command.remove("--xattrs");
    }
    command.addAll(List.of(options));
    command.addAll(List.of("-cf", tar.toString(), "."));
    run(files, command.toArray(new String[0]));
    Map<String, TarEntry> found = new TreeMap<>();
    try (TarReader reader =
        new TarReader(Files.newInputStream(tar), "theirs.tar", Limits.defaults())) {
      for (Optional<TarEntry> e = reader.next(); e.isPresent(); e = reader.next()) {
        found.put(e.get().path().toString(), e.get());
      }
      assertThat(reader.length()).isEqualTo(Files.size(tar));
    }
    found.remove("/");
    found.keySet().removeIf(path -> path.endsWith("/" + "f".repeat(80)));
    return found;
  }

  private static String run(Path directory, String... command) {
    Tools.Result result =
        Tools.run(directory, Map.of("LC_ALL", "C.UTF-8", "TZ", "UTC"), List.of(command));
    assertThat(result.status()).as(String.join(" ", command) + "\n" + result.stderr()).isZero();
    return result.stdout();
  }
}
