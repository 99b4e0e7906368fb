package io.k8or.packages;

import java.util.List;
import java.util.Objects;

/**
 * Why a package stays: from a root, which stays for a reason of its own, by what each one needs, to
 * the package.
 *
 * @param root the package at the beginning
 * @param reason why the root stays
 * @param links the steps, in order; none where the package is the root
 */
public record PackageChain(InstalledPackage root, String reason, List<Link> links) {
  /** Copies the list. */
  public PackageChain {
    Objects.requireNonNull(root);
    Objects.requireNonNull(reason);
    links = List.copyOf(links);
  }

  /**
   * One step.
   *
   * @param from the package that needs something
   * @param dependency what it needs, as it states it
   * @param to the package that is there for it
   */
  public record Link(InstalledPackage from, Dependency dependency, InstalledPackage to) {}

  /** Returns the package at the end. */
  public InstalledPackage target() {
    return links.isEmpty() ? root : links.get(links.size() - 1).to();
  }

  /** Returns the chain on one line, such as {@code a (asked for) -> Depends: b (>= 1) -> b}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(root.id() + " (" + reason + ")");
    for (Link link : links) {
      text.append(" -> ").append(link.dependency()).append(" -> ").append(link.to().id());
    }
    return text.toString();
  }
}
