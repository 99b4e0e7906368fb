package io.k8or.layers.deflate;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;

/**
 * Gzip streams. The first byte says whether the rest is one, or deflate blocks that get a header
 * and right sums here, as no mutation finds a CRC-32. zlib says what is right.
 */
public final class GzipFuzz {
  private static final int MOST = 1 << 20;

  private GzipFuzz() {}

  /** Decodes, indexes and splices. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    if (data.length < 2) {
      return;
    }
    byte[] rest = Arrays.copyOfRange(data, 2, data.length);
    if ((data[0] & 1) == 0) {
      try {
        drain(new GunzipStream(new ByteArrayInputStream(rest), "fuzz"));
      } catch (MalformedContentException e) {
        require(!e.where().isEmpty(), "an error without a place");
      }
      return;
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    int from = 0;
    int members = 1 + (data[0] >> 1 & 3);
    for (int i = 0; i < members; i++) {
      Optional<byte[]> plain = Optional.empty();
      int used = rest.length - from;
      Inflater zlib = new Inflater(true);
      try {
        zlib.setInput(rest, from, used);
        byte[] out = new byte[MOST];
        int size = zlib.inflate(out);
        if (zlib.finished()) {
          plain = Optional.of(Arrays.copyOf(out, size));
          used -= zlib.getRemaining();
        } else if (size == MOST) {
          return;
        }
      } catch (DataFormatException e) {
        // not deflate
      } finally {
        zlib.end();
      }
      member(all, rest, from, used, plain.orElse(new byte[0]));
      if (plain.isEmpty()) {
        refused(all.toByteArray());
        return;
      }
      expected.writeBytes(plain.get());
      from += used;
    }
    accepted(all.toByteArray(), expected.toByteArray(), data[1]);
  }

  private static void member(
      ByteArrayOutputStream out, byte[] deflate, int from, int length, byte[] plain) {
    CRC32 crc = new CRC32();
    crc.update(plain);
    out.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff});
    out.write(deflate, from, length);
    for (long value : new long[] {crc.getValue(), plain.length}) {
      for (int shift = 0; shift < 32; shift += 8) {
        out.write((int) (value >> shift));
      }
    }
  }

  private static void refused(byte[] gzip) throws IOException {
    try {
      drain(new GunzipStream(new ByteArrayInputStream(gzip), "fuzz"));
    } catch (MalformedContentException e) {
      return;
    }
    throw new AssertionError("zlib refuses what was accepted");
  }

  private static void accepted(byte[] gzip, byte[] expected, byte choice) throws IOException {
    InflateIndex.Builder builder = InflateIndex.builder(1 << 16);
    byte[] found;
    try (InputStream in = new GunzipStream(new ByteArrayInputStream(gzip), "fuzz", builder)) {
      found = in.readAllBytes();
    }
    require(Arrays.equals(found, expected), "other bytes than zlib's");
    int at = (int) ((choice & 0xffL) * expected.length / 255);
    InflateIndex index =
        InflateIndex.load(new ByteArrayInputStream(builder.build().toByteArray()), "index");
    try (InputStream in = index.open(Content.of(gzip), at)) {
      require(
          Arrays.equals(in.readAllBytes(), Arrays.copyOfRange(expected, at, expected.length)),
          "other bytes from " + at);
    }
    int to = Math.min(expected.length, at + (choice & 7) * 1000);
    byte[] added = {1, 2, 3};
    ByteArrayOutputStream wanted = new ByteArrayOutputStream();
    wanted.write(expected, 0, at);
    wanted.writeBytes(added);
    wanted.write(expected, to, expected.length - to);
    List<Span> spans = new ArrayList<>();
    spans.add(new Span.Copy(0, at));
    spans.add(new Span.Insert(Content.of(added)));
    spans.add(new Span.Copy(to, expected.length));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    GzipSplice.splice(Content.of(gzip), "fuzz", spans, out);
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(out.toByteArray()))) {
      require(Arrays.equals(in.readAllBytes(), wanted.toByteArray()), "spliced to other bytes");
    }
  }

  private static void drain(InputStream in) throws IOException {
    try (in) {
      byte[] buffer = new byte[1 << 16];
      long total = 0;
      int count;
      while (total < 16L * MOST && (count = in.read(buffer)) >= 0) {
        require(count > 0, "read nothing");
        total += count;
      }
    }
  }

  private static void require(boolean fact, String what) {
    if (!fact) {
      throw new AssertionError(what);
    }
  }

  /** Returns blocks of all kinds, raw and in members. */
  public static List<byte[]> seeds() throws IOException {
    byte[] text = "the same words, and the same words again; ".repeat(40).getBytes("US-ASCII");
    byte[] mixed = new byte[66_000];
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] = (byte) (i * i * 31 >> (i >> 12));
    }
    List<byte[]> seeds = new ArrayList<>();
    for (byte[] plain : List.of(text, mixed, new byte[0])) {
      for (int level : new int[] {0, 1, 9}) {
        seeds.add(seed(1, raw(plain, level, Deflater.DEFAULT_STRATEGY)));
      }
      seeds.add(seed(1, raw(plain, 6, Deflater.HUFFMAN_ONLY)));
      ByteArrayOutputStream gzip = new ByteArrayOutputStream();
      try (GzipStream out = new GzipStream(gzip)) {
        out.write(plain);
      }
      seeds.add(seed(0, gzip.toByteArray()));
    }
    byte[] one = raw(text, 6, Deflater.DEFAULT_STRATEGY);
    byte[] two = Arrays.copyOf(one, 2 * one.length);
    System.arraycopy(one, 0, two, one.length, one.length);
    seeds.add(seed(3, two));
    ByteArrayOutputStream named = new ByteArrayOutputStream();
    // extra field, name, comment
    named.writeBytes(
        new byte[] {0x1f, (byte) 0x8b, 8, 0x1c, 0, 0, 0, 0, 0, 3, 4, 0, 'A', 'B', 0, 0});
    named.writeBytes(new byte[] {'n', 0, 'c', 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    seeds.add(seed(0, named.toByteArray()));
    return seeds;
  }

  private static byte[] seed(int kind, byte[] rest) {
    byte[] seed = new byte[rest.length + 2];
    seed[0] = (byte) kind;
    seed[1] = 77;
    System.arraycopy(rest, 0, seed, 2, rest.length);
    return seed;
  }

  private static byte[] raw(byte[] plain, int level, int strategy) {
    Deflater deflater = new Deflater(level, true);
    deflater.setStrategy(strategy);
    deflater.setInput(plain);
    deflater.finish();
    byte[] out = new byte[plain.length + 1000];
    int size = deflater.deflate(out);
    deflater.end();
    return Arrays.copyOf(out, size);
  }
}
