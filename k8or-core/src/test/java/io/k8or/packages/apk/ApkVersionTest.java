package io.k8or.packages.apk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ApkVersionTest {
  @Test
  void order_vectors_asApkHasThem() {
    List<String> pairs =
        List.of(
            "2.34 > 0.1.0_alpha",
            "1.0 < 1.0bc",
            "0.1.0_alpha = 0.1.0_alpha",
            "0.1.0_alpha2 > 0.1.0_alpha",
            "1.1 > 1.1_alpha1",
            "1.3_alpha2 < 1.3_alpha3",
            "0.8_beta4 < 4.8-r1",
            "2.3.0b-r1 < 2.3.0b-r2",
            "0.13_beta5 > 0.9.12",
            "3.1_p16 < 3.1_p17",
            "1.06-r6 < 006",
            "1.2.2-r1 > 1.2.2",
            "2.01.01_alpha10 > 0.94",
            "1.00_beta2 > 0.9.2",
            "1.02 < 1.03-r1",
            "4.2.52_p2-r1 < 4.2.52_p4-r2",
            "1.05-r18 < 1.05-r19",
            "4.09-r1 < 4.1",
            "2.5.1-r8 < 2.5.1a-r1",
            "2.0.0_rc3-r1 > 1.5",
            "0.15.1b-r2 > 0.15.1b",
            "1.6.8_p12-r1 > 1.6.8_p9-r2",
            "7.0.17 < 7.0.174",
            "1.3-r0 < 1.3.1-r0",
            "1.3_pre1-r1 < 1.3.2",
            "1.0_p10-r0 > 1.0_p9-r0",
            "0.1.0_alpha_pre2 < 0.1.0_alpha",
            "1.0.0_pre20191002222144-r0 < 1.0.0_pre20210530193627-r0",
            "1.0~1234 < 1.0~2345",
            "10.0.0z < 10.0.0z_p",
            "0.01.2_p-r0 > 0.01.2-r1",
            "1.0_cvs-r0 > 1.0-r0",
            "1.36.1-r29 > 1.36.1-r2");
    for (String pair : pairs) {
      String[] words = pair.split(" ", -1);
      int expected = words[1].equals("<") ? -1 : words[1].equals("=") ? 0 : 1;
      assertThat(Integer.signum(ApkVersion.ORDER.compare(words[0], words[2])))
          .as(pair)
          .isEqualTo(expected);
      assertThat(Integer.signum(ApkVersion.ORDER.compare(words[2], words[0])))
          .as("reversed " + pair)
          .isEqualTo(-expected);
    }
  }

  @Test
  void accepts_operators_compareOrTakeAPrefix() {
    assertThat(ApkVersion.accepts("1.2.3-r0", "~", "1.2")).isTrue();
    assertThat(ApkVersion.accepts("1.3.0-r0", "~", "1.2")).isFalse();
    assertThat(ApkVersion.accepts("1.2.3-r0", ">=", "1.2.3-r0")).isTrue();
    assertThat(ApkVersion.accepts("1.2.3-r0", ">", "1.2.3-r0")).isFalse();
    assertThat(ApkVersion.accepts("1.2.3-r0", "<", "1.10")).isTrue();
    assertThat(ApkVersion.accepts("1.2.3-r0", "=", "1.2.3")).isFalse();
  }

  @Test
  void dependency_parts_areSplit() {
    assertThat(ApkDependency.parseAll("so:libz.so.1>=1.2 !conflict  a@edge cmd:sh=1.36-r0"))
        .containsExactly(
            new ApkDependency("so:libz.so.1", ">=", "1.2", false),
            new ApkDependency("conflict", "", "", true),
            new ApkDependency("a", "", "", false),
            new ApkDependency("cmd:sh", "=", "1.36-r0", false));
    assertThatThrownBy(() -> ApkDependency.parse(">=1"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not a dependency: >=1");
  }
}
