package io.k8or.layers.storage;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.Image;
import io.k8or.image.ImageConfig;
import io.k8or.image.Manifest;
import io.k8or.image.MediaType;
import io.k8or.image.Platform;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An archive as {@code docker save} writes it and {@code docker load} reads it (Docker image
 * specification 1.2): a tar with {@code manifest.json}, configurations and layers.
 *
 * <p>Opening it reads the tar's headers once and {@code manifest.json}. Nothing is unpacked: a
 * layer is a part of the tar, also where it is a link to another entry. Immutable; for several
 * threads.
 *
 * <p>Such an archive has no OCI manifest, so an image gets one made for it: the layers as they are,
 * of the digests that the configuration says, which are verified when a layer is read to its end.
 * Docker 25 and later write an OCI layout into the same archive; then the image has that layout's
 * manifest, and is the same as {@link OciLayout} reads.
 */
public final class DockerArchive {
  static final String MANIFEST_FILE = "manifest.json";
  private static final String WHAT = "docker archive";
  private static final Pattern CONFIG_NAME =
      Pattern.compile("(?:([0-9a-f]{64})\\.json|blobs/sha256/([0-9a-f]{64}))");

  private final FileSource files;
  private final List<Entry> entries;
  private final Limits limits;
  // The digests of compressed layers, which it costs a pass to know; by name.
  private final Map<String, Digest> compressed = new ConcurrentHashMap<>();

  private DockerArchive(FileSource files, List<Entry> entries, Limits limits) {
    this.files = files;
    this.entries = entries;
    this.limits = limits;
  }

  private record Entry(String config, List<String> tags, List<String> layers) {}

  /**
   * Opens an archive with the default limits.
   *
   * @param path a tar, of any file system
   * @throws MalformedContentException if it is not such an archive, or is compressed as a whole
   * @throws IOException if it cannot be read
   */
  public static DockerArchive open(Path path) throws IOException {
    return open(path, Limits.defaults());
  }

  /**
   * Opens an archive.
   *
   * @param path a tar, of any file system
   * @throws MalformedContentException if it is not such an archive, is compressed as a whole, or is
   *     beyond a limit
   * @throws IOException if it cannot be read
   */
  public static DockerArchive open(Path path, Limits limits) throws IOException {
    if (Files.isDirectory(path)) {
      throw new MalformedContentException(
          WHAT, path.toString(), "expected a tar, found a directory");
    }
    FileSource files = FileSource.open(path, limits);
    Optional<Content> manifest = files.file(MANIFEST_FILE);
    if (manifest.isEmpty()) {
      throw new MalformedContentException(
          WHAT,
          path.toString(),
          "no file "
              + MANIFEST_FILE
              + (files.file(OciLayout.LAYOUT_FILE).isPresent()
                  ? "; it is an OCI layout"
                  : files.file("repositories").isPresent()
                      ? "; it is of a Docker before 1.10"
                      : ""));
    }
    String where = path + ", " + MANIFEST_FILE;
    limits.check(Limit.MANIFEST_BYTES, manifest.get().size(), where);
    JsonNode json = Json.parse(manifest.get().readAll(Integer.MAX_VALUE - 8), WHAT, where);
    if (!json.isArray()) {
      throw new MalformedContentException(WHAT, where, "expected a JSON array of images");
    }
    List<Entry> entries = new ArrayList<>();
    for (JsonNode item : json) {
      JsonNode config = item.path("Config");
      if (!config.isTextual()) {
        throw new MalformedContentException(
            WHAT, where, "field \"Config\": expected a string, found " + config);
      }
      List<String> layers = strings(item, "Layers", where);
      limits.check(Limit.LAYERS, layers.size(), where);
      entries.add(new Entry(config.textValue(), strings(item, "RepoTags", where), layers));
    }
    return new DockerArchive(files, List.copyOf(entries), limits);
  }

  private static List<String> strings(JsonNode item, String field, String where)
      throws MalformedContentException {
    JsonNode value = item.path(field);
    List<String> strings = new ArrayList<>();
    if (value.isMissingNode() || value.isNull()) {
      return strings;
    }
    boolean wellFormed = value.isArray();
    for (JsonNode text : value) {
      wellFormed &= text.isTextual();
      strings.add(text.asText());
    }
    if (!wellFormed) {
      throw new MalformedContentException(
          WHAT, where, "field \"" + field + "\": expected an array of strings, found " + value);
    }
    return strings;
  }

