package io.k8or.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DescriptorTest {
  private static final byte[] BLOB = "hello".getBytes(StandardCharsets.US_ASCII);
  private static final Descriptor DESCRIPTOR = Descriptor.of(MediaType.OCI_LAYER, BLOB);

  private static Descriptor parse(String json) throws MalformedContentException {
    return Descriptor.parse(
        Json.parseObject(json.getBytes(StandardCharsets.UTF_8), "test", "t"), "here");
  }

  private static String json(String more) {
    return "{\"mediaType\":\"a/b\",\"digest\":\"%s\",\"size\":5%s}"
        .formatted(DESCRIPTOR.digest(), more);
  }

  @Test
  void parse_unknownFields_stayWhenItIsChanged() throws MalformedContentException {
    Descriptor parsed =
        parse(
            json(
                ",\"x\":{\"y\":[1.10,12345678901234567890]},\"urls\":[\"u\"],\"data\":\"aGVsbG8=\""));
    Descriptor changed =
        parsed.withAnnotations(Map.of("k", "v")).withPlatform(Platform.parse("linux/arm/v7"));
    assertThat(changed.json().toString())
        .contains("\"x\":{\"y\":[1.10,12345678901234567890]}", "\"k\":\"v\"", "\"variant\":\"v7\"");
    assertThat(changed.urls()).containsExactly("u");
    assertThat(changed.platform()).contains(Platform.parse("linux/arm/v7"));
    assertThat(parsed.annotations()).isEmpty();
  }

  @Test
  void withBlob_urlsAndData_go() throws MalformedContentException {
    Descriptor parsed = parse(json(",\"x\":1,\"urls\":[\"u\"],\"data\":\"aGVsbG8=\""));
    Descriptor other = parsed.withBlob(MediaType.OCI_LAYER, Digest.sha256(new byte[0]), 0);
    assertThat(other.urls()).isEmpty();
    assertThat(other.data()).isEmpty();
    assertThat(other.json().toString()).contains("\"x\":1");
    assertThat(parsed.urls()).containsExactly("u");
  }

  @Test
  void parse_wrongFields_areMalformed() {
    for (String json :
        List.of(
            "{}",
            "{\"digest\":\"x\",\"size\":1}",
            json("").replace("5", "-1"),
            json("").replace(":5", ":\"5\""),
            json("").replace(":5", ":5.0"),
            json("").replace(":5", ":99999999999999999999"),
            json("").replace("\"a/b\"", "1"),
            json(",\"annotations\":{\"a\":1}"),
            json(",\"annotations\":[]"),
            json(",\"platform\":{\"os\":1}"))) {
      assertThatThrownBy(() -> parse(json))
          .as(json)
          .isInstanceOf(MalformedContentException.class)
          .hasMessageStartingWith("descriptor: here: ");
    }
  }

  @Test
  void data_embedded_isVerified() throws IOException {
    assertThat(parse(json(",\"data\":\"aGVsbG8=\"")).data().orElseThrow().readAll(5))
        .isEqualTo(BLOB);
    for (String data : List.of("aGVsbG9v", "aGVsbG", "aGVsbGE=", "%%%")) {
      Descriptor wrong = parse(json(",\"data\":\"" + data + "\""));
      assertThatThrownBy(wrong::data)
          .as(data)
          .isInstanceOf(MalformedContentException.class)
          .hasMessageContaining(DESCRIPTOR.digest().toString());
    }
  }

  @Test
  void verified_rightBytes_areGiven() throws IOException {
    Content verified = DESCRIPTOR.verified(Content.of(BLOB));
    assertThat(verified.readAll(5)).isEqualTo(BLOB);
    assertThat(verified.size()).isEqualTo(5);
    assertThat(verified.slice(1, 2).readAll(2)).isEqualTo(new byte[] {'e', 'l'});
    assertThat(DESCRIPTOR.verified(verified)).isSameAs(verified);
    assertThat(Descriptor.of(MediaType.OCI_LAYER, DESCRIPTOR.digest(), 6).verified(verified))
        .isNotSameAs(verified);
    try (InputStream in = verified.open()) {
      assertThat(in.read()).isEqualTo('h');
      in.skipNBytes(3);
      assertThat(in.read()).isEqualTo('o');
      assertThat(in.read()).isEqualTo(-1);
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  @Test
  void verified_skippedToTheEnd_isVerifiedAsWell() throws IOException {
    try (InputStream in =
        DESCRIPTOR.verified(Content.of("hellO".getBytes(StandardCharsets.US_ASCII))).open()) {
      in.skipNBytes(5);
      assertThatThrownBy(in::read)
          .isInstanceOf(MalformedContentException.class)
          .hasMessageStartingWith("blob: " + DESCRIPTOR.digest() + ": the bytes have the digest");
    }
  }

  @Test
  void verified_otherBytes_areMalformedAtTheEnd() {
    for (byte[] wrong :
        List.of(
            new byte[0],
            Arrays.copyOf(BLOB, 4),
            Arrays.copyOf(BLOB, 6),
            new byte[5],
            new byte[9])) {
      Content verified = DESCRIPTOR.verified(Content.of(wrong));
      assertThatThrownBy(
              () -> {
                try (InputStream in = verified.open()) {
                  in.readAllBytes();
                }
              })
          .isInstanceOf(MalformedContentException.class)
          .hasMessageStartingWith("blob: " + DESCRIPTOR.digest() + ": ");
    }
  }

  @Test
  void verified_sha512_isChecked() throws IOException {
    Digest sha512 =
        Digest.parse(
            "sha512:9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca7"
                + "2323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043");
    Descriptor descriptor = Descriptor.of(MediaType.OCI_LAYER, sha512, 5);
    assertThat(descriptor.verified(Content.of(BLOB)).readAll(5)).isEqualTo(BLOB);
    assertThatThrownBy(() -> descriptor.verified(Content.of(new byte[5])).readAll(5))
        .isInstanceOf(MalformedContentException.class);
  }

  @Test
  void of_negativeSize_isRefused() {
    assertThatThrownBy(() -> Descriptor.of(MediaType.OCI_LAYER, DESCRIPTOR.digest(), -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a negative size: -1");
  }
}
