package io.k8or.transform;

import io.k8or.filesystem.ImagePath;
import java.util.Objects;
import java.util.Optional;

/**
 * Something that a person should know and that no edit tells: what was kept although it looks
 * unneeded, or what could not be decided.
 */
public final class Finding {
  private final Optional<ImagePath> path;
  private final Reason reason;

  private Finding(Optional<ImagePath> path, Reason reason) {
    this.path = path;
    this.reason = Objects.requireNonNull(reason);
  }

  /** Returns a finding about the image as a whole. */
  public static Finding of(Reason reason) {
    return new Finding(Optional.empty(), reason);
  }

  /** Returns a finding about a path. */
  public static Finding at(ImagePath path, Reason reason) {
    return new Finding(Optional.of(path), reason);
  }

  /** Returns the path that it is about, if it is about one. */
  public Optional<ImagePath> path() {
    return path;
  }

  /** Returns the transform, the rule, and what was seen. */
  public Reason reason() {
    return reason;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Finding that && path.equals(that.path) && reason.equals(that.reason);
  }

  @Override
  public int hashCode() {
    return Objects.hash(path, reason);
  }

  @Override
  public String toString() {
    return path.map(p -> p + ": ").orElse("") + reason;
  }
}
