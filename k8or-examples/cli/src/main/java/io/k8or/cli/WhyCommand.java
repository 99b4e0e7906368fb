package io.k8or.cli;

import io.k8or.filesystem.ImagePath;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code k8or why}. */
@Command(
    name = "why",
    description = {
      "Says why a package, a path or a Java class stays in an image, or goes; writes nothing.",
      "Without a transform named, all are asked, that of packages among them."
    })
final class WhyCommand implements Callable<Integer> {
  private final Session session;

  @Mixin final CommonOptions common = new CommonOptions();
  @Mixin private final InputOptions input = new InputOptions();
  @Mixin private final TransformOptions options = new TransformOptions();

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Parameters(index = "0", paramLabel = "IMAGE", description = "The image.")
  private String image = "";

  @Parameters(
      index = "1",
      paramLabel = "PACKAGE|PATH|class:NAME",
      description = "A package's name, an absolute path in the image, or a class of a class path.")
  private String subject = "";

  WhyCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    TransformOptions.Chosen chosen = options.choose(true);
    ImageArgument argument = ImageArgument.parse(image);
    ImageSnapshot snapshot = Input.open(argument, input.platform(), session).snapshot();
    Explanation explanation = Explanation.begin(snapshot, chosen);
    if (subject.startsWith("class:")) {
      explanation = explanation.ofClass(subject.substring(6), options.jars());
    } else {
      explanation =
          subject.startsWith("/") ? explanation.ofPath(path()) : explanation.ofPackage(subject);
    }
    if (json) {
      session.print(Json.text(explanation.json(subject)));
    } else {
      session.print(explanation.lines().stream().map(Text::printable).toList());
    }
    return ExitStatus.DONE;
  }

  private ImagePath path() {
    try {
      return ImagePath.of(subject);
    } catch (IllegalArgumentException e) {
      throw new UsageException(subject, "expected a package or an absolute path in the image");
    }
  }
}
