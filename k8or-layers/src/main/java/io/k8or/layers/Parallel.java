package io.k8or.layers;

import io.k8or.content.Content;
import io.k8or.layers.deflate.GzipSplice;
import io.k8or.layers.deflate.GzipStream;
import io.k8or.layers.deflate.InflateIndex;
import io.k8or.layers.deflate.Span;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Runs tasks in the caller's threads, a few at once; their results come in order. */
final class Parallel {
  private final @Nullable Executor executor;
  private final int parallelism;

  private Parallel(@Nullable Executor executor, int parallelism) {
    this.executor = executor;
    this.parallelism = parallelism;
  }

  /** One task; it is given the threads that it may wait for. */
  @FunctionalInterface
  interface Task<T> {
    T call(Parallel parallel) throws IOException;
  }

  /** One after the other, in the calling thread. */
  static Parallel none() {
    return new Parallel(null, 1);
  }

  static Parallel of(Executor executor, int parallelism) {
    if (parallelism < 1) {
      throw new IllegalArgumentException("no parallelism of " + parallelism);
    }
    return new Parallel(Objects.requireNonNull(executor), parallelism);
  }

  /** Returns a compressor in these threads. */
  GzipStream gzip(OutputStream out) {
    return executor == null ? new GzipStream(out) : new GzipStream(out, executor, parallelism);
  }

  /** Splices a gzip stream, of which an index is known. */
  GzipSplice.Result splice(
      Content old, String where, InflateIndex index, List<Span> spans, OutputStream out)
      throws IOException {
    // Without threads, tasks run where they are handed over.
    return GzipSplice.splice(
        old, where, index, spans, out, executor == null ? Runnable::run : executor, parallelism);
  }

  /** Begins one task; it gets no threads. */
  <T> Job<T> begin(Task<T> task) {
    Job<T> job = new Job<>(task, none());
    hand(job);
    return job;
  }

  private void hand(Job<?> job) {
    if (executor != null) {
      try {
        executor.execute(job);
      } catch (RejectedExecutionException e) {
        return; // then it runs in result()
      }
    }
  }

  /**
   * Runs all tasks; one alone runs in the calling thread and has all others for itself, several
   * share them. After the first failure no further one is begun; those that run are waited for.
   */
  <T> List<T> run(List<? extends Task<T>> tasks) throws IOException {
    List<T> results = new ArrayList<>();
    if (executor == null || tasks.size() == 1) {
      for (Task<T> task : tasks) {
        results.add(task.call(this));
      }
      return results;
    }
    int atOnce = Math.min(parallelism, tasks.size());
    Parallel share = new Parallel(executor, Math.max(1, parallelism / Math.max(1, atOnce)));
    Deque<Job<T>> running = new ArrayDeque<>();
    try {
      for (Task<T> task : tasks) {
        Job<T> job = new Job<>(task, share);
        hand(job);
        running.add(job);
        if (running.size() == atOnce) {
          results.add(running.element().result());
          running.remove();
        }
      }
      while (!running.isEmpty()) {
        results.add(running.element().result());
        running.remove();
      }
      return results;
    } finally {
      // What is left after a failure still writes to the caller's streams.
      running.forEach(Job::end);
    }
  }

  /** A task under way. Whoever wants its result runs it, where no thread has begun it. */
  static final class Job<T> implements Runnable {
    private final Task<T> task;
    private final Parallel threads;
    private final AtomicBoolean begun = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable T result;
    private volatile @Nullable Throwable failure;

    private Job(Task<T> task, Parallel threads) {
      this.task = task;
      this.threads = threads;
    }

    @Override
    public void run() {
      if (!begun.compareAndSet(false, true)) {
        return;
      }
      try {
        result = task.call(threads);
      } catch (IOException | RuntimeException | Error e) {
        failure = e;
      } finally {
        ended.countDown();
      }
    }

    T result() throws IOException {
      // So that an executor whose threads all wait for their tasks cannot be stuck.
      run();
      try {
        ended.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
      }
      Throwable thrown = failure;
      if (thrown instanceof IOException io) {
        throw io;
      } else if (thrown instanceof RuntimeException unchecked) {
        throw unchecked;
      } else if (thrown instanceof Error error) {
        throw error;
      }
      return Objects.requireNonNull(result);
    }

    /** Sees to it that the task does not run any more. */
    void end() {
      if (begun.compareAndSet(false, true)) {
        return;
      }
      boolean interrupted = false;
      while (ended.getCount() > 0) {
        try {
          ended.await();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
