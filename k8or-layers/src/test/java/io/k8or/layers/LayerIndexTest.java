package io.k8or.layers;

import static io.k8or.layers.Images.describe;
import static io.k8or.layers.Images.image;
import static io.k8or.layers.LayerBuilder.layer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileType;
import io.k8or.image.Descriptor;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import io.k8or.image.MediaType;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LayerIndexTest {
  private static LayerBuilder everything() {
    FileAttributes attributes =
        FileAttributes.ofMode(06755)
            .withOwner(1L << 32, 7)
            .withModified(Instant.ofEpochSecond(-5, 7))
            .withXattrs(
                Map.of(
                    ByteString.utf8("security.capability"),
                    ByteString.copyOf(new byte[] {-1, 0, 1})));
    return layer()
        .directory("d", 0755)
        .node("d/file", FileNode.regular(attributes, LayerBuilder.content("some text")))
        .link("d/link", "d/file")
        .symlink("s", "d/file")
        .node("fifo", FileNode.fifo(attributes))
        .node("null", FileNode.device(FileType.CHARACTER_DEVICE, attributes, 1, 3))
        .file("d/.wh.x", "")
        .file("d/.wh..wh..opq", "");
  }

  private static byte[] saved(LayerIndex index) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    index.writeTo(out);
    return out.toByteArray();
  }

  @ParameterizedTest
  @EnumSource
  void read_whatWasWritten_givesTheSameTree(Compression compression) throws IOException {
    Image image = image(everything().compressed(compression));
    Layer layer = image.layers().get(0);
    byte[] saved = saved(LayerIndex.of(layer, Limits.defaults()));
    LayerIndex read = LayerIndex.read(new ByteArrayInputStream(saved), layer, Limits.defaults());
    LayeredImage opened = LayeredImage.open(image, Limits.defaults(), Map.of(read.digest(), read));
    assertThat(describe(opened.files())).isEqualTo(describe(Layers.snapshot(image).files()));
    assertThat(saved(read)).isEqualTo(saved);
  }

  @Test
  void read_anyByteChangedOrCut_throws() throws IOException {
    Layer layer = everything().build();
    byte[] saved = saved(LayerIndex.of(layer, Limits.defaults()));
    for (int i = 0; i < saved.length; i++) {
      byte[] changed = saved.clone();
      changed[i] ^= 0x55;
      assertThatThrownBy(
              () -> LayerIndex.read(new ByteArrayInputStream(changed), layer, Limits.defaults()))
          .isInstanceOf(MalformedContentException.class);
      byte[] cut = Arrays.copyOf(saved, i);
      assertThatThrownBy(
              () -> LayerIndex.read(new ByteArrayInputStream(cut), layer, Limits.defaults()))
          .isInstanceOf(MalformedContentException.class);
    }
  }

  @Test
  void read_ofAnotherLayer_throwsWithBothDigests() throws IOException {
    Layer one = layer().file("a", "1").build();
    Layer other = layer().file("a", "2").build();
    byte[] saved = saved(LayerIndex.of(one, Limits.defaults()));
    assertThatThrownBy(
            () -> LayerIndex.read(new ByteArrayInputStream(saved), other, Limits.defaults()))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining(one.descriptor().digest().toString())
        .hasMessageContaining(other.descriptor().digest().toString());
  }

  @Test
  void of_mediaTypeThatSaysAnotherCompression_throws() {
    Layer layer = layer().file("a", "1").build();
    Descriptor wrong =
        layer
            .descriptor()
            .withBlob(MediaType.OCI_LAYER, layer.descriptor().digest(), layer.descriptor().size());
    assertThatThrownBy(
            () -> LayerIndex.of(new Layer(wrong, layer.diffId(), layer.blob()), Limits.defaults()))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("but the bytes are gzip");
  }

  @Test
  void of_blobOfAnotherDigest_throws() throws IOException {
    Layer layer = layer().file("a", "1").build();
    byte[] blob = layer.blob().readAll(1 << 20);
    byte[] longer = Arrays.copyOf(blob, blob.length + 1);
    Descriptor descriptor = layer.descriptor();
    assertThatThrownBy(
            () ->
                LayerIndex.of(
                    new Layer(descriptor, layer.diffId(), descriptor.verified(Content.of(longer))),
                    Limits.defaults()))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("found more");
  }

  @Test
  void of_moreEntriesThanTheLimit_throws() {
    Layer layer = layer().file("a", "").file("b", "").build();
    assertThatThrownBy(() -> LayerIndex.of(layer, Limits.defaults().with(Limit.ENTRIES, 1)))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("limit entries");
  }
}
