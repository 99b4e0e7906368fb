package io.k8or.content;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Objects;

/** Bytes in memory. */
record MemoryContent(ByteString bytes) implements Content {
  MemoryContent {
    Objects.requireNonNull(bytes);
  }

  @Override
  public InputStream open() {
    return new ByteArrayInputStream(bytes.toByteArray());
  }

  @Override
  public long size() {
    return bytes.length();
  }

  @Override
  public String toString() {
    return bytes.length() + " bytes in memory";
  }
}
