package io.k8or.packages;

import java.io.Serial;

/**
 * Thrown where one asks to remove a package that a package needs which stays.
 *
 * <p>The message has the chain from what stays for a reason of its own down to the package.
 */
public final class PackageNeededException extends IllegalArgumentException {
  @Serial private static final long serialVersionUID = 1;

  private final transient PackageChain chain;

  /** Makes an exception of the chain to the package that is needed. */
  public PackageNeededException(PackageChain chain) {
    super(
        chain.links().isEmpty()
            ? "the package " + chain.target().id() + " stays: " + chain.reason()
            : "the package " + chain.target().id() + " is needed: " + chain);
    this.chain = chain;
  }

  /** Returns why the package is needed. */
  public PackageChain chain() {
    return chain;
  }
}
