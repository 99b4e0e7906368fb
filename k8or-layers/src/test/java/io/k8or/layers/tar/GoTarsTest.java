package io.k8or.layers.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import io.k8or.content.MalformedContentException;
import io.k8or.layers.limits.Limits;
import io.k8or.testing.Tools;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The tars with which Go tests its own reader, from Debian's golang-1.19-src. */
@Tag("oracle")
class GoTarsTest {
  private static final Path FOLDER = Path.of("/usr/share/go-1.19/src/archive/tar/testdata");

  // Go refuses all of these too, but the first, whose kind 'D' no container engine unpacks, and the
  // second, which ends behind a PAX header.
  private static final Map<String, String> REFUSED =
      Map.ofEntries(
          Map.entry("gnu-incremental.tar", "no container engine unpacks: 'D'"),
          Map.entry("pax-path-hdr.tar", "the entry of the extended header before"),
          Map.entry("issue10968.tar", "the checksum is wrong"),
          Map.entry("issue11169.tar", "bytes of an extended header"),
          Map.entry("issue12435.tar", "size: a base-256 number beyond 64 bits"),
          Map.entry("neg-size.tar", "size: a base-256 number beyond 64 bits"),
          Map.entry("pax-bad-hdr-file.tar", "no line feed behind the record"),
          Map.entry("pax-bad-hdr-large.tar.bz2", "limit headerBytes"),
          Map.entry("pax-bad-mtime-file.tar", "found 999xxx9324"),
          Map.entry("pax-nul-path.tar", "a NUL in the record path="),
          Map.entry("pax-nul-xattrs.tar", "a NUL in the record SCHILY.xattr"),
          Map.entry("writer-big-long.tar", "expected 17179869184 bytes of data"),
          Map.entry("writer-big.tar", "expected 17179869184 bytes of data"));

  // Where Go and libarchive differ, what Go reads.
  private static final Map<String, String> AS_GO =
      Map.of(
          "invalid-go17.tar", "0 " + "a".repeat(97) + "/foo", "nil-uid.tar", "14 P1050238.JPG.log");

  @Test
  void next_everyGoTar_isReadAsGoOrLibarchiveDoOrRefused() throws IOException {
    Tools.require("bsdtar", "bzip2");
    if (!Files.isDirectory(FOLDER)) {
      abort("no " + FOLDER + ": install golang-1.19-src");
    }
    TreeSet<Path> tars = new TreeSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(FOLDER, "*.tar*")) {
      files.forEach(tars::add);
    }
    assertThat(tars).as("42 tars and a compressed one").hasSize(43);
    for (Path file : tars) {
      String name = file.getFileName().toString();
      byte[] tar =
          name.endsWith(".bz2")
              ? Tools.output("bzip2", "-dc", file.toString()).getBytes(StandardCharsets.ISO_8859_1)
              : Files.readAllBytes(file);
      List<String> found = new ArrayList<>();
      String error = read(tar, found);
      if (REFUSED.containsKey(name)) {
        assertThat(error).as(name).contains(REFUSED.get(name));
      } else {
        assertThat(error).as(name).isEmpty();
        assertThat(found)
            .as(name)
            .isEqualTo(AS_GO.containsKey(name) ? List.of(AS_GO.get(name)) : libarchive(file));
      }
    }
  }

  private static String read(byte[] tar, List<String> found) throws IOException {
    try (TarReader reader =
        new TarReader(new ByteArrayInputStream(tar), "tar", Limits.defaults())) {
      for (Optional<TarEntry> e = reader.next(); e.isPresent(); e = reader.next()) {
        found.add(e.get().size() + " " + escaped(e.get().name().toByteArray()));
        if (e.get().size() < 1 << 20) {
          assertThat((long) reader.content().readAllBytes().length).isEqualTo(e.get().size());
        }
      }
      return "";
    } catch (MalformedContentException e) {
      return e.getMessage();
    }
  }

  private static List<String> libarchive(Path tar) {
    Map<String, String> plain = Map.of("LC_ALL", "C");
    String[] names =
        Tools.run(FOLDER, plain, List.of("bsdtar", "-tf", tar.toString())).stdout().split("\n");
    String[] lines =
        Tools.run(FOLDER, plain, List.of("bsdtar", "--numeric-owner", "-tvf", tar.toString()))
            .stdout()
            .split("\n");
    List<String> listed = new ArrayList<>();
    for (int i = 0; i < names.length; i++) {
      String size = lines[i].trim().split(" +")[4];
      listed.add((size.contains(",") ? "0" : size) + " " + names[i]);
    }
    return listed;
  }

  // As bsdtar prints names in the C locale.
  private static String escaped(byte[] name) {
    StringBuilder text = new StringBuilder();
    for (byte b : name) {
      text.append(b >= 0 ? String.valueOf((char) b) : "\\" + Integer.toOctalString(b & 0xff));
    }
    return text.toString();
  }
}
