package io.k8or.layers.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.MalformedContentException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LimitsTest {
  @ParameterizedTest
  @EnumSource
  void with_anotherValue_changesThatLimitAlone(Limit limit) {
    Limits changed = Limits.defaults().with(limit, 11);
    for (Limit each : Limit.values()) {
      assertThat(changed.get(each)).isEqualTo(each == limit ? 11 : each.defaultValue());
    }
    assertThat(changed.toString()).contains(limit + "=11");
    assertThat(Limits.defaults().get(limit)).isEqualTo(limit.defaultValue());
  }

  @ParameterizedTest
  @EnumSource
  void with_outOfRange_throws(Limit limit) {
    for (long value : new long[] {0, -1, Long.MIN_VALUE, (1L << 61) + 1, Long.MAX_VALUE}) {
      assertThatThrownBy(() -> Limits.defaults().with(limit, value))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("limit " + limit + " not in 1 to " + (1L << 61) + ": " + value);
    }
  }

  @ParameterizedTest
  @EnumSource
  void check_oneMoreThanTheLimit_namesLimitValueAndPlace(Limit limit)
      throws MalformedContentException {
    Limits limits = Limits.defaults().with(limit, 10);
    limits.check(limit, 10, "here");
    refused(limit, "expected at most 10 ", "found 11", () -> limits.check(limit, 11, "here"));
  }

  @Test
  void checkExpansion_smallOutput_isFree() throws MalformedContentException {
    Limits limits = Limits.defaults().with(Limit.EXPANSION_RATIO, 10);
    limits.checkExpansion(1, 64L << 20, "here");
    limits.checkExpansion(10L << 20, 100L << 20, "here");
    refused(
        Limit.EXPANSION_RATIO,
        "expected at most 10 bytes for each compressed one",
        "found 115343360 bytes from 10485760",
        () -> limits.checkExpansion(10L << 20, 110L << 20, "here"));
  }

  @Test
  void exceededIn_anotherFault_isEmpty() {
    assertThat(Limit.exceededIn(new MalformedContentException("tar header", "limit", "entries")))
        .isEmpty();
  }

  private static void refused(Limit limit, String why, String found, ThrowingCallable check) {
    assertThatThrownBy(check)
        .isInstanceOfSatisfying(
            MalformedContentException.class, e -> assertThat(Limit.exceededIn(e)).contains(limit))
        .hasMessageStartingWith("limit " + limit + ": here: " + why)
        .hasMessageEndingWith(found);
  }
}
