package io.k8or.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class FileTreeProperties {
  @Property
  void everyParent_isADirectoryOfTheTree(@ForAll("trees") FileTree tree) {
    assertThat(tree.get(ImagePath.root()).orElseThrow().isDirectory()).isTrue();
    for (ImagePath path : tree.nodes().keySet()) {
      path.parent()
          .ifPresent(
              parent ->
                  assertThat(tree.get(parent).map(FileNode::isDirectory))
                      .as("parent of %s", path)
                      .contains(true));
    }
  }

  @Property
  void childrenAndSubtree_areThoseOfTheDefinition(
      @ForAll("trees") FileTree tree, @ForAll("paths") ImagePath path) {
    List<ImagePath> children = new ArrayList<>();
    List<ImagePath> within = new ArrayList<>();
    for (ImagePath each : tree.nodes().keySet()) {
      if (each.parent().equals(Optional.of(path))) {
        children.add(each);
      }
      if (each.isWithin(path)) {
        within.add(each);
      }
    }
    assertThat(tree.children(path)).isEqualTo(children);
    assertThat(tree.subtree(path).keySet()).containsExactlyElementsOf(within);
    assertThat(tree.isEmptyDirectory(path)).isEqualTo(children.isEmpty());
  }

  @Property
  void links_areThePathsOfTheSameNode(@ForAll("trees") FileTree tree) {
    tree.nodes()
        .forEach(
            (path, node) -> {
              List<ImagePath> same = new ArrayList<>();
              tree.nodes()
                  .forEach(
                      (other, otherNode) -> {
                        if (otherNode == node && !node.isImplied()) {
                          same.add(other);
                        }
                      });
              assertThat(tree.links(path))
                  .as("links of %s", path)
                  .isEqualTo(node.isImplied() ? List.of(path) : same);
            });
  }

  @Property
  void resolve_neverLeavesTheImage(
      @ForAll("trees") FileTree tree, @ForAll("paths") ImagePath path) {
    Optional<ImagePath> resolved = tree.resolve(path);
    if (resolved.isPresent()) {
      assertThat(tree.get(resolved.get()).map(FileNode::isSymlink))
          .as("%s resolves to %s", path, resolved.get())
          .contains(false);
      assertThat(tree.resolve(resolved.get())).isEqualTo(resolved);
      for (Optional<ImagePath> at = resolved; at.isPresent(); at = at.get().parent()) {
        assertThat(tree.get(at.get()).map(FileNode::isSymlink)).contains(false);
      }
    }
  }

  @Property
  void remove_pathIsAbsent_othersAreUntouched(
      @ForAll("trees") FileTree tree, @ForAll("paths") ImagePath path) {
    TreeMap<ImagePath, FileNode> expected = new TreeMap<>(tree.nodes());
    expected.keySet().removeIf(each -> each.isWithin(path));
    TreeMap<ImagePath, FileNode> before = new TreeMap<>(tree.nodes());
    assertThat(tree.edit().remove(path).build().nodes()).isEqualTo(expected);
    assertThat(tree.nodes()).as("the tree that was edited").isEqualTo(before);
  }

  @Property
  void setAttributes_changesAllNamesAndNothingElse(@ForAll("trees") FileTree tree) {
    FileAttributes attributes = FileAttributes.ofMode(01700).withOwner(9, 9);
    ImagePath path = tree.nodes().lastKey();
    FileTree changed = tree.edit().setAttributes(path, attributes).build();
    assertThat(changed.nodes().keySet()).isEqualTo(tree.nodes().keySet());
    assertThat(changed.links(path)).isEqualTo(tree.links(path));
    tree.nodes()
        .forEach(
            (each, node) -> {
              if (tree.links(path).contains(each)) {
                FileNode now = changed.get(each).orElseThrow();
                assertThat(now.attributes()).isEqualTo(attributes);
                assertThat(now.content()).isEqualTo(node.content());
              } else {
                assertThat(changed.get(each)).contains(node);
              }
            });
  }

  @Property
  void edit_withoutChange_isTheSameTree(@ForAll("trees") FileTree tree) {
    FileTree same = tree.edit().build();
    assertThat(same.nodes()).isEqualTo(tree.nodes());
    for (ImagePath path : tree.nodes().keySet()) {
      assertThat(same.links(path)).isEqualTo(tree.links(path));
    }
  }

  @Property
  void isSameAs_itsCopy_butNotAnother(@ForAll("nodes") FileNode node) {
    assertThat(node.isSameAs(node.withAttributes(node.attributes()))).isTrue();
    assertThat(node.isSameAs(node.withAttributes(node.attributes().withOwner(99, 0)))).isFalse();
    assertThat(node.isSymlink()).isEqualTo(!node.target().equals(ByteString.empty()));
  }

  @Provide
  Arbitrary<FileTree> trees() {
    return Trees.trees();
  }

  @Provide
  Arbitrary<FileNode> nodes() {
    return Trees.nodes();
  }

  @Provide
  Arbitrary<ImagePath> paths() {
    return Trees.paths();
  }
}
