package io.k8or.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileTreeTest {
  private static final FileAttributes PLAIN = FileAttributes.ofMode(0644);

  private static ImagePath path(String text) {
    return ImagePath.of(text);
  }

  private static FileNode file(String text) {
    return FileNode.regular(PLAIN, Content.of(ByteString.utf8(text)));
  }

  private static FileNode symlink(String target) {
    return FileNode.symlink(PLAIN, ByteString.utf8(target));
  }

  @Test
  void put_deepPath_impliesItsDirectories() {
    FileTree tree = FileTree.builder().put(path("/a/b/c"), file("")).build();
    assertThat(tree.get(path("/a/b")).orElseThrow().isImplied()).isTrue();
    assertThat(tree.size()).isEqualTo(4);
  }

  @Test
  void put_belowAFile_theFileGivesWay() {
    FileTree tree =
        FileTree.builder().put(path("/a"), file("")).put(path("/a/b"), file("")).build();
    assertThat(tree.get(path("/a")).orElseThrow().isDirectory()).isTrue();
  }

  @Test
  void put_fileOnADirectory_removesWhatWasBelow() {
    FileTree tree =
        FileTree.builder().put(path("/a/b"), file("")).put(path("/a"), file("")).build();
    assertThat(tree.nodes().keySet()).containsExactly(ImagePath.root(), path("/a"));
  }

  @Test
  void put_directoryOnADirectory_keepsWhatIsBelow() {
    FileNode directory = FileNode.directory(PLAIN);
    FileTree tree =
        FileTree.builder().put(path("/a/b"), file("")).put(path("/a"), directory).build();
    assertThat(tree.get(path("/a"))).contains(directory);
    assertThat(tree.contains(path("/a/b"))).isTrue();
  }

  @Test
  void put_fileAtTheRoot_throws() {
    assertThatThrownBy(() -> FileTree.builder().put(ImagePath.root(), file("")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void link_toADirectoryOrNothing_throws() {
    FileTree.Editor editor = FileTree.builder().put(path("/a/b"), file(""));
    assertThatThrownBy(() -> editor.link(path("/c"), path("/a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no file to link to at /a, but a directory");
    assertThatThrownBy(() -> editor.link(path("/c"), path("/x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no file to link to at /x");
  }

  @Test
  void links_ofAHardLink_areAllNamesInOrder() {
    FileTree tree =
        FileTree.builder()
            .put(path("/b"), file("x"))
            .link(path("/c"), path("/b"))
            .link(path("/a"), path("/c"))
            .build();
    assertThat(tree.links(path("/c"))).containsExactly(path("/a"), path("/b"), path("/c"));
    FileTree less = tree.edit().remove(path("/b")).build();
    assertThat(less.links(path("/c"))).containsExactly(path("/a"), path("/c"));
    assertThat(less.edit().remove(path("/a")).build().links(path("/c")))
        .containsExactly(path("/c"));
    assertThat(tree.links(path("/none"))).isEmpty();
  }

  @Test
  void link_inTheWayOfTheOther_leavesOneName() {
    FileTree below =
        FileTree.builder().put(path("/a"), file("x")).link(path("/a/b"), path("/a")).build();
    assertThat(below.links(path("/a/b"))).containsExactly(path("/a/b"));
    FileTree above =
        FileTree.builder().put(path("/a/b"), file("x")).link(path("/a"), path("/a/b")).build();
    assertThat(above.links(path("/a"))).containsExactly(path("/a"));
  }

  @Test
  void replaceContent_ofAHardLink_changesAllNames() {
    FileTree tree =
        FileTree.builder().put(path("/a"), file("x")).link(path("/b"), path("/a")).build();
    Content content = Content.of(ByteString.utf8("new"));
    FileTree changed = tree.edit().replaceContent(path("/b"), content).build();
    assertThat(changed.get(path("/a")).orElseThrow().content()).isEqualTo(content);
    assertThat(changed.get(path("/a"))).isEqualTo(changed.get(path("/b")));
    assertThat(tree.get(path("/a")).orElseThrow().size()).isEqualTo(1);
  }

  @Test
  void replaceContent_ofADirectory_throws() {
    FileTree.Editor editor = FileTree.builder().put(path("/a/b"), file(""));
    assertThatThrownBy(() -> editor.replaceContent(path("/a"), Content.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no regular file at /a, but a ");
  }

  @Test
  void remove_path_takesHiddenFilesBelowToo() {
    FileTree.Shadowed below = new FileTree.Shadowed(0, path("/a/b"), file(""));
    FileTree.Shadowed beside = new FileTree.Shadowed(0, path("/ab"), file(""));
    FileTree tree = FileTree.builder().shadowed(List.of(below, beside)).build();
    assertThat(tree.edit().remove(path("/a")).build().shadowed()).containsExactly(beside);
  }

  @ParameterizedTest
  @CsvSource({
    "/link, /dir/file",
    "/dirlink/file, /dir/file",
    "/up, /dir/file",
    "/deep/in/here, /dir/file",
    "/dirlink, /dir",
    "/, /",
    "/loop, ",
    "/nothing, ",
    "/broken, ",
    "/link/below, ",
    "/empty, ",
  })
  void resolve_path_asInTheContainer(String text, String expected) {
    FileTree tree =
        FileTree.builder()
            .put(path("/dir/file"), file("x"))
            .put(path("/link"), symlink("dir/file"))
            .put(path("/dirlink"), symlink("/dir/."))
            .put(path("/up"), symlink("../../../../dirlink/../dir//file"))
            .put(path("/deep/in/here"), symlink("../../up"))
            .put(path("/loop"), symlink("loop"))
            .put(path("/broken"), symlink("/nowhere"))
            .put(path("/empty"), symlink(""))
            .build();
    assertThat(tree.resolve(path(text)).map(ImagePath::toString).orElse(null)).isEqualTo(expected);
  }

  @Test
  void resolve_fortyOneLinks_givesUp() {
    FileTree.Editor editor = FileTree.builder().put(path("/l0"), file(""));
    for (int i = 1; i <= 41; i++) {
      editor.put(path("/l" + i), symlink("l" + (i - 1)));
    }
    FileTree tree = editor.build();
    assertThat(tree.resolve(path("/l40"))).contains(path("/l0"));
    assertThat(tree.resolve(path("/l41"))).isEmpty();
  }

  @Test
  void resolveParent_lastSegment_isNotFollowed() {
    FileTree tree =
        FileTree.builder()
            .put(path("/dir/file"), symlink("/nowhere"))
            .put(path("/dirlink"), symlink("dir"))
            .build();
    assertThat(tree.resolveParent(path("/dirlink/file"))).contains(path("/dir/file"));
    assertThat(tree.resolveParent(path("/dirlink/new"))).contains(path("/dir/new"));
    assertThat(tree.resolveParent(path("/dir/file/x"))).isEmpty();
    assertThat(tree.resolveParent(ImagePath.root())).contains(ImagePath.root());
  }

  @Test
  void follow_link_givesTheNode() {
    FileNode file = file("x");
    FileTree tree = FileTree.builder().put(path("/a"), file).put(path("/b"), symlink("a")).build();
    assertThat(tree.follow(path("/b"))).contains(file);
  }

  @Test
  void symlink_targetWithANul_throws() {
    // Whoever follows the link would ask for a path that no path can be.
    assertThatThrownBy(() -> FileNode.symlink(FileAttributes.ofMode(0777), ByteString.utf8("a\0b")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a NUL in the link target a\\x00b");
  }
}
