package io.k8or.packages.dpkg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class DpkgVersionTest {
  @Test
  void order_vectorsOfThePolicy_asDpkgHasThem() {
    List<String> pairs =
        List.of(
            "1.0 < 1.1",
            "1.0-1 < 1.0-2",
            "1.0 < 1.0-1",
            "1.0 = 1.0-0",
            "0:1.0 = 1.0",
            "1:0.1 > 2.0",
            "1.0~rc1 < 1.0",
            "1.0~~ < 1.0~~a",
            "1.0~~a < 1.0~",
            "1.0~ < 1.0",
            "1.0 < 1.0a",
            "1.0a < 1.0+",
            "1.0+ > 1.0a",
            "1.2.3 < 1.2.10",
            "1.02 = 1.2",
            "1.0-1~bpo1 < 1.0-1",
            "2.36-9+deb12u14 > 2.36-9+deb12u9",
            "1:1.2.13.dfsg-1 > 1.3",
            "0.5.12-2 < 0.5.12-10",
            "1.a < 1.b",
            "1.0.4-2 > 1.0pre7-2",
            "1.1.1 < 1.1.1a",
            "6.0-4.6 > 6.0-4",
            "1.4+OOo3.0.0~ < 1.4+OOo3.0.0-4",
            "2.4.7-1 < 2.4.7-z",
            "1.002-1+b2 > 1.00",
            "10.11.1.3-2 > 10.4.1.3-2",
            "1.18.36:5.4 > 1.18.36:4.4");
    for (String pair : pairs) {
      String[] words = pair.split(" ");
      int expected = words[1].equals("<") ? -1 : words[1].equals("=") ? 0 : 1;
      assertThat(Integer.signum(DpkgVersion.ORDER.compare(words[0], words[2])))
          .as(pair)
          .isEqualTo(expected);
      assertThat(Integer.signum(DpkgVersion.ORDER.compare(words[2], words[0])))
          .as("reversed " + pair)
          .isEqualTo(-expected);
    }
  }

  @Test
  void parse_partsOfAVersion_areSplitAtTheFirstColonAndTheLastHyphen() {
    DpkgVersion version = DpkgVersion.parse("2:1.0-rc1-3+b1");

    assertThat(version.epoch()).isEqualTo(2);
    assertThat(version.upstream()).isEqualTo("1.0-rc1");
    assertThat(version.revision()).isEqualTo("3+b1");
  }

  @Test
  void parse_noVersion_throwsWithTheText() {
    for (String text : List.of("", "a:1", ":1", "1-", "1 2", "1_2", "99999999999:1", "1:")) {
      assertThatThrownBy(() -> DpkgVersion.parse(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("not a version")
          .hasMessageEndingWith(": " + text);
    }
  }
}
