package io.k8or.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class DigestTest {
  private static final String EMPTY =
      "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  @Test
  void sha256_knownBytes_isRight() throws IOException {
    assertThat(Digest.sha256(new byte[0])).hasToString(EMPTY);
    assertThat(Digest.sha256(Content.empty())).isEqualTo(Digest.parse(EMPTY));
    byte[] large = new byte[200_000];
    assertThat(Digest.sha256(Content.of(large))).isEqualTo(Digest.sha256(large));
  }

  @Test
  void parse_otherForms_areRefused() {
    for (String text :
        List.of(
            "",
            "sha256",
            "sha256:",
            "sha256:../../etc/passwd",
            EMPTY + "0",
            EMPTY.toUpperCase(Locale.ROOT),
            EMPTY + "\n",
            EMPTY.replace("sha256", "sha512"),
            EMPTY.replace("sha256", "md5"),
            EMPTY.replace("sha256", "../sha256"),
            "sha256:" + EMPTY)) {
      assertThatThrownBy(() -> Digest.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(text);
    }
  }

  @Test
  void parse_sha512_isADigest() {
    String text = "sha512:" + "0".repeat(128);
    assertThat(Digest.parse(text)).hasToString(text);
    assertThat(Digest.parse(text).newFunction().getAlgorithm()).isEqualTo("SHA-512");
  }
}
