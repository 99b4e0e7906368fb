package io.k8or.cli;

import io.k8or.content.Content;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A bar that shows how much of an image's layers has been read. */
interface Progress {
  /** Shows nothing. */
  Progress NONE =
      new Progress() {
        @Override
        public Image watch(String what, Image image) {
          return image;
        }

        @Override
        public void end() {}
      };

  /** Returns the same image; the bar moves as its layers are read once from now on. */
  Image watch(String what, Image image);

  /** Takes the bar away. */
  void end();

  /** Returns a bar where stderr is a terminal; otherwise none. */
  static Progress onTerminal(PrintStream err) {
    return isTerminal() ? new Bar(err) : NONE;
  }

  private static boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false; // not Linux: rather no bar than one in a file
    }
  }

  /** A line that is written over and over, ten times a second at most. */
  final class Bar implements Progress {
    private static final long PAUSE_NANOS = 100_000_000;
    private static final int WIDTH = 30;

    private final PrintStream err;
    private String what = "";
    private long total = 1;
    private long done;
    private long last;
    private boolean shown;

    Bar(PrintStream err) {
      this.err = err;
    }

    @Override
    public synchronized Image watch(String newWhat, Image image) {
      what = newWhat;
      done = 0;
      total = Math.max(1, image.layers().stream().mapToLong(l -> l.descriptor().size()).sum());
      last = System.nanoTime();
      List<Layer> layers = new ArrayList<>();
      for (Layer layer : image.layers()) {
        layers.add(
            new Layer(layer.descriptor(), layer.diffId(), new Watched(layer.blob(), this)));
      }
      return Image.of(image.manifest(), image.config(), layers);
    }

    private synchronized void add(long bytes) {
      done = Math.min(total, done + bytes);
      long now = System.nanoTime();
      if (now - last < PAUSE_NANOS) {
        return;
      }
      last = now;
      int filled = (int) (WIDTH * done / total);
      err.printf(
          "\r%s [%s%s] %3d %%",
          what, "#".repeat(filled), "-".repeat(WIDTH - filled), 100 * done / total);
      err.flush();
      shown = true;
    }

    @Override
    public synchronized void end() {
      if (shown) {
        err.print("\r\u001b[K");
        err.flush();
        shown = false;
      }
    }
  }

  /** A blob that tells the bar what is read of it. */
  record Watched(Content blob, Bar bar) implements Content {
    @Override
    public InputStream open() throws IOException {
      return new FilterInputStream(blob.open()) {
        @Override
        public int read() throws IOException {
          int value = in.read();
          bar.add(value < 0 ? 0 : 1);
          return value;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
          int count = in.read(buffer, offset, length);
          bar.add(Math.max(0, count));
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
      return blob.slice(offset, length);
    }

    @Override
    public String toString() {
      return blob.toString();
    }
  }
}
