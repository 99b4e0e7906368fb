package io.k8or.cli;

/** What the command leaves behind as a number. */
final class ExitStatus {
  /** Done. */
  static final int DONE = 0;

  /** A check found a difference or a fault. */
  static final int FOUND = 1;

  /** Wrong usage: an argument, or an output that is there already. */
  static final int USAGE = 2;

  /** The input is malformed. */
  static final int MALFORMED = 3;

  /** Something cannot be read or written. */
  static final int IO = 4;

  /** A fault of k8or itself: the number that BSD's sysexits.h has for it. */
  static final int INTERNAL = 70;

  private ExitStatus() {}
}
