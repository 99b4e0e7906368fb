package io.k8or.cli;

import io.k8or.report.Accounting;
import io.k8or.report.Amount;
import io.k8or.report.HtmlReport;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.Reason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A plan for a terminal: its edits by rule with their reasons, its findings, its sums. */
final class PlanText {
  private static final int SHOWN = 10;

  private PlanText() {}

  /**
   * Returns the lines.
   *
   * @param packages what becomes of the packages
   * @param all whether every edit and finding is listed, and not only the first ten of a kind
   */
  static List<String> of(
      EditPlan plan, Accounting accounting, PackageSavings packages, boolean all) {
    List<String> lines = new ArrayList<>();
    Map<String, Map<Reason, List<Edit>>> byRule = new LinkedHashMap<>();
    for (Edit edit : plan.edits()) {
      Reason reason = edit.reason();
      byRule
          .computeIfAbsent(reason.transform() + "/" + reason.rule(), r -> new LinkedHashMap<>())
          .computeIfAbsent(reason, r -> new ArrayList<>())
          .add(edit);
    }
    for (Accounting.RuleSum sum : accounting.rules()) {
      String rule = sum.transform() + "/" + sum.rule();
      lines.add(rule + ": " + Text.count(sum.edits(), "edit") + effect(sum));
      List<String> edits = new ArrayList<>();
      byRule
          .getOrDefault(rule, Map.of())
          .forEach(
              (reason, same) ->
                  same.forEach(
                      edit -> edits.add(HtmlReport.describe(edit) + ": " + reason.evidence())));
      addShown(lines, edits, all);
    }
    if (plan.edits().isEmpty()) {
      lines.add("nothing to change");
    }
    Map<String, List<String>> findings = new LinkedHashMap<>();
    for (Finding finding : plan.findings()) {
      Reason reason = finding.reason();
      findings
          .computeIfAbsent(reason.transform() + "/" + reason.rule(), r -> new ArrayList<>())
          .add(finding.path().map(path -> path + ": ").orElse("") + reason.evidence());
    }
    findings.forEach(
        (rule, texts) -> {
          lines.add(rule + ": " + Text.count(texts.size(), "finding"));
          addShown(lines, texts, all);
        });
    lines.add("");
    lines.addAll(packages.text(all));
    lines.addAll(sums(accounting));
    return lines;
  }

  private static String effect(Accounting.RuleSum sum) {
    String text = "";
    if (!sum.removed().equals(Amount.NONE)) {
      text += ", removes " + amount(sum.removed());
    }
    if (!sum.added().equals(Amount.NONE)) {
      text += ", adds " + amount(sum.added());
    }
    return text;
  }

  private static String amount(Amount amount) {
    return Text.count(amount.paths(), "path") + " (" + Text.size(amount.bytes()) + ")";
  }

  private static void addShown(List<String> lines, List<String> items, boolean all) {
    int shown = all ? items.size() : Math.min(items.size(), SHOWN);
    items.subList(0, shown).forEach(item -> lines.add("  " + Text.printable(item)));
    if (shown < items.size()) {
      lines.add("  ... and " + (items.size() - shown) + " more (--all lists them)");
    }
  }

  private static List<String> sums(Accounting accounting) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "paths", "bytes"));
    rows.add(row("input", accounting.input()));
    rows.add(row("removed", accounting.removed()));
    rows.add(row("kept", accounting.kept()));
    rows.add(row("added", accounting.added()));
    rows.add(
        List.of(
            "changed",
            HtmlReport.grouped(accounting.changedPaths()),
            (accounting.growth() > 0 ? "+" : "") + HtmlReport.grouped(accounting.growth())));
    rows.add(row("output", accounting.output()));
    return Text.table(rows, 1, 2);
  }

  private static List<String> row(String name, Amount amount) {
    return List.of(name, HtmlReport.grouped(amount.paths()), HtmlReport.grouped(amount.bytes()));
  }
}
