package io.k8or.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.image.History;
import io.k8or.image.ImageConfig;
import io.k8or.image.Layer;
import io.k8or.layers.LayerIndex;
import io.k8or.layers.LayeredImage;
import io.k8or.report.Accounting;
import io.k8or.report.Amount;
import io.k8or.report.HtmlReport;
import io.k8or.transform.EditPlan;
import io.k8or.users.AccountDecision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code k8or inspect}. */
@Command(
    name = "inspect",
    description = "Shows platform, configuration, layers, accounts, packages, services, sizes.")
final class InspectCommand implements Callable<Integer> {
  private final Session session;

  @Mixin final CommonOptions common = new CommonOptions();
  @Mixin private final InputOptions input = new InputOptions();

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Parameters(paramLabel = "IMAGE", description = "The image.")
  private String image = "";

  InspectCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    Input opened = Input.open(ImageArgument.parse(image), input.platform(), session);
    Inspection inspection = Inspection.of(opened);
    if (json) {
      session.print(Json.text(inspection.json()));
    } else {
      session.print(inspection.text());
    }
    return ExitStatus.DONE;
  }

  /** What there is to say about an image. */
  private record Inspection(Input input, Accounts accounts, PackageCensus packages, Amount files) {
    static Inspection of(Input input) throws IOException {
      return new Inspection(
          input,
          Accounts.of(input.snapshot()),
          PackageCensus.of(input.snapshot().files()),
          Accounting.of(input.snapshot(), EditPlan.empty()).input());
    }

    private ImageConfig config() {
      return input.snapshot().config();
    }

    private List<String> command() {
      return Stream.concat(config().entrypoint().stream(), config().cmd().stream()).toList();
    }

    private long compressed() {
      return input.layers().stream()
          .flatMap(layered -> layered.image().layers().stream())
          .mapToLong(layer -> layer.descriptor().size())
          .sum();
    }

    private long uncompressed() {
      return input.layers().stream()
          .flatMap(layered -> layered.indexes().stream())
          .mapToLong(LayerIndex::uncompressedSize)
          .sum();
    }

    private long shadowed() {
      return input.snapshot().files().shadowed().stream()
          .mapToLong(hidden -> hidden.node().size())
          .sum();
    }

    // The history's steps that made a layer, where there are as many as layers.
    private List<String> makers() {
      List<String> makers =
          config().history().stream()
              .filter(step -> !step.isEmptyLayer())
              .map(History::createdBy)
              .map(by -> by.orElse(""))
              .toList();
      return makers.size() == config().diffIds().size() ? makers : List.of();
    }

    List<String> text() {
      List<String> lines = new ArrayList<>();
      List<List<String>> head = new ArrayList<>();
      head.add(List.of("image", input.argument().toString()));
      input
          .layers()
          .map(LayeredImage::image)
          .ifPresent(
              image -> {
                head.add(List.of("manifest", image.digest().toString()));
                head.add(List.of("media type", image.manifest().mediaType().toString()));
                head.add(List.of("config", image.manifest().config().digest().toString()));
              });
      head.add(List.of("platform", config().platform().toString()));
      add(head, "created", text(config().get("/created")));
      add(head, "command", Text.command(command()));
      add(head, "user", config().user().orElse("not set: root"));
      add(head, "directory", config().workingDir().orElse(""));
      add(head, "environment", Text.command(config().env()));
      add(head, "ports", String.join(" ", config().exposedPorts()));
      add(head, "volumes", String.join(" ", config().volumes()));
      config().labels().forEach((name, value) -> head.add(List.of("label", name + "=" + value)));
      head.replaceAll(row -> List.of(row.get(0), Text.printable(row.get(1))));
      lines.addAll(Text.table(head));
      input.layers().ifPresent(layered -> addLayers(lines, layered));
      addAccounts(lines);
      addPackages(lines);
      lines.add("");
      lines.add("services");
      lines.add("  " + (command().isEmpty() ? "none" : Text.command(command())));
      lines.add("");
      lines.add("sizes");
      List<List<String>> sizes = new ArrayList<>();
      sizes.add(List.of("paths", HtmlReport.grouped(files.paths()), ""));
      sizes.add(size("file contents", files.bytes()));
      if (input.layers().isPresent()) {
        sizes.add(size("hidden by higher layers", shadowed()));
        sizes.add(size("layers, uncompressed", uncompressed()));
        sizes.add(size("layers, compressed", compressed()));
      }
      lines.addAll(Text.table(sizes, 1, 2));
      return lines;
    }

    private static List<String> size(String name, long bytes) {
      return List.of(name, HtmlReport.grouped(bytes), Text.size(bytes));
    }

    private static void add(List<List<String>> rows, String name, String value) {
      if (!value.isEmpty()) {
        rows.add(List.of(name, value));
      }
    }

    private void addLayers(List<String> lines, LayeredImage layered) {
      lines.add("");
      lines.add("layers, the lowest first");
      List<List<String>> rows = new ArrayList<>();
      rows.add(
          List.of("digest", "compression", "compressed", "uncompressed", "entries", "made by"));
      for (int i = 0; i < layered.indexes().size(); i++) {
        LayerIndex index = layered.indexes().get(i);
        rows.add(
            List.of(
                index.digest().toString(),
                index.compression().toString(),
                HtmlReport.grouped(index.layer().descriptor().size()),
                HtmlReport.grouped(index.uncompressedSize()),
                HtmlReport.grouped(index.entryCount()),
                makers().isEmpty() ? "" : shortened(Text.printable(makers().get(i)))));
      }
      lines.addAll(Text.table(rows, 2, 3, 4));
    }

    private static String shortened(String text) {
      return text.length() <= 60 ? text : text.substring(0, 57) + "...";
    }

    private void addAccounts(List<String> lines) {
      lines.add("");
      lines.add(
          "accounts: "
              + Text.count(accounts.users().size(), "user")
              + ", "
              + accounts.users().stream().filter(AccountDecision::kept).count()
              + " needed; "
              + Text.count(accounts.groups().size(), "group")
              + ", "
              + accounts.groups().stream().filter(AccountDecision::kept).count()
              + " needed");
      List<List<String>> rows = new ArrayList<>();
      Stream.concat(accounts.users().stream(), accounts.groups().stream())
          .filter(AccountDecision::kept)
          .forEach(
              account ->
                  rows.add(
                      List.of(
                          account.kind() == AccountDecision.Kind.USER ? "user" : "group",
                          Text.printable(account.name()),
                          Long.toString(account.id()),
                          Text.printable(account.evidence()))));
      lines.addAll(Text.table(rows, 2));
    }

    private void addPackages(List<String> lines) {
      lines.add("");
      if (!packages.isRead()) {
        lines.add("packages: a database that cannot be read: " + Text.printable(packages.fault()));
        return;
      }
      if (packages.databases().isEmpty()) {
        lines.add("packages: no database");
        return;
      }
      List<PackageCensus.Counted> installed = new ArrayList<>(packages.packages());
      installed.sort(PackageCensus.Counted.LARGEST_FIRST);
      long bytes = installed.stream().mapToLong(PackageCensus.Counted::bytes).sum();
      lines.add(
          "packages: "
              + installed.size()
              + " in the "
              + packages.format()
              + " database, "
              + Text.size(bytes)
              + " of files");
      List<List<String>> rows = new ArrayList<>();
      for (PackageCensus.Counted each : installed.subList(0, Math.min(installed.size(), 20))) {
        rows.add(
            List.of(
                Text.printable(each.name()),
                Text.printable(each.version()),
                HtmlReport.grouped(each.bytes())));
      }
      lines.addAll(Text.table(rows, 2));
      if (rows.size() < installed.size()) {
        lines.add("  ... and " + (installed.size() - rows.size()) + " more (--json lists them)");
      }
    }

    private static String text(Optional<String> json) {
      return json.map(value -> value.replace("\"", "")).orElse("");
    }

    ObjectNode json() {
      ObjectNode json = Json.object();
      json.put("image", input.argument().toString());
      input
          .layers()
          .map(LayeredImage::image)
          .ifPresent(
              image -> {
                json.put("manifestDigest", image.digest().toString());
                json.put("mediaType", image.manifest().mediaType().toString());
                json.put("configDigest", image.manifest().config().digest().toString());
              });
      json.put("platform", config().platform().toString());
      ObjectNode run = json.putObject("config");
      run.put("created", text(config().get("/created")));
      run.put("user", config().user().orElse(""));
      run.put("workingDir", config().workingDir().orElse(""));
      run.set("env", Json.strings(config().env()));
      run.set("entrypoint", Json.strings(config().entrypoint()));
      run.set("cmd", Json.strings(config().cmd()));
      run.set("exposedPorts", Json.strings(config().exposedPorts()));
      run.set("volumes", Json.strings(config().volumes()));
      ObjectNode labels = run.putObject("labels");
      config().labels().forEach(labels::put);
      ArrayNode layers = json.putArray("layers");
      input.layers().ifPresent(layered -> addLayers(layers, layered));
      ObjectNode owners = json.putObject("accounts");
      add(owners.putArray("users"), accounts.users());
      add(owners.putArray("groups"), accounts.groups());
      ObjectNode database = json.putObject("packages");
      database.put("format", packages.format());
      database.put("read", packages.isRead());
      database.put("fault", packages.fault());
      database.put("count", packages.count());
      ArrayNode installed = database.putArray("installed");
      packages
          .packages()
          .forEach(
              p ->
                  installed
                      .addObject()
                      .put("name", p.name())
                      .put("version", p.version())
                      .put("architecture", p.architecture())
                      .put("bytes", p.bytes()));
      ArrayNode services = json.putArray("services");
      if (!command().isEmpty()) {
        ObjectNode service = services.addObject();
        service.put("name", "main");
        service.set("command", Json.strings(command()));
      }
      ObjectNode sizes = json.putObject("sizes");
      sizes.put("files", files.paths());
      sizes.put("contentBytes", files.bytes());
      sizes.put("hiddenBytes", shadowed());
      sizes.put("uncompressedBytes", uncompressed());
      sizes.put("compressedBytes", compressed());
      return json;
    }

    private void addLayers(ArrayNode layers, LayeredImage layered) {
      for (int i = 0; i < layered.indexes().size(); i++) {
        LayerIndex index = layered.indexes().get(i);
        Layer layer = index.layer();
        layers
            .addObject()
            .put("digest", layer.descriptor().digest().toString())
            .put("diffId", layer.diffId().toString())
            .put("mediaType", layer.descriptor().mediaType().toString())
            .put("compression", index.compression().name().toLowerCase(Locale.ROOT))
            .put("compressedBytes", layer.descriptor().size())
            .put("uncompressedBytes", index.uncompressedSize())
            .put("entries", index.entryCount())
            .put("createdBy", makers().isEmpty() ? "" : makers().get(i));
      }
    }

    private static void add(ArrayNode accounts, List<AccountDecision> decisions) {
      for (AccountDecision decision : decisions) {
        accounts
            .addObject()
            .put("name", decision.name())
            .put("id", decision.id())
            .put("needed", decision.kept())
            .put("rule", decision.rule())
            .put("evidence", decision.evidence());
      }
    }
  }
}
