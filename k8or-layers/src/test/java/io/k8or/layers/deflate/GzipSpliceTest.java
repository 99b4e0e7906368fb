package io.k8or.layers.deflate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Edits of compressed streams. */
final class GzipSpliceTest {
  @Test
  void splice_removal_encodesOnlyWhatFollowsIt() throws IOException {
    byte[] old = text(4_000_000);
    byte[] gzip = Samples.gzip(old);
    List<Span> spans = List.of(new Span.Copy(0, 1_000_000), new Span.Copy(1_010_000, old.length));

    Spliced spliced = splice(gzip, spans);

    assertThat(Samples.zlibGunzip(spliced.bytes)).isEqualTo(Samples.reconstruct(old, spans));
    // At most the window and two headers.
    assertThat(spliced.result.encodedBytes()).isLessThan(25_000);
    assertThat(spliced.result.compressedSize()).isLessThan(gzip.length);
  }

  @Test
  void splice_oneHugeBlock_isCutInside() throws IOException {
    byte[] old = new byte[1 + 258 * 40_000];
    byte[] gzip = Samples.member(Samples.zeros(40_000), old);
    List<Span> spans =
        List.of(
            new Span.Copy(0, 5_000_000),
            new Span.Insert(Content.of(new byte[] {1, 2, 3})),
            new Span.Copy(5_000_100, old.length));

    Spliced spliced = splice(gzip, spans);

    assertThat(Samples.zlibGunzip(spliced.bytes)).isEqualTo(Samples.reconstruct(old, spans));
    assertThat(spliced.result.encodedBytes()).isLessThan(400);
  }

  @Test
  void splice_storedBlocks_stayStored() throws IOException {
    byte[] old = new byte[300_000];
    new Random(1).nextBytes(old);
    byte[] gzip = Samples.gzip(old);
    List<Span> spans =
        List.of(
            new Span.Insert(Content.of(new byte[100])),
            new Span.Copy(0, 100_000),
            new Span.Copy(100_001, 300_000));

    Spliced spliced = splice(gzip, spans);

    assertThat(Samples.zlibGunzip(spliced.bytes)).isEqualTo(Samples.reconstruct(old, spans));
    assertThat(spliced.result.reusedBytes()).isGreaterThan(299_000);
    assertThat(spliced.result.compressedSize()).isLessThan(gzip.length + 200);
  }

  @Test
  void splice_members_becomeOne() throws IOException {
    byte[] text = text(200_000);
    byte[] part = Samples.gzip(text);
    byte[] gzip = Arrays.copyOf(part, 2 * part.length);
    System.arraycopy(part, 0, gzip, part.length, part.length);

    Spliced spliced = splice(gzip, List.of(new Span.Copy(0, 400_000)));

    byte[] twice = Arrays.copyOf(text, 400_000);
    System.arraycopy(text, 0, twice, 200_000, 200_000);
    assertThat(Samples.zlibGunzip(spliced.bytes)).isEqualTo(twice);
    assertThat(spliced.result.encodedBytes()).isZero();
    assertThat(spliced.result.compressedSize()).isLessThan(gzip.length);
  }

  @Test
  void splice_sameBytesOnBothSidesOfACut_areReferredTo() throws IOException {
    // What was removed is what is before it: the window does not change, nothing is encoded.
    byte[] text = text(100_000);
    byte[] old = Arrays.copyOf(text, 300_000);
    System.arraycopy(text, 0, old, 100_000, 100_000);
    System.arraycopy(text(900_000), 800_000, old, 200_000, 100_000);

    Spliced spliced =
        splice(
            Samples.gzip(old), List.of(new Span.Copy(0, 100_000), new Span.Copy(200_000, 300_000)));

    assertThat(spliced.result.encodedBytes()).isLessThan(200);
  }

  @Test
  void splice_nothing_isAnEmptyStream() throws IOException {
    byte[] gzip = Samples.gzip(text(1000));
    for (List<Span> spans :
        List.of(
            List.<Span>of(),
            List.<Span>of(new Span.Copy(7, 7)),
            List.<Span>of(new Span.Insert(Content.empty())))) {
      Spliced spliced = splice(gzip, spans);
      assertThat(Samples.zlibGunzip(spliced.bytes)).isEmpty();
      assertThat(spliced.bytes).hasSize(20);
    }
  }

  @Test
  void splice_droppedTail_isStillChecked() {
    byte[] gzip = Samples.gzip(text(100_000));
    gzip[gzip.length - 5] ^= 1;

    assertThatThrownBy(() -> splice(gzip, List.of(new Span.Copy(0, 5))))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("of sample: the trailer has the CRC");
  }

