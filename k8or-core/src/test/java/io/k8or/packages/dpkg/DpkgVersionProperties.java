package io.k8or.packages.dpkg;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class DpkgVersionProperties {
  @Property
  void order_anyTexts_isAntisymmetricAndTransitive(
      @ForAll("versions") String a, @ForAll("versions") String b, @ForAll("versions") String c) {
    int ab = Integer.signum(DpkgVersion.ORDER.compare(a, b));
    int bc = Integer.signum(DpkgVersion.ORDER.compare(b, c));
    int ac = Integer.signum(DpkgVersion.ORDER.compare(a, c));

    assertThat(Integer.signum(DpkgVersion.ORDER.compare(b, a))).isEqualTo(-ab);
    assertThat(DpkgVersion.ORDER.compare(a, a)).isZero();
    if (ab == bc || bc == 0) {
      assertThat(ac).as(a + " " + b + " " + c).isEqualTo(ab);
    }
  }

  @Property
  void parse_whatItAccepts_printsAsItWasAndHashesByOrder(
      @ForAll("versions") String a, @ForAll("versions") String b) {
    try {
      DpkgVersion one = DpkgVersion.parse(a);
      DpkgVersion other = DpkgVersion.parse(b);
      assertThat(one).hasToString(a);
      if (one.equals(other)) {
        assertThat(one).hasSameHashCodeAs(other);
      }
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining("not a version");
    }
  }

  @Provide
  Arbitrary<String> versions() {
    return Arbitraries.strings().withChars("01.~-+:ab").ofMinLength(0).ofMaxLength(6);
  }
}
