package io.k8or.layers;

import static io.k8or.layers.Images.image;
import static io.k8or.layers.Images.text;
import static io.k8or.layers.LayerBuilder.layer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Digest;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What layers make when they are laid over each other. */
final class LayerMergeTest {
  private static FileTree files(LayerBuilder... layers) throws IOException {
    return Layers.snapshot(image(layers)).files();
  }

  private static List<String> paths(FileTree tree) {
    return tree.nodes().keySet().stream().map(ImagePath::toString).toList();
  }

  @Test
  void whiteout_ofALowerFile_hidesIt() throws IOException {
    FileTree tree = files(layer().file("a", "1").file("b", "2"), layer().file(".wh.a", ""));
    assertThat(paths(tree)).containsExactly("/", "/b");
    assertThat(tree.shadowed()).hasSize(1);
    assertThat(tree.shadowed().get(0).path()).isEqualTo(ImagePath.of("/a"));
    assertThat(tree.shadowed().get(0).layer()).isZero();
  }

  @Test
  void whiteout_behindTheSameNameInItsLayer_hidesTheLowerOneOnly() throws IOException {
    FileTree tree = files(layer().file("a", "low"), layer().file("a", "high").file(".wh.a", ""));
    assertThat(text(tree, "/a")).isEqualTo("high");
  }

  @Test
  void opaque_behindItsSiblings_hidesLowerOnesOnly() throws IOException {
    FileTree tree =
        files(
            layer().directory("d", 0755).file("d/low", "1"),
            layer().file("d/high", "2").file("d/.wh..wh..opq", ""));
    assertThat(paths(tree)).containsExactly("/", "/d", "/d/high");
  }

  @Test
  void metadataOfAufs_isIgnored() throws IOException {
    FileTree tree =
        files(layer().directory(".wh..wh.plnk", 0700).file(".wh..wh.plnk/1.2", "").file("a", ""));
    assertThat(paths(tree)).containsExactly("/", "/a");
  }

  @Test
  void whiteout_ofNothing_throws() {
    assertThatThrownBy(() -> files(layer().file("d/.wh...", "")))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("it names nothing in its directory")
        .hasMessageContaining("entry /d/.wh...");
  }

  @Test
  void hardLink_toALowerLayer_isTheSameFile() throws IOException {
    FileTree tree = files(layer().file("a", "1"), layer().link("b", "a"));
    assertThat(tree.get(ImagePath.of("/a"))).isEqualTo(tree.get(ImagePath.of("/b")));
    assertThat(tree.links(ImagePath.of("/b")))
        .containsExactly(ImagePath.of("/a"), ImagePath.of("/b"));
  }

  @Test
  void hardLink_toNothing_throwsWithBothNames() {
    assertThatThrownBy(() -> files(layer().link("b", "gone/a")))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("entry /b: expected a file at /gone/a, found nothing");
  }

  @Test
  void hardLink_ofAReplacedFile_keepsTheOldBytes() throws IOException {
    FileTree tree = files(layer().file("a", "1").link("b", "a"), layer().file("a", "2"));
    assertThat(text(tree, "/b")).isEqualTo("1");
    assertThat(text(tree, "/a")).isEqualTo("2");
  }

  @Test
  void entry_belowASymlink_standsWhereItLeads() throws IOException {
    FileTree tree =
        files(
            layer().directory("usr/bin", 0755).symlink("bin", "usr/bin"),
            layer().file("bin/sh", "x"));
    assertThat(paths(tree)).containsExactly("/", "/bin", "/usr", "/usr/bin", "/usr/bin/sh");
  }

  @Test
  void entry_belowASymlinkOutOfTheRoot_staysInside() throws IOException {
    FileTree tree = files(layer().symlink("up", "../../etc"), layer().file("up/passwd", "x"));
    assertThat(paths(tree)).containsExactly("/", "/etc", "/etc/passwd", "/up");
  }

  @Test
  void entry_belowItself_throws() {
    assertThatThrownBy(() -> files(layer().symlink("a", "b").symlink("b", "a").file("a/x", "")))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("more than 255 symbolic links to /a");
  }

  @Test
  void entry_belowAFile_throws() {
    assertThatThrownBy(() -> files(layer().file("a", "").file("a/x", "")))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("entry /a/x: expected a directory at /a above it");
  }

  @Test
  void duplicate_inALayer_lastWins() throws IOException {
    assertThat(text(files(layer().file("a", "1").file("a", "2")), "/a")).isEqualTo("2");
  }

  @Test
  void directory_overDirectory_keepsTheChildren() throws IOException {
    FileTree tree =
        files(layer().directory("d", 0755).file("d/a", "1"), layer().directory("./d", 0700));
    assertThat(paths(tree)).containsExactly("/", "/d", "/d/a");
    assertThat(tree.get(ImagePath.of("/d")).orElseThrow().attributes().mode()).isEqualTo(0700);
  }

  @Test
  void file_overDirectory_replacesTheSubtree() throws IOException {
    FileTree tree = files(layer().file("d/a", "1"), layer().file("d", "file"));
    assertThat(paths(tree)).containsExactly("/", "/d");
  }

  @Test
  void parents_withoutEntries_areImplied() throws IOException {
    FileTree tree = files(layer().file("a/b/c", ""));
    assertThat(tree.get(ImagePath.of("/a/b")).orElseThrow().isImplied()).isTrue();
  }

  @Test
  void sameLayerTwice_isTwoSetsOfFiles() throws IOException {
    LayerBuilder same = layer().file("a", "1");
    FileTree tree = files(same, layer().link("b", "a"), same);
    assertThat(tree.links(ImagePath.of("/a"))).containsExactly(ImagePath.of("/a"));
    assertThat(text(tree, "/b")).isEqualTo("1");
  }

  @Test
  void layer_ofAnotherDiffId_throws() {
    Layer layer = layer().file("a", "1").build();
    Image image =
        image(
            List.of(new Layer(layer.descriptor(), Digest.sha256(new byte[0]), layer.blob())),
            List.of());
    assertThatThrownBy(() -> Layers.snapshot(image))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("the configuration has the diffID")
        .hasMessageContaining(layer.diffId().hex());
  }

  @Test
  void layerOf_aFile_isTheLayerWithItsBytes() throws IOException {
    LayeredImage image =
        LayeredImage.open(image(layer().file("a", "1"), layer().link("b", "a").file("c", "")));
    assertThat(image.layerOf(ImagePath.of("/b"))).contains(0);
    assertThat(image.layerOf(ImagePath.of("/c"))).contains(1);
    assertThat(image.layerOf(ImagePath.root())).isEmpty();
  }
}
