package io.k8or.users;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The patterns of the table: regular expressions with places for names, such as <code>{user}</code>
 * .
 */
final class NamePattern {
  private static final Pattern PLACE = Pattern.compile("\\{(user|group|owner)(s?)}");
  private static final Pattern GROUP = Pattern.compile("\\(\\?<((?:user|group|owner)[0-9]+)>");

  // In front of a name: a quote, ${VARIABLE:- with the name as its default value, or both.
  // All of it possessive: no line can make the search slow.
  private static final String BEFORE = "[\"']?+(?:\\$\\{\\w++:?+[-=])?+[\"']?+";
  private static final String NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]*+\\$?+";
  private static final String NAMES = "[%@]?+[A-Za-z0-9_][A-Za-z0-9_.,:%@ \\t-]*+";
  private static final String OWNER =
      "[A-Za-z0-9_][A-Za-z0-9_.-]*+(?::[A-Za-z0-9_.-]*+)?+|:[A-Za-z0-9_][A-Za-z0-9_.-]*+";

  private final Pattern pattern;
  private final Map<String, Integer> places;

  private NamePattern(Pattern pattern, Map<String, Integer> places) {
    this.pattern = pattern;
    this.places = places;
  }

  static NamePattern compile(String text) {
    Matcher place = PLACE.matcher(text);
    StringBuilder expression = new StringBuilder();
    int n = 0;
    while (place.find()) {
      String what = place.group(1);
      String form = what.equals("owner") ? OWNER : place.group(2).isEmpty() ? NAME : NAMES;
      String capture = BEFORE + "(?<" + what + ++n + ">" + form + ")";
      place.appendReplacement(expression, Matcher.quoteReplacement(capture));
    }
    place.appendTail(expression);
    Pattern pattern = Pattern.compile(expression.toString());
    return new NamePattern(pattern, places(pattern));
  }

  private static Map<String, Integer> places(Pattern pattern) {
    Map<String, Integer> places = new LinkedHashMap<>();
    Matcher group = GROUP.matcher(pattern.pattern());
    int n = 0;
    while (group.find()) {
      places.put(group.group(1), ++n);
    }
    return places;
  }

  Matcher matcher(String line) {
    return pattern.matcher(line);
  }

  /** Returns the places, such as {@code user1}, with the numbers of their groups. */
  Map<String, Integer> places() {
    return places;
  }

  @Override
  public String toString() {
    return pattern.pattern();
  }
}
