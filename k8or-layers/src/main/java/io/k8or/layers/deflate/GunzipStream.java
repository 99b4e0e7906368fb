package io.k8or.layers.deflate;

import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that a gzip stream (RFC 1952) holds: all its members, one after the other.
 *
 * <p>The sums and sizes of each member are checked where it ends. Zeros after the last member are
 * padding; anything else there is refused. A fault shows at the latest in the {@code read} after
 * the last good byte, so a reader who reads until {@code -1} has seen every check.
 *
 * <p>Memory is constant, about 400 KiB. Not for several threads at once.
 */
public final class GunzipStream extends InputStream {
  private final InputStream compressed;
  private final GzipDecoder decoder;
  private final InflateIndex.@Nullable Builder index;
  private int from;
  private int to;
  private boolean ended;
  private @Nullable IOException fault;

  /**
   * Reads from the start of a gzip stream.
   *
   * @param compressed the gzip stream; {@link #close()} closes it
   * @param where its name in errors
   */
  public GunzipStream(InputStream compressed, String where) {
    this(compressed, new GzipDecoder(compressed, where, false), null);
  }

  /**
   * Reads from the start of a gzip stream, and gives the builder what it needs for random access.
   *
   * @param compressed the gzip stream; {@link #close()} closes it
   * @param where its name in errors
   * @param index a fresh builder, complete when this stream was read to its end
   */
  public GunzipStream(InputStream compressed, String where, InflateIndex.Builder index) {
    this(compressed, new GzipDecoder(compressed, where, false), Objects.requireNonNull(index));
  }

  GunzipStream(InputStream compressed, GzipDecoder decoder, InflateIndex.@Nullable Builder index) {
    this.compressed = Objects.requireNonNull(compressed);
    this.decoder = decoder;
    this.index = index;
  }

  // Makes at least one byte available; false at the end.
  private boolean fill() throws IOException {
    while (from == to) {
      if (ended) {
        return false;
      }
      if (fault != null) {
        // A stream that was wrong once stays wrong.
        throw fault;
      }
      try {
        ended = !decoder.next(Long.MAX_VALUE);
      } catch (IOException e) {
        fault = e;
        throw e;
      }
      if (ended) {
        if (index != null) {
          index.end(decoder.inflater());
        }
        return false;
      }
      from = decoder.inflater().segmentFrom();
      to = decoder.inflater().outPos();
      if (index != null) {
        index.offer(decoder);
      }
    }
    return true;
  }

  /**
   * {@inheritDoc}
   *
   * @throws MalformedContentException if the stream is not gzip, ends too soon, or does not fit its
   *     sums
   */
  @Override
  public int read() throws IOException {
    return fill() ? decoder.inflater().out[from++] & 0xff : -1;
  }

  /**
   * {@inheritDoc}
   *
   * @throws MalformedContentException if the stream is not gzip, ends too soon, or does not fit its
   *     sums
   */
  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (length == 0) {
      return 0;
    }
    int done = 0;
    // Short blocks make short segments: fill the buffer from several.
    while (done < length && fill()) {
      int n = Math.min(length - done, to - from);
      System.arraycopy(decoder.inflater().out, from, buffer, offset + done, n);
      from += n;
      done += n;
    }
    return done == 0 ? -1 : done;
  }

  @Override
  public long skip(long count) throws IOException {
    long left = count;
    while (left > 0 && fill()) {
      int n = (int) Math.min(left, to - from);
      from += n;
      left -= n;
    }
    return Math.max(0, count - left);
  }

  @Override
  public int available() {
    return to - from;
  }

  @Override
  public void close() throws IOException {
    compressed.close();
  }
}
