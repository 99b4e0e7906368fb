package io.k8or.layers.storage;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.BlobSource;
import io.k8or.image.Descriptor;
import java.io.IOException;
import java.util.Optional;

/** The blobs of a layout: {@code blobs/ALGORITHM/HEX}. */
record BlobFiles(FileSource files) implements BlobSource {
  @Override
  public Content blob(Descriptor descriptor) throws IOException {
    Optional<Content> embedded = descriptor.data();
    if (embedded.isPresent()) {
      return embedded.get();
    }
    // A Digest has the form of one: it cannot lead out of the directory.
    Optional<Content> file = files.file(OciLayout.blobName(descriptor.digest()));
    if (file.isEmpty()) {
      throw new MalformedContentException(
          "blob",
          descriptor.digest().toString(),
          "it is not in "
              + files.path()
              + (descriptor.urls().isEmpty() ? "" : ", only elsewhere: " + descriptor.urls()));
    }
    return file.get();
  }
}
