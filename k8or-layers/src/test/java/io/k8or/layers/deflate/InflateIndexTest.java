package io.k8or.layers.deflate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reading from the middle. */
final class InflateIndexTest {
  private static final byte[] BYTES = Samples.bytes(11, 3_000_000);
  private static final byte[] GZIP = Samples.gzip(BYTES);

  @Test
  void open_readsNothingBeforeTheCheckpoint() throws IOException {
    InflateIndex index = index(GZIP, 1 << 17);
    List<Long> opened = new ArrayList<>();
    Content watched = watched(GZIP, opened);

    try (InputStream in = index.open(watched, 2_900_000)) {
      assertThat(in.readNBytes(1000)).isEqualTo(Arrays.copyOfRange(BYTES, 2_900_000, 2_901_000));
    }

    assertThat(opened).hasSize(1);
    assertThat(opened.get(0)).isGreaterThan(GZIP.length / 2);
    assertThat(index.checkpoints()).isBetween(8, 23);
    assertThat(index.uncompressedSize()).isEqualTo(BYTES.length);
    assertThat(index.compressedSize()).isEqualTo(GZIP.length);
  }

  @Test
  void open_insideOneHugeBlock_goesOnInsideIt() throws IOException {
    byte[] zeros = new byte[1 + 258 * 20_000];
    byte[] gzip = Samples.member(Samples.zeros(20_000), zeros);
    InflateIndex index = index(gzip, 1 << 18);
    List<Long> opened = new ArrayList<>();

    try (InputStream in = index.open(watched(gzip, opened), zeros.length - 10)) {
      assertThat(in.readAllBytes()).isEqualTo(new byte[10]);
    }

    assertThat(index.checkpoints()).isGreaterThan(5);
    // The block's header, and the place inside the block.
    assertThat(opened).hasSize(2);
    assertThat(opened.get(1)).isGreaterThan(gzip.length * 3L / 4);
  }

  @Test
  void open_outside_throws() throws IOException {
    InflateIndex index = index(GZIP, 1 << 20);

    assertThatThrownBy(() -> index.open(Content.of(GZIP), 3_000_001))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no byte 3000001 in 3000000 bytes");
    assertThatThrownBy(() -> index.open(Content.of(new byte[5]), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("5 bytes in memory has 5 bytes, but the index is of " + GZIP.length);
    try (InputStream in = index.open(Content.of(GZIP), 3_000_000)) {
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  @Test
  void build_beforeTheEnd_throws() {
    InflateIndex.Builder builder = InflateIndex.builder();

    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the gzip stream was not read to its end");
    assertThatThrownBy(() -> InflateIndex.builder(5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an interval of 5 bytes, below 65536");
  }

  @Test
  void load_changedOrCut_throws() throws IOException {
    byte[] saved = index(GZIP, 1 << 20).toByteArray();

    for (int i = 0; i < saved.length; i += i < 200 ? 1 : 997) {
      byte[] bad = saved.clone();
      bad[i] ^= 0x55;
      assertThatThrownBy(() -> InflateIndex.load(new ByteArrayInputStream(bad), "saved"))
          .as("byte %s", i)
          .isInstanceOf(MalformedContentException.class)
          .hasMessageStartingWith("inflate index: saved: ");
      byte[] cut = Arrays.copyOf(saved, i);
      assertThatThrownBy(() -> InflateIndex.load(new ByteArrayInputStream(cut), "saved"))
          .isInstanceOf(MalformedContentException.class)
          .hasMessage("inflate index: saved: it ends too soon");
    }
    byte[] newer = saved.clone();
    newer[11] = 2;
    assertThatThrownBy(() -> InflateIndex.load(new ByteArrayInputStream(newer), "saved"))
        .hasMessage("inflate index: saved: expected version 1, found 2");
  }

  private static InflateIndex index(byte[] gzip, long interval) throws IOException {
    InflateIndex.Builder builder = InflateIndex.builder(interval);
    new GunzipStream(new ByteArrayInputStream(gzip), "sample", builder).readAllBytes();
    return builder.build();
  }

  private static Content watched(byte[] gzip, List<Long> opened) {
    return new Content() {
      @Override
      public InputStream open() {
        opened.add(0L);
        return new ByteArrayInputStream(gzip);
      }

      @Override
      public long size() {
        return gzip.length;
      }

      @Override
      public Content slice(long offset, long length) {
        Content part = Content.of(gzip).slice(offset, length);
        return new Content() {
          @Override
          public InputStream open() throws IOException {
            opened.add(offset);
            return part.open();
          }

          @Override
          public long size() {
            return length;
          }
        };
      }
    };
  }
}
