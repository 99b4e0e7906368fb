package io.k8or.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.image.Digest;
import io.k8or.layers.Rewritten;
import io.k8or.layers.Rewritten.LayerChange;
import io.k8or.report.Accounting;
import io.k8or.report.Amount;
import io.k8or.report.HtmlReport;
import io.k8or.transform.Artifact;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import io.k8or.users.AccountDecision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What was done to an image.
 *
 * @param application what was asked for
 * @param input the image before
 * @param plan the edits
 * @param accounting their sums
 * @param packages what becomes of the packages
 * @param rewritten the image after, and its layers
 * @param before the image before in numbers
 * @param after the image after in numbers
 */
record Applied(
    Application application,
    Input input,
    EditPlan plan,
    Accounting accounting,
    PackageSavings packages,
    Rewritten rewritten,
    Figures before,
    Figures after) {
  static Applied of(
      Application application,
      Input input,
      EditPlan plan,
      Accounting accounting,
      Rewritten rewritten)
      throws IOException {
    PackageCensus census = PackageCensus.of(input.snapshot().files());
    Figures before = Figures.of(input.layers().orElseThrow(), census);
    ImageSnapshot left = input.snapshot().with(plan);
    return new Applied(
        application,
        input,
        plan,
        accounting,
        PackageSavings.of(census, input.snapshot(), plan),
        rewritten,
        before,
        Figures.of(rewritten, left, input.layers().orElseThrow()));
  }

  ObjectNode json(double seconds) {
    ObjectNode json = Json.object();
    json.set("input", before.json());
    json.set("output", after.json());
    json.putObject("edits")
        .put("removed", rewritten.removed())
        .put("replaced", rewritten.replaced())
        .put("added", rewritten.added());
    ArrayNode layers = json.putArray("layers");
    for (LayerChange change : rewritten.layers()) {
      layers
          .addObject()
          .put("from", change.from().map(Digest::toString).orElse(""))
          .put("to", change.to().map(Digest::toString).orElse(""))
          .put("action", change.action().toString())
          .put("reusedBytes", change.reusedBytes())
          .put("encodedBytes", change.encodedBytes());
    }
    json.set("rules", Json.rules(accounting));
    json.set("totals", Json.totals(accounting));
    json.set("packages", packages.json());
    json.set("findings", Json.findings(plan));
    ArrayNode artifacts = json.putArray("artifacts");
    for (Artifact artifact : plan.artifacts()) {
      artifacts
          .addObject()
          .put("name", artifact.name())
          .put("mediaType", artifact.mediaType())
          .put(
              "file",
              application
                  .artifacts()
                  .map(directory -> directory.resolve(artifact.name()).toString())
                  .orElse(""));
    }
    json.put("seconds", Math.round(seconds * 1000) / 1000.0);
    return json;
  }

  List<String> text(boolean all) throws IOException {
    List<String> lines = new ArrayList<>(PlanText.of(plan, accounting, packages, all));
    lines.add("");
    lines.add("layers, the lowest first");
    List<List<String>> layers = new ArrayList<>();
    layers.add(List.of("", "from", "to", "reused", "encoded"));
    layers.addAll(layerRows());
    lines.addAll(Text.table(layers, 3, 4));
    lines.add("");
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "before", "after", ""));
    rows.addAll(figureRows());
    lines.addAll(Text.table(rows, 1, 2, 3));
    lines.add("");
    lines.add("manifest " + after.manifestDigest());
    lines.add("config   " + rewritten.image().manifest().config().digest());
    lines.add(
        "written  " + application.out() + ", " + Text.count(application.writtenBytes(), "byte"));
    application.report().ifPresent(file -> lines.add("report   " + file));
    for (Artifact artifact : plan.artifacts()) {
      application
          .artifacts()
          .ifPresent(directory -> lines.add("artifact " + directory.resolve(artifact.name())));
    }
    return lines;
  }

  private List<List<String>> layerRows() {
    List<List<String>> rows = new ArrayList<>();
    for (LayerChange change : rewritten.layers()) {
      rows.add(
          List.of(
              change.action().toString(),
              change.from().map(Digest::toString).orElse(""),
              change.to().equals(change.from())
                  ? "the same"
                  : change.to().map(Digest::toString).orElse(""),
              HtmlReport.grouped(change.reusedBytes()),
              HtmlReport.grouped(change.encodedBytes())));
    }
    return rows;
  }

  private List<List<String>> figureRows() {
    return List.of(
        row("compressed bytes", before.compressedBytes(), after.compressedBytes()),
        row("uncompressed bytes", before.uncompressedBytes(), after.uncompressedBytes()),
        row("files", before.files(), after.files()),
        row("users", before.users(), after.users()),
        row("groups", before.groups(), after.groups()),
        row("packages", before.packages(), after.packages()));
  }

  private static List<String> row(String name, long before, long after) {
    return List.of(
        name, HtmlReport.grouped(before), HtmlReport.grouped(after), Text.change(before, after));
  }

  HtmlReport report() throws IOException {
    Accounts accounts = Accounts.of(input.snapshot());
    Accounts left = Accounts.of(input.snapshot().with(plan));
    List<List<String>> accountRows = new ArrayList<>();
    Stream.concat(accounts.users().stream(), accounts.groups().stream())
        .forEach(account -> accountRows.add(accountRow(account, isLeft(account, left))));
    Stream.concat(left.users().stream(), left.groups().stream())
        .filter(account -> !isLeft(account, accounts))
        .forEach(
            account ->
                accountRows.add(
                    List.of(
                        kind(account), account.name(), Long.toString(account.id()), "added", "")));
    List<List<String>> sums = new ArrayList<>();
    sums.add(sum("input", accounting.input()));
    sums.add(sum("removed", accounting.removed()));
    sums.add(sum("kept", accounting.kept()));
    sums.add(sum("added", accounting.added()));
    sums.add(sum("output", accounting.output()));
    HtmlReport report =
        HtmlReport.titled("k8or: " + input.argument().name())
            .withParagraph(
                before.manifestDigest()
                    + " became "
                    + after.manifestDigest()
                    + " ("
                    + application.mode()
                    + "), for "
                    + input.snapshot().platform()
                    + ".")
            .withTable("Summary", List.of("", "#Before", "#After", "#Change"), figureRows())
            .withTable("Paths and bytes", List.of("", "#Paths", "#Bytes"), sums)
            .withTable(
                "Accounts", List.of("Kind", "Name", "#Number", "Result", "Why"), accountRows);
    if (packages.planned()) {
      report =
          report.withTable(
              "Packages",
              List.of("Name", "Version", "Result", "#Bytes", "#Bytes saved"),
              packages.rows());
    }
    return report
        .withEdits(plan, accounting)
        .withTable(
            "Layers, the lowest first",
            List.of("Result", "From", "To", "#Bytes reused", "#Bytes encoded"),
            layerRows())
        .withFindings(plan);
  }

  private static boolean isLeft(AccountDecision account, Accounts left) {
    return Stream.concat(left.users().stream(), left.groups().stream())
        .anyMatch(
            other ->
                other.kind() == account.kind()
                    && other.name().equals(account.name())
                    && other.id() == account.id());
  }

  private static List<String> accountRow(AccountDecision account, boolean left) {
    return List.of(
        kind(account),
        account.name(),
        Long.toString(account.id()),
        left ? "kept" : "removed",
        account.evidence());
  }

  private static String kind(AccountDecision account) {
    return account.kind() == AccountDecision.Kind.USER ? "user" : "group";
  }

  private static List<String> sum(String name, Amount amount) {
    return List.of(name, HtmlReport.grouped(amount.paths()), HtmlReport.grouped(amount.bytes()));
  }
}
