package io.k8or.cli;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The threads that a command gives to the libraries, which start none: one for each processor. */
final class Workers implements Executor, AutoCloseable {
  static final int COUNT = Runtime.getRuntime().availableProcessors();

  private final ExecutorService executor = Executors.newFixedThreadPool(COUNT, Workers::daemon);

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "k8or-worker");
    thread.setDaemon(true);
    return thread;
  }

  @Override
  public void execute(Runnable task) {
    executor.execute(task);
  }

  /** Begins no further task; the threads end. */
  @Override
  public void close() {
    executor.shutdownNow();
  }
}
