package io.k8or.cli;

import io.k8or.layers.LayerRewriter;
import java.util.Arrays;

/** How the layers are written. */
enum Mode {
  /** The layers that hold what changes are changed. */
  IN_PLACE("in-place"),
  /** One layer is made of all. */
  SQUASH("squash"),
  /** A layer with the differences is put on top. */
  OVERLAY("overlay");

  private final String text;

  Mode(String text) {
    this.text = text;
  }

  static Mode parse(String text) {
    return Arrays.stream(values())
        .filter(mode -> mode.text.equals(text))
        .findFirst()
        .orElseThrow(
            () -> new UsageException("--mode " + text, "expected in-place, squash or overlay"));
  }

  LayerRewriter rewriter() {
    return switch (this) {
      case IN_PLACE -> LayerRewriter.inPlace();
      case SQUASH -> LayerRewriter.squash();
      case OVERLAY -> LayerRewriter.overlay();
    };
  }

  @Override
  public String toString() {
    return text;
  }
}
