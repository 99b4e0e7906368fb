package io.k8or.layers.deflate;

import io.k8or.content.Content;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Bytes of several entropies, and gzip streams of the JDK's zlib in all its forms. */
final class Samples {
  private Samples() {}

  /** Makes bytes: random, runs, letters, repeats from up to 40,000 bytes back, small numbers. */
  static byte[] bytes(long seed, int size) {
    Random random = new Random(seed);
    byte[] bytes = new byte[size];
    int at = 0;
    while (at < size) {
      int length = Math.min(size - at, 1 + random.nextInt(60_000));
      switch (random.nextInt(5)) {
        case 0 -> {
          for (int i = at; i < at + length; i++) {
            bytes[i] = (byte) random.nextInt();
          }
        }
        case 1 -> Arrays.fill(bytes, at, at + length, (byte) random.nextInt());
        case 2 -> {
          for (int i = at; i < at + length; i++) {
            bytes[i] = (byte) "etaoin shrdlu".charAt(random.nextInt(13));
          }
        }
        case 3 -> {
          int distance = at == 0 ? 0 : 1 + random.nextInt(Math.min(at, 40_000));
          for (int i = at; i < at + length; i++) {
            bytes[i] = bytes[i - distance];
          }
        }
        default -> {
          for (int i = at; i < at + length; i++) {
            bytes[i] = (byte) (Math.abs(random.nextGaussian()) * 20);
          }
        }
      }
      at += length;
    }
    return bytes;
  }

  /** Compresses with zlib: any level, any strategy, with flushes, in one to three members. */
  static byte[] gzip(byte[] bytes, long seed) {
    Random random = new Random(seed);
    int level = random.nextInt(11) - 1;
    int strategy = random.nextInt(3);
    boolean flushes = random.nextBoolean();
    int members = random.nextInt(3) == 0 ? 2 + random.nextInt(2) : 1;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int at = 0;
    try {
      for (int member = 1; member <= members; member++) {
        int to = member == members ? bytes.length : at + random.nextInt(bytes.length - at + 1);
        Zlib zlib = new Zlib(out, level, strategy);
        while (at < to) {
          int n = Math.min(to - at, 1 + random.nextInt(300_000));
          zlib.write(bytes, at, n);
          at += n;
          if (flushes && random.nextInt(3) == 0) {
            zlib.flush();
          }
        }
        zlib.finish();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static final class Zlib extends GZIPOutputStream {
    Zlib(ByteArrayOutputStream out, int level, int strategy) throws IOException {
      super(out, 512, true);
      def.setLevel(level);
      def.setStrategy(strategy);
    }
  }

  /** Compresses with zlib at level 6. */
  static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zlib = new GZIPOutputStream(out)) {
      zlib.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** Decompresses with zlib. */
  static byte[] zlibGunzip(byte[] gzip) throws IOException {
    return new GZIPInputStream(new ByteArrayInputStream(gzip)).readAllBytes();
  }

  /** Decompresses with ours. */
  static byte[] gunzip(byte[] gzip) throws IOException {
    return new GunzipStream(new ByteArrayInputStream(gzip), "sample").readAllBytes();
  }

  /** Reads to the end. */
  static void drain(InputStream in) throws IOException {
    in.transferTo(OutputStream.nullOutputStream());
  }

  /** Compresses with ours. */
  static byte[] encode(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GzipStream gzip = new GzipStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  /** Wraps deflate blocks as a gzip member of these bytes. */
  static byte[] member(byte[] deflate, byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return member(deflate, crc.getValue(), bytes.length);
  }

  static byte[] member(byte[] deflate, long crc, long size) {
    byte[] member = new byte[10 + deflate.length + 8];
    member[0] = 0x1f;
    member[1] = (byte) 0x8b;
    member[2] = 8;
    System.arraycopy(deflate, 0, member, 10, deflate.length);
    for (int i = 0; i < 4; i++) {
      member[10 + deflate.length + i] = (byte) (crc >>> 8 * i);
      member[14 + deflate.length + i] = (byte) (size >>> 8 * i);
    }
    return member;
  }

  /** Writes bits: pairs of a value and its number of bits. */
  static byte[] bits(long... pairs) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BitWriter writer = new BitWriter(out);
    try {
      for (int i = 0; i < pairs.length; i += 2) {
        writer.put(pairs[i], (int) pairs[i + 1]);
      }
      writer.align();
      writer.flushBuffer();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** One block of the fixed codes: a zero, then so many matches of 258 zeros. */
  static byte[] zeros(long matches) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BitWriter writer = new BitWriter(out);
    try {
      writer.put(3, 3);
      writer.put(Integer.reverse(0x30) >>> 24, 8);
      for (long i = 0; i < matches; i++) {
        // Symbol 285, then distance symbol 0.
        writer.put(Integer.reverse(0xc5) >>> 24, 13);
      }
      writer.put(0, 7);
      writer.align();
      writer.flushBuffer();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** What a splice shall give, the simple way. */
  static byte[] reconstruct(byte[] old, List<Span> spans) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Span span : spans) {
      if (span instanceof Span.Copy copy) {
        out.write(old, (int) copy.from(), (int) (copy.to() - copy.from()));
      } else if (span instanceof Span.Insert insert) {
        out.write(insert.content().readAll(1 << 30));
      }
    }
    return out.toByteArray();
  }

  /** Makes spans for a stream of this size: mostly copies, with gaps and insertions. */
  static List<Span> spans(long seed, int size) {
    Random random = new Random(seed);
    List<Span> spans = new ArrayList<>();
    int step = 1 << (4 + random.nextInt(17));
    int at = 0;
    while (spans.size() < 2000 && (at < size || random.nextInt(3) == 0)) {
      switch (random.nextInt(8)) {
        case 0 -> {
          byte[] bytes = new byte[random.nextInt(step)];
          random.nextBytes(bytes);
          spans.add(new Span.Insert(Content.of(bytes)));
        }
        case 1 -> spans.add(new Span.Insert(Content.of(new byte[random.nextInt(step)])));
        case 2, 3 -> at = Math.min(size, at + random.nextInt(step / 4 + 1));
        default -> {
          int to = Math.min(size, at + random.nextInt(step));
          spans.add(new Span.Copy(at, to));
          at = to;
        }
      }
      if (random.nextInt(300) == 0) {
        break;
      }
    }
    return spans;
  }
}
