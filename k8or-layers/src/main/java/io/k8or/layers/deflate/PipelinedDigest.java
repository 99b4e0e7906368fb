package io.k8or.layers.deflate;

import io.k8or.image.Digest;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.security.MessageDigest;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** A SHA-256 digest that an executor computes while the caller goes on, one buffer behind. */
final class PipelinedDigest {
  private static final int BUFFER = 1 << 17;

  private final MessageDigest digest = Digest.newSha256();
  private final @Nullable Executor executor;
  private byte[] filling;
  private byte[] working;
  private int count;
  private @Nullable FutureTask<byte[]> running;

  /** Makes a digest; without an executor the caller computes it. */
  PipelinedDigest(@Nullable Executor executor) {
    this.executor = executor;
    this.filling = new byte[executor == null ? 0 : BUFFER];
    this.working = new byte[executor == null ? 0 : BUFFER];
  }

  void update(byte[] bytes, int from, int length) throws IOException {
    if (executor == null) {
      digest.update(bytes, from, length);
      return;
    }
    int at = from;
    int left = length;
    while (left > 0) {
      int n = Math.min(left, BUFFER - count);
      System.arraycopy(bytes, at, filling, count, n);
      count += n;
      at += n;
      left -= n;
      if (count == BUFFER) {
        hand(executor);
      }
    }
  }

  /** Returns the digest of all that was given. Only once. */
  Digest digest() throws IOException {
    if (running != null) {
      await(running);
    }
    digest.update(filling, 0, count);
    return Digest.of(digest.digest());
  }

  private void hand(Executor executor) throws IOException {
    if (running != null) {
      await(running);
    }
    byte[] full = filling;
    filling = working;
    working = full;
    count = 0;
    Callable<byte[]> work =
        () -> {
          digest.update(full, 0, BUFFER);
          return full;
        };
    FutureTask<byte[]> task = new FutureTask<>(work);
    running = task;
    begin(task, executor);
  }

  /** Hands a task to an executor; what it refuses runs in {@link #await}. */
  static void begin(FutureTask<?> task, Executor executor) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      return;
    }
  }

  /**
   * Waits for a task; where no thread has taken it yet, this one does, so that an executor whose
   * threads all wait for their tasks cannot be stuck.
   */
  static <T> T await(FutureTask<T> task) throws IOException {
    task.run();
    try {
      return task.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof IOException io) {
        throw io;
      } else if (cause instanceof RuntimeException unchecked) {
        throw unchecked;
      } else if (cause instanceof Error error) {
        throw error;
      }
      throw new IOException("a task of the executor failed", cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted = new InterruptedIOException("interrupted");
      interrupted.initCause(e);
      throw interrupted;
    }
  }
}
