package io.k8or.shell;

import static io.k8or.shell.ScriptUse.ANY;
import static io.k8or.shell.ScriptUse.UNKNOWN;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a shell's expansions make of texts, parts of which may be left open. */
final class Expansions {
  private static final Pattern BRACES =
      Pattern.compile("([^{}]*)\\{([^{}]*,[^{}]*)\\}([^{}]*)", Pattern.DOTALL);

  private Expansions() {}

  /** Says whether nothing in a text is left open. */
  static boolean isKnown(String text) {
    return text.indexOf(UNKNOWN) < 0 && text.indexOf(ANY) < 0;
  }

  /** Returns the fields of an unquoted text with braces; it alone where there are none. */
  static List<String> braces(String literal) {
    Matcher matcher = BRACES.matcher(literal);
    if (!matcher.matches()) {
      return List.of(pattern(literal));
    }
    List<String> fields = new ArrayList<>();
    for (String each : matcher.group(2).split(",", -1)) {
      fields.add(pattern(matcher.group(1) + each + matcher.group(3)));
    }
    return fields;
  }

  /** Returns an unquoted text with ANY in place of {@code *}, {@code ?} and {@code [...]}. */
  static String pattern(String literal) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < literal.length(); i++) {
      char c = literal.charAt(i);
      int end = c == '[' ? literal.indexOf(']', i + 1) : -1;
      if (c == '*' || c == '?') {
        text.append(ANY);
      } else if (end > i + 1) {
        text.append(ANY);
        i = end;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  /** Returns the fields that an unquoted value is split into. */
  static List<String> split(List<String> value) {
    List<String> fields = new ArrayList<>();
    for (String field : value) {
      for (String word : field.split("[ \t\n]+", -1)) {
        if (!word.isEmpty()) {
          fields.add(pattern(word));
        }
      }
    }
    return fields;
  }

  /** Says whether a parameter stands for several fields: all arguments, or an array. */
  static boolean isList(String name) {
    return name.equals("@") || name.equals("*") || name.endsWith("]");
  }

  /** Returns the fields that an operator makes of a value, such as {@code ${name%pattern}}. */
  static List<String> changed(Syntax.Parameter parameter, List<String> value, String argument) {
    String operator = parameter.operator();
    if (operator.equals(":") && isList(parameter.name())) {
      boolean number = argument.strip().matches("\\d{1,2}");
      int from = number ? Integer.parseInt(argument.strip()) : 0;
      int skip = parameter.name().endsWith("]") ? from : Math.max(from - 1, 0);
      return number
          ? value.subList(Math.min(skip, value.size()), value.size())
          : List.of(String.valueOf(UNKNOWN));
    }
    List<String> fields = new ArrayList<>();
    for (String field : value) {
      fields.add(isKnown(field) ? changed(operator, field, argument) : String.valueOf(UNKNOWN));
    }
    return fields;
  }

  private static String changed(String operator, String value, String argument) {
    switch (operator) {
      case "#", "##", "%", "%%" -> {
        return stripped(operator, value, argument);
      }
      case "^^", "^" -> {
        return value.toUpperCase(Locale.ROOT);
      }
      case ",,", "," -> {
        return value.toLowerCase(Locale.ROOT);
      }
      case "/", "//" -> {
        int slash = argument.indexOf('/');
        String from = slash < 0 ? argument : argument.substring(0, slash);
        String to = slash < 0 ? "" : argument.substring(slash + 1);
        if (from.isEmpty() || !isKnown(argument)) {
          return String.valueOf(UNKNOWN);
        }
        int at = value.indexOf(from);
        return operator.equals("//")
            ? value.replace(from, to)
            : at < 0 ? value : value.substring(0, at) + to + value.substring(at + from.length());
      }
      default -> {
        return String.valueOf(UNKNOWN);
      }
    }
  }

  private static String stripped(String operator, String value, String pattern) {
    StringBuilder expression = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      expression.append(c == ANY || c == UNKNOWN ? ".*" : Pattern.quote(String.valueOf(c)));
    }
    Pattern part = Pattern.compile(expression.toString(), Pattern.DOTALL);
    boolean front = operator.startsWith("#");
    boolean longest = operator.length() == 2;
    for (int n = 0; n <= value.length(); n++) {
      int length = longest ? value.length() - n : n;
      int from = front ? 0 : value.length() - length;
      if (part.matcher(value.substring(from, from + length)).matches()) {
        return front ? value.substring(length) : value.substring(0, from);
      }
    }
    return value;
  }

  /** Returns what printf writes. */
  static Set<String> printed(List<String> arguments) {
    if (arguments.isEmpty()) {
      return Set.of();
    }
    String format = arguments.get(0).replace("\\n", "");
    if (format.indexOf('%') < 0) {
      return Set.of(format);
    }
    return format.equals("%s") && arguments.size() > 1
        ? Set.of(String.join("", arguments.subList(1, arguments.size())))
        : Set.of(String.valueOf(UNKNOWN));
  }
}
