package io.k8or.cli;

import io.k8or.image.Platform;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How an image is chosen among several. */
final class InputOptions {
  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH[/VARIANT]",
      description = "The image of this platform, where there are several.")
  private @Nullable String platform;

  Optional<Platform> platform() {
    try {
      return Optional.ofNullable(platform).map(Platform::parse);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--platform " + platform, "expected os/arch[/variant]");
    }
  }
}
