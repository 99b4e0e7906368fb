package io.k8or.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.report.Accounting;
import io.k8or.transform.Artifact;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Transform;
import java.io.IOException;
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
    Transform transform = options.toTransform();
    Input opened = Input.open(ImageArgument.parse(image), input.platform(), session);
    EditPlan plan = transform.plan(opened.snapshot());
    Accounting accounting = Accounting.of(opened.snapshot(), plan);
    // To read the packages costs time, and without --json it would be for nothing.
    PackageSavings packages =
        json || PackageSavings.isPlanned(plan)
            ? PackageSavings.of(
                PackageCensus.of(opened.snapshot().files()), opened.snapshot(), plan)
            : PackageSavings.none();
    if (json) {
      ObjectNode object = Json.object();
      object.set("edits", Json.edits(plan));
      object.set("rules", Json.rules(accounting));
      object.set("totals", Json.totals(accounting));
      object.set("packages", packages.json());
      object.set("findings", Json.findings(plan));
      ArrayNode artifacts = object.putArray("artifacts");
      for (Artifact artifact : plan.artifacts()) {
        artifacts
            .addObject()
            .put("name", artifact.name())
            .put("mediaType", artifact.mediaType())
            .put("bytes", artifact.content().size());
      }
      session.print(Json.text(object));
    } else {
      session.print(PlanText.of(plan, accounting, packages, all));
    }
    return ExitStatus.DONE;
  }
}
