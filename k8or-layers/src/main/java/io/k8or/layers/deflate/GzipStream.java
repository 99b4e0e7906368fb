package io.k8or.layers.deflate;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Compresses to gzip (RFC 1952), one member, with an encoder of its own.
 *
 * <p>The bytes depend on the input alone: not on the JDK, the sizes of the {@code write} calls, nor
 * on whether and on how many threads it runs. They change only with {@link #VERSION}. The header
 * has no time, no name, and 255 (unknown) as its operating system. The size is about that of zlib
 * at level 6.
 *
 * <p>The input is cut in blocks of 1 MiB, each compressed by itself, with the 32 KiB before it as
 * dictionary. Memory is about 3 MiB, and as much again for each block at work at once.
 *
 * <p>Not for several threads at once.
 */
public final class GzipStream extends OutputStream {
  /**
   * The version of the encoder: part of the key of whoever keeps compressed results. It covers
   * {@link GzipSplice} too.
   */
  public static final int VERSION = 2;

  private static final int BLOCK = 1 << 20;
  private static final int WINDOW = DeflateEncoder.WINDOW;
  private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

  private final OutputStream out;
  private final @Nullable Executor executor;
  private final int parallelism;
  private final CRC32 crc = new CRC32();
  private long size;
  private Job filling = new Job();
  private final Deque<FutureTask<Job>> running = new ArrayDeque<>();
  private final Deque<Job> idle = new ArrayDeque<>();
  private boolean begun;
  private boolean finished;
  // Set while blocks are written: after a failure there, nothing may follow, no trailer either.
  private boolean broken;

  /**
   * Compresses in the calling thread.
   *
   * @param out where the gzip stream goes; {@link #close()} closes it
   */
  public GzipStream(OutputStream out) {
    this.out = Objects.requireNonNull(out);
    this.executor = null;
    this.parallelism = 1;
  }

  /**
   * Compresses in the threads of an executor; the bytes are the same.
   *
   * @param out where the gzip stream goes, from the calling thread; {@link #close()} closes it
   * @param executor runs the blocks; what it does not begin in time, or refuses, runs in the
   *     calling thread
   * @param parallelism how many blocks may be at work at once
   * @throws IllegalArgumentException if {@code parallelism} is below 1
   */
  public GzipStream(OutputStream out, Executor executor, int parallelism) {
    if (parallelism < 1) {
      throw new IllegalArgumentException("no parallelism of " + parallelism);
    }
    this.out = Objects.requireNonNull(out);
    this.executor = Objects.requireNonNull(executor);
    this.parallelism = parallelism;
  }

  /** One block: its bytes with the dictionary before them, and then its compressed form. */
  private static final class Job {
    final byte[] bytes = new byte[WINDOW + BLOCK];
    final DeflateEncoder encoder = new DeflateEncoder();
    final ByteArrayOutputStream result = new ByteArrayOutputStream(BLOCK / 2);
    int history = WINDOW;
    int end = WINDOW;

    void compress() throws IOException {
      result.reset();
      BitWriter bits = new BitWriter(result);
      encoder.encode(bytes, history, WINDOW, end, bits);
      if ((bits.bitOffset() & 7) != 0) {
        // An empty stored block ends on a byte, so that blocks can be put together.
        DeflateEncoder.stored(bytes, 0, 0, bits);
      }
      bits.flushBuffer();
    }
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IOException if the stream below fails, or this one was closed
   */
  @Override
  public void write(byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (finished) {
      throw new IOException("the gzip stream is closed");
    }
    if (broken) {
      throw new IOException("the gzip stream has failed before");
    }
    crc.update(buffer, offset, length);
    size += length;
    int at = offset;
    int left = length;
    while (left > 0) {
      if (filling.end == filling.bytes.length) {
        broken = true;
        submit(true);
        broken = false;
      }
      int n = Math.min(left, filling.bytes.length - filling.end);
      System.arraycopy(buffer, at, filling.bytes, filling.end, n);
      filling.end += n;
      at += n;
      left -= n;
    }
  }

  /**
   * Ends the gzip stream, without closing the stream below. Does nothing if that was done, or if a
   * {@code write} has failed: a stream with a gap gets no trailer.
   *
   * @throws IOException if the stream below fails
   */
  public void finish() throws IOException {
    if (finished) {
      return;
    }
    finished = true;
    if (broken) {
      return;
    }
    submit(false);
    while (!running.isEmpty()) {
      collect();
    }
    byte[] end = new byte[10];
    // An empty last block of the fixed codes, then CRC-32 and size.
    end[0] = 3;
    for (int i = 0; i < 4; i++) {
      end[2 + i] = (byte) (crc.getValue() >>> (8 * i));
      end[6 + i] = (byte) (size >>> (8 * i));
    }
    out.write(end);
  }

  /** Does nothing: what is written shows with the block that it belongs to. */
  @Override
  public void flush() {}

  /**
   * Ends the gzip stream and closes the stream below.
   *
   * @throws IOException if the stream below fails
   */
  @Override
  public void close() throws IOException {
    try (out) {
      finish();
    }
  }

  private void submit(boolean more) throws IOException {
    if (!begun) {
      begun = true;
      out.write(HEADER);
    }
    Job job = filling;
    if (more) {
      Job next = idle.isEmpty() && (executor != null) ? new Job() : idle.poll();
      if (next == null) {
        next = job;
      }
      if (next == job) {
        job.compress();
        job.result.writeTo(out);
        System.arraycopy(job.bytes, job.end - WINDOW, job.bytes, 0, WINDOW);
        job.history = 0;
        job.end = WINDOW;
        return;
      }
      System.arraycopy(job.bytes, job.end - WINDOW, next.bytes, 0, WINDOW);
      next.history = 0;
      next.end = WINDOW;
      filling = next;
    }
    if (executor == null) {
      job.compress();
      job.result.writeTo(out);
      return;
    }
    while (running.size() >= parallelism) {
      collect();
    }
    FutureTask<Job> task =
        new FutureTask<>(
            () -> {
              job.compress();
              return job;
            });
    PipelinedDigest.begin(task, executor);
    running.add(task);
  }

  private void collect() throws IOException {
    Job job = PipelinedDigest.await(running.remove());
    job.result.writeTo(out);
    idle.add(job);
  }
}
