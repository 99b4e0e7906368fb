package io.k8or.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.report.HtmlReport;
import io.k8or.transform.Artifact;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * Which packages a plan keeps and removes, and what each saves.
 *
 * @param format of the databases, as {@link PackageCensus} has it
 * @param planned whether the plan is also one of packages
 * @param kept those that stay, the largest first
 * @param removed those that go, the largest first
 */
record PackageSavings(String format, boolean planned, List<Row> kept, List<Row> removed) {
  private static final String DOCUMENT = "removed.json";
  private static final int SHOWN = 20;
  private static final int LIMIT = Integer.MAX_VALUE - 8;

  /**
   * A package.
   *
   * @param name its name, with an architecture or a version where several have the name
   * @param bytes of its files that stay
   * @param saved bytes of what goes with it or of it: of a package that goes, also its entries in
   *     the database and what it left behind
   */
  record Row(String name, String version, long bytes, long saved) {}

  PackageSavings {
    kept = List.copyOf(kept);
    removed = List.copyOf(removed);
  }

  /** Says whether a plan is also one of packages. */
  static boolean isPlanned(EditPlan plan) {
    return plan.artifacts().stream().anyMatch(artifact -> artifact.name().equals(DOCUMENT));
  }

  /** Returns what there is to say without a look at the packages: nothing. */
  static PackageSavings none() {
    return new PackageSavings("none", false, List.of(), List.of());
  }

  static PackageSavings of(PackageCensus census, ImageSnapshot image, EditPlan plan)
      throws IOException {
    Map<String, Row> gone = removed(plan);
    List<PackageCensus.Counted> before = census.packages();
    Map<String, Long> after = new HashMap<>();
    for (PackageCensus.Counted each : census.packages(image.with(plan).files())) {
      after.put(key(each.name(), each.version()), each.bytes());
    }
    List<Row> kept = new ArrayList<>();
    for (PackageCensus.Counted each : before) {
      String key = key(each.name(), each.version());
      if (!gone.containsKey(key)) {
        long left = after.getOrDefault(key, 0L);
        kept.add(new Row(each.name(), each.version(), left, each.bytes() - left));
      }
    }
    kept.sort(Comparator.comparingLong(Row::bytes).reversed().thenComparing(Row::name));
    List<Row> removed = new ArrayList<>(gone.values());
    removed.sort(Comparator.comparingLong(Row::saved).reversed().thenComparing(Row::name));
    return new PackageSavings(census.format(), isPlanned(plan), kept, removed);
  }

  /** Returns the packages that a plan removes, by name and version. */
  static Map<String, Row> removed(EditPlan plan) throws IOException {
    Map<String, Row> gone = new LinkedHashMap<>();
    Optional<JsonNode> document = document(plan);
    if (document.isPresent()) {
      for (JsonNode each : document.get().path("packages")) {
        Row row =
            new Row(
                each.path("id").asText(),
                each.path("version").asText(),
                0,
                each.path("bytes").asLong());
        gone.put(key(row.name(), row.version()), row);
      }
    }
    return gone;
  }

  // The list of what went is the transform's own word on it.
  private static Optional<JsonNode> document(EditPlan plan) throws IOException {
    for (Artifact artifact : plan.artifacts()) {
      if (artifact.name().equals(DOCUMENT)) {
        return Optional.of(Json.read(artifact.content().readAll(LIMIT)));
      }
    }
    return Optional.empty();
  }

  static String key(String name, String version) {
    return name + " " + version;
  }

  /** Returns the bytes that go with the packages that go. */
  long savedBytes() {
    return removed.stream().mapToLong(Row::saved).sum();
  }

  ObjectNode json() {
    ObjectNode json = Json.object();
    json.put("format", format);
    json.put("savedBytes", savedBytes());
    add(json.putArray("kept"), kept);
    add(json.putArray("removed"), removed);
    return json;
  }

  private static void add(ArrayNode array, List<Row> rows) {
    for (Row row : rows) {
      array
          .addObject()
          .put("name", row.name())
          .put("version", row.version())
          .put("bytes", row.bytes())
          .put("savedBytes", row.saved());
    }
  }

  /** Returns the lines for a terminal; none if the plan is none of packages. */
  List<String> text(boolean all) {
    List<String> lines = new ArrayList<>();
    if (!planned) {
      return lines;
    }
    lines.add(
        "packages: "
            + Text.count(removed.size(), "package")
            + " removed ("
            + Text.size(savedBytes())
            + "), "
            + kept.size()
            + " kept ("
            + Text.size(kept.stream().mapToLong(Row::bytes).sum())
            + ")");
    add(lines, "removed", "saves", removed, Row::saved, all);
    add(lines, "kept", "bytes", kept, Row::bytes, all);
    lines.add("");
    return lines;
  }

  private static void add(
      List<String> lines,
      String title,
      String unit,
      List<Row> rows,
      ToLongFunction<Row> size,
      boolean all) {
    if (rows.isEmpty()) {
      return;
    }
    int shown = all ? rows.size() : Math.min(rows.size(), SHOWN);
    List<List<String>> table = new ArrayList<>();
    table.add(List.of(title, "version", unit));
    for (Row row : rows.subList(0, shown)) {
      table.add(
          List.of(
              Text.printable(row.name()),
              Text.printable(row.version()),
              HtmlReport.grouped(size.applyAsLong(row))));
    }
    lines.addAll(Text.table(table, 2));
    if (shown < rows.size()) {
      lines.add("  ... and " + (rows.size() - shown) + " more (--all lists them)");
    }
  }

  /** Returns rows for the report. */
  List<List<String>> rows() {
    List<List<String>> rows = new ArrayList<>();
    for (Row row : removed) {
      rows.add(List.of(row.name(), row.version(), "removed", "0", HtmlReport.grouped(row.saved())));
    }
    for (Row row : kept) {
      rows.add(
          List.of(
              row.name(),
              row.version(),
              "kept",
              HtmlReport.grouped(row.bytes()),
              HtmlReport.grouped(row.saved())));
    }
    return rows;
  }
}
