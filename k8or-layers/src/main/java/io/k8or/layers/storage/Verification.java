package io.k8or.layers.storage;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.BlobSource;
import io.k8or.image.Descriptor;
import io.k8or.image.Image;
import io.k8or.image.ImageIndex;
import io.k8or.image.Layer;
import io.k8or.image.Manifest;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.limits.Limits;
import io.k8or.layers.tar.TarEntry;
import io.k8or.layers.tar.TarReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Checks images to their last byte: digests, sizes, documents, compressions, diffIDs, tar
 * structure.
 *
 * <p>It does not end at the first fault: the result lists all of them, one for each blob. Only what
 * cannot be read at all (a disk that fails) is thrown.
 */
public final class Verification {
  private final Documents documents;
  private final BlobSource blobs;
  private final Limits limits;
  private final List<Fault> faults = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();

  private Verification(BlobSource blobs, Limits limits) {
    this.documents = new Documents(blobs, limits);
    this.blobs = blobs;
    this.limits = limits;
  }

  /**
   * Checks the layers of an image with the default limits; see {@link #verify(Image, Limits)}.
   *
   * @throws IOException if something cannot be read at all
   */
  public static List<Fault> verify(Image image) throws IOException {
    return verify(image, Limits.defaults());
  }

  /**
   * Checks the layers of an image; its manifest and configuration were checked when it was opened.
   * Reads each layer twice: as it is, and uncompressed.
   *
   * @return what is wrong; nothing if all is well
   * @throws IOException if something cannot be read at all
   */
  public static List<Fault> verify(Image image, Limits limits) throws IOException {
    Verification verification =
        new Verification(
            descriptor -> {
              throw new IllegalStateException("layers bring their blobs: " + descriptor);
            },
            limits);
    verification.layers(image);
    return List.copyOf(verification.faults);
  }

  static List<Fault> verify(ImageIndex index, BlobSource blobs, Limits limits) throws IOException {
    Verification verification = new Verification(blobs, limits);
    for (Descriptor descriptor : index.manifests()) {
      verification.reference(descriptor, 1);
    }
    return List.copyOf(verification.faults);
  }

  private interface Check {
    void run() throws IOException;
  }

  private void check(Check check) throws IOException {
    try {
      check.run();
    } catch (MalformedContentException e) {
      faults.add(Fault.of(e));
    }
  }

  private void reference(Descriptor descriptor, int depth) throws IOException {
    if (!seen.add(descriptor.digest().toString())) {
      return;
    }
    check(
        () -> {
          if (descriptor.mediaType().isIndex()) {
            documents.checkDepth(depth + 1, descriptor);
            for (Descriptor below : documents.index(descriptor).manifests()) {
              reference(below, depth + 1);
            }
          } else if (descriptor.mediaType().isManifest()) {
            manifest(descriptor);
          } else {
            blob(descriptor);
          }
        });
  }

  private void manifest(Descriptor descriptor) throws IOException {
    Manifest manifest = documents.manifest(descriptor);
    if (manifest.artifactType().isEmpty()
        && manifest.config().mediaType().isConfig()
        && manifest.layers().stream().allMatch(layer -> layer.mediaType().isLayer())) {
      layers(documents.image(descriptor));
      return;
    }
    check(() -> blob(manifest.config()));
    for (Descriptor layer : manifest.layers()) {
      check(() -> blob(layer));
    }
  }

  private void layers(Image image) throws IOException {
    for (Layer layer : image.layers()) {
      // One blob may stand for two layers, but has one diffID.
      if (seen.add(layer.descriptor().digest() + " " + layer.diffId())
          && !StagedBlobs.isElsewhere(layer.descriptor())) {
        check(() -> layer(layer));
      }
    }
  }

  private void layer(Layer layer) throws IOException {
    drain(layer.blob());
    // Engines refuse a layer whose compression is not what its media type says.
    Compression compression = Compression.of(layer.descriptor().mediaType(), layer.blob());
    MessageDigest digest = layer.diffId().newFunction();
    String where = layer.toString();
    try (TarReader tar =
        new TarReader(
            new HashingInputStream(compression.decompress(layer.blob(), limits), digest),
            where,
            limits)) {
      Optional<TarEntry> entry = tar.next();
      while (entry.isPresent()) {
        entry = tar.next(); // it reads over the content of the one before
      }
    }
    String found = HexFormat.of().formatHex(digest.digest());
    if (!found.equals(layer.diffId().hex())) {
      throw new MalformedContentException(
          "layer",
          layer.descriptor().digest().toString(),
          "expected the diffID "
              + layer.diffId()
              + ", found "
              + layer.diffId().algorithm()
              + ":"
              + found);
    }
  }

  private void blob(Descriptor descriptor) throws IOException {
    drain(descriptor.verified(blobs.blob(descriptor)));
  }

  private static void drain(Content content) throws IOException {
    try (InputStream in = content.open()) {
      in.transferTo(OutputStream.nullOutputStream());
    }
  }
}
