package io.k8or.image;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * An image of one platform: manifest, configuration, layers. Immutable; the layers' bytes are
 * suppliers, and nothing of them is read before somebody opens one.
 */
public final class Image {
  private final Manifest manifest;
  private final ImageConfig config;
  private final List<Layer> layers;

  private Image(Manifest manifest, ImageConfig config, List<Layer> layers) {
    this.manifest = manifest;
    this.config = config;
    this.layers = layers;
  }

  /**
   * Returns the image of a manifest. Reads the configuration, verified; no layer.
   *
   * @param maxConfigSize the largest configuration that is read, in bytes
   * @throws MalformedContentException if the configuration is missing, larger, not of its digest or
   *     of another form, or has another number of layers than the manifest
   * @throws IOException if the source cannot be read
   */
  public static Image open(Manifest manifest, BlobSource source, int maxConfigSize)
      throws IOException {
    Descriptor descriptor = manifest.config();
    byte[] bytes = descriptor.verified(source.blob(descriptor)).readAll(maxConfigSize);
    ImageConfig config = ImageConfig.parse(bytes, descriptor.digest().toString());
    if (config.diffIds().size() != manifest.layers().size()) {
      throw new MalformedContentException(
          "image",
          manifest.descriptor().digest().toString(),
          "the manifest has "
              + manifest.layers().size()
              + " layers, the configuration has "
              + config.diffIds().size());
    }
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < manifest.layers().size(); i++) {
      Descriptor layer = manifest.layers().get(i);
      Content blob = layer.verified(new LazyBlob(source, layer));
      layers.add(new Layer(layer, config.diffIds().get(i), blob));
    }
    return new Image(manifest, config, List.copyOf(layers));
  }

  /**
   * Returns an image of parts that belong together.
   *
   * @throws IllegalArgumentException if they do not: the manifest's configuration or layers are
   *     others
   */
  public static Image of(Manifest manifest, ImageConfig config, List<Layer> layers) {
    Digest configDigest = Digest.sha256(config.bytes().toByteArray());
    if (manifest.config().digest().algorithm().equals("sha256")
        && !manifest.config().digest().equals(configDigest)) {
      throw new IllegalArgumentException(
          "the manifest's configuration is "
              + manifest.config().digest()
              + ", not "
              + configDigest);
    }
    if (!manifest.layers().equals(layers.stream().map(Layer::descriptor).toList())
        || !config.diffIds().equals(layers.stream().map(Layer::diffId).toList())) {
      throw new IllegalArgumentException("the manifest and the configuration have other layers");
    }
    return new Image(manifest, config, List.copyOf(layers));
  }

  /** Returns the manifest. */
  public Manifest manifest() {
    return manifest;
  }

  /** Returns the configuration. */
  public ImageConfig config() {
    return config;
  }

  /** Returns the layers, the lowest first. */
  public List<Layer> layers() {
    return layers;
  }

  /** Returns the platform, as the configuration says it. */
  public Platform platform() {
    return config.platform();
  }

  /** Returns the manifest's digest, which names this image. */
  public Digest digest() {
    return manifest.descriptor().digest();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Image that && manifest.equals(that.manifest);
  }

  @Override
  public int hashCode() {
    return Objects.hash(manifest);
  }

  @Override
  public String toString() {
    return platform() + " image " + digest() + ", " + layers.size() + " layers";
  }

  private record LazyBlob(BlobSource source, Descriptor descriptor) implements Content {
    @Override
    public InputStream open() throws IOException {
      return source.blob(descriptor).open();
    }

    @Override
    public long size() {
      return descriptor.size();
    }

    @Override
    public Content slice(long offset, long length) {
      try {
        return source.blob(descriptor).slice(offset, length);
      } catch (IOException e) {
        return Content.super.slice(offset, length);
      }
    }

    @Override
    public String toString() {
      return "blob " + descriptor.digest();
    }
  }
}
