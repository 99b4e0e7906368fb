package io.k8or.packages;

import java.util.Objects;

/**
 * A requirement as a package states it. All of a package's dependencies bind.
 *
 * @param field where it is stated, in the format's words: {@code Depends}, {@code Pre-Depends}
 * @param requirement what it asks for
 */
public record Dependency(String field, Requirement requirement) {
  /** Checks that nothing is missing. */
  public Dependency {
    Objects.requireNonNull(field);
    Objects.requireNonNull(requirement);
  }

  @Override
  public String toString() {
    return field + ": " + requirement;
  }
}
