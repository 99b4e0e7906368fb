package io.k8or.image;

import java.util.Objects;

/**
 * An operating system and a processor (OCI image index, "platform").
 *
 * @param os such as {@code linux}
 * @param architecture in Go's names, such as {@code amd64}
 * @param variant such as {@code v8}; empty where there is none
 */
public record Platform(String os, String architecture, String variant) {
  /** Checks that nothing is missing. */
  public Platform {
    Objects.requireNonNull(os);
    Objects.requireNonNull(architecture);
    Objects.requireNonNull(variant);
  }

  /**
   * Parses {@code os/arch[/variant]}.
   *
   * @throws IllegalArgumentException if the text has another form
   */
  public static Platform parse(String text) {
    String[] parts = text.split("/", -1);
    boolean wellFormed = parts.length == 2 || parts.length == 3;
    for (String part : parts) {
      wellFormed &= !part.isEmpty();
    }
    if (!wellFormed) {
      throw new IllegalArgumentException("not os/arch[/variant]: " + text);
    }
    return new Platform(parts[0], parts[1], parts.length == 3 ? parts[2] : "");
  }

  /**
   * Says whether an image of the other platform is what one asks for with this one: the same, or
   * the same but for a variant where this one names none.
   */
  public boolean matches(Platform offered) {
    return os.equals(offered.os)
        && architecture.equals(offered.architecture)
        && (variant.isEmpty() || variant.equals(offered.variant));
  }

  /** Returns {@code os/arch[/variant]}. */
  @Override
  public String toString() {
    return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
  }
}
