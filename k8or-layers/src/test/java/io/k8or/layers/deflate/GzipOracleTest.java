package io.k8or.layers.deflate;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What gzip(1) says of our streams. */
@Tag("oracle")
final class GzipOracleTest {
  @TempDir Path folder;

  @Test
  void splice_realLayer_isGoodGzip() throws IOException {
    Tools.require("gzip", "sh", "sha256sum");
    Path layer = Tools.shared().resolve("data/alpine-minirootfs-3.20.3-x86_64.tar.gz");
    Content old = Content.of(layer);
    long size;
    try (InputStream in = new GunzipStream(old.open(), "alpine")) {
      size = in.skip(Long.MAX_VALUE);
    }
    Path spliced = folder.resolve("spliced.gz");
    GzipSplice.Result result;
    try (OutputStream out = Files.newOutputStream(spliced)) {
      result =
          GzipSplice.splice(
              old,
              "alpine",
              List.of(new Span.Copy(0, size / 3), new Span.Copy(size / 3 + 10_240, size)),
              out);
    }

    Tools.output("gzip", "-t", spliced.toString());
    String digest = Tools.output("sh", "-c", "gzip -dc '" + spliced + "' | sha256sum");
    assertThat(digest).startsWith(result.diffId().hex());
    assertThat(result.reusedBytes()).isGreaterThan(result.compressedSize() * 95 / 100);
  }

  @Test
  void gzipStream_realLayer_isGoodGzip() throws IOException {
    Tools.require("gzip", "bash", "cmp");
    Path layer = Tools.shared().resolve("data/alpine-minirootfs-3.20.3-x86_64.tar.gz");
    Path again = folder.resolve("again.gz");
    try (InputStream in = new GunzipStream(Files.newInputStream(layer), "alpine");
        OutputStream out = new GzipStream(Files.newOutputStream(again))) {
      in.transferTo(out);
    }

    Tools.output("gzip", "-t", again.toString());
    Tools.Result compared =
        Tools.run(
            folder,
            Map.of(),
            List.of("bash", "-c", "cmp <(gzip -dc '" + layer + "') <(gzip -dc again.gz)"));
    assertThat(compared.status()).as(compared.stderr()).isZero();
  }

  @Test
  void sizes_above4GiB_wrap() throws IOException {
    Tools.require("gzip");
    long matches = (1L << 32) / 258 + 10;
    long size = 1 + 258 * matches;
    byte[] gzip = Samples.member(Samples.zeros(matches), crcOfZeros(size), size);
    Path spliced = folder.resolve("zeros.gz");
    GzipSplice.Result result;
    try (OutputStream out = Files.newOutputStream(spliced)) {
      result =
          GzipSplice.splice(
              Content.of(gzip),
              "zeros",
              List.of(
                  new Span.Copy(0, 1000),
                  new Span.Insert(Content.of(new byte[] {1})),
                  new Span.Copy(2000, size)),
              out);
    }

    assertThat(result.uncompressedSize()).isEqualTo(size - 999).isGreaterThan(1L << 32);
    Tools.output("gzip", "-t", spliced.toString());
  }

  private static long crcOfZeros(long size) {
    CRC32 crc = new CRC32();
    byte[] zeros = new byte[1 << 16];
    for (long left = size; left > 0; left -= zeros.length) {
      crc.update(zeros, 0, (int) Math.min(left, zeros.length));
    }
    return crc.getValue();
  }
}
