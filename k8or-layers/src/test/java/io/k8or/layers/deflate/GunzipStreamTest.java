package io.k8or.layers.deflate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.MalformedContentException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** Streams that are gzip, and the ways of not being it. */
final class GunzipStreamTest {
  private static final byte[] TEXT = "a layer is a tar".getBytes(StandardCharsets.US_ASCII);

  @Test
  void read_allHeaderFields_areSkipped() throws IOException {
    byte[] plain = Samples.gzip(TEXT);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] header = {0x1f, (byte) 0x8b, 8, 0x1f, 1, 2, 3, 4, 2, 3, 3, 0, 'x', 'y', 'z'};
    out.write(header);
    out.write("name\0comment\0".getBytes(StandardCharsets.US_ASCII));
    CRC32 crc = new CRC32();
    crc.update(out.toByteArray());
    out.write((int) crc.getValue());
    out.write((int) crc.getValue() >>> 8);
    out.write(plain, 10, plain.length - 10);

    assertThat(Samples.gunzip(out.toByteArray())).isEqualTo(TEXT);

    byte[] bad = out.toByteArray();
    bad[5] ^= 1;
    fails(bad, "gzip stream", "byte 0 of sample", "the header has the CRC ");
  }

  @Test
  void read_members_areJoined() throws IOException {
    byte[] member = Samples.gzip(TEXT);
    byte[] empty = Samples.gzip(new byte[0]);

    assertThat(Samples.gunzip(concat(member, empty, member))).isEqualTo(concat(TEXT, TEXT));
  }

  @Test
  void read_zerosAfterTheLastMember_arePadding() throws IOException {
    assertThat(Samples.gunzip(concat(Samples.gzip(TEXT), new byte[1000]))).isEqualTo(TEXT);
  }

  @Test
  void read_garbageAfterTheLastMember_throws() {
    byte[] gzip = Samples.gzip(TEXT);
    int end = gzip.length;

    fails(
        concat(gzip, new byte[] {'x', 'y'}),
        "gzip stream",
        "byte " + end + " of sample",
        "expected the magic bytes 1f8b of gzip, found 7879");
    fails(
        concat(gzip, new byte[] {0, 0, 5}),
        "gzip stream",
        "byte " + (end + 2) + " of sample",
        "expected a gzip header or zeros after the last member, found 05");
  }

  @Test
  void read_cutAnywhere_throws() {
    byte[] gzip = Samples.gzip(Samples.bytes(3, 5000));
    for (int size = 0; size < gzip.length; size++) {
      byte[] cut = Arrays.copyOf(gzip, size);
      assertThatThrownBy(() -> Samples.gunzip(cut))
          .as("cut to %s bytes", size)
          .isInstanceOf(MalformedContentException.class)
          .hasMessageContaining("of sample");
    }
  }

  @Test
  void read_wrongSums_throwsInTheReadAfterTheLastByte() throws IOException {
    byte[] gzip = Samples.gzip(TEXT);
    gzip[gzip.length - 8] ^= 1;
    InputStream in = new GunzipStream(new ByteArrayInputStream(gzip), "sample");

    assertThat(in.readNBytes(TEXT.length)).isEqualTo(TEXT);
    assertThatThrownBy(in::read)
        .isInstanceOf(MalformedContentException.class)
        .hasMessageMatching(
            "gzip stream: byte \\d+ of sample: the trailer has the CRC [0-9a-f]{8}, the bytes give"
                + " [0-9a-f]{8}");
    // It stays so.
    assertThatThrownBy(in::read).isInstanceOf(MalformedContentException.class);

    gzip[gzip.length - 8] ^= 1;
    gzip[gzip.length - 1] = 1;
    fails(
        gzip,
        "gzip stream",
        "byte " + (gzip.length - 4) + " of sample",
        "the trailer has the size 16777232, found 16");
  }

  @Test
  void read_otherFormats_throws() {
    fails(new byte[0], "gzip stream", "byte 0 of sample", "expected a gzip header, found no byte");
    fails(
        new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd},
        "gzip stream",
        "byte 0 of sample",
        "expected the magic bytes 1f8b of gzip, found 28b5");
    fails(
        new byte[] {0x1f, (byte) 0x8b, 7, 0},
        "gzip stream",
        "byte 0 of sample",
        "expected compression method 8, found 7");
    fails(
        new byte[] {0x1f, (byte) 0x8b, 8, (byte) 0x80},
        "gzip stream",
        "byte 0 of sample",
        "reserved flags are set: 80");
  }

  @Test
  void read_distanceIntoTheMemberBefore_throws() {
    byte[] before = Samples.gzip(TEXT);
    // The fixed codes: a match of three bytes, one back, at the start.
    byte[] bad = Samples.member(Samples.bits(3, 3, 0x40, 7, 0, 5, 0, 7), new byte[3]);

    fails(concat(before, bad), "deflate stream", null, "a distance of 1 bytes after 0 bytes");
  }

  @Test
  void skip_andAvailable_countBytes() throws IOException {
    byte[] bytes = Samples.bytes(5, 700_000);
    InputStream in = new GunzipStream(new ByteArrayInputStream(Samples.gzip(bytes)), "sample");

    assertThat(in.skip(-1)).isZero();
    assertThat(in.skip(600_000)).isEqualTo(600_000);
    assertThat(in.read()).isEqualTo(bytes[600_000] & 0xff);
    assertThat(in.available()).isPositive();
    assertThat(in.skip(200_000)).isEqualTo(99_999);
    assertThat(in.read()).isEqualTo(-1);
    assertThat(in.read(new byte[9], 3, 0)).isZero();
  }

  @Test
  void read_sourceOfSingleBytes_givesTheSame() throws IOException {
    byte[] bytes = Samples.bytes(6, 90_000);
    byte[] gzip = Samples.gzip(bytes, 4);
    InputStream slow =
        new ByteArrayInputStream(gzip) {
          @Override
          public synchronized int read(byte[] buffer, int offset, int length) {
            return super.read(buffer, offset, Math.min(1, length));
          }
        };

    assertThat(new GunzipStream(slow, "slow").readAllBytes()).isEqualTo(bytes);
  }

  private static void fails(byte[] gzip, String what, String where, String why) {
    assertThatThrownBy(() -> Samples.gunzip(gzip))
        .isInstanceOfSatisfying(
            MalformedContentException.class,
            e -> {
              assertThat(e.what()).isEqualTo(what);
              if (where != null) {
                assertThat(e.where()).isEqualTo(where);
              }
              assertThat(e.why()).startsWith(why);
            });
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
