package io.k8or.layers.compression;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStream;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.MediaType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CompressionTest {
  private static final byte[] TEXT =
      "some bytes of a layer ".repeat(20).getBytes(StandardCharsets.UTF_8);

  @ParameterizedTest
  @EnumSource
  void compress_andDecompress_givesTheSameBytesAndItsMagic(Compression compression)
      throws IOException {
    Content compressed = Content.of(compress(compression, TEXT));
    assertThat(Compression.detect(compressed)).isEqualTo(compression);
    assertThat(decompress(compression, compressed)).isEqualTo(TEXT);
  }

  @ParameterizedTest
  @EnumSource
  void compress_twice_givesTheSameBytes(Compression compression) throws IOException {
    byte[] noise = new byte[300_000];
    new Random(1).nextBytes(noise);
    Arrays.fill(noise, 100_000, 200_000, (byte) 7);
    assertThat(compress(compression, noise)).isEqualTo(compress(compression, noise));
  }

  @ParameterizedTest
  @EnumSource
  void decompress_severalMembers_givesAllOfThem(Compression compression) throws IOException {
    byte[] one = compress(compression, TEXT);
    assertThat(decompress(compression, Content.of(concat(one, one)))).isEqualTo(concat(TEXT, TEXT));
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void decompress_cutAnywhere_isMalformed(Compression compression) throws IOException {
    byte[] whole = compress(compression, TEXT);
    for (int length = 1; length < whole.length; length++) {
      Content cut = Content.of(Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> decompress(compression, cut))
          .as("%s of %s bytes", cut, whole.length)
          .isInstanceOf(MalformedContentException.class)
          .hasMessageContaining(" stream: ")
          .hasMessageContaining(cut + ": ");
    }
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void decompress_everyByteChanged_isTheSameBytesOrMalformed(Compression compression)
      throws IOException {
    byte[] whole = compress(compression, TEXT);
    for (int i = 0; i < whole.length; i++) {
      byte[] changed = whole.clone();
      changed[i] ^= 0x55;
      try {
        // A name or a time in a header may change without anybody's harm.
        assertThat(decompress(compression, Content.of(changed))).isEqualTo(TEXT);
      } catch (MalformedContentException e) {
        assertThat(e.what()).endsWith(" stream");
      }
    }
  }

  @Test
  void decompress_skippableFrames_areLeftOut() throws IOException {
    byte[] skippable = {0x5f, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3};
    byte[] frame = compress(Compression.ZSTD, TEXT);
    Content content = Content.of(concat(concat(skippable, frame), concat(skippable, frame)));
    assertThat(Compression.detect(content)).isEqualTo(Compression.ZSTD);
    assertThat(decompress(Compression.ZSTD, content)).isEqualTo(concat(TEXT, TEXT));
  }

  @Test
  void decompress_zstdFrameWithAHugeWindow_isMalformed() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    // A frame header without content size: descriptor 0, window 2^30, an empty last raw block.
    bytes.write(
        new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, (byte) ((30 - 10) << 3), 1, 0, 0});
    assertThatThrownBy(() -> decompress(Compression.ZSTD, Content.of(bytes.toByteArray())))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("too much memory");
  }

  @Test
  void decompress_zstdFrameOfAnotherWriter_isRead() throws IOException {
    byte[] one = Zstd.compress(TEXT, 19);
    assertThat(decompress(Compression.ZSTD, Content.of(one))).isEqualTo(TEXT);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZstdOutputStream zstd = new ZstdOutputStream(out, 22).setLong(27)) {
      zstd.write(TEXT);
    }
    assertThat(decompress(Compression.ZSTD, Content.of(out.toByteArray()))).isEqualTo(TEXT);
  }

  @Test
  void decompress_xzThatAsksForMuchMemory_isMalformed() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    org.tukaani.xz.LZMA2Options options = new org.tukaani.xz.LZMA2Options(0);
    options.setDictSize(200 << 20);
    options.setMode(org.tukaani.xz.LZMA2Options.MODE_UNCOMPRESSED);
    // In this mode the stream's header says the least; patch its dictionary, and the header's CRC.
    try (OutputStream xz = new org.tukaani.xz.XZOutputStream(out, options)) {
      xz.write(TEXT);
    }
    byte[] bytes = out.toByteArray();
    int header = 12;
    int size = (bytes[header] & 0xff) * 4 + 4;
    assertThat(bytes[header + 2]).isEqualTo((byte) 0x21); // LZMA2
    bytes[header + 4] = 37; // 3 * 2^29
    CRC32 crc = new CRC32();
    crc.update(bytes, header, size - 4);
    for (int i = 0; i < 4; i++) {
      bytes[header + size - 4 + i] = (byte) (crc.getValue() >>> (8 * i));
    }
    assertThatThrownBy(() -> decompress(Compression.XZ, Content.of(bytes)))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("KiB of memory, the limit is 98304 KiB");
  }

  @Test
  void decompress_unreadableSource_keepsItsException() {
    for (Compression compression : Compression.values()) {
      assertThatThrownBy(() -> decompress(compression, new Unreadable()))
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(MalformedContentException.class)
          .hasMessage("the disk is gone");
    }
  }

  @Test
  void detect_shortContent_isNotCompressed() throws IOException {
    assertThat(Compression.detect(Content.empty())).isEqualTo(Compression.NONE);
    assertThat(Compression.detect(Content.of(new byte[] {0x1f}))).isEqualTo(Compression.NONE);
  }

  @Test
  void expected_byMediaType_isItsSuffix() {
    assertThat(Compression.expected(MediaType.OCI_LAYER)).contains(Compression.NONE);
    assertThat(Compression.expected(MediaType.DOCKER_LAYER)).contains(Compression.NONE);
    assertThat(Compression.expected(MediaType.OCI_LAYER_GZIP)).contains(Compression.GZIP);
    assertThat(Compression.expected(MediaType.DOCKER_LAYER_GZIP)).contains(Compression.GZIP);
    assertThat(Compression.expected(MediaType.OCI_LAYER_ZSTD)).contains(Compression.ZSTD);
    assertThat(Compression.expected(MediaType.DOCKER_LAYER_ZSTD)).contains(Compression.ZSTD);
    assertThat(
            Compression.expected(
                new MediaType("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")))
        .contains(Compression.GZIP);
    assertThat(Compression.expected(new MediaType("application/wasm"))).isEmpty();
  }

  @Test
  void of_plainTarUnderDockersGzipType_isMalformed() {
    assertThatThrownBy(() -> Compression.of(MediaType.DOCKER_LAYER_GZIP, Content.of(TEXT)))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage(
            "layer: 440 bytes in memory: the media type "
                + "application/vnd.docker.image.rootfs.diff.tar.gzip says gzip, "
                + "but the bytes are not compressed");
  }

  @Test
  void of_gzipUnderAPlainType_isMalformed() throws IOException {
    Content gzip = Content.of(compress(Compression.GZIP, TEXT));
    assertThatThrownBy(() -> Compression.of(MediaType.OCI_LAYER, gzip))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("says not compressed, but the bytes are gzip");
    assertThat(Compression.of(MediaType.OCI_LAYER_GZIP, gzip)).isEqualTo(Compression.GZIP);
    assertThat(Compression.of(new MediaType("text/plain"), gzip)).isEqualTo(Compression.GZIP);
  }

  private static byte[] compress(Compression compression, byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream compressed = compression.compress(out)) {
      compressed.write(bytes);
    }
    return out.toByteArray();
  }

  private static byte[] decompress(Compression compression, Content content) throws IOException {
    try (InputStream in = compression.decompress(content)) {
      return in.readAllBytes();
    }
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private record Unreadable() implements Content {
    @Override
    public InputStream open() {
      return new InputStream() {
        @Override
        public int read() throws IOException {
          throw new IOException("the disk is gone");
        }
      };
    }

    @Override
    public long size() {
      return 100;
    }
  }
}
