package io.k8or.transform;

import java.io.IOException;
import java.util.List;

/**
 * A pure function from an image to the edits that it wants. It writes nothing, keeps no state, and
 * gives the same plan for the same snapshot.
 *
 * <p>{@link #andThen} is associative, with {@link #identity} on both sides.
 */
@FunctionalInterface
public interface Transform {
  /**
   * Plans the edits.
   *
   * @throws io.k8or.content.MalformedContentException if the image holds something that this
   *     transform must read and cannot
   * @throws IOException if the image's bytes cannot be read
   */
  EditPlan plan(ImageSnapshot image) throws IOException;

  /** Returns this followed by the next, which sees the image as this one would leave it. */
  default Transform andThen(Transform next) {
    return inOrder(this, next);
  }

  /** Returns the transforms one after the other; each sees what the ones before it would leave. */
  static Transform inOrder(Transform... transforms) {
    return new InOrder(List.of(transforms));
  }

  /** Returns the transform that wants nothing. */
  static Transform identity() {
    return new InOrder(List.of());
  }
}
