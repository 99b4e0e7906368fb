package io.k8or.layers.compression;

import io.k8or.content.Content;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Content that is opened once, and says how many of its bytes were read. */
final class CountedContent implements Content {
  private final Content content;
  private long count;

  CountedContent(Content content) {
    this.content = content;
  }

  long count() {
    return count;
  }

  @Override
  public InputStream open() throws IOException {
    return new Counting(content.open());
  }

  @Override
  public long size() {
    return content.size();
  }

  @Override
  public String toString() {
    return content.toString();
  }

  private final class Counting extends FilterInputStream {
    Counting(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = in.read();
      count += value < 0 ? 0 : 1;
      return value;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int n = in.read(buffer, offset, length);
      count += Math.max(0, n);
      return n;
    }

    @Override
    public long skip(long wanted) throws IOException {
      long skipped = in.skip(wanted);
      count += skipped;
      return skipped;
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}
