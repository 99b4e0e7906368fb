package io.k8or.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Figures and tables for a terminal; the same in every locale. */
final class Text {
  private Text() {}

  /** Returns a number of bytes as people say it: {@code 512 B}, {@code 1.4 KiB}, {@code 38 MiB}. */
  static String size(long bytes) {
    if (Math.abs(bytes) < 1024) {
      return bytes + " B";
    }
    double value = bytes;
    String unit = "";
    for (String next : List.of("KiB", "MiB", "GiB", "TiB", "PiB", "EiB")) {
      value /= 1024;
      unit = next;
      if (Math.abs(value) < 1023.95) {
        break;
      }
    }
    return String.format(Locale.ROOT, Math.abs(value) < 9.995 ? "%.2f %s" : "%.1f %s", value, unit);
  }

  /** Returns {@code 1 edit} or {@code 3 edits}. */
  static String count(long number, String noun) {
    return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
  }

  /** Returns how much smaller the second is: {@code -38.2 %}. */
  static String change(long before, long after) {
    if (before == 0) {
      return "";
    }
    return String.format(Locale.ROOT, "%+.1f %%", 100.0 * (after - before) / before);
  }

  /**
   * Returns the rows with their columns under each other, two blanks between them, indented by two.
   *
   * @param right the indexes of the columns that stand right
   */
  static List<String> table(List<List<String>> rows, Integer... right) {
    List<Integer> rightColumns = List.of(right);
    List<Integer> widths = new ArrayList<>();
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        if (i == widths.size()) {
          widths.add(0);
        }
        widths.set(i, Math.max(widths.get(i), row.get(i).length()));
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        String pad = " ".repeat(widths.get(i) - row.get(i).length());
        line.append("  ").append(rightColumns.contains(i) ? pad + row.get(i) : row.get(i) + pad);
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }

  /** Returns words as a shell would show them: {@code nginx -g 'daemon off;'}. */
  static String command(List<String> words) {
    List<String> quoted = new ArrayList<>();
    for (String word : words) {
      quoted.add(
          word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'");
    }
    return printable(String.join(" ", quoted));
  }

  /** Returns the text without characters that would move a terminal's cursor. */
  static String printable(String text) {
    StringBuilder line = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              int type = Character.getType(c);
              if (type == Character.CONTROL || type == Character.FORMAT) {
                line.append(String.format("\\u%04x", c));
              } else {
                line.appendCodePoint(c);
              }
            });
    return line.toString();
  }
}
