package io.k8or.services;

import io.k8or.transform.EditPlan;
import java.util.Objects;

/**
 * One service of an image, and what makes an image of it alone out of the whole one.
 *
 * @param service the service
 * @param plan the edits of the whole image
 */
public record ServiceImage(Service service, EditPlan plan) {
  /** Checks that nothing is missing. */
  public ServiceImage {
    Objects.requireNonNull(service);
    Objects.requireNonNull(plan);
  }

  /** Returns this, with further edits of what the plan leaves. */
  public ServiceImage then(EditPlan next) {
    return new ServiceImage(service, plan.then(next));
  }
}
