package io.k8or.packages.dpkg;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One alternative of a relationship field: {@code NAME[:QUALIFIER] [(OPERATOR VERSION)]} (Debian
 * Policy Manual, chapter 7).
 *
 * @param name the package's name
 * @param qualifier such as {@code any} or an architecture; empty where there is none
 * @param operator {@code <<}, {@code <=}, {@code =}, {@code >=} or {@code >>}; empty where any
 *     version will do
 * @param version the version; empty where any will do
 */
public record DpkgRelation(String name, String qualifier, String operator, String version) {
  /** Checks that nothing is missing. */
  public DpkgRelation {
    Objects.requireNonNull(name);
    Objects.requireNonNull(qualifier);
    Objects.requireNonNull(operator);
    Objects.requireNonNull(version);
  }

  /**
   * Parses a field: a list of groups, separated by commas, of which each is a list of alternatives.
   *
   * @throws IllegalArgumentException if the text is no such list
   */
  public static List<List<DpkgRelation>> parse(String field) {
    List<List<DpkgRelation>> groups = new ArrayList<>();
    for (String group : field.split(",", -1)) {
      if (group.isBlank()) {
        continue; // dpkg allows a comma at the end
      }
      List<DpkgRelation> alternatives = new ArrayList<>();
      for (String alternative : group.split("\\|", -1)) {
        alternatives.add(one(alternative.strip(), field));
      }
      groups.add(List.copyOf(alternatives));
    }
    return List.copyOf(groups);
  }

  private static DpkgRelation one(String text, String field) {
    String rest = text;
    String operator = "";
    String version = "";
    int open = rest.indexOf('(');
    if (open >= 0) {
      int close = rest.indexOf(')', open);
      if (close < 0) {
        throw wrong(text, field);
      }
      String inside = rest.substring(open + 1, close).strip();
      int length = 0;
      while (length < inside.length() && "<>=".indexOf(inside.charAt(length)) >= 0) {
        length++;
      }
      operator =
          switch (inside.substring(0, length)) {
            case "<<" -> "<<";
            case "<", "<=" -> "<="; // the single signs are of old, and mean this
            case "", "=" -> "=";
            case ">", ">=" -> ">=";
            case ">>" -> ">>";
            default -> throw wrong(text, field);
          };
      version = inside.substring(length).strip();
      if (version.isEmpty() || version.contains(" ")) {
        throw wrong(text, field);
      }
      rest = rest.substring(0, open) + rest.substring(close + 1);
    }
    int bracket = rest.indexOf('[');
    if (bracket >= 0) {
      rest = rest.substring(0, bracket); // architectures: those of an installed package apply
    }
    rest = rest.strip();
    int colon = rest.indexOf(':');
    String name = colon < 0 ? rest : rest.substring(0, colon);
    String qualifier = colon < 0 ? "" : rest.substring(colon + 1);
    if (name.isEmpty() || name.contains(" ") || qualifier.contains(" ")) {
      throw wrong(text, field);
    }
    return new DpkgRelation(name, qualifier, operator, version);
  }

  private static IllegalArgumentException wrong(String text, String field) {
    return new IllegalArgumentException(
        "expected NAME[:QUALIFIER] [(OPERATOR VERSION)], found \"" + text + "\" in " + field);
  }

  /** Says whether a version fits; true where none is asked for. */
  public boolean accepts(String candidate) {
    if (operator.isEmpty()) {
      return true;
    }
    int order = DpkgVersion.ORDER.compare(candidate, version);
    return switch (operator) {
      case "<<" -> order < 0;
      case "<=" -> order <= 0;
      case "=" -> order == 0;
      case ">=" -> order >= 0;
      default -> order > 0;
    };
  }

  /** Returns the relation as dpkg writes it. */
  @Override
  public String toString() {
    return name
        + (qualifier.isEmpty() ? "" : ":" + qualifier)
        + (operator.isEmpty() ? "" : " (" + operator + " " + version + ")");
  }
}
