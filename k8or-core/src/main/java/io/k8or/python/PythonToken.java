package io.k8or.python;

/**
 * A token of a Python source.
 *
 * @param text of a string its value, escapes not resolved; of an f-string what comes before the
 *     first replacement
 * @param constant whether a string is all that it says: no f-string with a replacement
 * @param outermost whether it begins a line, without a space in front
 */
record PythonToken(Kind kind, String text, int line, boolean constant, boolean outermost) {
  /** What it is. */
  enum Kind {
    NAME,
    STRING,
    OPERATOR,
    NEWLINE,
    END
  }

  boolean is(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }
}
