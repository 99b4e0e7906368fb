package io.k8or.layers.storage;

import io.k8or.content.Content;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.History;
import io.k8or.image.Image;
import io.k8or.image.ImageConfig;
import io.k8or.image.Layer;
import io.k8or.image.Manifest;
import io.k8or.image.MediaType;
import io.k8or.image.Platform;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.limits.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;

/**
 * A root file system archive (a tar; plain, or compressed with gzip, zstd or xz) as an image of one
 * layer that runs nothing.
 */
public final class RootFs {
  private static final Platform DEFAULT = new Platform("linux", "amd64", "");

  private RootFs() {}

  /**
   * Opens an archive as an image for linux/amd64; see {@link #open(Path, Platform, Limits)}.
   *
   * @throws io.k8or.content.MalformedContentException if it is compressed and malformed, or goes
   *     beyond the default limits
   * @throws IOException if it cannot be read
   */
  public static Image open(Path file) throws IOException {
    return open(file, DEFAULT);
  }

  /**
   * Opens an archive as an image with the default limits; see {@link #open(Path, Platform,
   * Limits)}.
   *
   * @throws io.k8or.content.MalformedContentException if it is compressed and malformed, or goes
   *     beyond a limit
   * @throws IOException if it cannot be read
   */
  public static Image open(Path file, Platform platform) throws IOException {
    return open(file, platform, Limits.defaults());
  }

  /**
   * Opens an archive as an image. Reads it once for the digest, and once more, uncompressed, for
   * the diffID. The tar inside is not looked at.
   *
   * <p>The layer is the file as it is. But no media type says xz: the layer of such an archive is
   * the uncompressed tar, and whoever reads it decompresses it.
   *
   * @param file of any file system
   * @param platform what the configuration says; an archive does not say it
   * @throws io.k8or.content.MalformedContentException if it is compressed and malformed, or goes
   *     beyond a limit
   * @throws IOException if it cannot be read
   */
  public static Image open(Path file, Platform platform, Limits limits) throws IOException {
    Content archive = Content.of(file);
    Compression compression = Compression.detect(archive);
    MessageDigest function = Digest.newSha256();
    long size = 0;
    try (InputStream in = compression.decompress(archive, limits)) {
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        function.update(buffer, 0, n);
        size += n;
      }
    }
    Digest diffId = Digest.of(function.digest());
    Content blob = compression == Compression.XZ ? new Uncompressed(archive, size) : archive;
    Descriptor descriptor =
        switch (compression) {
          case NONE, XZ -> Descriptor.of(MediaType.OCI_LAYER, diffId, size);
          case GZIP ->
              Descriptor.of(MediaType.OCI_LAYER_GZIP, Digest.sha256(archive), archive.size());
          case ZSTD ->
              Descriptor.of(MediaType.OCI_LAYER_ZSTD, Digest.sha256(archive), archive.size());
        };
    ImageConfig config =
        ImageConfig.of(platform)
            .withLayers(List.of(diffId), List.of(History.of("root file system archive")));
    byte[] json = config.bytes().toByteArray();
    return Image.of(
        Manifest.of(Descriptor.of(MediaType.OCI_CONFIG, json), List.of(descriptor)),
        config,
        List.of(new Layer(descriptor, diffId, descriptor.verified(blob))));
  }

  private record Uncompressed(Content archive, long size) implements Content {
    @Override
    public InputStream open() throws IOException {
      return Compression.XZ.decompress(archive);
    }

    @Override
    public String toString() {
      return archive + " uncompressed";
    }
  }
}
