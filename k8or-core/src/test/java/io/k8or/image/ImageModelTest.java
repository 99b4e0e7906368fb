package io.k8or.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ImageModelTest {
  private static final Digest ZERO = Digest.parse("sha256:" + "0".repeat(64));
  private static final Digest ONE = Digest.parse("sha256:" + "1".repeat(64));
  private static final String CONFIG =
      """
      {"architecture": "amd64", "os": "linux", "x-number": 1.10, "x-big": 123456789012345678901,
       "config": {"User": "www", "Env": ["A=b"], "Cmd": ["run"], "x": null, "Labels": {"b": "1", "a": "2"},
                  "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/data": {}}, "WorkingDir": "/srv"},
       "rootfs": {"type": "layers", "diff_ids": ["%s"]},
       "history": [{"created_by": "one", "x": 1}, {"created_by": "two", "empty_layer": true}]}
      """
          .formatted(ZERO);

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ImageConfig config(String json) throws MalformedContentException {
    return ImageConfig.parse(bytes(json), "here");
  }

  @Test
  void config_untouched_keepsItsBytes() throws IOException {
    ImageConfig config = config(CONFIG);
    assertThat(config.bytes().toByteArray()).isEqualTo(bytes(CONFIG));
    assertThat(config.with("/config/User", "\"www\"")).isSameAs(config);
    assertThat(config.with("/config/Nothing", "null")).isSameAs(config);
    assertThat(config.with("/nothing/Nothing", "null")).isSameAs(config);
    assertThat(config.withLayers(config.diffIds(), config.history())).isSameAs(config);
  }

  @Test
  void config_changed_keepsEverythingElse() throws IOException {
    ImageConfig changed =
        config(CONFIG)
            .with("/config/User", "\"1000:1000\"")
            .with("/config/Labels/a~1b", "\"slash\"")
            .withLayers(List.of(ONE), config(CONFIG).history());
    assertThat(changed.bytes().toUtf8())
        .contains("\"x-number\":1.10", "\"x-big\":123456789012345678901", "\"x\":null")
        .contains("{\"created_by\":\"one\",\"x\":1}");
    assertThat(changed.user()).contains("1000:1000");
    assertThat(changed.labels())
        .containsExactly(Map.entry("b", "1"), Map.entry("a", "2"), Map.entry("a/b", "slash"));
    assertThat(changed.diffIds()).containsExactly(ONE);
    assertThat(changed.get("/x-number")).contains("1.10");
    assertThat(changed.with("/config/User", "null").user()).isEmpty();
    assertThat(changed.with("/new/deep/field", "[1]").get("/new/deep/field/0")).contains("1");
  }

  @Test
  void config_accessors_giveWhatIsThere() throws IOException {
    ImageConfig config = config(CONFIG);
    assertThat(config.platform()).isEqualTo(Platform.parse("linux/amd64"));
    assertThat(config.env()).containsExactly("A=b");
    assertThat(config.cmd()).containsExactly("run");
    assertThat(config.entrypoint()).isEmpty();
    assertThat(config.workingDir()).contains("/srv");
    assertThat(config.exposedPorts()).containsExactly("80/tcp");
    assertThat(config.volumes()).containsExactly("/data");
    assertThat(config.history()).extracting(History::isEmptyLayer).containsExactly(false, true);
    ImageConfig least = ImageConfig.of(Platform.parse("linux/arm/v7"));
    assertThat(least.platform()).hasToString("linux/arm/v7");
    assertThat(least.user()).isEmpty();
  }

  @Test
  void config_wrongForms_areMalformed() {
    for (String json :
        List.of(
            "",
            "[]",
            "{",
            "{}{}",
            "{\"a\":1,\"a\":2}",
            "{\"os\":1}",
            "{\"config\":[]}",
            "{\"config\":{\"Env\":\"A\"}}",
            "{\"config\":{\"Cmd\":[1]}}",
            "{\"config\":{\"User\":0}}",
            "{\"config\":{\"Labels\":[]}}",
            "{\"rootfs\":{\"diff_ids\":[\"sha256:../x\"]}}",
            "{\"history\":[1]}",
            "[".repeat(1000))) {
      assertThatThrownBy(() -> config(json))
          .as(json)
          .isInstanceOf(MalformedContentException.class)
          .hasMessageStartingWith("image configuration: here: ");
    }
  }

  @Test
  void with_notAPointerOrValue_isRefused() throws IOException {
    ImageConfig config = config(CONFIG);
    assertThatThrownBy(() -> config.with("", "1")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> config.with("/os/name", "1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no object at \"os\" of /os/name");
    assertThatThrownBy(() -> config.with("/x", "{"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not a JSON value: {");
    assertThatThrownBy(() -> config.with("/config/Env", "1"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void manifest_unknownFields_stayWhenItIsChanged() throws IOException {
    Descriptor config = Descriptor.of(MediaType.OCI_CONFIG, bytes("{}"));
    String json =
        "{\"schemaVersion\":2,\"subject\":{\"x\":1.0},\"config\":{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":2,\"y\":3},\"layers\":[],\"annotations\":{\"a\":\"b\"}}"
            .formatted(MediaType.OCI_CONFIG, config.digest());
    Manifest manifest = Manifest.parse(bytes(json), MediaType.OCI_MANIFEST, "here");
    assertThat(manifest.bytes().toUtf8()).isEqualTo(json);
    assertThat(manifest.with(manifest.config(), manifest.layers())).isSameAs(manifest);
    assertThat(manifest.withAnnotations(Map.of("a", "b"))).isSameAs(manifest);
    Manifest changed =
        manifest.with(
            manifest.config().withBlob(MediaType.OCI_CONFIG, ONE, 7),
            List.of(Descriptor.of(MediaType.OCI_LAYER, ZERO, 3)));
    assertThat(changed.bytes().toUtf8())
        .contains("\"subject\":{\"x\":1.0}", "\"y\":3", "\"annotations\":{\"a\":\"b\"}");
    assertThat(changed.layers()).hasSize(1);
    assertThat(changed.withAnnotations(Map.of()).annotations()).isEmpty();
  }

  @Test
  void manifestOrIndex_thatIsBoth_isMalformed() {
    for (String more : List.of("\"manifests\":[]", "\"fsLayers\":[]")) {
      assertThatThrownBy(
              () ->
                  Manifest.parse(
                      bytes("{\"config\":{}," + more + "}"), MediaType.OCI_MANIFEST, "here"))
          .isInstanceOf(MalformedContentException.class)
          .hasMessageEndingWith("it has the fields of another kind of document as well");
    }
    for (String more : List.of("\"config\":{}", "\"layers\":[]", "\"fsLayers\":[]")) {
      assertThatThrownBy(
              () ->
                  ImageIndex.parse(
                      bytes("{\"manifests\":[]," + more + "}"), MediaType.OCI_INDEX, "here"))
          .isInstanceOf(MalformedContentException.class)
          .hasMessageEndingWith("it has the fields of another kind of document as well");
    }
    assertThatThrownBy(
            () ->
                ImageIndex.parse(
                    bytes(
                        "{\"mediaType\":\"%s\",\"manifests\":[]}"
                            .formatted(MediaType.OCI_MANIFEST)),
                    MediaType.OCI_INDEX,
                    "here"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("expected media type " + MediaType.OCI_INDEX);
  }

  @Test
  void index_changed_keepsEverythingElse() throws IOException {
    ImageIndex index =
        ImageIndex.parse(
            bytes("{\"schemaVersion\":2,\"x\":[1.50],\"manifests\":[]}"),
            MediaType.OCI_INDEX,
            "here");
    assertThat(index.withManifests(List.of())).isSameAs(index);
    ImageIndex changed =
        index.withManifests(List.of(Descriptor.of(MediaType.OCI_MANIFEST, ZERO, 1)));
    assertThat(changed.bytes().toUtf8()).contains("\"x\":[1.50]", ZERO.toString());
    assertThat(index.manifests()).isEmpty();
  }

  @Test
  void open_image_readsTheConfigurationAndNoLayer() throws IOException {
    byte[] bytes = bytes(CONFIG);
    Descriptor config = Descriptor.of(MediaType.OCI_CONFIG, bytes);
    Descriptor layer = Descriptor.of(MediaType.OCI_LAYER, ZERO, 3);
    BlobSource source =
        descriptor -> {
          if (descriptor.digest().equals(config.digest())) {
            return Content.of(bytes);
          }
          throw new MalformedContentException("blob", descriptor.digest().toString(), "missing");
        };
    Image image = Image.open(Manifest.of(config, List.of(layer)), source, 4096);
    assertThat(image.config().bytes().toByteArray()).isEqualTo(bytes);
    assertThat(image.layers()).hasSize(1);
    assertThat(image.platform()).hasToString("linux/amd64");
    assertThatThrownBy(() -> image.layers().get(0).blob().open())
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("blob: " + ZERO + ": missing");
    assertThatThrownBy(() -> Image.open(Manifest.of(config, List.of()), source, 4096))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageEndingWith("the manifest has 0 layers, the configuration has 1");
    assertThatThrownBy(() -> Image.open(Manifest.of(config, List.of(layer)), source, 10))
        .isInstanceOf(MalformedContentException.class);
    assertThatThrownBy(
            () -> Image.open(Manifest.of(layer, List.of()), descriptor -> Content.of(bytes), 4096))
        .isInstanceOf(MalformedContentException.class);
  }

  @Test
  void of_partsOfOthers_areRefused() throws IOException {
    ImageConfig config = config(CONFIG);
    Descriptor descriptor = Descriptor.of(MediaType.OCI_CONFIG, bytes(CONFIG));
    Descriptor blob = Descriptor.of(MediaType.OCI_LAYER, ZERO, 3);
    Layer layer = new Layer(blob, ZERO, Content.empty());
    Layer other = new Layer(blob, ONE, Content.empty());
    assertThat(Image.of(Manifest.of(descriptor, List.of(blob)), config, List.of(layer)).layers())
        .containsExactly(layer);
    assertThatThrownBy(
            () -> Image.of(Manifest.of(descriptor, List.of(blob)), config, List.of(other)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Image.of(Manifest.of(blob, List.of(blob)), config, List.of(layer)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the manifest's configuration is " + ZERO);
  }

  @Test
  void platform_text_comesBack() {
    for (String text : List.of("linux/amd64", "linux/arm/v7")) {
      assertThat(Platform.parse(text)).hasToString(text);
    }
    for (String text : List.of("", "linux", "linux/", "/amd64", "a/b/c/d", "a//c", "linux/arm/")) {
      assertThatThrownBy(() -> Platform.parse(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("not os/arch[/variant]: " + text);
    }
    assertThat(Platform.parse("linux/arm").matches(Platform.parse("linux/arm/v7"))).isTrue();
    assertThat(Platform.parse("linux/arm/v7").matches(Platform.parse("linux/arm"))).isFalse();
  }
}
