package io.k8or.layers.storage;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.History;
import io.k8or.image.Image;
import io.k8or.image.ImageConfig;
import io.k8or.image.ImageIndex;
import io.k8or.image.Layer;
import io.k8or.image.Manifest;
import io.k8or.image.MediaType;
import io.k8or.image.Platform;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.tar.TarWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Images, layouts and archives, built in code. */
final class Fixtures {
  static final Platform AMD64 = Platform.parse("linux/amd64");
  static final Platform ARM64 = Platform.parse("linux/arm64/v8");
  static final Platform ARM_V6 = Platform.parse("linux/arm/v6");

  private Fixtures() {}

  /** An entry of a tar: a file, or a symbolic link where the target is not empty. */
  record Entry(String name, byte[] bytes, String symlink, String hardLink) {
    static Entry file(String name, byte[] bytes) {
      return new Entry(name, bytes, "", "");
    }

    static Entry file(String name, String text) {
      return file(name, text.getBytes(StandardCharsets.UTF_8));
    }

    static Entry symlink(String name, String target) {
      return new Entry(name, new byte[0], target, "");
    }

    static Entry hardLink(String name, String target) {
      return new Entry(name, new byte[0], "", target);
    }
  }

  static byte[] tar(Entry... entries) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarWriter tar = new TarWriter(out)) {
      FileAttributes attributes = FileAttributes.ofMode(0644);
      for (Entry entry : entries) {
        ByteString name = ByteString.utf8(entry.name());
        if (!entry.hardLink().isEmpty()) {
          tar.putHardLink(name, ByteString.utf8(entry.hardLink()), attributes);
        } else if (!entry.symlink().isEmpty()) {
          tar.put(name, FileNode.symlink(attributes, ByteString.utf8(entry.symlink())));
        } else {
          tar.put(name, FileNode.regular(attributes, Content.of(entry.bytes())));
        }
      }
      tar.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  static byte[] compress(Compression compression, byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream compressed = compression.compress(out)) {
      compressed.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  static Layer layer(Compression compression, byte[] tar) {
    byte[] blob = compress(compression, tar);
    MediaType mediaType =
        switch (compression) {
          case NONE -> MediaType.OCI_LAYER;
          case GZIP -> MediaType.OCI_LAYER_GZIP;
          case ZSTD -> MediaType.OCI_LAYER_ZSTD;
          case XZ -> throw new IllegalArgumentException();
        };
    Descriptor descriptor = Descriptor.of(mediaType, blob);
    return new Layer(descriptor, Digest.sha256(tar), descriptor.verified(Content.of(blob)));
  }

  static Image image(Platform platform, Layer... layers) {
    List<History> history = new ArrayList<>();
    for (int i = 0; i < layers.length; i++) {
      history.add(History.of("step " + i));
    }
    ImageConfig config =
        ImageConfig.of(platform)
            .with("/config/Cmd", "[\"/bin/true\"]")
            .withLayers(Arrays.stream(layers).map(Layer::diffId).toList(), history);
    Descriptor descriptor = Descriptor.of(MediaType.OCI_CONFIG, config.bytes().toByteArray());
    return Image.of(
        Manifest.of(descriptor, Arrays.stream(layers).map(Layer::descriptor).toList()),
        config,
        List.of(layers));
  }

  /** An image of three layers: gzip, plain, zstd. */
  static Image image(Platform platform) {
    return image(platform, Compression.ZSTD);
  }

  /** An image of three layers: gzip, plain, and one that is compressed as is asked for. */
  static Image image(Platform platform, Compression third) {
    return image(
        platform,
        layer(Compression.GZIP, tar(Entry.file("etc/os-release", "for " + platform))),
        layer(Compression.NONE, tar(Entry.file("a", "one"), Entry.symlink("b", "a"))),
        layer(third, tar(Entry.file("c", "three"), Entry.hardLink("d", "c"))));
  }

  /** A layout that is written by hand, so that it can be wrong. */
  static final class Layout {
    final Path directory;

    Layout(Path directory) {
      this.directory = directory;
      file("oci-layout", "{\"imageLayoutVersion\": \"1.0.0\"}");
    }

    Layout file(String name, String text) {
      return file(name, text.getBytes(StandardCharsets.UTF_8));
    }

    Layout file(String name, byte[] bytes) {
      try {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return this;
    }

    Descriptor blob(MediaType mediaType, byte[] bytes) {
      Descriptor descriptor = Descriptor.of(mediaType, bytes);
      file("blobs/sha256/" + descriptor.digest().hex(), bytes);
      return descriptor;
    }

    Descriptor image(Image image) {
      try {
        blob(MediaType.OCI_CONFIG, image.config().bytes().toByteArray());
        for (Layer layer : image.layers()) {
          blob(layer.descriptor().mediaType(), layer.blob().readAll(1 << 20));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return blob(image.manifest().mediaType(), image.manifest().bytes().toByteArray());
    }

    Descriptor index(Descriptor... manifests) {
      return blob(MediaType.OCI_INDEX, ImageIndex.of(List.of(manifests)).bytes().toByteArray());
    }

    Layout top(Descriptor... manifests) {
      return file("index.json", ImageIndex.of(List.of(manifests)).bytes().toByteArray());
    }

    Path blobFile(Digest digest) {
      return directory.resolve("blobs").resolve(digest.algorithm()).resolve(digest.hex());
    }
  }

  static Descriptor named(Descriptor descriptor, String name) {
    return descriptor.withAnnotations(Map.of("org.opencontainers.image.ref.name", name));
  }

  /** Returns the names and bytes of all files below a directory. */
  static Map<String, ByteString> snapshot(Path directory) {
    Map<String, ByteString> files = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path file : walk.toList()) {
        files.put(
            directory.relativize(file).toString(),
            Files.isDirectory(file) || Files.isSymbolicLink(file)
                ? ByteString.empty()
                : ByteString.copyOf(Files.readAllBytes(file)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }
}
