package io.k8or.cli;

import io.k8or.layers.LayerRewriter;
import io.k8or.layers.LayeredImage;
import io.k8or.layers.Rewritten;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.storage.DockerArchive;
import io.k8or.layers.storage.ImageWriter;
import io.k8or.layers.storage.OciLayout;
import io.k8or.report.Accounting;
import io.k8or.transform.Artifact;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Transform;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A transform applied to an image, with all that is written on the way.
 *
 * @param session where to show what goes on
 * @param transform what is wanted
 * @param mode how layers are written
 * @param compression of the layers that are written; without, each keeps its own
 * @param out where the image goes
 * @param artifacts the directory for the transforms' documents
 * @param report the file for the report
 */
record Application(
    Session session,
    Transform transform,
    Mode mode,
    Optional<Compression> compression,
    ImageArgument out,
    Optional<Path> artifacts,
    Optional<Path> report) {
  /**
   * Checks that nothing is in the way, before anything is read.
   *
   * @throws UsageException if something is
   */
  void checkOutputs() {
    if (out.kind() != ImageArgument.Kind.OCI && out.kind() != ImageArgument.Kind.DOCKER_ARCHIVE) {
      throw new UsageException(
          "--out " + out, "only oci:PATH[:REF] and docker-archive:FILE[:REF] are written");
    }
    Outputs.requireFree("--out", out.path());
    report.ifPresent(file -> Outputs.requireFree("--report", file));
    artifacts
        .filter(directory -> !Files.isDirectory(directory))
        .ifPresent(directory -> Outputs.requireFree("--artifacts", directory));
    if (report.isPresent() && same(report.get(), out.path())) {
      throw new UsageException("--report " + report.get(), "--out is the same file");
    }
    if (artifacts.isPresent()
        && (same(artifacts.get(), out.path())
            || (report.isPresent() && same(artifacts.get(), report.get())))) {
      throw new UsageException("--artifacts " + artifacts.get(), "it is another output's place");
    }
  }

  private static boolean same(Path one, Path other) {
    return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
  }

  /** Plans, rewrites, and writes all outputs, or none of them. */
  Applied apply(Input input) throws IOException {
    LayeredImage image = layersOf(input);
    EditPlan plan = transform.plan(input.snapshot());
    Accounting accounting = Accounting.of(input.snapshot(), plan);
    try (Outputs outputs = new Outputs();
        ImageWriter writer = create()) {
      session.progress().restart("rewriting", image.image());
      Rewritten rewritten = rewriter(mode.rewriter()).rewrite(image, plan, writer);
      // The name stays where no other is given.
      writer.add(
          rewritten.image(),
          out.reference().isPresent() ? out.reference().get() : input.nameFor(out.kind()));
      session.progress().end();
      Applied applied = Applied.of(this, input, plan, accounting, rewritten);
      if (artifacts.isPresent()) {
        outputs.directory(artifacts.get());
        stage(plan, outputs);
      }
      if (report.isPresent()) {
        outputs.stage(report.get(), applied.report().toContent());
      }
      outputs.commit();
      writer.commit();
      outputs.keep();
      return applied;
    }
  }

  LayeredImage layersOf(Input input) {
    return input
        .layers()
        .orElseThrow(
            () ->
                new UsageException(
                    input.argument().toString(),
                    "an unpacked root is read only; pack it and use rootfs:FILE"));
  }

  /** Returns a rewriter with the workers and the compression. */
  LayerRewriter rewriter(LayerRewriter plain) {
    LayerRewriter rewriter = plain.withExecutor(session.workers(), Workers.COUNT);
    return compression.map(rewriter::compressing).orElse(rewriter);
  }

  /** Writes the plan's documents beside their places. */
  void stage(EditPlan plan, Outputs outputs) throws IOException {
    for (Artifact artifact : plan.artifacts()) {
      Path file = artifacts.orElseThrow().resolve(artifact.name());
      Outputs.requireFree("--artifacts", file);
      outputs.stage(file, artifact.content());
    }
  }

  /** Returns this for one service of several: its documents are in a folder of its name. */
  Application forService(String name) {
    return new Application(
        session,
        transform,
        mode,
        compression,
        out,
        artifacts.map(directory -> directory.resolve(name)),
        Optional.empty());
  }

  ImageWriter create() throws IOException {
    try {
      if (out.kind() == ImageArgument.Kind.DOCKER_ARCHIVE) {
        return DockerArchive.create(out.path());
      }
      return isTar(out.path()) ? OciLayout.createTar(out.path()) : OciLayout.create(out.path());
    } catch (FileAlreadyExistsException e) {
      throw new UsageException("--out " + out, "it exists already, and is not overwritten");
    }
  }

  private static boolean isTar(Path path) {
    return path.toString().endsWith(".tar");
  }

  /** Returns the size of the image that was written: its file, or all files of its directory. */
  long writtenBytes() throws IOException {
    try (Stream<Path> files = Files.walk(out.path())) {
      long bytes = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
      return bytes;
    }
  }
}
