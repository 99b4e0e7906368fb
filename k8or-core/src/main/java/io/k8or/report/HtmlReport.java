package io.k8or.report;

import io.k8or.content.Content;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A report as one HTML file that needs nothing else: no script, no font, no picture from elsewhere.
 * Immutable; the same parts give the same bytes. Every text is escaped.
 */
public final class HtmlReport {
  private static final String STYLE =
      """
      body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1c2430; }
      h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
      table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #d8dee6; overflow-wrap: anywhere; }
      th { background: #f2f5f8; } .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
      code, .p { font-family: ui-monospace, monospace; font-size: .9em; } details { margin: .4rem 0; } summary { cursor: pointer; }
      ul { margin: .3rem 0; } @media (prefers-color-scheme: dark) { body { background: #12161c; color: #dde3ea; } th { background: #1d242d; } th, td { border-color: #323b46; } }
      """;

  private final String title;
  private final List<String> parts;

  private HtmlReport(String title, List<String> parts) {
    this.title = title;
    this.parts = parts;
  }

  /** Returns a report with nothing but a title. */
  public static HtmlReport titled(String title) {
    return new HtmlReport(title, List.of());
  }

  /**
   * Returns the report with a table behind what it has.
   *
   * @param heading the table's heading
   * @param columns the columns' heads; one that begins with {@code #} is of numbers, and stands
   *     right without the sign
   * @param rows the cells, as many a row as there are columns
   * @throws IllegalArgumentException if a row has another number of cells
   */
  public HtmlReport withTable(String heading, List<String> columns, List<List<String>> rows) {
    StringBuilder html = new StringBuilder();
    html.append("<h2>").append(escaped(heading)).append("</h2>\n");
    if (rows.isEmpty()) {
      return with(html.append("<p>None.</p>\n"));
    }
    html.append("<table>\n<tr>");
    for (String column : columns) {
      boolean number = column.startsWith("#");
      html.append(number ? "<th class=n>" : "<th>")
          .append(escaped(number ? column.substring(1) : column))
          .append("</th>");
    }
    html.append("</tr>\n");
    for (List<String> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            "a row of " + row.size() + " cells under " + columns.size() + " columns: " + row);
      }
      html.append("<tr>");
      for (int i = 0; i < row.size(); i++) {
        html.append(columns.get(i).startsWith("#") ? "<td class=n>" : "<td>")
            .append(escaped(row.get(i)))
            .append("</td>");
      }
      html.append("</tr>\n");
    }
    return with(html.append("</table>\n"));
  }

  /** Returns the report with a paragraph of plain text behind what it has. */
  public HtmlReport withParagraph(String text) {
    return with(new StringBuilder("<p>").append(escaped(text)).append("</p>\n"));
  }

  /**
   * Returns the report with every edit of a plan, grouped by its rule and by what was seen, and the
   * sums of each rule.
   */
  public HtmlReport withEdits(EditPlan plan, Accounting accounting) {
    List<List<String>> sums = new ArrayList<>();
    for (Accounting.RuleSum rule : accounting.rules()) {
      sums.add(
          List.of(
              rule.transform() + "/" + rule.rule(),
              grouped(rule.edits()),
              grouped(rule.removed().paths()),
              grouped(rule.removed().bytes()),
              grouped(rule.added().paths()),
              grouped(rule.added().bytes())));
    }
    HtmlReport report =
        withTable(
            "Edits by rule",
            List.of(
                "Rule",
                "#Edits",
                "#Paths removed",
                "#Bytes removed",
                "#Paths added",
                "#Bytes added"),
            sums);
    if (plan.edits().isEmpty()) {
      return report;
    }
    Map<Reason, List<String>> byReason = new LinkedHashMap<>();
    for (Edit edit : plan.edits()) {
      byReason.computeIfAbsent(edit.reason(), r -> new ArrayList<>()).add(describe(edit));
    }
    StringBuilder html = new StringBuilder("<h2>Edits with their reasons</h2>\n");
    byReason.forEach(
        (reason, edits) -> {
          html.append(edits.size() <= 5 ? "<details open>" : "<details>")
              .append("<summary>")
              .append(escaped(reason.toString()))
              .append(" (")
              .append(grouped(edits.size()))
              .append(")</summary>\n<ul>\n");
          for (String edit : edits) {
            html.append("<li class=p>").append(escaped(edit)).append("</li>\n");
          }
          html.append("</ul></details>\n");
        });
    return report.with(html);
  }

  /** Returns the report with every finding of a plan. */
  public HtmlReport withFindings(EditPlan plan) {
    List<List<String>> rows = new ArrayList<>();
    for (Finding finding : plan.findings()) {
      rows.add(
          List.of(
              finding.reason().transform() + "/" + finding.reason().rule(),
              finding.path().map(Object::toString).orElse(""),
              finding.reason().evidence()));
    }
    return withTable("Findings", List.of("Rule", "Path", "What was seen"), rows);
  }

  /** Returns the HTML. */
  public String toHtml() {
    StringBuilder html = new StringBuilder();
    html.append("<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n")
        .append("<meta name=viewport content=\"width=device-width, initial-scale=1\">\n<title>")
        .append(escaped(title))
        .append("</title>\n<style>\n")
        .append(STYLE)
        .append("</style>\n</head>\n<body>\n<h1>")
        .append(escaped(title))
        .append("</h1>\n");
    parts.forEach(html::append);
    return html.append("</body>\n</html>\n").toString();
  }

  /** Returns the HTML as bytes in UTF-8. */
  public Content toContent() {
    return Content.of(toHtml().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Returns a number in groups of three digits, as the tables show it: {@code 1,234,567}; the same
   * in every locale.
   */
  public static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Returns what an edit does in a few words: {@code remove /etc/motd}. */
  public static String describe(Edit edit) {
    if (edit instanceof Edit.RemovePath remove) {
      return "remove " + remove.path();
    } else if (edit instanceof Edit.ReplaceContent replace) {
      return "replace " + replace.path() + " (" + replace.content().size() + " bytes)";
    } else if (edit instanceof Edit.AddFile add) {
      return "add " + add.path() + " (" + add.node() + ")";
    } else if (edit instanceof Edit.SetAttributes set) {
      return "set " + set.path() + " to " + set.attributes();
    } else if (edit instanceof Edit.EditConfig config) {
      return "configuration " + config.pointer() + " = " + config.json();
    }
    throw new IllegalArgumentException("an unknown edit: " + edit);
  }

  private HtmlReport with(StringBuilder part) {
    List<String> more = new ArrayList<>(parts);
    more.add(part.toString());
    return new HtmlReport(title, List.copyOf(more));
  }

  // Names come from the image: neither markup nor an invisible character may come with them.
  private static String escaped(String text) {
    StringBuilder html = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> html.append("&amp;");
                case '<' -> html.append("&lt;");
                case '>' -> html.append("&gt;");
                case '"' -> html.append("&quot;");
                case '\'' -> html.append("&#39;");
                default -> {
                  int type = Character.getType(c);
                  if (type == Character.CONTROL
                      || type == Character.FORMAT
                      || type == Character.SURROGATE) {
                    html.append(String.format("\\u%04x", c));
                  } else {
                    html.appendCodePoint(c);
                  }
                }
              }
            });
    return html.toString();
  }

  @Override
  public String toString() {
    return "report \"" + title + "\"";
  }
}
