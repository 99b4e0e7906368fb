package io.k8or.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class YamlTest {
  @Test
  void of_everyKindOfValue_isBlockStyle() {
    Explained document =
        new Explained()
            .set("/a/text", "plain/word", "why\nso")
            .set("/a/yes", "yes", "")
            .set("/a/number", "12", "")
            .set("/a/colon", "a: #b", "")
            .set("/a/empty", "", "")
            .set("/list/0/name", "one", "first")
            .set("/list/0/inner/0", "x", "")
            .set("/list/1/name", "two", "")
            .set("/words", List.of("a", "-b"), "of all")
            .set("/none", List.of(), "")
            .set("/flag", true, "")
            .set("/big", 5_000_000_000L, "");
    assertThat(Yaml.of(document))
        .isEqualTo(
            """
            a:
              text: plain/word  # why so
              "yes": "yes"
              number: "12"
              colon: "a: #b"
              empty: ""
            list:
            - name: one  # first
              inner:
              - x
            - name: two
            words:  # of all
            - a
            - "-b"
            none: []
            flag: true
            big: 5000000000
            """);
  }
}
