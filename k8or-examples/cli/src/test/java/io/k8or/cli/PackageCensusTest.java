package io.k8or.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class PackageCensusTest {
  @Test
  void of_dpkg_leavesOutWhatIsNotInstalled() throws IOException {
    PackageCensus census =
        PackageCensus.of(
            tree(
                "/var/lib/dpkg/status",
                """
                Package: a
                Status: install ok installed
                Architecture: amd64
                Version: 1.0

                Package: b
                Status: deinstall ok config-files
                Architecture: amd64
                Version: 2.0
                """,
                "/var/lib/dpkg/info/a.list",
                "/.\n/usr\n/usr/a\n/usr/missing\n",
                "/usr/a",
                "12345"));
    assertThat(census.format()).isEqualTo("dpkg");
    assertThat(census.count()).isEqualTo(1);
    assertThat(census.packages())
        .containsExactly(new PackageCensus.Counted("a", "1.0", "amd64", 5));
  }

  @Test
  void of_apk_takesEachStanza() throws IOException {
    PackageCensus census =
        PackageCensus.of(
            tree(
                "/lib/apk/db/installed", "P:musl\nV:1.2\nA:x86_64\nF:lib\nR:x\n\n", "/lib/x", "x"));
    assertThat(census.format()).isEqualTo("apk");
    assertThat(census.packages())
        .containsExactly(new PackageCensus.Counted("musl", "1.2", "x86_64", 1));
  }

  @Test
  void of_databaseThatCannotBeRead_saysWhy() throws IOException {
    PackageCensus census =
        PackageCensus.of(tree("/var/lib/dpkg/status", "Package: a\nPackage: b\n"));
    assertThat(census.isRead()).isFalse();
    assertThat(census.fault()).contains("/var/lib/dpkg/status");
    assertThat(census.count()).isZero();
  }

  @Test
  void of_noDatabase_isNone() throws IOException {
    PackageCensus census = PackageCensus.of(tree("/etc/hostname", "x"));
    assertThat(census.format()).isEqualTo("none");
    assertThat(census.isRead()).isTrue();
    assertThat(census.count()).isZero();
  }

  private static FileTree tree(String... pathsAndTexts) {
    FileTree.Editor tree = FileTree.builder();
    for (int i = 0; i < pathsAndTexts.length; i += 2) {
      tree.put(
          ImagePath.of(pathsAndTexts[i]),
          FileNode.regular(
              FileAttributes.ofMode(0644), Content.of(ByteString.utf8(pathsAndTexts[i + 1]))));
    }
    return tree.build();
  }
}
