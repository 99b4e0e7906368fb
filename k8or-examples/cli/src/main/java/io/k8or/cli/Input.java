package io.k8or.cli;

import io.k8or.image.Image;
import io.k8or.image.Platform;
import io.k8or.layers.LayeredImage;
import io.k8or.layers.limits.Limits;
import io.k8or.layers.storage.DirectoryRoot;
import io.k8or.layers.storage.DockerArchive;
import io.k8or.layers.storage.OciLayout;
import io.k8or.layers.storage.RootFs;
import io.k8or.layers.storage.StoredImage;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An image that was opened.
 *
 * @param argument where it is
 * @param layers the image with its layers read; empty for an unpacked root
 * @param snapshot its configuration and files
 */
record Input(ImageArgument argument, Optional<LayeredImage> layers, ImageSnapshot snapshot) {
  /** What an archive or a directory is for, which do not say it. */
  private static final Platform DEFAULT_PLATFORM = new Platform("linux", "amd64", "");

  /** Opens an image and reads its layers once. */
  static Input open(ImageArgument argument, Optional<Platform> platform, Session session)
      throws IOException {
    requireThere(argument);
    if (argument.kind() == ImageArgument.Kind.DIR) {
      return new Input(
          argument,
          Optional.empty(),
          DirectoryRoot.open(argument.path(), platform.orElse(DEFAULT_PLATFORM)));
    }
    Image image = image(argument, platform);
    LayeredImage layers =
        LayeredImage.open(
            session.progress().watch("reading", image),
            Limits.defaults(),
            Map.of(),
            session.workers(),
            Workers.COUNT);
    session.progress().end();
    return new Input(argument, Optional.of(layers), layers.snapshot());
  }

  /**
   * Returns the name under which the image is written where no other is asked for: the reference
   * that was given, or the only one that it has. Empty where it has none, for a digest, and where
   * the other form has names of another kind.
   */
  String nameFor(ImageArgument.Kind output) throws IOException {
    String name = name();
    // "latest" is a name in a layout; for Docker it would be a tag without a repository.
    boolean fits = output == argument.kind() || name.contains(":");
    return fits ? name : "";
  }

  private String name() throws IOException {
    Optional<String> given = argument.reference();
    if (given.isPresent()) {
      return given.get().matches("sha(256|512):[0-9a-f]+") ? "" : given.get();
    }
    List<StoredImage> images =
        switch (argument.kind()) {
          case OCI -> OciLayout.open(argument.path()).images();
          case DOCKER_ARCHIVE -> DockerArchive.open(argument.path()).images();
          case ROOTFS, DIR -> List.of();
        };
    List<String> names =
        images.stream()
            .filter(
                stored ->
                    layers
                        .map(LayeredImage::image)
                        .filter(image -> image.digest().equals(stored.descriptor().digest()))
                        .isPresent())
            .map(StoredImage::ref)
            .distinct()
            .toList();
    return names.size() == 1 ? names.get(0) : "";
  }

  /** Opens an image without reading a layer. */
  static Image image(ImageArgument argument, Optional<Platform> platform) throws IOException {
    requireThere(argument);
    return switch (argument.kind()) {
      case OCI -> {
        OciLayout layout = OciLayout.open(argument.path());
        if (argument.reference().isPresent()) {
          String ref = argument.reference().get();
          yield platform.isPresent() ? layout.image(ref, platform.get()) : layout.image(ref);
        }
        yield platform.isPresent() ? layout.image(platform.get()) : layout.image();
      }
      case DOCKER_ARCHIVE -> {
        DockerArchive archive = DockerArchive.open(argument.path());
        if (argument.reference().isPresent()) {
          String ref = argument.reference().get();
          yield platform.isPresent() ? archive.image(ref, platform.get()) : archive.image(ref);
        }
        yield platform.isPresent() ? archive.image(platform.get()) : archive.image();
      }
      case ROOTFS -> RootFs.open(argument.path(), platform.orElse(DEFAULT_PLATFORM));
      case DIR -> throw new UsageException(argument.toString(), "an unpacked root has no layers");
    };
  }

  static void requireThere(ImageArgument argument) {
    if (!Files.exists(argument.path())) {
      throw new UsageException(argument.toString(), "there is no such file or directory");
    }
  }
}
