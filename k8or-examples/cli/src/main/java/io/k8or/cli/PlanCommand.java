package io.k8or.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.report.Accounting;
import io.k8or.services.ServiceImage;
import io.k8or.transform.Artifact;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Transform;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code k8or plan}. */
@Command(name = "plan", description = "Shows the edits with their reasons; writes nothing.")
final class PlanCommand implements Callable<Integer> {
  private final Session session;

  @Mixin final CommonOptions common = new CommonOptions();
  @Mixin private final InputOptions input = new InputOptions();
  @Mixin private final TransformOptions options = new TransformOptions();

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Option(names = "--all", description = "Lists every edit, and not only the first of a rule.")
  private boolean all;

  @Parameters(paramLabel = "IMAGE", description = "The image.")
  private String image = "";

  PlanCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    if (options.isSplit()) {
      options.checkSplit();
    }
    Transform transform = options.isSplit() ? Transform.identity() : options.toTransform();
    Input opened = Input.open(ImageArgument.parse(image), input.platform(), session);
    if (!options.isSplit()) {
      EditPlan plan = transform.plan(opened.snapshot());
      if (json) {
        session.print(Json.text(json(opened.snapshot(), plan)));
      } else {
        session.print(text(opened.snapshot(), plan));
      }
      return ExitStatus.DONE;
    }
    ObjectNode object = Json.object();
    ArrayNode services = object.putArray("services");
    for (ServiceImage each : options.split(opened.snapshot())) {
      if (json) {
        ObjectNode service = services.addObject();
        service.put("name", each.service().name());
        service.setAll(json(opened.snapshot(), each.plan()));
      } else {
        session.print(List.of("service " + each.service().name(), ""));
        session.print(text(opened.snapshot(), each.plan()));
        session.print("");
      }
    }
    if (json) {
      session.print(Json.text(object));
    }
    return ExitStatus.DONE;
  }

  private List<String> text(ImageSnapshot before, EditPlan plan) throws IOException {
    // To read the packages costs time, and without --json it would be for nothing.
    PackageSavings packages =
        PackageSavings.isPlanned(plan)
            ? PackageSavings.of(PackageCensus.of(before.files()), before, plan)
            : PackageSavings.none();
    return PlanText.of(plan, Accounting.of(before, plan), packages, all);
  }

  private static ObjectNode json(ImageSnapshot before, EditPlan plan) throws IOException {
    Accounting accounting = Accounting.of(before, plan);
    ObjectNode object = Json.object();
    object.set("edits", Json.edits(plan));
    object.set("rules", Json.rules(accounting));
    object.set("totals", Json.totals(accounting));
    object.set(
        "packages", PackageSavings.of(PackageCensus.of(before.files()), before, plan).json());
    object.set("findings", Json.findings(plan));
    ArrayNode artifacts = object.putArray("artifacts");
    for (Artifact artifact : plan.artifacts()) {
      artifacts
          .addObject()
          .put("name", artifact.name())
          .put("mediaType", artifact.mediaType())
          .put("bytes", artifact.content().size());
    }
    return object;
  }
}
