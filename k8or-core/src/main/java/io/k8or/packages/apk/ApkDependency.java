package io.k8or.packages.apk;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A dependency, a provided name or a line of the world: {@code [!]NAME[OPERATOR VERSION][@TAG]},
 * without spaces (apk-world(5)).
 *
 * @param name the name, with its prefix such as {@code so:}
 * @param operator empty where any version will do
 * @param version empty where any will do
 * @param conflict whether it must not be there
 */
public record ApkDependency(String name, String operator, String version, boolean conflict) {
  /** Checks that nothing is missing. */
  public ApkDependency {
    Objects.requireNonNull(name);
    Objects.requireNonNull(operator);
    Objects.requireNonNull(version);
  }

  /**
   * Parses one.
   *
   * @throws IllegalArgumentException if it has no name, or an operator without a version
   */
  public static ApkDependency parse(String text) {
    boolean conflict = text.startsWith("!");
    String rest = conflict ? text.substring(1) : text;
    int end = 0;
    while (end < rest.length() && "<>=~@".indexOf(rest.charAt(end)) < 0) {
      end++;
    }
    int from = end;
    while (from < rest.length() && "<>=~".indexOf(rest.charAt(from)) >= 0) {
      from++;
    }
    int tag = rest.indexOf('@', from);
    String version = rest.substring(from, tag < 0 ? rest.length() : tag);
    if (end == 0 || (from > end) != !version.isEmpty()) {
      throw new IllegalArgumentException("not a dependency: " + text);
    }
    return new ApkDependency(rest.substring(0, end), rest.substring(end, from), version, conflict);
  }

  /**
   * Parses a list, separated by spaces.
   *
   * @throws IllegalArgumentException if one of them is none
   */
  public static List<ApkDependency> parseAll(String text) {
    List<ApkDependency> all = new ArrayList<>();
    for (String word : text.split("[ \t]+", -1)) {
      if (!word.isEmpty()) {
        all.add(parse(word));
      }
    }
    return List.copyOf(all);
  }

  @Override
  public String toString() {
    return (conflict ? "!" : "") + name + operator + version;
  }
}
