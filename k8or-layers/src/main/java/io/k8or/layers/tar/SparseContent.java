package io.k8or.layers.tar;

import io.k8or.content.Content;
import java.io.IOException;
import java.io.InputStream;

/** A sparse file with its holes filled. */
record SparseContent(Content stored, SparseMap map, long size) implements Content {
  @Override
  public InputStream open() throws IOException {
    return new SparseInputStream(stored.open(), map, size);
  }

  @Override
  public String toString() {
    return size + " bytes, sparse, of " + stored;
  }
}
