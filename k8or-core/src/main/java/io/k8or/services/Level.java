package io.k8or.services;

/** How much goes. */
public enum Level {
  /** Whole packages. */
  SAFE,
  /** Files that nothing reaches, also of packages that stay. */
  BALANCED,
  /** As {@link #BALANCED}, and files of no package that nothing reaches. */
  MINIMAL
}
