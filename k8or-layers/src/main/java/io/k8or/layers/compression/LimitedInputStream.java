package io.k8or.layers.compression;

import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Uncompressed bytes, as many as the limits allow. */
final class LimitedInputStream extends FilterInputStream {
  private final CountedContent compressed;
  private final Limits limits;
  private long count;

  LimitedInputStream(InputStream in, CountedContent compressed, Limits limits) {
    super(in);
    this.compressed = compressed;
    this.limits = limits;
  }

  @Override
  public int read() throws IOException {
    int value = in.read();
    counted(value < 0 ? 0 : 1);
    return value;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int n = in.read(buffer, offset, length);
    counted(n);
    return n;
  }

  @Override
  public long skip(long wanted) throws IOException {
    long skipped = in.skip(wanted);
    counted(skipped);
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private void counted(long n) throws IOException {
    if (n > 0) {
      count += n;
      limits.check(Limit.TOTAL_BYTES, count, compressed);
      limits.checkExpansion(compressed.count(), count, compressed);
    }
  }
}
