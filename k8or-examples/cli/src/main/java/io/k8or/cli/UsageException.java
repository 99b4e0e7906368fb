package io.k8or.cli;

/** Thrown where the command line asks for something that cannot be done. Ends with status 2. */
final class UsageException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  /**
   * Makes an exception.
   *
   * @param where the argument, as it was given
   * @param why what is wrong with it
   */
  UsageException(String where, String why) {
    super(where + ": " + why);
  }
}
