package io.k8or.layers.deflate;

import java.io.ByteArrayOutputStream;
import io.k8or.content.Content;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Our codec against the JDK's zlib, in uncompressed megabytes a second (the counter "megabytes").
 *
 * <p>Each operation takes the first bytes of a gzip file: {@code -p gzip=FILE}, or the JDK's own
 * {@code lib/modules}, compressed here.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 3)
@Fork(1)
public class DeflateBenchmark {
  private static final int SIZE = 48_000_000;

  /** The gzip file. */
  @Param("")
  public String gzip;

  private byte[] bytes;
  private byte[] compressed;
  private List<Span> plan;

  /** What an operation did. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Megabytes {
    /** Uncompressed bytes, in millions. */
    public long megabytes;
  }

  /** Reads the file, compresses its first bytes anew with zlib at level 6, and plans an edit. */
  @Setup
  public void read() throws IOException {
    InputStream in =
        gzip.isEmpty()
            ? Files.newInputStream(Path.of(System.getProperty("java.home"), "lib", "modules"))
            : new GZIPInputStream(Files.newInputStream(Path.of(gzip)));
    try (in) {
      bytes = in.readNBytes(SIZE);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream zlib = new GZIPOutputStream(out)) {
      zlib.write(bytes);
    }
    compressed = out.toByteArray();
    // One entry of twenty goes, 12 KiB each: about what a layer of Debian holds.
    plan = new ArrayList<>();
    Random random = new Random(1);
    for (int at = 0; at < bytes.length; at += 12 << 10) {
      if (random.nextInt(20) != 0) {
        plan.add(new Span.Copy(at, Math.min(bytes.length, at + (12 << 10))));
      }
    }
  }

  /** Decodes with ours. */
  @Benchmark
  public long inflateOurs(Megabytes counter) throws IOException {
    return drain(new GunzipStream(new ByteArrayInputStream(compressed), "benchmark"), counter);
  }

  /** Decodes with ours, and keeps checkpoints. */
  @Benchmark
  public long inflateIndexing(Megabytes counter) throws IOException {
    return drain(
        new GunzipStream(
            new ByteArrayInputStream(compressed), "benchmark", InflateIndex.builder()),
        counter);
  }

  /** Decodes with the JDK. */
  @Benchmark
  public long inflateJdk(Megabytes counter) throws IOException {
    return drain(new GZIPInputStream(new ByteArrayInputStream(compressed), 1 << 16), counter);
  }

  /** Encodes with ours, in one thread. */
  @Benchmark
  public long encodeOurs(Megabytes counter) throws IOException {
    Counting out = new Counting();
    try (OutputStream encoder = new GzipStream(out)) {
      encoder.write(bytes);
    }
    counter.megabytes += bytes.length / 1_000_000;
    return out.size;
  }

  /** Encodes with the JDK at level 6. */
  @Benchmark
  public long encodeJdk(Megabytes counter) throws IOException {
    Counting out = new Counting();
    try (OutputStream encoder = new GZIPOutputStream(out, 1 << 16)) {
      encoder.write(bytes);
    }
    counter.megabytes += bytes.length / 1_000_000;
    return out.size;
  }

  /** Removes one entry of twenty by splicing, with all sums and two SHA-256 digests. */
  @Benchmark
  public long splice(Megabytes counter) throws IOException {
    counter.megabytes += bytes.length / 1_000_000;
    return GzipSplice.splice(
            Content.of(compressed), "benchmark", plan, OutputStream.nullOutputStream())
        .reusedBytes();
  }

  private static long drain(InputStream in, Megabytes counter) throws IOException {
    byte[] buffer = new byte[1 << 16];
    long size = 0;
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      size += n;
    }
    counter.megabytes += size / 1_000_000;
    return size;
  }

  private static final class Counting extends OutputStream {
    long size;

    @Override
    public void write(int value) {
      size++;
    }

    @Override
    public void write(byte[] from, int offset, int length) {
      size += length;
    }
  }
}
