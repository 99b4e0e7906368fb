package io.k8or.layers.storage;

import io.k8or.content.Content;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.Image;
import io.k8or.image.ImageIndex;
import io.k8or.image.Manifest;
import io.k8or.image.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Writes an OCI layout: a directory, or a tar of one. */
final class OciLayoutWriter implements ImageWriter {
  private static final byte[] LAYOUT =
      "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.US_ASCII);

  private final Output output;
  private final boolean tar;
  private final StagedBlobs blobs;
  private final Set<Descriptor> manifests = new LinkedHashSet<>();

  OciLayoutWriter(Output output, boolean tar) {
    this.output = output;
    this.tar = tar;
    this.blobs = new StagedBlobs(output);
  }

  @Override
  public void add(Image image, String ref) throws IOException {
    if (ref.chars().anyMatch(c -> c <= ' ' || Character.isISOControl(c))) {
      throw new IllegalArgumentException("not the name of an image: \"" + ref + "\"");
    }
    Manifest manifest = image.manifest();
    blobs.putParts(image);
    blobs.put(manifest.mediaType(), manifest.bytes().toByteArray());
    Descriptor descriptor = manifest.descriptor();
    Platform platform = image.platform();
    if (!platform.os().isEmpty() && !platform.architecture().isEmpty()) {
      descriptor = descriptor.withPlatform(platform);
    }
    if (!ref.isEmpty()) {
      Map<String, String> annotations = new LinkedHashMap<>();
      annotations.put(ImageSelection.REF_NAME, ref);
      descriptor = descriptor.withAnnotations(annotations);
    }
    manifests.add(descriptor);
  }

  @Override
  public void commit() throws IOException {
    Path staging = output.staging();
    byte[] index = ImageIndex.of(manifests.stream().toList()).bytes().toByteArray();
    if (tar) {
      output.commit(writeTar(staging.resolve("archive"), index));
      return;
    }
    Files.createDirectories(staging.resolve("blobs").resolve("sha256"));
    Files.write(staging.resolve(OciLayout.LAYOUT_FILE), LAYOUT);
    Files.write(staging.resolve(OciLayout.INDEX_FILE), index);
    output.commit(staging);
  }

  private Path writeTar(Path file, byte[] index) throws IOException {
    try (ArchiveWriter archive = ArchiveWriter.create(file)) {
      archive.directory("blobs");
      String folder = "";
      for (Digest digest : blobs.digests()) {
        if (!folder.equals(digest.algorithm())) {
          folder = digest.algorithm();
          archive.directory("blobs/" + folder);
        }
        archive.file(OciLayout.blobName(digest), Content.of(blobs.file(digest)));
      }
      archive.file(OciLayout.INDEX_FILE, Content.of(index));
      archive.file(OciLayout.LAYOUT_FILE, Content.of(LAYOUT));
      archive.finish();
    }
    return file;
  }

  @Override
  public Writer begin() throws IOException {
    return blobs.begin();
  }

  @Override
  public boolean contains(Digest digest) {
    return blobs.contains(digest);
  }

  @Override
  public Content blob(Descriptor descriptor) throws IOException {
    if (output.isCommitted()) {
      return OciLayout.open(output.target()).blob(descriptor);
    }
    return blobs.blob(descriptor);
  }

  @Override
  public void close() throws IOException {
    output.close();
  }

  @Override
  public String toString() {
    return "OCI layout " + output.target() + (output.isCommitted() ? "" : ", not committed");
  }
}
