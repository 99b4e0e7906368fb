package io.k8or.layers.compression;

import com.github.luben.zstd.ZstdIOException;
import io.k8or.content.MalformedContentException;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.tukaani.xz.MemoryLimitException;
import org.tukaani.xz.XZIOException;

/** Gives the faults that other decoders find the one type that callers know. */
final class Decoding extends FilterInputStream {
  private final Compression compression;
  private final String where;

  Decoding(InputStream decoder, Compression compression, String where) {
    super(decoder);
    this.compression = compression;
    this.where = where;
  }

  /** Returns the exception as it is, or a typed one where it is about the bytes. */
  static IOException typed(IOException e, Compression compression, String where) {
    String what = compression + " stream";
    if (e instanceof EOFException) {
      return new MalformedContentException(what, where, "it ends too early", e);
    }
    if (e instanceof MemoryLimitException limit) {
      return new MalformedContentException(
          what,
          where,
          "it asks for "
              + limit.getMemoryNeeded()
              + " KiB of memory, the limit is "
              + limit.getMemoryLimit()
              + " KiB",
          e);
    }
    if (e instanceof XZIOException || e instanceof ZstdIOException) {
      return new MalformedContentException(
          what, where, e.getMessage() == null ? "it is corrupt" : e.getMessage(), e);
    }
    return e;
  }

  @Override
  public int read() throws IOException {
    try {
      return in.read();
    } catch (IOException e) {
      throw typed(e, compression, where);
    }
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    try {
      int count = in.read(buffer, offset, length);
      // A decoder may have nothing yet; our callers must not spin.
      while (count == 0) {
        count = in.read(buffer, offset, length);
      }
      return count;
    } catch (IOException e) {
      throw typed(e, compression, where);
    }
  }

  @Override
  public long skip(long wanted) throws IOException {
    byte[] buffer = new byte[(int) Math.max(0, Math.min(wanted, 1 << 16))];
    return Math.max(0, read(buffer, 0, buffer.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
