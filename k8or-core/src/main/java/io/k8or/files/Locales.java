package io.k8or.files;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The languages whose translations stay.
 *
 * @param names such as {@code de} or {@code pt_BR}
 */
record Locales(Set<String> names) {
  /** Returns English, those that are asked for, and those of an image's environment. */
  static Locales of(List<String> asked, List<String> environment) {
    Set<String> names = new LinkedHashSet<>(List.of("en"));
    names.addAll(asked);
    for (String line : environment) {
      int equals = line.indexOf('=');
      String name = equals < 0 ? "" : line.substring(0, equals);
      if (name.equals("LANG") || name.equals("LANGUAGE") || name.startsWith("LC_")) {
        for (String value : line.substring(equals + 1).split(":", -1)) {
          String locale = value.split("[.@]", 2)[0];
          if (locale.matches("[A-Za-z]{2,8}(_[A-Za-z0-9]+)?")) {
            names.add(locale);
          }
        }
      }
    }
    return new Locales(names);
  }

  /**
   * Says whether a folder's language is one of them, a variant of one, or what a variant falls back
   * to: {@code de} keeps {@code de_AT}, {@code pt_BR} keeps {@code pt}.
   */
  boolean keeps(String folder) {
    List<String> kept = new ArrayList<>(names);
    kept.add("C");
    kept.add("POSIX");
    return kept.stream().anyMatch(name -> isVariant(folder, name) || isVariant(name, folder));
  }

  private static boolean isVariant(String locale, String of) {
    return locale.equals(of)
        || (locale.length() > of.length()
            && !of.isEmpty()
            && locale.startsWith(of)
            && "_@.".indexOf(locale.charAt(of.length())) >= 0);
  }
}
