package io.k8or.layers.deflate;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.Digest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;

/** The laws of gzip, against zlib in both directions. */
final class GzipProperties {
  // The rest of a stored block that the window's buffer cuts may be encoded.
  private static final long STORED_REST = 270;

  @Property
  void zlibToOurs_isTheIdentity(@ForAll long seed, @ForAll @IntRange(max = 250_000) int size)
      throws IOException {
    byte[] bytes = Samples.bytes(seed, size);

    assertThat(Samples.gunzip(Samples.gzip(bytes, seed))).isEqualTo(bytes);
  }

  @Property
  void oursToZlib_isTheIdentity(@ForAll long seed, @ForAll @IntRange(max = 250_000) int size)
      throws IOException {
    byte[] bytes = Samples.bytes(seed, size);
    byte[] gzip = Samples.encode(bytes);

    assertThat(Samples.zlibGunzip(gzip)).isEqualTo(bytes);
    assertThat(Samples.gunzip(gzip)).isEqualTo(bytes);
    // Never much above the stored form: five bytes a block.
    assertThat(gzip.length).isLessThan(size + 64 + size / 1000);
  }

  // Each try compresses up to 3 MiB four times.
  @Property(tries = 12, shrinking = ShrinkingMode.OFF)
  void ourBytes_dependOnTheInputAlone(
      @ForAll long seed,
      @ForAll @IntRange(max = 3 << 20) int size,
      @ForAll @IntRange(min = 1, max = 4) int parallelism)
      throws IOException {
    byte[] bytes = Samples.bytes(seed, size);
    byte[] expected = Samples.encode(bytes);
    ExecutorService executor = Executors.newFixedThreadPool(2);
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      Random random = new Random(seed);
      try (GzipStream gzip = new GzipStream(out, executor, parallelism)) {
        int at = 0;
        while (at < size) {
          int n = Math.min(size - at, random.nextInt(1 << random.nextInt(21)));
          gzip.write(bytes, at, n);
          at += n;
        }
      }
      assertThat(out.toByteArray()).isEqualTo(expected);
    } finally {
      executor.shutdown();
    }
    assertThat(Samples.zlibGunzip(expected)).isEqualTo(bytes);
  }

  @Property
  void splice_isTheSameAsReconstructing(
      @ForAll long seed, @ForAll @IntRange(max = 250_000) int size) throws IOException {
    byte[] old = Samples.bytes(seed, size);
    byte[] gzip = seed % 3 == 0 ? Samples.encode(old) : Samples.gzip(old, seed);
    List<Span> spans = Samples.spans(seed, size);
    byte[] expected = Samples.reconstruct(old, spans);

    ByteArrayOutputStream out = new ByteArrayOutputStream();
    GzipSplice.Result result = GzipSplice.splice(Content.of(gzip), "sample", spans, out);
    byte[] spliced = out.toByteArray();

    assertThat(Samples.zlibGunzip(spliced)).isEqualTo(expected);
    assertThat(Samples.gunzip(spliced)).isEqualTo(expected);
    assertThat(result.uncompressedSize()).isEqualTo(expected.length);
    assertThat(result.diffId()).isEqualTo(Digest.sha256(expected));
    assertThat(result.compressedSize()).isEqualTo(spliced.length);
    assertThat(result.digest()).isEqualTo(Digest.sha256(spliced));
    InflateIndex.Builder builder = InflateIndex.builder(1 << 16);
    Samples.drain(new GunzipStream(new ByteArrayInputStream(gzip), "sample", builder));
    InflateIndex index = builder.build();
    ExecutorService executor = Executors.newFixedThreadPool(2);
    try {
      for (int parallelism : new int[] {1, 2, 8}) {
        ByteArrayOutputStream parallel = new ByteArrayOutputStream();
        assertThat(
                GzipSplice.splice(
                    Content.of(gzip), "sample", index, spans, parallel, executor, parallelism))
            .isEqualTo(result);
        assertThat(parallel.toByteArray()).isEqualTo(spliced);
      }
    } finally {
      executor.shutdown();
    }
    // All but 18 bytes of header and trailer and the last, empty block is one or the other.
    assertThat(result.reusedBytes() + result.encodedBytes())
        .isBetween(spliced.length - 22L, spliced.length - 17L);
  }

  @Property
  void splice_withoutEdits_reusesAll(@ForAll long seed, @ForAll @IntRange(max = 250_000) int size)
      throws IOException {
    byte[] old = Samples.bytes(seed, size);
    byte[] gzip = Samples.gzip(old, seed);

    ByteArrayOutputStream out = new ByteArrayOutputStream();
    GzipSplice.Result result =
        GzipSplice.splice(Content.of(gzip), "sample", List.of(new Span.Copy(0, size)), out);

    assertThat(Samples.zlibGunzip(out.toByteArray())).isEqualTo(old);
    assertThat(result.encodedBytes()).isLessThanOrEqualTo(STORED_REST);
    assertThat(result.compressedSize()).isLessThanOrEqualTo(gzip.length + 4 + gzip.length / 500);
  }

  @Property
  void index_opensAnywhere(@ForAll long seed, @ForAll @IntRange(max = 250_000) int size)
      throws IOException {
    byte[] bytes = Samples.bytes(seed, size);
    byte[] gzip = Samples.gzip(bytes, seed);
    InflateIndex.Builder builder = InflateIndex.builder(1 << 16);
    InputStream all = new GunzipStream(new ByteArrayInputStream(gzip), "sample", builder);
    assertThat(all.readAllBytes()).isEqualTo(bytes);
    byte[] saved = builder.build().toByteArray();
    InflateIndex index = InflateIndex.load(new ByteArrayInputStream(saved), "saved");
    assertThat(index.toByteArray()).isEqualTo(saved);

    int offset = (int) Math.floorMod(seed, size + 1L);
    try (InputStream in = index.open(Content.of(gzip), offset)) {
      assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(bytes, offset, size));
    }
  }

  @Property
  void anyBytes_giveNoOtherException(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int flips) {
    byte[] gzip = Samples.gzip(Samples.bytes(seed, 20_000), seed);
    Random random = new Random(seed);
    for (int i = 0; i < flips; i++) {
      gzip[random.nextInt(gzip.length)] ^= (byte) (1 << random.nextInt(8));
    }
    Content content = Content.of(gzip);
    List<Span> spans = List.of(new Span.Copy(100, 10_000), new Span.Copy(12_000, 13_000));
    try {
      Samples.gunzip(gzip);
    } catch (MalformedContentException e) {
      assertThat(e.where()).contains("sample");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    try {
      GzipSplice.splice(content, "sample", spans, new ByteArrayOutputStream());
    } catch (MalformedContentException e) {
      assertThat(e.where()).contains("sample");
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (IllegalArgumentException e) {
      // A member may have become shorter, or padding.
      assertThat(e).hasMessageContaining("reaches past");
    }
  }
}
