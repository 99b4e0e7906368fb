package io.k8or.cli;

import io.k8or.layers.LayerRewriter;
import java.util.Arrays;
import java.util.function.Supplier;

/** How the layers are written. */
enum Mode {
  /** The layers that hold what changes are changed. */
  IN_PLACE("in-place", LayerRewriter::inPlace),
  /** One layer is made of all. */
  SQUASH("squash", LayerRewriter::squash),
  /** A layer with the differences is put on top. */
  OVERLAY("overlay", LayerRewriter::overlay);

  private final String text;
  private final Supplier<LayerRewriter> rewriter;

  Mode(String text, Supplier<LayerRewriter> rewriter) {
    this.text = text;
    this.rewriter = rewriter;
  }

  static Mode parse(String text) {
    return Arrays.stream(values())
        .filter(mode -> mode.text.equals(text))
        .findFirst()
        .orElseThrow(
            () -> new UsageException("--mode " + text, "expected in-place, squash or overlay"));
  }

  LayerRewriter rewriter() {
    return rewriter.get();
  }

  @Override
  public String toString() {
    return text;
  }
}
