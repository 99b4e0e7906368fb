package io.k8or.layers.storage;

import io.k8or.content.Content;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Content that can be read to a byte, and no further. */
record FaultyContent(Content content, long readable) implements Content {
  static final String MESSAGE = "the disk is gone";

  @Override
  public InputStream open() throws IOException {
    return new FilterInputStream(content.open()) {
      private long left = readable;

      @Override
      public int read() throws IOException {
        if (left-- == 0) {
          throw new IOException(MESSAGE);
        }
        return in.read();
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        if (left == 0) {
          throw new IOException(MESSAGE);
        }
        int count = in.read(buffer, offset, (int) Math.min(left, length));
        left -= Math.max(0, count);
        return count;
      }
    };
  }

  @Override
  public long size() {
    return content.size();
  }
}
