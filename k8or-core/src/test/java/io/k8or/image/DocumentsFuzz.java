package io.k8or.image;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Manifests, indexes and configurations: the first byte says which one the rest shall be. */
public final class DocumentsFuzz {
  private DocumentsFuzz() {}

  /** Parses, and changes what could be parsed. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    if (data.length == 0) {
      return;
    }
    byte[] json = Arrays.copyOfRange(data, 1, data.length);
    try {
      switch (data[0] % 3) {
        case 0 -> manifest(json, data[0] < 64 ? MediaType.OCI_MANIFEST : new MediaType(""));
        case 1 -> index(json, data[0] < 64 ? MediaType.OCI_INDEX : new MediaType(""));
        default -> config(json);
      }
    } catch (MalformedContentException e) {
      require(!e.where().isEmpty() && !e.getMessage().isEmpty(), "an error that says nothing");
    }
  }

  private static void manifest(byte[] json, MediaType referredAs) throws IOException {
    Manifest manifest = Manifest.parse(json, referredAs, "manifest");
    require(Arrays.equals(manifest.bytes().toByteArray(), json), "other bytes");
    descriptor(manifest.config());
    for (Descriptor layer : manifest.layers()) {
      descriptor(layer);
    }
    require(
        manifest.with(manifest.config(), manifest.layers()).equals(manifest), "changed by nothing");
    Manifest fewer = manifest.with(manifest.config(), List.of());
    require(
        Manifest.parse(fewer.bytes().toByteArray(), fewer.mediaType(), "again").layers().isEmpty(),
        "layers left");
    manifest.withAnnotations(Map.of("a", "b"));
    manifest.artifactType();
    require(!manifest.toString().isEmpty(), "no text");
  }

  private static void index(byte[] json, MediaType referredAs) throws IOException {
    ImageIndex index = ImageIndex.parse(json, referredAs, "index");
    require(Arrays.equals(index.bytes().toByteArray(), json), "other bytes");
    for (Descriptor manifest : index.manifests()) {
      descriptor(manifest);
    }
    require(index.withManifests(index.manifests()).equals(index), "changed by nothing");
    index.withManifests(List.of());
    index.annotations();
    require(!index.toString().isEmpty(), "no text");
  }

  private static void config(byte[] json) throws IOException {
    ImageConfig config = ImageConfig.parse(json, "config");
    require(Arrays.equals(config.bytes().toByteArray(), json), "other bytes");
    config.platform();
    config.user();
    config.env();
    config.entrypoint();
    config.cmd();
    config.workingDir();
    config.exposedPorts();
    config.volumes();
    config.labels();
    config.get("/config/User");
    require(config.withLayers(config.diffIds(), config.history()).equals(config), "changed");
    ImageConfig empty = config.withLayers(List.of(), List.of());
    require(
        ImageConfig.parse(empty.bytes().toByteArray(), "again").diffIds().isEmpty(), "layers left");
    for (History step : config.history()) {
      require(!step.toString().isEmpty(), "no text");
    }
    require(!config.toString().isEmpty(), "no text");
  }

  private static void descriptor(Descriptor descriptor) throws IOException {
    descriptor.urls();
    descriptor.annotations();
    require(!descriptor.toString().isEmpty(), "no text");
    try {
      Optional<Content> data = descriptor.data();
      if (data.isPresent()) {
        data.get().readAll(1 << 20);
      }
    } catch (MalformedContentException e) {
      require(!e.where().isEmpty(), "an error without a place");
    }
  }

  private static void require(boolean fact, String what) {
    if (!fact) {
      throw new AssertionError(what);
    }
  }

  /** Returns a document of each kind. */
  public static List<byte[]> seeds() {
    String digest = "sha256:" + "0123456789abcdef".repeat(4);
    String blob =
        "{\"mediaType\":\"application/vnd.oci.image.%s\",\"digest\":\""
            + digest
            + "\",\"size\":%d}";
    return List.of(
        seed(
            0,
            "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                + "\"artifactType\":\"a/b\",\"config\":"
                + blob.formatted("config.v1+json", 12)
                + ",\"layers\":["
                + blob.formatted("layer.v1.tar+gzip", 3456)
                + ",{\"mediaType\":\"text/plain\",\"digest\":\"sha512:"
                + "ab".repeat(64)
                + "\",\"size\":2,\"data\":\"YQo=\",\"urls\":[\"http://localhost/\"]}],"
                + "\"subject\":"
                + blob.formatted("manifest.v1+json", 7)
                + ",\"annotations\":{\"k\":\"v\"}}"),
        seed(
            1,
            "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":"
                + "\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\""
                + digest
                + "\",\"size\":5,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm\","
                + "\"variant\":\"v7\",\"os.features\":[\"x\"]},\"annotations\":{"
                + "\"org.opencontainers.image.ref.name\":\"latest\"}}]}"),
        seed(
            2,
            "{\"created\":\"2026-01-01T00:00:00.5Z\",\"architecture\":\"amd64\",\"os\":\"linux\","
                + "\"config\":{\"User\":\"1:2\",\"Env\":[\"A=b\"],\"Entrypoint\":[\"/a\"],"
                + "\"Cmd\":[\"b\"],\"WorkingDir\":\"/w\",\"ExposedPorts\":{\"80/tcp\":{}},"
                + "\"Volumes\":{\"/v\":{}},\"Labels\":{\"l\":\"m\"},\"x\":1.10},"
                + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                + digest
                + "\"]},\"history\":[{\"created\":\"2026-01-01T00:00:00Z\",\"created_by\":\"c\","
                + "\"empty_layer\":true},{\"comment\":\"\\ud83d\\ude00\"}]}"));
  }

  private static byte[] seed(int kind, String json) {
    return ((char) kind + json).getBytes(StandardCharsets.UTF_8);
  }
}