  /**
   * Returns all images, in the order of {@code manifest.json}, each once for each of its tags.
   * Costs what opening them costs.
   *
   * @throws MalformedContentException if a configuration is missing or malformed
   * @throws IOException if one cannot be read
   */
  public List<StoredImage> images() throws IOException {
    List<StoredImage> images = new ArrayList<>();
    for (Entry entry : entries) {
      Image image = open(entry);
      Descriptor manifest = image.manifest().descriptor();
      if (entry.tags().isEmpty()) {
        images.add(new StoredImage("", manifest, image.platform()));
      }
      for (String tag : entry.tags()) {
        images.add(new StoredImage(tag, manifest, image.platform()));
      }
    }
    return images;
  }

  /**
   * Opens the only image. Costs its configuration; a layer that is compressed is read once, the
   * first time.
   *
   * @throws IllegalArgumentException if there is none or more than one; the message lists them
   * @throws MalformedContentException if its configuration is malformed, or a layer is missing
   * @throws IOException if it cannot be read
   */
  public Image image() throws IOException {
    return open(choose(entries, "", ""));
  }

  /**
   * Opens the only image of a platform.
   *
   * @throws IllegalArgumentException if there is none or more than one; the message lists them
   * @throws MalformedContentException if its configuration is malformed, or a layer is missing
   * @throws IOException if it cannot be read
   */
  public Image image(Platform platform) throws IOException {
    return open(choose(of(platform, entries), "", " for " + platform));
  }

  /**
   * Opens the image of a tag.
   *
   * @param ref a tag as the archive has it, such as {@code nginx:latest}, whose {@code :latest} may
   *     be left out, as may {@code docker.io/library/}; or the digest of a configuration, which is
   *     Docker's image ID
   * @throws IllegalArgumentException if there is none, or more than one; the message lists them
   * @throws MalformedContentException if its configuration is malformed, or a layer is missing
   * @throws IOException if it cannot be read
   */
  public Image image(String ref) throws IOException {
    return open(choose(named(ref), " " + ref, ""));
  }

  /**
   * Opens the image of a tag and a platform.
   *
   * @param ref a tag as the archive has it, such as {@code nginx:latest}, whose {@code :latest} may
   *     be left out, as may {@code docker.io/library/}; or the digest of a configuration, which is
   *     Docker's image ID
   * @throws IllegalArgumentException if there is none, or more than one; the message lists them
   * @throws MalformedContentException if its configuration is malformed, or a layer is missing
   * @throws IOException if it cannot be read
   */
  public Image image(String ref, Platform platform) throws IOException {
    return open(choose(of(platform, named(ref)), " " + ref, " for " + platform));
  }

  private List<Entry> named(String ref) throws IOException {
    String familiar = DockerName.familiar(ref);
    List<Entry> named =
        entries.stream()
            .filter(
                entry -> entry.tags().stream().map(DockerName::familiar).anyMatch(familiar::equals))
            .toList();
    if (!named.isEmpty()) {
      return named;
    }
    List<Entry> byDigest = new ArrayList<>();
    for (Entry entry : entries) {
      if (configDigest(entry).toString().equals(ref)) {
        byDigest.add(entry);
      }
    }
    return byDigest;
  }

  private List<Entry> of(Platform platform, List<Entry> candidates) throws IOException {
    List<Entry> matching = new ArrayList<>();
    for (Entry entry : candidates) {
      if (platform.matches(config(entry).platform())) {
        matching.add(entry);
      }
    }
    return matching;
  }

  private Entry choose(List<Entry> candidates, String name, String platform) {
    if (candidates.size() == 1) {
      return candidates.get(0);
    }
    throw new IllegalArgumentException(
        (candidates.isEmpty() ? "no image" : "more than one image")
            + name
            + platform
            + " in "
            + files.path()
            + "; there is "
            + (entries.isEmpty()
                ? "none"
                : entries.stream()
                    .map(entry -> entry.tags().isEmpty() ? entry.config() : entry.tags().toString())
                    .collect(Collectors.joining(", "))));
  }

  private Image open(Entry entry) throws IOException {
    Optional<Image> ofLayout = imageOfLayout(entry);
    return ofLayout.isPresent() ? ofLayout.get() : imageOfArchive(entry);
  }

  /** Returns the image of this configuration in the OCI layout that shares the archive. */
  private Optional<Image> imageOfLayout(Entry entry) throws IOException {
    if (files.file(OciLayout.LAYOUT_FILE).isEmpty() || files.file(OciLayout.INDEX_FILE).isEmpty()) {
      return Optional.empty();
    }
    OciLayout layout = OciLayout.open(files, limits);
    Digest config = configDigest(entry);
    for (StoredImage stored : layout.images()) {
      // The index may name further platforms that were not saved.
      if (files.file(OciLayout.blobName(stored.descriptor().digest())).isEmpty()) {
        continue;
      }
      Image image = layout.image(stored.descriptor().digest().toString());
      if (image.manifest().config().digest().equals(config)) {
        return Optional.of(image);
      }
    }
    return Optional.empty();
  }

