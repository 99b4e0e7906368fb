package io.k8or.layers;

import static io.k8or.layers.Images.add;
import static io.k8or.layers.Images.attributes;
import static io.k8or.layers.Images.describe;
import static io.k8or.layers.Images.image;
import static io.k8or.layers.Images.names;
import static io.k8or.layers.Images.plan;
import static io.k8or.layers.Images.remove;
import static io.k8or.layers.Images.replace;
import static io.k8or.layers.LayerBuilder.content;
import static io.k8or.layers.LayerBuilder.layer;
import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.image.Image;
import io.k8or.layers.Rewritten.Action;
import io.k8or.layers.compression.Compression;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LayerRewriterTest {
  private static final FileNode NEW = FileNode.regular(FileAttributes.ofMode(0600), content("new"));

  static Rewritten rewrite(Image image, EditPlan plan) throws IOException {
    return check(LayerRewriter.inPlace(), image, plan);
  }

  static Rewritten check(LayerRewriter rewriter, Image image, EditPlan plan) throws IOException {
    Rewritten rewritten = rewriter.rewrite(image, plan, new MemoryBlobs());
    assertThat(describe(Layers.snapshot(rewritten.image()).files()))
        .isEqualTo(describe(Layers.snapshot(image).with(plan).files()));
    return rewritten;
  }

  @ParameterizedTest
  @EnumSource
  void rewrite_everyKindOfEdit_givesThePlannedTree(Compression compression) throws IOException {
    Image image =
        image(
            layer()
                .compressed(compression)
                .directory("etc", 0755)
                .file("etc/passwd", "root")
                .file("etc/gone", "x")
                .file("bin/tool", "y", 0755),
            layer().compressed(compression).file("etc/top", "t"));
    Rewritten rewritten =
        rewrite(
            image,
            plan(
                remove("/etc/gone"),
                replace("/etc/passwd", "nobody"),
                add("/opt/new/file", NEW),
                attributes("/bin/tool", FileAttributes.ofMode(04755)),
                new Edit.EditConfig("/config/User", "\"nobody\"", Images.REASON)));
    assertThat(names(rewritten.image().layers().get(0)))
        .containsExactly("etc/", "etc/passwd", "bin/tool");
    assertThat(names(rewritten.image().layers().get(1))).containsExactly("etc/top", "opt/new/file");
    assertThat(rewritten.image().config().user()).contains("nobody");
    assertThat(rewritten.removed()).isEqualTo(1);
    assertThat(rewritten.replaced()).isEqualTo(2);
    assertThat(rewritten.added()).isEqualTo(3);
  }

  @Test
  void rewrite_layerWithoutEdits_isTheSameInstance() throws IOException {
    Image image = image(layer().file("a", "1"), layer().file("b", "2"));
    Rewritten rewritten = rewrite(image, plan(remove("/b")));
    assertThat(rewritten.image().layers().get(0)).isSameAs(image.layers().get(0));
    assertThat(rewritten.layers().get(0).action()).isEqualTo(Action.KEPT);
    assertThat(rewritten.layers().get(1).action()).isEqualTo(Action.DROPPED);
    assertThat(rewritten.image().config().history().get(1).isEmptyLayer()).isTrue();
  }

  @Test
  void rewrite_planWithoutEdits_isTheSameImage() throws IOException {
    Image image = image(layer().file("a", "1"));
    assertThat(rewrite(image, EditPlan.empty()).image()).isSameAs(image);
  }
}
