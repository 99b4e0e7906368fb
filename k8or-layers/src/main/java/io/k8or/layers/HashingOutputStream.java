package io.k8or.layers;

import io.k8or.image.Digest;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;

/** Hashes and counts what passes. Closing it flushes, but leaves the stream below open. */
final class HashingOutputStream extends FilterOutputStream {
  private final MessageDigest digest = Digest.newSha256();
  private long size;

  HashingOutputStream(OutputStream out) {
    super(out);
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    out.write(bytes, offset, length);
    digest.update(bytes, offset, length);
    size += length;
  }

  @Override
  public void close() throws IOException {
    flush();
  }

  long size() {
    return size;
  }

  /** The digest of everything; to be asked once, at the end. */
  Digest digest() {
    return Digest.of(digest.digest());
  }
}
