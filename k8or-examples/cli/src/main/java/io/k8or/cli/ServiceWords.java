package io.k8or.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code --service NAME=COMMAND} says. */
final class ServiceWords {
  private ServiceWords() {}

  /**
   * Returns commands by name, in order.
   *
   * @throws UsageException if one has another form, or a name comes twice
   */
  static Map<String, List<String>> parse(List<String> options) {
    Map<String, List<String>> services = new LinkedHashMap<>();
    for (String option : options) {
      int equals = option.indexOf('=');
      String name = equals < 0 ? "" : option.substring(0, equals);
      if (!name.matches("[a-z0-9]([a-z0-9.-]*[a-z0-9])?")) {
        throw new UsageException(
            "--service " + option,
            "expected NAME=COMMAND, the name of lower-case letters, digits, dots and dashes");
      }
      List<String> words = split(option.substring(equals + 1));
      if (words.isEmpty()) {
        throw new UsageException("--service " + option, "no command after the name");
      }
      if (services.put(name, words) != null) {
        throw new UsageException("--service " + option, "there is a service of this name already");
      }
    }
    return services;
  }

  /** Returns a service's name as a DNS label, which file names and Kubernetes take. */
  static String label(String name) {
    String label = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]+", "-");
    label = label.substring(0, Math.min(label.length(), 63)).replaceAll("^-+|-+$", "");
    return label.isEmpty() ? "service" : label;
  }

  /**
   * Splits a command into words as a shell does with plain ones: at blanks, with quotes and
   * backslashes; nothing is expanded.
   *
   * @throws UsageException if a quote is not closed
   */
  static List<String> split(String command) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean inWord = false;
    char quote = 0;
    for (int i = 0; i < command.length(); i++) {
      char c = command.charAt(i);
      boolean escapes = c == '\\' && quote != '\'' && i + 1 < command.length();
      if (escapes && (quote == 0 || "\"\\$`".indexOf(command.charAt(i + 1)) >= 0)) {
        word.append(command.charAt(++i));
        inWord = true;
      } else if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          word.append(c);
        }
      } else if (c == '\'' || c == '"') {
        quote = c;
        inWord = true;
      } else if (Character.isWhitespace(c)) {
        if (inWord) {
          words.add(word.toString());
          word.setLength(0);
          inWord = false;
        }
      } else {
        word.append(c);
        inWord = true;
      }
    }
    if (quote != 0) {
      throw new UsageException("--service " + command, "a quote is not closed");
    }
    if (inWord) {
      words.add(word.toString());
    }
    return words;
  }
}
