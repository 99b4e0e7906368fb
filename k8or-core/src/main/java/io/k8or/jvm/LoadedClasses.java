package io.k8or.jvm;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The classes that a run of Java programs loaded, as evidence against what is removed. Immutable.
 *
 * @param names the classes' names with slashes, in order
 */
public record LoadedClasses(Set<String> names) {
  // [0.1s][info][class,load] a.B source: file:/srv/a.jar, of JDK 9 and later;
  // [Loaded a.B from file:/srv/a.jar], of JDK 8.
  private static final Pattern LINE =
      Pattern.compile(
          "(?m)^(?:\\[Loaded |(?:\\[[^\\]\\n]*\\])*[ \\t]*)([\\w$.]+) (?:source:|from) ");

  /** Copies the names. */
  public LoadedClasses {
    names = Collections.unmodifiableSortedSet(new TreeSet<>(names));
  }

  /** Returns the evidence of no run. */
  public static LoadedClasses none() {
    return new LoadedClasses(Set.of());
  }

  /**
   * Reads what {@code java -Xlog:class+load} or {@code -verbose:class} prints. What is no such line
   * means nothing; classes that a run makes, such as lambdas, are in no archive and do not matter.
   *
   * @param text also with lines of others, such as those of strace
   */
  public static LoadedClasses parse(String text) {
    Set<String> names = new TreeSet<>();
    Matcher matcher = LINE.matcher(text);
    while (matcher.find()) {
      names.add(matcher.group(1).replace('.', '/'));
    }
    return new LoadedClasses(names);
  }
}
