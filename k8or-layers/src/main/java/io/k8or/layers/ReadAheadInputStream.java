package io.k8or.layers;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of another stream, which the caller's threads read one buffer ahead. A fault of that
 * stream shows where it stands: after the bytes before it. Not for several threads at once.
 */
final class ReadAheadInputStream extends InputStream {
  // Threads take some 50 microseconds to find each other; inflating this much takes more than
  // 1,000.
  private static final int BUFFER = 1 << 19;

  private final InputStream in;
  private final Parallel parallel;
  private final Taker taker;
  private Block current = new Block(0);
  private @Nullable Block idle;
  private Parallel.@Nullable Job<Block> ahead;
  private int from;
  private boolean closed;

  /** Sees all bytes in their order, in the reading thread, before they are read. */
  @FunctionalInterface
  interface Taker {
    void take(byte[] bytes, int length);
  }

  /** Reads another stream, which this one closes. Nothing is read before the first byte is. */
  ReadAheadInputStream(InputStream in, Parallel parallel, Taker taker) {
    this.in = in;
    this.parallel = parallel;
    this.taker = taker;
  }

  private static final class Block {
    final byte[] bytes;
    int length;
    boolean last;
    @Nullable IOException fault;

    Block(int size) {
      bytes = new byte[size];
    }
  }

  // In another thread, or here.
  private Block fill(Block block) {
    block.length = 0;
    try {
      while (block.length < BUFFER) {
        int n = in.read(block.bytes, block.length, BUFFER - block.length);
        if (n < 0) {
          block.last = true;
          break;
        }
        block.length += n;
      }
    } catch (IOException e) {
      block.fault = e;
    }
    return block;
  }

  // Makes bytes available; false at the end.
  private boolean more() throws IOException {
    while (from == current.length) {
      if (closed) {
        throw new IOException("the stream is closed");
      }
      if (current.fault != null) {
        throw current.fault;
      }
      if (current.last) {
        return false;
      }
      Parallel.Job<Block> job = ahead == null ? begin() : ahead;
      Block next = job.result();
      idle = current.bytes.length == 0 ? null : current;
      current = next;
      from = 0;
      ahead = next.last || next.fault != null ? null : begin();
      taker.take(next.bytes, next.length);
    }
    return true;
  }

  private Parallel.Job<Block> begin() {
    Block block = idle == null ? new Block(BUFFER) : idle;
    return parallel.begin(threads -> fill(block));
  }

  @Override
  public int read() throws IOException {
    return more() ? current.bytes[from++] & 0xff : -1;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (length == 0) {
      return 0;
    }
    if (!more()) {
      return -1;
    }
    int n = Math.min(length, current.length - from);
    System.arraycopy(current.bytes, from, buffer, offset, n);
    from += n;
    return n;
  }

  @Override
  public long skip(long count) throws IOException {
    if (count <= 0 || !more()) {
      return 0;
    }
    int n = (int) Math.min(count, current.length - from);
    from += n;
    return n;
  }

  @Override
  public int available() {
    return current.length - from;
  }

  /** Waits for what is being read, then closes the other stream. */
  @Override
  public void close() throws IOException {
    closed = true;
    from = current.length;
    if (ahead != null) {
      ahead.end();
      ahead = null;
    }
    in.close();
  }
}
