package io.k8or.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.FileType;
import io.k8or.filesystem.ImagePath;
import io.k8or.report.TreeComparison.Aspect;
import io.k8or.report.TreeComparison.Change;
import io.k8or.report.TreeComparison.Kind;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TreeComparisonTest {
  private static final FileAttributes MODE_644 = FileAttributes.ofMode(0644);

  @Test
  void of_sameTree_isEmpty() throws IOException {
    FileTree tree = FileTree.builder().put(path("/a/b"), file("one")).build();
    FileTree copy = FileTree.builder().put(path("/a/b"), file("one")).build();
    assertThat(TreeComparison.of(tree, copy).isEmpty()).isTrue();
  }

  @Test
  void of_addedAndRemovedPaths_areInOrderOfPaths() throws IOException {
    FileTree before =
        FileTree.builder().put(path("/a/x"), file("1")).put(path("/b"), file("2")).build();
    FileTree after =
        FileTree.builder().put(path("/a/y"), file("1")).put(path("/b"), file("2")).build();
    TreeComparison comparison = TreeComparison.of(before, after);
    assertThat(comparison.differences().stream().map(Object::toString))
        .containsExactly("- /a/x", "+ /a/y");
    assertThat(comparison.count(Kind.ADDED)).isEqualTo(1);
    assertThat(comparison.count(Kind.REMOVED)).isEqualTo(1);
    assertThat(comparison.count(Kind.CHANGED)).isZero();
  }

  @Test
  void of_eachAttribute_isNamedWithBothValues() throws IOException {
    FileAttributes other =
        FileAttributes.ofMode(04755)
            .withOwner(7, 1L << 32)
            .withModified(Instant.ofEpochSecond(-1, 5))
            .withXattrs(Map.of(ByteString.utf8("user.a"), ByteString.copyOf(new byte[] {-1, 0})));
    assertThat(
            changes(
                FileNode.regular(MODE_644, content("one")),
                FileNode.regular(other, content("four"))))
        .containsExactly(
            new Change(Aspect.MODE, "0644", "4755"),
            new Change(Aspect.OWNER, "0:0", "7:4294967296"),
            new Change(Aspect.SIZE, "3", "4"),
            new Change(Aspect.MTIME, "1970-01-01T00:00:00Z", "1969-12-31T23:59:59.000000005Z"),
            new Change(Aspect.CONTENT, "bytes", "bytes"),
            new Change(Aspect.XATTRS, "{}", "{user.a=ff00}"));
  }

  @Test
  void of_sameSizeOtherBytes_isAChangeOfContentAlone() throws IOException {
    assertThat(changes(file("one"), file("two")))
        .containsExactly(new Change(Aspect.CONTENT, "bytes", "bytes"));
  }

  @Test
  void of_lastByteOfALargeFileDiffers_isSeen() throws IOException {
    byte[] large = new byte[100_000];
    byte[] other = large.clone();
    other[99_999] = 1;
    FileNode a = FileNode.regular(MODE_644, Content.of(large));
    assertThat(changes(a, FileNode.regular(MODE_644, Content.of(other)))).hasSize(1);
    assertThat(changes(a, FileNode.regular(MODE_644, Content.of(large.clone())))).isEmpty();
  }

  @Test
  void of_linkTargetAndDeviceNumbers_areCompared() throws IOException {
    assertThat(
            changes(
                FileNode.symlink(MODE_644, ByteString.utf8("x")),
                FileNode.symlink(MODE_644, ByteString.utf8("y"))))
        .containsExactly(new Change(Aspect.TARGET, "x", "y"));
    assertThat(
            changes(
                FileNode.device(FileType.CHARACTER_DEVICE, MODE_644, 1, 3),
                FileNode.device(FileType.BLOCK_DEVICE, MODE_644, 1, 5)))
        .containsExactly(
            new Change(Aspect.TYPE, "character device", "block device"),
            new Change(Aspect.DEVICE, "1,3", "1,5"));
  }

  @Test
  void of_hardLinkAgainstCopy_isAChangeOfLinks() throws IOException {
    FileTree linked =
        FileTree.builder().put(path("/a"), file("1")).link(path("/b"), path("/a")).build();
    FileTree copied =
        FileTree.builder().put(path("/a"), file("1")).put(path("/b"), file("1")).build();
    assertThat(TreeComparison.of(linked, copied).differences().stream().map(Object::toString))
        .containsExactly("~ /a: links /a = /b -> /a", "~ /b: links /a = /b -> /b");
  }

  @Test
  void of_impliedDirectory_hasNoTimeToCompare() throws IOException {
    FileNode recorded =
        FileNode.directory(FileAttributes.ofMode(0755).withModified(Instant.ofEpochSecond(9)));
    FileTree before = FileTree.builder().put(path("/a/b"), file("1")).build();
    FileTree after =
        FileTree.builder().put(path("/a"), recorded).put(path("/a/b"), file("1")).build();
    assertThat(TreeComparison.of(before, after).isEmpty()).isTrue();
  }

  private static List<Change> changes(FileNode before, FileNode after) throws IOException {
    TreeComparison comparison =
        TreeComparison.of(
            FileTree.builder().put(path("/f"), before).build(),
            FileTree.builder().put(path("/f"), after).build());
    return comparison.isEmpty() ? List.of() : comparison.differences().get(0).changes();
  }

  private static FileNode file(String text) {
    return FileNode.regular(MODE_644, content(text));
  }

  private static Content content(String text) {
    return Content.of(ByteString.utf8(text));
  }

  private static ImagePath path(String text) {
    return ImagePath.of(text);
  }
}
