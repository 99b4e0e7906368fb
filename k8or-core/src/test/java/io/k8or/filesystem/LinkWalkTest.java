package io.k8or.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import org.junit.jupiter.api.Test;

class LinkWalkTest {
  private final FileTree.Editor tree = FileTree.builder();

  private void file(String path) {
    tree.put(
        ImagePath.of(path), FileNode.regular(FileAttributes.ofMode(0644), Content.of(new byte[0])));
  }

  private void link(String path, String target) {
    tree.put(
        ImagePath.of(path), FileNode.symlink(FileAttributes.ofMode(0777), ByteString.utf8(target)));
  }

  private LinkWalk walk(String path) {
    return LinkWalk.of(tree.build()::get, ImagePath.of(path));
  }

  @Test
  void of_linksOnTheWay_namesThemInOrder() {
    file("/usr/lib/libc.so.6.1");
    link("/lib", "usr/lib");
    link("/usr/lib/libc.so.6", "./libc.so.6.1");

    LinkWalk walk = walk("/lib/libc.so.6");

    assertThat(walk.place()).contains(ImagePath.of("/usr/lib/libc.so.6.1"));
    assertThat(walk.links())
        .containsExactly(ImagePath.of("/lib"), ImagePath.of("/usr/lib/libc.so.6"));
    assertThat(walk.climbing()).isEmpty();
  }

  @Test
  void of_absoluteTarget_startsAtTheTreesRoot() {
    file("/run/lock");
    link("/var/lock", "/run/lock");

    assertThat(walk("/var/lock").place()).contains(ImagePath.of("/run/lock"));
  }

  @Test
  void of_targetAboveTheRoot_staysAtTheRootAndIsTold() {
    file("/etc/passwd");
    link("/a/out", "../../../etc/passwd");

    LinkWalk walk = walk("/a/out");

    assertThat(walk.place()).contains(ImagePath.of("/etc/passwd"));
    assertThat(walk.climbing()).contains(ImagePath.of("/a/out"));
  }

  @Test
  void of_upFromAFile_leadsNowhere() {
    file("/etc/passwd");
    file("/etc/group");
    link("/group", "etc/passwd/../group");

    assertThat(walk("/group").place()).isEmpty();
  }

  @Test
  void of_fortyLinks_isThere_fortyOneAreNot() {
    file("/0");
    for (int i = 1; i <= 41; i++) {
      link("/" + i, "" + (i - 1));
    }

    assertThat(walk("/40").place()).contains(ImagePath.of("/0"));
    assertThat(walk("/40").isEndless()).isFalse();
    assertThat(walk("/41").place()).isEmpty();
    assertThat(walk("/41").isEndless()).isTrue();
  }

  @Test
  void of_emptyTargetOrNothing_leadsNowhere() {
    link("/empty", "");

    assertThat(walk("/empty").place()).isEmpty();
    assertThat(walk("/none/at/all").place()).isEmpty();
    assertThat(walk("/").place()).contains(ImagePath.root());
  }
}
