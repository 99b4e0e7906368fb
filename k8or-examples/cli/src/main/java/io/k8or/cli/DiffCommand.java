package io.k8or.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.report.TreeComparison;
import io.k8or.report.TreeComparison.Change;
import io.k8or.report.TreeComparison.Difference;
import io.k8or.report.TreeComparison.Kind;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code k8or diff}. */
@Command(
    name = "diff",
    description = "Compares the files of two images. Status 1 where they differ.")
final class DiffCommand implements Callable<Integer> {
  private final Session session;

  @Mixin final CommonOptions common = new CommonOptions();
  @Mixin private final InputOptions input = new InputOptions();

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Parameters(index = "0", paramLabel = "IMAGE", description = "The image before.")
  private String before = "";

  @Parameters(index = "1", paramLabel = "IMAGE", description = "The image after.")
  private String after = "";

  DiffCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    ImageArgument first = ImageArgument.parse(before);
    ImageArgument second = ImageArgument.parse(after);
    Input one = Input.open(first, input.platform(), session);
    Input other = Input.open(second, input.platform(), session);
    TreeComparison comparison =
        TreeComparison.of(
            one.snapshot().files(), other.snapshot().files(), Contents.of(one, other));
    if (json) {
      session.print(Json.text(json(comparison)));
    } else {
      for (Difference difference : comparison.differences()) {
        session.print(Text.printable(difference.toString()));
      }
      session.print(
          comparison.isEmpty()
              ? "no difference"
              : comparison.count(Kind.REMOVED)
                  + " removed, "
                  + comparison.count(Kind.ADDED)
                  + " added, "
                  + comparison.count(Kind.CHANGED)
                  + " changed");
    }
    return comparison.isEmpty() ? ExitStatus.DONE : ExitStatus.FOUND;
  }

  private static ObjectNode json(TreeComparison comparison) {
    ObjectNode object = Json.object();
    object.put("same", comparison.isEmpty());
    object.put("removed", comparison.count(Kind.REMOVED));
    object.put("added", comparison.count(Kind.ADDED));
    object.put("changed", comparison.count(Kind.CHANGED));
    ArrayNode differences = object.putArray("differences");
    for (Difference difference : comparison.differences()) {
      ObjectNode item = differences.addObject();
      item.put("path", difference.path().toString());
      item.put("kind", difference.kind().name().toLowerCase(Locale.ROOT));
      ArrayNode changes = item.putArray("changes");
      for (Change change : difference.changes()) {
        changes
            .addObject()
            .put("aspect", change.aspect().name().toLowerCase(Locale.ROOT))
            .put("before", change.before())
            .put("after", change.after());
      }
    }
    return object;
  }
}
