package io.k8or.layers.compression;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** The one place that knows which gzip is used. */
final class Gzip {
  private static final int BUFFER = 1 << 16;

  private Gzip() {}

  static InputStream decompress(InputStream in, String where) throws IOException {
    return new Decoding(new GZIPInputStream(in, BUFFER), Compression.GZIP, where);
  }

  static OutputStream compress(OutputStream out) throws IOException {
    return new GZIPOutputStream(out, BUFFER);
  }
}
