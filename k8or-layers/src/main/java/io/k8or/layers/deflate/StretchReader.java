package io.k8or.layers.deflate;

import io.k8or.content.MalformedContentException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Reads a gzip stream in its order, and has its stretches decoded by an executor, a few ahead.
 * Stretches of which nothing is copied are read, but not decoded.
 */
final class StretchReader implements Closeable {
  /** More at once cost memory alone: one thread takes what is decoded. */
  static final int MOST_AT_WORK = 8;

  private final InputStream in;
  private final String where;
  private final List<Stretch> stretches;
  private final Cuts cuts;
  private final Executor executor;
  private final int parallelism;
  private final Deque<FutureTask<Stretch.Decoded>> running = new ArrayDeque<>();
  private final Deque<Stretch.Decoded> idle = new ArrayDeque<>();
  private final byte[] skipped = new byte[1 << 16];
  private int next;
  // What was read of the stream, and its last byte: two stretches may share one.
  private long position;
  private byte lastByte;

  StretchReader(
      InputStream in,
      String where,
      List<Stretch> stretches,
      Cuts cuts,
      Executor executor,
      int parallelism) {
    this.in = in;
    this.where = where;
    this.stretches = stretches;
    this.cuts = cuts;
    this.executor = executor;
    this.parallelism = Math.min(parallelism, MOST_AT_WORK);
  }

  long uncompressedSize() {
    return stretches.get(stretches.size() - 1).toOffset();
  }

  /** Returns the next stretch that was decoded; null at the end, when all of the input was read. */
  Stretch.@Nullable Decoded next() throws IOException {
    while (next < stretches.size() && running.size() <= parallelism) {
      begin(stretches.get(next++));
    }
    if (!running.isEmpty()) {
      return PipelinedDigest.await(running.remove());
    }
    if (in.read() >= 0) {
      throw changed("it goes on after byte " + position);
    }
    return null;
  }

  /** Gives a stretch's arrays back. */
  void release(Stretch.Decoded decoded) {
    idle.add(decoded);
  }

  private void begin(Stretch stretch) throws IOException {
    if (!cuts.touches(stretch.fromOffset(), stretch.toOffset())) {
      skipTo(stretch.toByte());
      return;
    }
    Stretch.Decoded arrays = idle.isEmpty() ? new Stretch.Decoded() : idle.remove();
    stretch.prepare(arrays);
    int had = (int) (position - stretch.fromByte());
    if (had > 0) {
      arrays.in[0] = lastByte;
    }
    int length = (int) (stretch.toByte() - stretch.fromByte());
    read(arrays.in, had, length - had);
    FutureTask<Stretch.Decoded> task = new FutureTask<>(() -> stretch.decode(arrays, cuts, where));
    PipelinedDigest.begin(task, executor);
    running.add(task);
  }

  private void skipTo(long end) throws IOException {
    while (position < end) {
      read(skipped, 0, (int) Math.min(skipped.length, end - position));
    }
  }

  private void read(byte[] bytes, int from, int length) throws IOException {
    int count = in.readNBytes(bytes, from, length);
    if (count < length) {
      throw changed("it ends after byte " + (position + count));
    }
    if (length > 0) {
      position += length;
      lastByte = bytes[from + length - 1];
    }
  }

  private MalformedContentException changed(String why) {
    return new MalformedContentException(
        "gzip stream", where, "it is not the one that its index was made from: " + why);
  }

  /** Gives up what is not decoded yet; the stream stays open. */
  @Override
  public void close() {
    running.forEach(task -> task.cancel(false));
  }
}
