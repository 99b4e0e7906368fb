package io.k8or.services;

/** How much goes. */
public enum Level {
  /**
   * Whole packages of which nothing is reached. All modules that an interpreter could find count as
   * reached, whoever imports them.
   */
  SAFE,
  /** Files that nothing reaches, also of packages that stay; modules that nothing imports. */
  BALANCED,
  /** As {@link #BALANCED}, and files of no package that nothing reaches. */
  MINIMAL
}
