package io.k8or.cli.oracle;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** An OCI layout written byte for byte. */
final class LayoutBytes {
  static final String INDEX = "application/vnd.oci.image.index.v1+json";
  static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  static final String CONFIG = "application/vnd.oci.image.config.v1+json";
  static final String TAR = "application/vnd.oci.image.layer.v1.tar";

  private final Path folder;

  LayoutBytes(Path folder) throws IOException {
    this.folder = folder;
    Files.createDirectories(folder.resolve("blobs/sha256"));
    Files.writeString(folder.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
  }

  /** Writes a blob and returns its descriptor's fields, to which others may be added. */
  String blob(String mediaType, byte[] bytes) throws IOException {
    String hex = sha256(bytes);
    Files.write(folder.resolve("blobs/sha256").resolve(hex), bytes);
    return descriptor(mediaType, hex, bytes.length);
  }

  static String descriptor(String mediaType, String hex, long size) {
    return String.format(
        "\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":%d", mediaType, hex, size);
  }

  /** Writes an image whose layers are there already, and returns its manifest's descriptor. */
  String image(List<String> layers, List<String> diffIds) throws IOException {
    List<String> history = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      history.add("{\"created_by\":\"layer " + i + "\"}");
      if (i % 40 == 7) {
        history.add("{\"created_by\":\"ENV X=" + i + "\",\"empty_layer\":true}");
      }
    }
    String config =
        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"x.unknown\":[1.0,\"\\u00e9\"],"
            + "\"config\":{\"Cmd\":[\"/bin/sh\"],\"Labels\":{\"a\":\"b\"}},"
            + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":["
            + String.join(",", diffIds.stream().map(id -> "\"sha256:" + id + "\"").toList())
            + "]},\"history\":["
            + String.join(",", history)
            + "]}";
    String manifest =
        "{\"schemaVersion\":2,\"mediaType\":\""
            + MANIFEST
            + "\",\"config\":{"
            + blob(CONFIG, utf8(config))
            + "},\"layers\":["
            + String.join(",", layers.stream().map(layer -> "{" + layer + "}").toList())
            + "],\"annotations\":{\"k\":\"v\"},\"x-unknown\":{\"z\":null}}";
    return blob(MANIFEST, utf8(manifest));
  }

  /** Writes an index of one image or index, and returns its descriptor. */
  String index(String descriptor) throws IOException {
    return blob(
        INDEX,
        utf8(
            "{\"schemaVersion\":2,\"mediaType\":\""
                + INDEX
                + "\",\"manifests\":[{"
                + descriptor
                + ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}"));
  }

  /** Writes {@code index.json} in a layout's folder, with one reference. */
  static void top(Path folder, String descriptor, String reference) throws IOException {
    Files.writeString(
        folder.resolve("index.json"),
        "{\"schemaVersion\":2,\"manifests\":[{"
            + descriptor
            + ",\"annotations\":{\"org.opencontainers.image.ref.name\":\""
            + reference
            + "\"}}]}");
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(sha256().digest(bytes));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
