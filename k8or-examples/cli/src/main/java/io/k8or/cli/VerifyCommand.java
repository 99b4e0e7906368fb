package io.k8or.cli;

import io.k8or.content.MalformedContentException;
import io.k8or.layers.storage.Fault;
import io.k8or.layers.storage.OciLayout;
import io.k8or.layers.storage.Verification;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code k8or verify}. */
@Command(
    name = "verify",
    description = {
      "Checks digests, sizes, structure, and every layer to its end. Status 1 where there is a"
          + " fault.",
      "Of an OCI layout without REF and --platform, everything in it is checked."
    })
final class VerifyCommand implements Callable<Integer> {
  private final Session session;

  @Mixin final CommonOptions common = new CommonOptions();
  @Mixin private final InputOptions input = new InputOptions();

  @Option(names = "--json", description = "Prints one JSON object.")
  private boolean json;

  @Parameters(paramLabel = "IMAGE", description = "The image.")
  private String image = "";

  VerifyCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws IOException {
    ImageArgument argument = ImageArgument.parse(image);
    List<Fault> faults = faults(argument);
    session.progress().end();
    if (json) {
      var object = Json.object();
      object.put("valid", faults.isEmpty());
      var array = object.putArray("faults");
      for (Fault fault : faults) {
        array
            .addObject()
            .put("what", fault.what())
            .put("where", fault.where())
            .put("why", fault.why());
      }
      session.print(Json.text(object));
    } else {
      for (Fault fault : faults) {
        session.print(Text.printable(fault.toString()));
      }
      session.print(faults.isEmpty() ? "valid" : Text.count(faults.size(), "fault"));
    }
    return faults.isEmpty() ? ExitStatus.DONE : ExitStatus.FOUND;
  }

  private List<Fault> faults(ImageArgument argument) throws IOException {
    Input.requireThere(argument);
    if (argument.kind() == ImageArgument.Kind.OCI
        && argument.reference().isEmpty()
        && input.platform().isEmpty()) {
      return OciLayout.open(argument.path()).verify();
    }
    try {
      return Verification.verify(
          session.progress().watch("verifying", Input.image(argument, input.platform())));
    } catch (MalformedContentException e) {
      // A manifest or a configuration that is not what it should be: what one asks about.
      return List.of(new Fault(e.what(), e.where(), e.why()));
    }
  }
}
