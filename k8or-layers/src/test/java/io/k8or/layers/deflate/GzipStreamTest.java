package io.k8or.layers.deflate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.image.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** Our encoder. */
final class GzipStreamTest {
  @Test
  void write_nothing_isAnEmptyMember() throws IOException {
    byte[] gzip = Samples.encode(new byte[0]);

    assertThat(gzip).startsWith(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff).hasSize(20);
    assertThat(Samples.zlibGunzip(gzip)).isEmpty();
  }

  @Test
  void version_namesTheseBytes() throws IOException {
    // Other bytes need another VERSION: callers keep results by it.
    assertThat(GzipStream.VERSION).isEqualTo(2);
    assertThat(Digest.sha256(Samples.encode(Samples.bytes(1, 2_500_000))).toString())
        .isEqualTo("sha256:63fe68f31133dd937155db08aeda297f21e24e09b2b64e974269c600731ceeb8");
  }

  @Test
  void write_text_isAsSmallAsZlib() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 300_000; i++) {
      text.append(Integer.toString(i * 7919 % 100_003, 36)).append(i % 7 == 0 ? '\n' : ' ');
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.US_ASCII);

    assertThat(Samples.encode(bytes).length).isLessThan((int) (Samples.gzip(bytes).length * 1.01));
  }

  @Test
  void close_twice_writesOnce() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    GzipStream gzip = new GzipStream(out);
    gzip.write('x');
    gzip.flush();
    gzip.finish();
    int size = out.size();
    gzip.close();
    gzip.close();

    assertThat(out.size()).isEqualTo(size);
    assertThat(Samples.zlibGunzip(out.toByteArray())).containsExactly('x');
    assertThatThrownBy(() -> gzip.write(1))
        .isInstanceOf(IOException.class)
        .hasMessage("the gzip stream is closed");
  }

  @Test
  void executor_thatTakesOrRunsNothing_leavesTheWorkToTheCaller() throws IOException {
    byte[] bytes = Samples.bytes(9, 3_000_000);
    byte[] expected = Samples.encode(bytes);
    List<Executor> idle =
        List.of(
            task -> {},
            task -> {
              throw new RejectedExecutionException("full");
            });
    for (Executor executor : idle) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      try (GzipStream gzip = new GzipStream(out, executor, 2)) {
        gzip.write(bytes);
      }
      assertThat(out.toByteArray()).isEqualTo(expected);
    }
    assertThatThrownBy(() -> new GzipStream(OutputStream.nullOutputStream(), Runnable::run, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no parallelism of 0");
  }

  @Test
  void streamBelowFails_anywhere_leavesNoTrailer() throws IOException {
    byte[] bytes = Samples.bytes(8, 3_500_000);
    int size = Samples.encode(bytes).length;
    for (int room = 0; room < size; room += size / 9) {
      int limit = room;
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      OutputStream full =
          new OutputStream() {
            private boolean failed;

            @Override
            public void write(int value) throws IOException {
              // Once full, then it would take more again.
              if (!failed && out.size() >= limit) {
                failed = true;
                throw new IOException("disk full");
              }
              out.write(value);
            }
          };
      assertThatThrownBy(
              () -> {
                try (GzipStream gzip = new GzipStream(full)) {
                  gzip.write(bytes);
                }
              })
          .isInstanceOf(IOException.class)
          .hasMessage("disk full");
      assertThat(out.size()).isEqualTo(limit);
    }
  }

  @Test
  void huffmanCode_skewedCounts_keepsTheLimit() {
    HuffmanCode code = new HuffmanCode(286, 15);
    int last = 1;
    int beforeLast = 1;
    for (int i = 0; i < 40; i++) {
      code.counts[i * 7] = last;
      int next = last + beforeLast;
      beforeLast = last;
      last = next;
    }
    code.build();

    int sum = 0;
    for (int i = 0; i < 286; i++) {
      assertThat(code.lengths[i]).isLessThanOrEqualTo((byte) 15);
      if (code.lengths[i] > 0) {
        sum += 1 << (15 - code.lengths[i]);
      }
    }
    assertThat(sum).isEqualTo(1 << 15);
    assertThat(code.lengths[39 * 7]).isEqualTo((byte) 1);
  }
}
