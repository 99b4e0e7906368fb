package io.k8or.layers;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.Layer;
import io.k8or.image.MediaType;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.tar.TarWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** Builds a small layer, entry by entry. */
final class LayerBuilder {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarWriter tar = new TarWriter(bytes);
  private Compression compression = Compression.GZIP;

  static LayerBuilder layer() {
    return new LayerBuilder();
  }

  LayerBuilder compressed(Compression newCompression) {
    compression = newCompression;
    return this;
  }

  LayerBuilder file(String name, String text) {
    return node(name, FileNode.regular(FileAttributes.ofMode(0644), content(text)));
  }

  LayerBuilder file(String name, String text, int mode) {
    return node(name, FileNode.regular(FileAttributes.ofMode(mode), content(text)));
  }

  LayerBuilder directory(String name, int mode) {
    return node(name, FileNode.directory(FileAttributes.ofMode(mode)));
  }

  LayerBuilder symlink(String name, String target) {
    return node(name, FileNode.symlink(FileAttributes.ofMode(0777), ByteString.utf8(target)));
  }

  LayerBuilder link(String name, String target) {
    return write(
        () ->
            tar.putHardLink(
                ByteString.utf8(name), ByteString.utf8(target), FileAttributes.ofMode(0644)));
  }

  LayerBuilder node(String name, FileNode node) {
    return write(() -> tar.put(ByteString.utf8(name), node));
  }

  private interface Step {
    void run() throws IOException;
  }

  private LayerBuilder write(Step step) {
    try {
      step.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  static Content content(String text) {
    return Content.of(ByteString.utf8(text));
  }

  byte[] tar() {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    whole.writeBytes(bytes.toByteArray());
    whole.writeBytes(new byte[1024]);
    return whole.toByteArray();
  }

  Layer build() {
    byte[] plain = tar();
    byte[] blob = compress(plain, compression);
    Descriptor descriptor = Descriptor.of(mediaType(), blob);
    return new Layer(descriptor, Digest.sha256(plain), descriptor.verified(Content.of(blob)));
  }

  static byte[] compress(byte[] plain, Compression compression) {
    ByteArrayOutputStream blob = new ByteArrayOutputStream();
    try (OutputStream out = compression.compress(blob)) {
      out.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return blob.toByteArray();
  }

  private MediaType mediaType() {
    return switch (compression) {
      case NONE -> MediaType.OCI_LAYER;
      case GZIP -> MediaType.OCI_LAYER_GZIP;
      case ZSTD -> MediaType.OCI_LAYER_ZSTD;
      case XZ -> new MediaType("application/x-xz");
    };
  }
}
