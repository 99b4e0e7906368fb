package io.k8or.cli;

import io.k8or.layers.compression.Compression;
import io.k8or.transform.Transform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code k8or apply}. */
@Command(
    name = "apply",
    description = {
      "Plans the edits and writes the image with them.",
      "All outputs appear when everything is done, or none."
    })
final class ApplyCommand implements Callable<Integer> {
  private final Session session;

  @Mixin final CommonOptions common = new CommonOptions();
  @Mixin private final InputOptions input = new InputOptions();
  @Mixin private final TransformOptions options = new TransformOptions();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "IMAGE",
      description =
          "Where to write: oci:PATH[:REF] (a tar if PATH ends with .tar), docker-archive:FILE[:REF].")
  private String out = "";

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      description = "in-place (the default), squash or overlay.")
  private String mode = "in-place";

  @Option(
      names = "--compression-format",
      paramLabel = "FORMAT",
      description = {
        "gzip or zstd, for the layers that are written.",
        "Without, each keeps its own, and new ones get gzip."
      })
  private @Nullable String compression;

  @Option(
      names = "--artifacts",
      paramLabel = "DIR",
      description = "Writes the documents that transforms make into this directory.")
  private @Nullable Path artifacts;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description = "Writes a report of all edits with their reasons.")
  private @Nullable Path report;

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Option(names = "--all", description = "Lists every edit, and not only the first of a rule.")
  private boolean all;

  @Parameters(paramLabel = "IMAGE", description = "The image.")
  private String image = "";

  ApplyCommand(Session session) {
    this.session = session;
  }

  private Optional<Compression> compression() {
    if (compression == null) {
      return Optional.empty();
    }
    return Optional.of(
        switch (compression) {
          case "gzip" -> Compression.GZIP;
          case "zstd" -> Compression.ZSTD;
          default ->
              throw new UsageException(
                  "--compression-format " + compression, "expected gzip or zstd");
        });
  }

  private void checkSplit() {
    options.checkSplit();
    if (ImageArgument.parse(out).reference().isPresent()) {
      throw new UsageException(
          "--out " + out, "with --split-services each image has its service's name");
    }
    if (report != null) {
      throw new UsageException("--report " + report, "it is of one image, not of several");
    }
  }

  @Override
  public Integer call() throws IOException {
    long start = System.nanoTime();
    Transform transform = options.isSplit() ? Transform.identity() : options.toTransform();
    if (artifacts != null && !options.isSplit()) {
      transform = transform.andThen(options.sandbox());
    }
    ImageArgument from = ImageArgument.parse(image);
    if (options.isSplit()) {
      checkSplit();
    }
    Application application =
        new Application(
            session,
            transform,
            Mode.parse(mode),
            compression(),
            ImageArgument.parse(out),
            Optional.ofNullable(artifacts),
            Optional.ofNullable(report));
    application.checkOutputs();
    if (options.isSplit()) {
      split(application, Input.open(from, input.platform(), session), start);
      return ExitStatus.DONE;
    }
    Applied applied = application.apply(Input.open(from, input.platform(), session));
    if (json) {
      session.print(Json.text(applied.json((System.nanoTime() - start) / 1e9)));
    } else {
      session.print(applied.text(all));
    }
    return ExitStatus.DONE;
  }

  private void split(Application application, Input opened, long start) throws IOException {
    SplitApplication.Result result = new SplitApplication(application, options).apply(opened);
    if (json) {
      session.print(Json.text(result.json((System.nanoTime() - start) / 1e9)));
    } else {
      session.print(result.text(all));
    }
  }
}
