package io.k8or.cli;

import io.k8or.cli.sample.SampleImage;
import io.k8or.files.FilePruner;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Image;
import io.k8or.layers.storage.ImageWriter;
import io.k8or.layers.storage.OciLayout;
import io.k8or.transform.Transform;
import io.k8or.users.KubernetesUser;
import io.k8or.users.UidRegistry;
import io.k8or.users.UserPruner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code k8or demo}. */
@Command(
    name = "demo",
    description = {
      "Runs the whole pipeline on the embedded sample image.",
      "Writes input and output images and a report into a new directory."
    })
final class DemoCommand implements Callable<Integer> {
  private final Session session;

  @Mixin final CommonOptions common = new CommonOptions();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The new directory; k8or-demo, or k8or-demo-2 and so on, by default.")
  private @Nullable Path out;

  DemoCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    Path directory = out == null ? freeDirectory() : out;
    Outputs.requireFree("--out", directory);
    try (Outputs outputs = new Outputs()) {
      outputs.directory(directory);
      run(directory, outputs);
      outputs.keep();
    }
    return ExitStatus.DONE;
  }

  private void run(Path directory, Outputs outputs) throws IOException {
    Image sample = SampleImage.build();
    Path before = directory.resolve("before");
    try (ImageWriter writer = OciLayout.create(before)) {
      outputs.madeLater(before);
      writer.write(sample, "demo");
    }
    Path after = directory.resolve("after.tar");
    Path report = directory.resolve("report.html");
    outputs.madeLater(after);
    outputs.madeLater(report);
    Application application =
        new Application(
            session,
            transform(),
            Mode.IN_PLACE,
            Optional.empty(),
            new ImageArgument(
                ImageArgument.Kind.DOCKER_ARCHIVE, after, Optional.of("k8or-demo:lean")),
            Optional.empty(),
            Optional.of(report));
    application.checkOutputs();
    Input input =
        Input.open(
            new ImageArgument(ImageArgument.Kind.OCI, before, Optional.of("demo")),
            Optional.empty(),
            session);
    Applied applied = application.apply(input);
    session.print(applied.text(false));
    session.print("");
    session.print("The sample is in oci:" + before + ":demo; look at it with k8or inspect.");
    session.print("Open " + report + " in a browser. Where there is Docker, run the result:");
    session.print("  docker load -i " + after + " && docker run --rm -p 8080:8080 k8or-demo:lean");
  }

  /**
   * What the demonstration does: files out that nothing needs to run, one account in, all others
   * out that are not needed.
   */
  static Transform transform() {
    return Transform.inOrder(
        FilePruner.defaults(),
        KubernetesUser.forService("demo-server", UidRegistry.inMemory())
            .owning(List.of(ImagePath.of("/srv/www"))),
        UserPruner.defaults());
  }

  private static Path freeDirectory() {
    Path directory = Path.of("k8or-demo");
    for (int n = 2; Files.exists(directory); n++) {
      directory = Path.of("k8or-demo-" + n);
    }
    return directory;
  }
}
