package io.k8or.packages;

import java.util.ArrayList;
import java.util.List;

/** Parses the requirements of rpm, rich ones among them (rpm, "Boolean Dependencies"). */
final class RpmRequirement {
  private static final int MAX_DEPTH = 50;
  private static final int MAX_OPERATORS = 256;
  private static final int LESS = 2;
  private static final int GREATER = 4;
  private static final int EQUAL = 8;

  private final String text;
  private int at;
  private int operators;

  private RpmRequirement(String text) {
    this.text = text;
  }

  /**
   * Returns the requirement of a header's three values.
   *
   * @throws IllegalArgumentException if a rich requirement has another form
   */
  static Requirement of(String name, int flags, String version) {
    if (name.startsWith("(")) {
      RpmRequirement parser = new RpmRequirement(name);
      Requirement requirement = parser.rich(0);
      if (parser.at != name.length()) {
        throw parser.wrong();
      }
      return requirement;
    }
    return named(name, operator(flags), version);
  }

  static String operator(int flags) {
    return ((flags & LESS) != 0 ? "<" : "")
        + ((flags & GREATER) != 0 ? ">" : "")
        + ((flags & EQUAL) != 0 ? "=" : "");
  }

  private static Requirement named(String name, String operator, String version) {
    boolean any = operator.isEmpty() || version.isEmpty();
    return new Requirement.Named(name, "", any ? "" : operator, any ? "" : version);
  }

  private Requirement rich(int depth) {
    if (depth > MAX_DEPTH) {
      throw wrong();
    }
    expect('(');
    Requirement left = operand(depth);
    String word = word();
    while (!word.isEmpty()) {
      if (++operators > MAX_OPERATORS) {
        throw wrong(); // rpm's own have a few; the work grows with the square
      }
      Requirement right = operand(depth);
      switch (word) {
        case "and" -> left = new Requirement.AllOf(joined(left, right, true));
        case "or" -> left = new Requirement.AnyOf(joined(left, right, false));
        case "with" -> left = new Requirement.With(left, right);
        case "without" -> left = new Requirement.Without(left, right);
        case "if" -> left = new Requirement.When(right, left, otherwise(depth));
        case "unless" -> left = new Requirement.When(right, otherwise(depth), left);
        default -> throw wrong();
      }
      word = word();
    }
    expect(')');
    return left;
  }

  private static List<Requirement> joined(Requirement left, Requirement right, boolean all) {
    List<Requirement> parts = new ArrayList<>();
    if (all && left instanceof Requirement.AllOf allOf) {
      parts.addAll(allOf.parts());
    } else if (!all && left instanceof Requirement.AnyOf anyOf) {
      parts.addAll(anyOf.parts());
    } else {
      parts.add(left);
    }
    parts.add(right);
    return parts;
  }

  private Requirement otherwise(int depth) {
    int before = at;
    if (word().equals("else")) {
      return operand(depth);
    }
    at = before;
    return Requirement.nothing();
  }

  private Requirement operand(int depth) {
    skipSpace();
    if (at < text.length() && text.charAt(at) == '(') {
      return rich(depth + 1);
    }
    String name = token();
    skipSpace();
    int from = at;
    while (at < text.length() && "<>=".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String operator = text.substring(from, at);
    skipSpace();
    return named(name, operator, operator.isEmpty() ? "" : token());
  }

  // A name may have parentheses of its own: python3dist(six).
  private String token() {
    int from = at;
    int open = 0;
    while (at < text.length() && text.charAt(at) != ' ') {
      char c = text.charAt(at);
      if (c == '(') {
        open++;
      } else if (c == ')' && open-- == 0) {
        break;
      }
      at++;
    }
    if (at == from) {
      throw wrong();
    }
    return text.substring(from, at);
  }

  private String word() {
    skipSpace();
    int from = at;
    while (at < text.length() && text.charAt(at) >= 'a' && text.charAt(at) <= 'z') {
      at++;
    }
    return text.substring(from, at);
  }

  private void skipSpace() {
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
  }

  private void expect(char c) {
    skipSpace();
    if (at >= text.length() || text.charAt(at) != c) {
      throw wrong();
    }
    at++;
  }

  private IllegalArgumentException wrong() {
    return new IllegalArgumentException(
        "not a rich requirement, at "
            + at
            + ": "
            + (text.length() <= 200 ? text : text.substring(0, 200) + "..."));
  }
}
