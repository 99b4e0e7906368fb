package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.layers.LayeredImage;
import io.k8or.layers.storage.RootFs;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Files that others made: read as bsdtar reads them, or refused with one clear line. */
@Tag("oracle")
class ForeignFilesTest {
  /** What container engines read, by Go's own tests, where bsdtar reads something else. */
  private static final Map<String, String> WHERE_GO_IS_RIGHT =
      Map.of(
          // GNU's magic, but a prefix as in ustar, which Python reads so, too.
          "invalid-go17.tar",
          "/" + "a".repeat(97) + "/foo=file 0000 2097152:0 1970-01-01T00:00:00Z, 0 bytes",
          // No uid; the size is 16 in octal, which Python reads so, too.
          "nil-uid.tar",
          "/P1050238.JPG.log=file 0664 0:0 2013-04-08T21:00:38Z, 14 bytes");

  /** A path as bsdtar lists it. */
  private record Listed(String type, long size, String link) {}

  /** What bsdtar reads without a complaint. */
  private record Listing(Map<String, Listed> paths, boolean complete) {}

  @TestFactory
  Stream<DynamicTest> inspect_ofEverySharedFile_isRightOrOneClearError() throws IOException {
    Tools.require("bsdtar");
    List<Path> files;
    try (Stream<Path> listed = Files.list(Tools.shared().resolve("data"))) {
      files = listed.filter(Files::isRegularFile).sorted().toList();
    }
    assertThat(files).hasSizeGreaterThanOrEqualTo(6);
    return files.stream()
        .map(
            file ->
                DynamicTest.dynamicTest(
                    file.getFileName().toString(),
                    () ->
                        assertThat(isRead(file))
                            .isEqualTo(file.getFileName().toString().contains(".tar."))));
  }

  @Test
  void inspect_ofEveryTarOfGo_isRightOrOneClearError() throws IOException {
    Set<String> refused = new TreeSet<>();
    SoftAssertions each = new SoftAssertions();
    for (Path file : tarsOfGo()) {
      try {
        if (!isRead(file) && listing(file).complete()) {
          refused.add(file.getFileName().toString());
        }
      } catch (AssertionError | IOException e) {
        each.fail(file + ": " + e.getMessage(), e);
      }
    }
    each.assertAll();
    System.out.println("read by bsdtar, refused by k8or: " + refused);
    assertThat(refused)
        .isSubsetOf(
            "gnu-incremental.tar", // entries of an incremental backup, which no engine unpacks
            "pax-bad-mtime-file.tar", // mtime=999xxx9324
            "pax-nul-path.tar"); // a NUL in a path
  }

  private static List<Path> tarsOfGo() {
    Tools.require("bsdtar", "dpkg");
    Tools.Result result =
        Shell.attempt(
            Scratch.parent(), "dpkg -L golang-1.19-src | grep 'testdata/.*\\.tar$' | sort");
    List<Path> tars = result.stdout().lines().map(Path::of).filter(Files::isRegularFile).toList();
    if (tars.isEmpty()) {
      Tools.require("the-package-golang-1.19-src");
    }
    assertThat(tars).hasSizeGreaterThanOrEqualTo(42);
    return tars;
  }

  /** Says whether the command line reads a file, and checks what it says of it. */
  private static boolean isRead(Path file) throws IOException {
    Tools.Result result = K8or.attempt(List.of(), "inspect", "rootfs:" + file, "--json");
    Listing listing = listing(file);
    if (result.status() != 0) {
      assertThat(result.status()).as(result.stderr()).isEqualTo(3);
      assertThat(result.stdout()).isEmpty();
      assertThat(result.stderr().lines()).hasSize(1);
      assertThat(result.stderr()).startsWith("k8or: ").contains(": ");
      System.out.print(file.getFileName() + ": " + result.stderr());
      return false;
    }
    assertThat(result.stderr()).isEmpty();
    FileTree tree = LayeredImage.open(RootFs.open(file)).files();
    String instead = WHERE_GO_IS_RIGHT.get(file.getFileName().toString());
    if (instead != null) {
      assertThat(tree.nodes().lastEntry().toString()).isEqualTo(instead);
    } else if (listing.complete()) {
      assertThat(differences(listing, tree)).as(file.toString()).isEmpty();
    } else {
      System.out.println(file.getFileName() + ": read, where bsdtar stops: " + tree);
    }
    return true;
  }

  private static List<String> differences(Listing listing, FileTree tree) {
    List<String> lines = new ArrayList<>();
    listing
        .paths()
        .forEach(
            (path, listed) -> {
              FileNode node = tree.get(ImagePath.of(ByteString.copyOf(latin1(path)))).orElse(null);
              if (node == null) {
                lines.add(path + ": missing, expected " + listed);
                return;
              }
              String type =
                  switch (node.type()) {
                    case REGULAR -> "file";
                    case DIRECTORY -> "dir";
                    case SYMLINK -> "link";
                    case FIFO -> "fifo";
                    case CHARACTER_DEVICE -> "char";
                    case BLOCK_DEVICE -> "block";
                  };
              // A hard link is listed as a file without bytes.
              boolean isLink = tree.links(ImagePath.of(ByteString.copyOf(latin1(path)))).size() > 1;
              if (!type.equals(listed.type()) && !(isLink && listed.type().equals("file"))) {
                lines.add(path + ": a " + node + ", expected " + listed);
              } else if (type.equals("file") && node.size() != listed.size() && !isLink) {
                lines.add(path + ": " + node + ", expected " + listed);
              } else if (type.equals("link")
                  && listed.type().equals("link")
                  && !Arrays.equals(node.target().toByteArray(), latin1(listed.link()))) {
                lines.add(path + ": " + node + ", expected " + listed);
              }
            });
    tree.nodes()
        .forEach(
            (path, node) -> {
              String name =
                  "/"
                      + new String(
                          path.toRelativeBytes().toByteArray(), StandardCharsets.ISO_8859_1);
              if (!node.isImplied() && !path.isRoot() && !listing.paths().containsKey(name)) {
                lines.add(name + ": not expected, found " + node);
              }
            });
    return lines;
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Listing listing(Path file) {
    Tools.Result result =
        Shell.attempt(
            Scratch.parent(),
            "bsdtar -cf - --format=mtree --options='!all,size,type,link' \"@$1\"",
            file);
    Map<String, Listed> paths = new TreeMap<>();
    for (String line : result.stdout().split("\n")) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] words = line.split(" ");
      String path = unescape(words[0]);
      // "./a", "/./a", "/." and "/a" are all written.
      path = ("/" + path).replaceAll("/(\\.?/)*", "/").replaceAll("/\\.?$", "");
      Map<String, String> keys = new TreeMap<>();
      for (int i = 1; i < words.length; i++) {
        int equals = words[i].indexOf('=');
        keys.put(words[i].substring(0, equals), words[i].substring(equals + 1));
      }
      if (path.length() > 1) {
        paths.put(
            path,
            new Listed(
                keys.getOrDefault("type", ""),
                Long.parseLong(keys.getOrDefault("size", "0")),
                unescape(keys.getOrDefault("link", ""))));
      }
    }
    return new Listing(paths, result.status() == 0 && result.stderr().isBlank());
  }

  /** Reads the octal escapes of mtree(5). */
  private static String unescape(String text) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 3 < text.length()) {
        plain.append((char) Integer.parseInt(text.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }
}
