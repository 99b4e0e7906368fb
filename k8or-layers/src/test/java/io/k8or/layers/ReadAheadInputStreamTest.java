package io.k8or.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class ReadAheadInputStreamTest {
  private static final ExecutorService THREADS = Executors.newFixedThreadPool(1);
  private static final ExecutorService THREADS_LATER = Executors.newFixedThreadPool(1);
  private static final byte[] BYTES = new byte[1_000_000];

  static {
    new Random(5).nextBytes(BYTES);
  }

  @AfterAll
  static void end() {
    THREADS.shutdown();
  }

  @Test
  void read_inAllWays_givesTheBytes() throws IOException {
    for (Parallel parallel : new Parallel[] {Parallel.none(), Parallel.of(THREADS, 1)}) {
      ByteArrayOutputStream taken = new ByteArrayOutputStream();
      try (InputStream in =
          new ReadAheadInputStream(
              new ByteArrayInputStream(BYTES),
              parallel,
              (bytes, length) -> taken.write(bytes, 0, length))) {
        assertThat(in.available()).isZero();
        assertThat(in.read()).isEqualTo(BYTES[0] & 0xff);
        assertThat(in.available()).isPositive();
        in.skipNBytes(600_000);
        assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(BYTES, 600_001, BYTES.length));
        assertThat(in.read()).isEqualTo(-1);
        assertThat(in.skip(1)).isZero();
      }
      assertThat(taken.toByteArray()).isEqualTo(BYTES);
    }
  }

  @Test
  void read_fault_showsAfterTheBytesBeforeIt() throws IOException {
    for (int at : new int[] {0, 1, 300_000, 600_000}) {
      try (InputStream in =
          new ReadAheadInputStream(faulty(at), Parallel.of(THREADS, 1), (bytes, length) -> {})) {
        assertThat(in.readNBytes(at)).isEqualTo(Arrays.copyOf(BYTES, at));
        assertThatThrownBy(in::read).isInstanceOf(IOException.class).hasMessage("no more");
        assertThatThrownBy(in::read).isInstanceOf(IOException.class).hasMessage("no more");
      }
    }
  }

  @Test
  void close_whileItReads_waitsForThat() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    boolean[] closed = {false};
    boolean[] readAfterClose = {false};
    InputStream slow =
        new ByteArrayInputStream(BYTES) {
          @Override
          public synchronized int read(byte[] buffer, int offset, int length) {
            if (pos >= 1 << 18) {
              reading.countDown();
              try {
                go.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              readAfterClose[0] |= closed[0];
            }
            return super.read(buffer, offset, length);
          }

          @Override
          public void close() {
            closed[0] = true;
          }
        };
    InputStream in = new ReadAheadInputStream(slow, Parallel.of(THREADS, 1), (b, n) -> {});
    assertThat(in.read()).isEqualTo(BYTES[0] & 0xff);
    reading.await();
    THREADS_LATER.execute(go::countDown);
    in.close();
    THREADS_LATER.shutdown();

    assertThat(closed[0]).isTrue();
    assertThat(readAfterClose[0]).isFalse();
    assertThatThrownBy(in::read).isInstanceOf(IOException.class).hasMessage("the stream is closed");
  }

  private static InputStream faulty(int at) {
    return new InputStream() {
      private int position;

      @Override
      public int read() throws IOException {
        if (position == at) {
          throw new IOException("no more");
        }
        return BYTES[position++] & 0xff;
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        if (position == at) {
          throw new IOException("no more");
        }
        int n = Math.min(length, at - position);
        System.arraycopy(BYTES, position, buffer, offset, n);
        position += n;
        return n;
      }
    };
  }
}
