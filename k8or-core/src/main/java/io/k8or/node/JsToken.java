package io.k8or.node;

/**
 * A token of JavaScript.
 *
 * @param text of a string or template its value, escapes not resolved; of a template with
 *     substitutions what comes before the first
 */
record JsToken(Kind kind, String text, int line) {
  /** What it is. */
  enum Kind {
    NAME,
    STRING,
    TEMPLATE,
    NUMBER,
    REGEX,
    OPERATOR,
    END
  }

  boolean is(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }
}
