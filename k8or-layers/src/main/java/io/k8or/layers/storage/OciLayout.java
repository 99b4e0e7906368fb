package io.k8or.layers.storage;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.BlobSource;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.Image;
import io.k8or.image.ImageIndex;
import io.k8or.image.MediaType;
import io.k8or.image.Platform;
import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An OCI image layout (OCI image specification, "Image Layout"): a directory, or a tar of one.
 *
 * <p>Opening it reads {@code oci-layout} and {@code index.json}; of a tar the headers too, once.
 * Nothing is unpacked: the blobs of a tar are parts of it. Manifests and configurations are
 * verified when they are read; a layer when its stream is read to the end. Immutable; for several
 * threads.
 *
 * <p>What {@code index.json} refers to may be a manifest or a further index. An image is looked for
 * in all of them; attestations and other artifacts are no images.
 */
public final class OciLayout implements BlobSource {
  static final String LAYOUT_FILE = "oci-layout";
  static final String INDEX_FILE = "index.json";
  private static final String VERSION_FIELD = "imageLayoutVersion";
  private static final int MAX_LAYOUT_FILE = 1 << 16;

  private final FileSource files;
  private final ImageIndex index;
  private final Limits limits;
  private final ImageSelection selection;

  private OciLayout(FileSource files, ImageIndex index, Limits limits) throws IOException {
    this.files = files;
    this.index = index;
    this.limits = limits;
    this.selection = ImageSelection.of(index, new BlobFiles(files), limits, files.path());
  }

  /**
   * Opens a layout with the default limits.
   *
   * @param path a directory or a tar, of any file system
   * @throws MalformedContentException if it is not a layout of version 1
   * @throws IOException if it cannot be read
   */
  public static OciLayout open(Path path) throws IOException {
    return open(path, Limits.defaults());
  }

  /**
   * Opens a layout.
   *
   * @param path a directory or a tar, of any file system
   * @throws MalformedContentException if it is not a layout of version 1, or beyond a limit
   * @throws IOException if it cannot be read
   */
  public static OciLayout open(Path path, Limits limits) throws IOException {
    return open(FileSource.open(path, limits), limits);
  }

  static OciLayout open(FileSource files, Limits limits) throws IOException {
    checkVersion(files);
    Content index = require(files, INDEX_FILE);
    limits.check(Limit.MANIFEST_BYTES, index.size(), files.path() + ", " + INDEX_FILE);
    byte[] bytes = index.readAll(Integer.MAX_VALUE - 8);
    return new OciLayout(
        files,
        ImageIndex.parse(bytes, MediaType.OCI_INDEX, files.path() + ", " + INDEX_FILE),
        limits);
  }

  private static void checkVersion(FileSource files) throws IOException {
    String where = files.path() + ", " + LAYOUT_FILE;
    byte[] bytes = require(files, LAYOUT_FILE).readAll(MAX_LAYOUT_FILE);
    JsonNode version = Json.parse(bytes, "OCI layout", where).path(VERSION_FIELD);
    if (!version.isTextual() || !version.textValue().matches("1\\.[0-9.]+")) {
      throw new MalformedContentException(
          "OCI layout",
          where,
          "field \"" + VERSION_FIELD + "\": expected \"1.0.0\", found " + version);
    }
  }

  private static Content require(FileSource files, String name) throws IOException {
    return files
        .file(name)
        .orElseThrow(
            () ->
                new MalformedContentException(
                    "OCI layout", files.path().toString(), "no file " + name));
  }

  /** Returns what {@code index.json} says. */
  public ImageIndex index() {
    return index;
  }

  /**
   * Returns all images, in the order of the indexes; one that is referred to twice under the same
   * name is there once. Costs a manifest and a configuration each.
   *
   * @throws MalformedContentException if a manifest or configuration is missing or malformed
   * @throws IOException if one cannot be read
   */
  public List<StoredImage> images() throws IOException {
    return selection.images();
  }

  /**
   * Opens the only image.
   *
   * @throws IllegalArgumentException if there is none or more than one; the message lists them
   * @throws MalformedContentException if its manifest or configuration is malformed
   * @throws IOException if it cannot be read
   */
  public Image image() throws IOException {
    return selection.image(Optional.empty(), Optional.empty());
  }

  /**
   * Opens the only image of a platform.
   *
   * @throws IllegalArgumentException if there is none or more than one; the message lists them
   * @throws MalformedContentException if its manifest or configuration is malformed
   * @throws IOException if it cannot be read
   */
  public Image image(Platform platform) throws IOException {
    return selection.image(Optional.empty(), Optional.of(platform));
  }

  /**
   * Opens the image of a name.
   *
   * @param ref the annotation {@code org.opencontainers.image.ref.name} or {@code
   *     io.containerd.image.name} in {@code index.json}, or the digest of a manifest or an index
   * @throws IllegalArgumentException if there is none, or there are several platforms; the message
   *     lists what there is
   * @throws MalformedContentException if its manifest or configuration is malformed
   * @throws IOException if it cannot be read
   */
  public Image image(String ref) throws IOException {
    return selection.image(Optional.of(ref), Optional.empty());
  }

  /**
   * Opens the image of a name and a platform. The first that matches exactly is taken, or else the
   * first that matches but for a variant that was not asked for.
   *
   * @param ref the annotation {@code org.opencontainers.image.ref.name} or {@code
   *     io.containerd.image.name} in {@code index.json}, or the digest of a manifest or an index
   * @throws IllegalArgumentException if there is none; the message lists what there is
   * @throws MalformedContentException if its manifest or configuration is malformed
   * @throws IOException if it cannot be read
   */
  public Image image(String ref, Platform platform) throws IOException {
    return selection.image(Optional.of(ref), Optional.of(platform));
  }

  /**
   * Returns a blob, not yet read and not yet verified: the one embedded in the descriptor, or the
   * file.
   *
   * @throws MalformedContentException if there is no such blob, or the embedded one is malformed
   */
  @Override
  public Content blob(Descriptor descriptor) throws IOException {
    return new BlobFiles(files).blob(descriptor);
  }

  /**
   * Checks everything: what the index refers to, directly or through others, whether an image or
   * not. Reads each blob once, each layer a second time.
   *
   * @return what is wrong; nothing if all is well
   * @throws IOException if something cannot be read at all
   */
  public List<Fault> verify() throws IOException {
    return Verification.verify(index, this, limits);
  }

  /**
   * Begins a layout in a new directory. It is written beside, as {@code .NAME.RANDOM.incomplete},
   * and appears when it is committed. Not for several threads, but for several blobs at once.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is something already
   * @throws IOException if the directory above is not there
   */
  public static ImageWriter create(Path directory) throws IOException {
    return new OciLayoutWriter(Output.at(directory), false);
  }

  /**
   * Begins a layout as a tar. It is written beside, in {@code .NAME.RANDOM.incomplete}, and appears
   * when it is committed: the blobs by digest, then {@code index.json} and {@code oci-layout},
   * times 0. Blobs are on the disk twice for the while of the commit.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is something already
   * @throws IOException if the directory above is not there
   */
  public static ImageWriter createTar(Path file) throws IOException {
    return new OciLayoutWriter(Output.at(file), true);
  }

  static String blobName(Digest digest) {
    return "blobs/" + digest.algorithm() + "/" + digest.hex();
  }

  @Override
  public String toString() {
    return "OCI layout " + files.path() + ", " + index;
  }
}
