package io.k8or.layers.storage;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import io.k8or.layers.compression.Compression;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Archives of Docker and of the OCI. */
public final class ArchiveFuzz {
  private ArchiveFuzz() {}

  /** Opens a file as either. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    Path file = Files.createTempFile("fuzz", ".tar");
    try {
      Files.write(file, data);
      try {
        DockerArchive archive = DockerArchive.open(file);
        for (StoredImage stored : archive.images()) {
          read(archive.image(stored.ref(), stored.platform()));
        }
      } catch (MalformedContentException e) {
        // as it should
      } catch (IllegalArgumentException e) {
        unlessAmbiguous(e);
      }
      try {
        OciLayout layout = OciLayout.open(file);
        for (StoredImage stored : layout.images()) {
          read(layout.image(stored.descriptor().digest().toString()));
        }
        layout.verify();
      } catch (MalformedContentException e) {
        // as it should
      } catch (IllegalArgumentException e) {
        unlessAmbiguous(e);
      }
    } finally {
      Files.delete(file);
    }
  }

  // Names and platforms that an archive has twice, or not at all: a caller has to choose.
  private static void unlessAmbiguous(IllegalArgumentException e) {
    if (!String.valueOf(e.getMessage()).contains("there ")) {
      throw e;
    }
  }

  private static void read(Image image) throws IOException {
    for (Layer layer : image.layers()) {
      Content blob = layer.blob();
      Compression.of(layer.descriptor().mediaType(), blob);
      blob.readAll(1 << 20);
    }
  }

  /** Returns an archive of each kind. */
  public static List<byte[]> seeds() throws IOException {
    Path folder = Files.createTempDirectory("fuzz");
    try {
      Path docker = folder.resolve("docker");
      try (ImageWriter writer = DockerArchive.create(docker)) {
        writer.write(Fixtures.image(Fixtures.AMD64), "name:tag");
      }
      Path oci = folder.resolve("oci");
      try (ImageWriter writer = OciLayout.createTar(oci)) {
        writer.write(Fixtures.image(Fixtures.ARM64), "tag");
      }
      return List.of(Files.readAllBytes(docker), Files.readAllBytes(oci));
    } finally {
      Output.removeTree(folder);
    }
  }
}