  @Test
  void splice_copiesOutOfOrder_throws() {
    assertThatThrownBy(() -> splice(Samples.gzip(text(100)), List.of(copy(10, 20), copy(19, 30))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Copy[from=19, to=30] begins before byte 20");
    assertThatThrownBy(() -> copy(3, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no span from byte 3 to byte 2");
  }

  @Test
  void splice_copyPastTheEnd_throws() {
    assertThatThrownBy(() -> splice(Samples.gzip(text(100)), List.of(copy(10, 101))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Copy[from=10, to=101] reaches past the 100 bytes of sample");
  }

  @Test
  void splice_insertOfAnotherSizeThanItSays_throws() {
    Content liar =
        new Content() {
          @Override
          public InputStream open() {
            return new ByteArrayInputStream(new byte[3]);
          }

          @Override
          public long size() {
            return 4;
          }

          @Override
          public String toString() {
            return "a liar";
          }
        };

    assertThatThrownBy(() -> splice(Samples.gzip(text(9)), List.of(new Span.Insert(liar))))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("content: a liar: expected 4 bytes, found 3");
  }

  @Test
  void spliceIndexed_whatGoes_isNotDecoded() throws IOException {
    byte[] old = text(4_000_000);
    byte[] gzip = Samples.gzip(old);
    InflateIndex index = index(gzip, 1 << 18);
    List<Span> spans = List.of(copy(0, 100_000), copy(3_900_000, old.length));
    Spliced whole = splice(gzip, spans);

    gzip[gzip.length / 2] ^= 0x55;
    assertThatThrownBy(() -> splice(gzip, spans)).isInstanceOf(MalformedContentException.class);
    Spliced indexed = splice(gzip, index, spans);

    assertThat(indexed.bytes).isEqualTo(whole.bytes);
    assertThat(indexed.result).isEqualTo(whole.result);
  }

  @Test
  void spliceIndexed_oneHugeBlock_isTheSame() throws IOException {
    // Longer than a part may be: decoded as without an index.
    byte[] old = new byte[1 + 258 * 80_000];
    byte[] gzip = Samples.member(Samples.zeros(80_000), old);
    List<Span> spans = List.of(copy(0, 5_000_000), copy(5_000_100, old.length));

    assertThat(splice(gzip, index(gzip, 1 << 20), spans).bytes)
        .isEqualTo(splice(gzip, spans).bytes);
  }

  @Test
  void spliceIndexed_anotherStream_throws() throws IOException {
    byte[] old = text(1_000_000);
    byte[] gzip = Samples.gzip(old);
    InflateIndex index = index(gzip, 1 << 17);
    List<Span> spans = List.of(copy(0, old.length));
    String why = "sample: it is not the one that its index was made from";

    assertThatThrownBy(() -> splice(Arrays.copyOf(gzip, gzip.length - 1), index, spans))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining(why + ": it ends after byte " + (gzip.length - 1));
    assertThatThrownBy(() -> splice(Arrays.copyOf(gzip, gzip.length + 1), index, spans))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining(why + ": it goes on after byte " + gzip.length);
    byte[] other = Arrays.copyOf(Samples.gzip(text(1_000_001)), gzip.length);
    System.arraycopy(gzip, 0, other, 0, gzip.length / 2);
    for (int at = gzip.length / 2; at < gzip.length; at++) {
      other[at] = gzip[gzip.length - 1 - at];
    }
    assertThatThrownBy(() -> splice(other, index, spans))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("of sample: ");
    assertThatThrownBy(() -> splice(gzip, index, List.of(copy(10, 1_000_001))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Copy[from=10, to=1000001] reaches past the 1000000 bytes of sample");
  }

  @Test
  void splice_manySmallEdits_staysSmall() throws IOException {
    byte[] old = text(3_000_000);
    byte[] gzip = Samples.gzip(old);
    List<Span> spans = new ArrayList<>();
    for (int at = 0; at + 30_000 <= old.length; at += 30_000) {
      spans.add(copy(at, at + 29_000));
    }

    Spliced spliced = splice(gzip, spans);

    assertThat(Samples.zlibGunzip(spliced.bytes)).isEqualTo(Samples.reconstruct(old, spans));
    assertThat(spliced.result.compressedSize()).isLessThan(gzip.length);
  }

  private static Span copy(long from, long to) {
    return new Span.Copy(from, to);
  }

  private record Spliced(GzipSplice.Result result, byte[] bytes) {}

  private static Spliced splice(byte[] gzip, List<Span> spans) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    GzipSplice.Result result = GzipSplice.splice(Content.of(gzip), "sample", spans, out);
    return new Spliced(result, out.toByteArray());
  }

  private static Spliced splice(byte[] gzip, InflateIndex index, List<Span> spans)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    return new Spliced(
        GzipSplice.splice(Content.of(gzip), "sample", index, spans, out, Runnable::run, 2),
        out.toByteArray());
  }

  private static InflateIndex index(byte[] gzip, long interval) throws IOException {
    InflateIndex.Builder builder = InflateIndex.builder(interval);
    Samples.drain(new GunzipStream(new ByteArrayInputStream(gzip), "sample", builder));
    return builder.build();
  }

  // Words: compresses about as well as a layer does.
  private static byte[] text(int size) {
    Random random = new Random(42);
    StringBuilder out = new StringBuilder(size + 20);
    while (out.length() < size) {
      out.append(Integer.toString(random.nextInt(5000) * 7919, 36)).append(' ');
    }
    return out.substring(0, size).getBytes(StandardCharsets.US_ASCII);
  }
}
