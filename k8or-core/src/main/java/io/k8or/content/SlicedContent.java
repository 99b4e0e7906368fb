package io.k8or.content;

import java.io.IOException;
import java.io.InputStream;

/** A part of another content. */
record SlicedContent(Content whole, long offset, long size) implements Content {
  SlicedContent {
    if (offset < 0 || size < 0 || offset > whole.size() - size) {
      throw new IllegalArgumentException(
          "no slice of " + size + " bytes at " + offset + " in " + whole.size() + " bytes");
    }
  }

  @Override
  public InputStream open() throws IOException {
    InputStream in = whole.open();
    try {
      in.skipNBytes(offset);
    } catch (IOException e) {
      in.close();
      throw e;
    }
    return new BoundedInputStream(in, size);
  }

  @Override
  public Content slice(long from, long length) {
    if (from < 0 || length < 0 || from > size - length) {
      throw new IllegalArgumentException(
          "no slice of " + length + " bytes at " + from + " in " + size + " bytes");
    }
    return whole.slice(offset + from, length);
  }

  @Override
  public String toString() {
    return "bytes " + offset + " to " + (offset + size) + " of " + whole;
  }
}
