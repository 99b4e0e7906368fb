package io.k8or.image;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/** A blob whose digest and size are checked while it is read. */
record VerifiedContent(Descriptor descriptor, Content blob) implements Content {
  @Override
  public InputStream open() throws IOException {
    return new Verifying(descriptor, blob.open());
  }

  @Override
  public long size() {
    return descriptor.size();
  }

  @Override
  public Content slice(long offset, long length) {
    if (offset < 0 || length < 0 || offset > size() - length) {
      throw new IllegalArgumentException(
          "no slice of " + length + " bytes at " + offset + " in " + size() + " bytes");
    }
    // A part has no digest to check against.
    return blob.slice(offset, length);
  }

  @Override
  public String toString() {
    return "blob " + descriptor.digest();
  }

  private static final class Verifying extends FilterInputStream {
    private final Descriptor descriptor;
    private final MessageDigest digest;
    private long count;
    private boolean ended;

    Verifying(Descriptor descriptor, InputStream in) {
      super(in);
      this.descriptor = descriptor;
      this.digest = descriptor.digest().newFunction();
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      int n = in.read(buffer, offset, length);
      if (n < 0) {
        end();
        return -1;
      }
      count += n;
      if (count > descriptor.size()) {
        throw new MalformedContentException(
            "blob",
            descriptor.digest().toString(),
            "expected " + descriptor.size() + " bytes, found more");
      }
      digest.update(buffer, offset, n);
      return n;
    }

    @Override
    public long skip(long wanted) throws IOException {
      byte[] buffer = new byte[(int) Math.max(0, Math.min(wanted, 1 << 16))];
      int n = read(buffer, 0, buffer.length);
      return Math.max(0, n);
    }

    @Override
    public boolean markSupported() {
      return false;
    }

    private void end() throws MalformedContentException {
      if (ended) {
        return;
      }
      ended = true;
      if (count < descriptor.size()) {
        throw new MalformedContentException(
            "blob",
            descriptor.digest().toString(),
            "expected " + descriptor.size() + " bytes, found " + count);
      }
      String found = HexFormat.of().formatHex(digest.digest());
      if (!found.equals(descriptor.digest().hex())) {
        throw new MalformedContentException(
            "blob",
            descriptor.digest().toString(),
            "the bytes have the digest " + descriptor.digest().algorithm() + ":" + found);
      }
    }
  }
}
