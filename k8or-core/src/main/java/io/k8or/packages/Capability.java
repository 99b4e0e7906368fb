package io.k8or.packages;

import java.util.Objects;

/**
 * A name that a package stands for beside its own: a virtual package, a library's soname, a
 * command.
 *
 * @param name the name, with its prefix ({@code so:}, {@code cmd:}) where the format has one
 * @param version the version; empty where none is given
 */
public record Capability(String name, String version) {
  /** Checks that nothing is missing. */
  public Capability {
    Objects.requireNonNull(name);
    Objects.requireNonNull(version);
  }

  @Override
  public String toString() {
    return version.isEmpty() ? name : name + " (= " + version + ")";
  }
}
