package io.k8or.layers.storage;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.limits.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Writes what {@code docker load} reads. */
final class DockerArchiveWriter implements ImageWriter {
  // The grammar of Docker's references, without a digest.
  private static final Pattern REPOSITORY =
      Pattern.compile(
          "(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
              + "(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

  private final Output output;
  private final StagedBlobs blobs;
  // By configuration, in the order of adding.
  private final Map<Digest, Added> images = new LinkedHashMap<>();
  private final TreeMap<String, Content> configs = new TreeMap<>();
  private final TreeSet<String> layers = new TreeSet<>();

  DockerArchiveWriter(Output output) {
    this.output = output;
    this.blobs = new StagedBlobs(output);
  }

  private record Added(List<Digest> diffIds, TreeSet<String> tags) {}

  @Override
  public void add(Image image, String ref) throws IOException {
    String tag = ref.isEmpty() ? "" : withTag(ref);
    for (Layer layer : image.layers()) {
      if (!layers.contains(layer.diffId().hex())) {
        addLayer(layer);
      }
    }
    byte[] config = image.config().bytes().toByteArray();
    Digest id = Digest.sha256(config);
    configs.put(id.hex() + ".json", Content.of(config));
    Added added =
        images.computeIfAbsent(id, i -> new Added(image.config().diffIds(), new TreeSet<>()));
    if (!tag.isEmpty()) {
      // A tag names one image, the last that was given it, as with docker tag.
      images.values().forEach(other -> other.tags().remove(tag));
      added.tags().add(tag);
    }
  }

  static String withTag(String ref) {
    String tag = DockerName.withTag(ref);
    if (!REPOSITORY.matcher(tag).matches()) {
      throw new IllegalArgumentException("not a name that Docker knows, NAME[:TAG]: " + ref);
    }
    return tag;
  }

  private void addLayer(Layer layer) throws IOException {
    Descriptor descriptor = layer.descriptor();
    Content blob =
        blobs.contains(descriptor.digest())
            ? descriptor.verified(blobs.blob(descriptor))
            : layer.blob();
    Compression compression = Compression.of(descriptor.mediaType(), blob);
    Path folder = Files.createDirectories(output.staging().resolve("layers"));
    Path file = folder.resolve(layer.diffId().hex() + ".incomplete");
    MessageDigest digest = layer.diffId().newFunction();
    boolean done = false;
    try {
      try (OutputStream out =
              new DigestOutputStream(
                  Files.newOutputStream(file, StandardOpenOption.CREATE_NEW), digest);
          InputStream in = compression.decompress(blob, Limits.defaults())) {
        in.transferTo(out);
      }
      String found = HexFormat.of().formatHex(digest.digest());
      if (!found.equals(layer.diffId().hex())) {
        throw new MalformedContentException(
            "layer",
            descriptor.digest().toString(),
            "expected the diffID "
                + layer.diffId()
                + ", found "
                + layer.diffId().algorithm()
                + ":"
                + found);
      }
      Files.move(file, layerFile(layer.diffId().hex()), StandardCopyOption.REPLACE_EXISTING);
      done = true;
    } finally {
      if (!done) {
        Files.deleteIfExists(file);
      }
    }
    layers.add(layer.diffId().hex());
  }

  private Path layerFile(String hex) throws IOException {
    return output.staging().resolve("layers").resolve(hex + ".tar");
  }

  @Override
  public void commit() throws IOException {
    Path file = output.staging().resolve("archive");
    try (ArchiveWriter archive = ArchiveWriter.create(file)) {
      for (Map.Entry<String, Content> config : configs.entrySet()) {
        archive.file(config.getKey(), config.getValue());
      }
      for (String hex : layers) {
        archive.file(hex + ".tar", Content.of(layerFile(hex)));
      }
      archive.file(DockerArchive.MANIFEST_FILE, Content.of(manifest()));
      archive.finish();
    }
    output.commit(file);
  }

  private byte[] manifest() {
    ArrayNode manifest = Json.MAPPER.createArrayNode();
    images.forEach(
        (id, image) -> {
          ObjectNode item = manifest.addObject();
          item.put("Config", id.hex() + ".json");
          ArrayNode tags = item.putArray("RepoTags");
          image.tags().forEach(tags::add);
          ArrayNode names = item.putArray("Layers");
          image.diffIds().forEach(diffId -> names.add(diffId.hex() + ".tar"));
        });
    return Json.toBytes(manifest);
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
    return blobs.blob(descriptor);
  }

  @Override
  public void close() throws IOException {
    output.close();
  }

  @Override
  public String toString() {
    return "docker archive " + output.target() + (output.isCommitted() ? "" : ", not committed");
  }
}
