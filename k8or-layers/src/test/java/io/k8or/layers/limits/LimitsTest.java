package io.k8or.layers.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.MalformedContentException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class LimitsTest {
  private static final Limits ALL_TEN =
      Limits.defaults()
          .withEntries(10)
          .withHeaderBytes(10)
          .withSparseMapBytes(10)
          .withNameBytes(10)
          .withPathDepth(10)
          .withTotalBytes(10)
          .withManifestBytes(10)
          .withIndexDepth(10)
          .withLayers(10)
          .withExpansionRatio(10);

  @Test
  void with_eachLimit_changesThatOneAlone() {
    assertThat(ALL_TEN.withEntries(11).toString())
        .isEqualTo(ALL_TEN.toString().replace("entries=10", "entries=11"));
    assertThat(ALL_TEN.withExpansionRatio(11).toString())
        .isEqualTo(ALL_TEN.toString().replace("expansionRatio=10", "expansionRatio=11"));
    assertThat(ALL_TEN.withLayers(11).toString())
        .isEqualTo(ALL_TEN.toString().replace("layers=10", "layers=11"));
  }

  @Test
  void check_eachLimitExceeded_namesLimitValueAndPlace() throws MalformedContentException {
    ALL_TEN.checkEntries(10, "here");
    refused("entries", "10 entries in a layer", () -> ALL_TEN.checkEntries(11, "here"));
    refused("headerBytes", "10 bytes of", () -> ALL_TEN.checkHeaderBytes(11, "here"));
    refused("sparseMapBytes", "10 bytes in", () -> ALL_TEN.checkSparseMapBytes(11, "here"));
    refused("nameBytes", "10 bytes in a name", () -> ALL_TEN.checkNameBytes(11, "here"));
    refused("pathDepth", "10 segments", () -> ALL_TEN.checkPathDepth(11, "here"));
    refused("totalBytes", "10 uncompressed", () -> ALL_TEN.checkTotalBytes(11, "here"));
    refused("manifestBytes", "10 bytes in a", () -> ALL_TEN.checkManifestBytes(11, "here"));
    refused("indexDepth", "10 nested", () -> ALL_TEN.checkIndexDepth(11, "here"));
    refused("layers", "10 layers", () -> ALL_TEN.checkLayers(11, "here"));
  }

  @Test
  void checkExpansion_smallOutput_isFree() throws MalformedContentException {
    ALL_TEN.checkExpansion(1, 64L << 20, "here");
    ALL_TEN.checkExpansion(10L << 20, 100L << 20, "here");
    refused(
        "expansionRatio",
        "10 bytes for each compressed one",
        () -> ALL_TEN.checkExpansion(9L << 20, 100L << 20, "here"));
  }

  @Test
  void with_zeroOrHuge_throws() {
    assertThatThrownBy(() -> Limits.defaults().withEntries(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("limit entries not in 1 to")
        .hasMessageEndingWith(": 0");
    assertThatThrownBy(() -> Limits.defaults().withTotalBytes(Long.MAX_VALUE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("totalBytes");
  }

  private static void refused(String limit, String why, ThrowingCallable check) {
    assertThatThrownBy(check)
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith("limit " + limit + ": here: expected at most " + why)
        .hasMessageContaining("found ");
  }
}
