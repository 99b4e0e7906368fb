package io.k8or.transform;

import java.util.Objects;

/**
 * Why an edit is made, for a person to check.
 *
 * @param transform the transform's name, such as {@code users}
 * @param rule the rule's name within the transform, such as {@code owns-nothing}
 * @param evidence what was seen in the image that makes the rule apply
 */
public record Reason(String transform, String rule, String evidence) {
  /** Checks that nothing is missing. */
  public Reason {
    Objects.requireNonNull(transform);
    Objects.requireNonNull(rule);
    Objects.requireNonNull(evidence);
  }

  @Override
  public String toString() {
    return transform + "/" + rule + ": " + evidence;
  }
}
