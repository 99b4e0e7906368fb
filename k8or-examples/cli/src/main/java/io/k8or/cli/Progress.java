package io.k8or.cli;

import io.k8or.content.Content;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Watches how an image's layers are read: shows a bar on a terminal, and ends the reading when the
 * user has pressed Ctrl-C. Everything that takes long reads layers.
 */
final class Progress {
  private static final long PAUSE_NANOS = 100_000_000;
  private static final int WIDTH = 30;

  private final Optional<PrintStream> terminal;
  private volatile boolean cancelled;
  private String what = "";
  private long total = 1;
  private long done;
  private long last;
  private boolean shown;

  private Progress(Optional<PrintStream> terminal) {
    this.terminal = terminal;
  }

  /** Shows nothing. */
  static Progress silent() {
    return new Progress(Optional.empty());
  }

  /** Shows a bar if stderr is a terminal. */
  static Progress on(PrintStream err) {
    return new Progress(isTerminal() ? Optional.of(err) : Optional.empty());
  }

  private static boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false; // not Linux: rather no bar than one in a file
    }
  }

  /** Returns the same image; the bar moves as its layers are read. */
  synchronized Image watch(String newWhat, Image image) {
    restart(newWhat, image);
    List<Layer> layers = new ArrayList<>();
    for (Layer layer : image.layers()) {
      layers.add(new Layer(layer.descriptor(), layer.diffId(), new Watched(layer.blob(), this)));
    }
    return Image.of(image.manifest(), image.config(), layers);
  }

  /** Begins the bar again for another pass over a watched image. */
  synchronized void restart(String newWhat, Image image) {
    end();
    what = newWhat;
    done = 0;
    total = Math.max(1, image.layers().stream().mapToLong(l -> l.descriptor().size()).sum());
    last = System.nanoTime();
  }

  /** Takes the bar away. */
  synchronized void end() {
    if (shown) {
      terminal.ifPresent(
          err -> {
            err.print("\r\u001b[K");
            err.flush();
          });
      shown = false;
    }
  }

  /** Makes every further reading fail, so that what is under way is given up and cleaned up. */
  void cancel() {
    cancelled = true;
  }

  private synchronized void add(long bytes) {
    done = Math.min(total, done + bytes);
    long now = System.nanoTime();
    if (terminal.isEmpty() || now - last < PAUSE_NANOS) {
      return;
    }
    last = now;
    int filled = (int) (WIDTH * done / total);
    PrintStream err = terminal.get();
    err.printf(
        "\r%s [%s%s] %3d %%",
        what, "#".repeat(filled), "-".repeat(WIDTH - filled), 100 * done / total);
    err.flush();
    shown = true;
  }

  private void check() throws InterruptedIOException {
    if (cancelled) {
      throw new InterruptedIOException("interrupted");
    }
  }

  /** A blob that tells how much of it is read. */
  private record Watched(Content blob, Progress progress) implements Content {
    @Override
    public InputStream open() throws IOException {
      return new FilterInputStream(blob.open()) {
        @Override
        public int read() throws IOException {
          progress.check();
          int value = in.read();
          progress.add(value < 0 ? 0 : 1);
          return value;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
          progress.check();
          int count = in.read(buffer, offset, length);
          progress.add(Math.max(0, count));
          return count;
        }
      };
    }

    @Override
    public long size() {
      return blob.size();
    }

    @Override
    public Content slice(long offset, long length) {
      return new Watched(blob.slice(offset, length), progress);
    }

    @Override
    public String toString() {
      return blob.toString();
    }
  }
}
