package io.k8or.layers.storage;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.BlobSource;
import io.k8or.image.Descriptor;
import io.k8or.image.Image;
import io.k8or.image.ImageConfig;
import io.k8or.image.ImageIndex;
import io.k8or.image.Manifest;
import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import java.io.IOException;

/** Reads indexes, manifests and configurations: verified, and only within the limits. */
record Documents(BlobSource blobs, Limits limits) {
  ImageIndex index(Descriptor descriptor) throws IOException {
    return ImageIndex.parse(
        read(descriptor), descriptor.mediaType(), descriptor.digest().toString());
  }

  Manifest manifest(Descriptor descriptor) throws IOException {
    String where = descriptor.digest().toString();
    Manifest manifest = Manifest.parse(read(descriptor), descriptor.mediaType(), where);
    limits.check(Limit.LAYERS, manifest.layers().size(), where);
    return manifest;
  }

  ImageConfig config(Descriptor descriptor) throws IOException {
    return ImageConfig.parse(read(descriptor), descriptor.digest().toString());
  }

  Image image(Descriptor descriptor) throws IOException {
    return Image.open(manifest(descriptor), blobs, mostBytes());
  }

  void checkDepth(int depth, Descriptor index) throws MalformedContentException {
    limits.check(Limit.INDEX_DEPTH, depth, index.digest().toString());
  }

  private byte[] read(Descriptor descriptor) throws IOException {
    limits.check(Limit.MANIFEST_BYTES, descriptor.size(), descriptor.digest().toString());
    Content blob = blobs.blob(descriptor);
    return descriptor.verified(blob).readAll(mostBytes());
  }

  private int mostBytes() {
    return (int) Math.min(limits.get(Limit.MANIFEST_BYTES), Integer.MAX_VALUE - 8);
  }
}
