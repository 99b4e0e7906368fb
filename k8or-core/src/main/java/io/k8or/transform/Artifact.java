package io.k8or.transform;

import io.k8or.content.Content;
import java.util.Objects;

/**
 * A document that a transform makes beside the image: a profile, a bill of materials, a manifest.
 *
 * @param name a file name without a directory, unique within a plan
 * @param mediaType such as {@code application/json}
 * @param content its bytes
 */
public record Artifact(String name, String mediaType, Content content) {
  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException if the name is empty or has a slash
   */
  public Artifact {
    if (name.isEmpty() || name.contains("/") || name.equals(".") || name.equals("..")) {
      throw new IllegalArgumentException("not a file name: " + name);
    }
    Objects.requireNonNull(mediaType);
    Objects.requireNonNull(content);
  }
}
