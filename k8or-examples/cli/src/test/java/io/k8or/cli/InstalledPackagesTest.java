package io.k8or.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.cli.InstalledPackages.Installed;
import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class InstalledPackagesTest {
  @Test
  void read_dpkg_leavesOutWhatIsNotInstalled() throws IOException {
    InstalledPackages packages =
        InstalledPackages.read(
            tree(
                "/var/lib/dpkg/status",
                """
                Package: a
                Status: install ok installed
                Installed-Size: 3
                Architecture: amd64
                Version: 1.0
                Description: one
                 Package: not a field

                Package: b
                Status: deinstall ok config-files
                Version: 2.0
                """));
    assertThat(packages.format()).isEqualTo("dpkg");
    assertThat(packages.packages()).containsExactly(new Installed("a", "1.0", "amd64", 3072));
  }

  @Test
  void read_distroless_takesEachPart() throws IOException {
    InstalledPackages packages =
        InstalledPackages.read(
            tree(
                "/var/lib/dpkg/status.d/base", "Package: base\nVersion: 1\n",
                "/var/lib/dpkg/status.d/base.md5sums", "0  x\n"));
    assertThat(packages.packages()).containsExactly(new Installed("base", "1", "", 0));
  }

  @Test
  void read_apk_takesEachStanza() throws IOException {
    InstalledPackages packages =
        InstalledPackages.read(
            tree("/lib/apk/db/installed", "P:musl\nV:1.2\nA:x86_64\nI:600\nF:lib\nR:x\n\nP:b\n"));
    assertThat(packages.format()).isEqualTo("apk");
    assertThat(packages.packages())
        .containsExactly(
            new Installed("musl", "1.2", "x86_64", 600), new Installed("b", "", "", 0));
  }

  @Test
  void read_rpm_isOnlyNamed() throws IOException {
    InstalledPackages packages = InstalledPackages.read(tree("/var/lib/rpm/rpmdb.sqlite", "x"));
    assertThat(packages.format()).isEqualTo("rpm");
    assertThat(packages.isRead()).isFalse();
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
