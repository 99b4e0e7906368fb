package io.k8or.packages.rpm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RpmVersionTest {
  @Test
  void compareSegments_vectors_asRpmHasThem() {
    List<String> pairs =
        List.of(
            "1.0 = 1.0",
            "1.0 < 2.0",
            "2.0.1 > 2.0",
            "2.0.1a > 2.0.1",
            "5.5p1 < 5.5p2",
            "5.5p1 < 5.5p10",
            "10xyz < 10.1xyz",
            "xyz10 < xyz10.1",
            "xyz.4 < 8",
            "xyz.4 < 2",
            "5.5p2 < 5.6p1",
            "5.6p1 < 6.5p1",
            "6.0.rc1 > 6.0",
            "10b2 > 10a1",
            "10a2 < 10b2",
            "1.0a < 1.0aa",
            "10.0001 = 10.1",
            "10.0001 < 10.0039",
            "4.999.9 < 5.0",
            "20101121 < 20101122",
            "2.0 = 2_0",
            "a+ = a_",
            "+a = _a",
            "+ = _",
            "1.0~rc1 < 1.0",
            "1.0~rc1 < 1.0~rc2",
            "1.0~rc1~git123 < 1.0~rc1",
            "1.0^ > 1.0",
            "1.0^git1 < 1.0^git2",
            "1.0^git1 < 1.01",
            "1.0^20160101 < 1.0.1",
            "1.0~rc1^git1 > 1.0~rc1",
            "1.0^git1~pre < 1.0^git1");
    for (String pair : pairs) {
      String[] words = pair.split(" ", -1);
      int expected = words[1].equals("<") ? -1 : words[1].equals("=") ? 0 : 1;
      assertThat(RpmVersion.compareSegments(words[0], words[2])).as(pair).isEqualTo(expected);
      assertThat(RpmVersion.compareSegments(words[2], words[0]))
          .as("reversed " + pair)
          .isEqualTo(-expected);
    }
  }

  @Test
  void order_epochAndRelease_count() {
    assertThat(RpmVersion.ORDER.compare("1:1.0-1", "2.0-9")).isPositive();
    assertThat(RpmVersion.ORDER.compare("1.0-2.el9", "1.0-10.el9")).isNegative();
    assertThat(RpmVersion.parse("1.0-3").compareForDependency(RpmVersion.parse("1.0"))).isZero();
    assertThat(RpmVersion.parse("2:1.0-3.el9")).hasToString("2:1.0-3.el9");
  }
}