  private Image imageOfArchive(Entry entry) throws IOException {
    byte[] bytes = configBytes(entry);
    ImageConfig config = config(entry);
    if (config.diffIds().size() != entry.layers().size()) {
      throw new MalformedContentException(
          WHAT,
          files.path() + ", " + entry.config(),
          "expected "
              + entry.layers().size()
              + " diffIDs, one for each layer, found "
              + config.diffIds().size());
    }
    Map<Digest, Content> blobs = new HashMap<>();
    Descriptor configDescriptor =
        Descriptor.of(MediaType.OCI_CONFIG, configDigest(entry), bytes.length);
    blobs.put(configDescriptor.digest(), Content.of(bytes));
    List<Descriptor> layers = new ArrayList<>();
    for (int i = 0; i < entry.layers().size(); i++) {
      String name = entry.layers().get(i);
      Content blob = require(name);
      Descriptor descriptor = layer(name, blob, config.diffIds().get(i));
      blobs.putIfAbsent(descriptor.digest(), blob);
      layers.add(descriptor);
    }
    return Image.open(
        Manifest.of(configDescriptor, layers),
        descriptor -> {
          Content blob = blobs.get(descriptor.digest());
          if (blob == null) {
            throw new MalformedContentException(
                "blob", descriptor.digest().toString(), "it is not in " + files.path());
          }
          return blob;
        },
        Integer.MAX_VALUE - 8);
  }

  private Descriptor layer(String name, Content blob, Digest diffId) throws IOException {
    MediaType mediaType =
        switch (Compression.detect(blob)) {
          case NONE -> MediaType.OCI_LAYER;
          case GZIP -> MediaType.OCI_LAYER_GZIP;
          case ZSTD -> MediaType.OCI_LAYER_ZSTD;
          case XZ ->
              throw new MalformedContentException(
                  WHAT, files.path() + ", " + name, "a layer is compressed with xz");
        };
    if (mediaType.equals(MediaType.OCI_LAYER)) {
      return Descriptor.of(mediaType, diffId, blob.size());
    }
    // Nothing says the digest of the compressed bytes.
    Digest digest = compressed.get(name);
    if (digest == null) {
      digest = Digest.sha256(blob);
      compressed.put(name, digest);
    }
    return Descriptor.of(mediaType, digest, blob.size());
  }

  private ImageConfig config(Entry entry) throws IOException {
    return ImageConfig.parse(configBytes(entry), files.path() + ", " + entry.config());
  }

  private byte[] configBytes(Entry entry) throws IOException {
    String where = files.path() + ", " + entry.config();
    Content content = require(entry.config());
    limits.check(Limit.MANIFEST_BYTES, content.size(), where);
    byte[] bytes = content.readAll(Integer.MAX_VALUE - 8);
    Matcher name = CONFIG_NAME.matcher(entry.config());
    if (name.matches()) {
      String expected = name.group(1) != null ? name.group(1) : name.group(2);
      Digest found = Digest.sha256(bytes);
      if (!found.hex().equals(expected)) {
        throw new MalformedContentException(
            WHAT, where, "the configuration has the digest " + found);
      }
    }
    return bytes;
  }

  private Digest configDigest(Entry entry) throws IOException {
    return Digest.sha256(configBytes(entry));
  }

  private Content require(String name) throws IOException {
    return files
        .file(name)
        .orElseThrow(
            () ->
                new MalformedContentException(
                    WHAT,
                    files.path().toString(),
                    "no file " + name + ", which the manifest names"));
  }

  /**
   * Begins an archive that {@code docker load}, {@code podman load} and skopeo read: configuration,
   * layers uncompressed, {@code manifest.json}; times 0. It is written beside, in {@code
   * .NAME.RANDOM.incomplete}, and appears when it is committed. The layers are on the disk twice
   * for the while of the commit. Not for several threads, but for several blobs at once.
   *
   * <p>A name is {@code NAME[:TAG]}, {@code latest} by default. The archive keeps no manifest: one
   * that is read back has another digest, but the same configuration and layers.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is something already
   * @throws IOException if the directory above is not there
   */
  public static ImageWriter create(Path file) throws IOException {
    return new DockerArchiveWriter(Output.at(file));
  }

  @Override
  public String toString() {
    return "docker archive " + files.path() + ", " + entries.size() + " images";
  }
}
