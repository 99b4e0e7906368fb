package io.k8or.transform;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Transforms one after the other; each sees the image as the ones before it would leave it.
 *
 * @param transforms the transforms, none of them an {@code InOrder}
 */
public record InOrder(List<Transform> transforms) implements Transform {
  /** Lays nested sequences flat, so that the grouping of {@code andThen} makes no difference. */
  public InOrder {
    List<Transform> flat = new ArrayList<>();
    for (Transform transform : transforms) {
      if (transform instanceof InOrder nested) {
        flat.addAll(nested.transforms);
      } else {
        flat.add(transform);
      }
    }
    transforms = List.copyOf(flat);
  }

  @Override
  public EditPlan plan(ImageSnapshot image) throws IOException {
    EditPlan plan = EditPlan.empty();
    ImageSnapshot seen = image;
    for (Transform transform : transforms) {
      EditPlan next = transform.plan(seen);
      seen = seen.with(next);
      plan = plan.then(next);
    }
    return plan;
  }
}
