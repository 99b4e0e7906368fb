package io.k8or.cli;

import io.k8or.cli.sample.SampleImage;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code k8or demo}. */
@Command(name = "demo", description = "Runs the whole pipeline on the embedded sample image.")
final class DemoCommand implements Callable<Integer> {
  private final Session session;

  @Mixin private final CommonOptions common = new CommonOptions();

  DemoCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    Image image = SampleImage.build();
    session.print(image.toString());
    for (Layer layer : image.layers()) {
      session.print(layer + " " + layer.descriptor().size());
    }
    return ExitStatus.DONE;
  }
}
