package io.k8or.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.MalformedContentException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class ImageConfigProperties {
  @Provide
  Arbitrary<String> values() {
    Arbitrary<String> leaf =
        Arbitraries.oneOf(
            Arbitraries.of("true", "false", "1", "-0.0", "1.10", "1e5", "12345678901234567890.00"),
            Arbitraries.strings().alpha().ofMaxLength(5).map(text -> '"' + text + '"'));
    return Arbitraries.lazyOf(
        () -> leaf,
        () -> leaf,
        () -> values().list().ofMaxSize(3).map(items -> "[" + String.join(",", items) + "]"),
        () -> values().map(value -> "{\"k\":" + value + "}"));
  }

  @Property
  void with_anotherField_keepsUnknownOnesAsTheyAre(
      @ForAll("values") String unknown, @ForAll("values") String value)
      throws MalformedContentException {
    String json = "{\"os\":\"linux\",\"unknown\":" + unknown + ",\"config\":{\"x\":" + value + "}}";
    ImageConfig config = ImageConfig.parse(json.getBytes(StandardCharsets.UTF_8), "here");
    assertThat(config.bytes().toUtf8()).isEqualTo(json);
    ImageConfig changed = config.with("/config/User", "\"0\"").with("/new", value);
    assertThat(changed.get("/unknown")).isEqualTo(config.get("/unknown"));
    assertThat(changed.get("/config/x")).isEqualTo(config.get("/config/x"));
    assertThat(changed.get("/new")).isEqualTo(config.get("/config/x"));
    // Taken back, only the spelling may differ.
    ImageConfig back = changed.with("/config/User", "null").with("/new", "null");
    assertThat(back.with("/os", "\"linux\"")).isSameAs(back);
    assertThat(back.get("")).isEqualTo(config.get(""));
  }

  @Property
  void parse_anyBytes_isAConfigurationOrMalformed(@ForAll byte[] bytes) {
    try {
      assertThat(ImageConfig.parse(bytes, "here").bytes().toByteArray()).isEqualTo(bytes);
    } catch (MalformedContentException e) {
      assertThat(e.where()).isEqualTo("here");
    }
  }

  @Property
  void withLayers_diffIds_comeBack(@ForAll List<byte[]> contents) {
    List<Digest> diffIds = contents.stream().map(Digest::sha256).toList();
    List<History> history = contents.stream().map(content -> History.of("by")).toList();
    ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64")).withLayers(diffIds, history);
    assertThat(config.diffIds()).isEqualTo(diffIds);
    assertThat(config.history()).isEqualTo(history);
    assertThat(config.withLayers(diffIds, history)).isSameAs(config);
  }
}
