package io.k8or.layers;

import io.k8or.image.Descriptor;
import io.k8or.image.MediaType;
import io.k8or.layers.compression.Compression;
import java.util.LinkedHashMap;
import java.util.Map;

/** The media types and annotations of layers that are written. */
final class LayerMediaTypes {
  private static final Map<String, String> OWN =
      Map.of(
          "application/vnd.oci.image.layer.nondistributable.v1.tar",
          "application/vnd.oci.image.layer.v1.tar",
          "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
          "application/vnd.oci.image.layer.v1.tar+gzip",
          "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
          "application/vnd.oci.image.layer.v1.tar+zstd",
          "application/vnd.docker.image.rootfs.foreign.diff.tar",
          "application/vnd.docker.image.rootfs.diff.tar",
          "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
          "application/vnd.docker.image.rootfs.diff.tar.gzip");

  private LayerMediaTypes() {}

  /** Returns the media type of a new layer. */
  static MediaType of(Compression compression, boolean docker) {
    return switch (compression) {
      case NONE -> docker ? MediaType.DOCKER_LAYER : MediaType.OCI_LAYER;
      case GZIP -> docker ? MediaType.DOCKER_LAYER_GZIP : MediaType.OCI_LAYER_GZIP;
      case ZSTD -> docker ? MediaType.DOCKER_LAYER_ZSTD : MediaType.OCI_LAYER_ZSTD;
      case XZ -> throw new IllegalArgumentException("no media type of layers with xz");
    };
  }

  /** Returns the descriptor of a layer that was written again. */
  static Descriptor rewritten(
      Descriptor old, Compression was, Compression to, EncodedLayer blob, boolean docker) {
    MediaType type = old.mediaType();
    if (to != was) {
      type = of(to, docker);
    } else {
      // What a layer elsewhere ("foreign") was is no longer true of our bytes.
      type = new MediaType(OWN.getOrDefault(type.value(), type.value()));
    }
    Map<String, String> annotations = new LinkedHashMap<>(old.annotations());
    annotations.keySet().removeIf(LayerMediaTypes::isAboutBytes);
    Descriptor descriptor = old.withBlob(type, blob.digest(), blob.size());
    return annotations.size() == old.annotations().size()
        ? descriptor
        : descriptor.withAnnotations(annotations);
  }

  // Tables of contents inside the blob, which are gone with the old bytes.
  private static boolean isAboutBytes(String annotation) {
    return annotation.startsWith("containerd.io/snapshot/stargz/")
        || annotation.startsWith("io.containers.zstd-chunked.")
        || annotation.startsWith("io.containers.estargz.");
  }
}
