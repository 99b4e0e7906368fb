import io.k8or.content.Content;
import io.k8or.image.Digest;
import io.k8or.layers.deflate.GunzipStream;
import io.k8or.layers.deflate.GzipSplice;
import io.k8or.layers.deflate.InflateIndex;
import io.k8or.layers.deflate.Span;
import io.k8or.layers.limits.Limits;
import io.k8or.layers.tar.TarEntry;
import io.k8or.layers.tar.TarReader;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** The CPU time of removing a random 5 % of a layer's entries; see bench/random-removal. */
public class RandomRemoval {
  private static long start;

  private static double seconds() {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long now = system.getProcessCpuTime();
    double passed = (now - start) / 1e9;
    start = now;
    return passed;
  }

  public static void main(String[] args) throws Exception {
    Content gzip = Content.of(Path.of(args[0]));
    ExecutorService executor = Executors.newFixedThreadPool(2);
    seconds();

    // What opening an image does: the entries, the checkpoints, the diffID.
    Random random = new Random(5);
    List<Span> kept = new ArrayList<>();
    InflateIndex.Builder builder = InflateIndex.builder();
    MessageDigest diffId = MessageDigest.getInstance("SHA-256");
    long from = 0;
    int entries = 0;
    int removed = 0;
    InputStream in = new Hashing(new GunzipStream(gzip.open(), "layer", builder), diffId);
    long size;
    try (TarReader tar = new TarReader(in, "layer", Limits.defaults())) {
      for (Optional<TarEntry> next = tar.next(); next.isPresent(); next = tar.next()) {
        TarEntry entry = next.get();
        entries++;
        if (random.nextInt(20) == 0) {
          removed++;
          if (from < entry.headerOffset()) {
            kept.add(new Span.Copy(from, entry.headerOffset()));
          }
          from = entry.endOffset();
        }
      }
      size = tar.length();
      kept.add(new Span.Copy(from, size));
    }
    double open = seconds();

    Path out = Files.createTempFile("k8or", ".gz");
    GzipSplice.Result result;
    try (OutputStream file = Files.newOutputStream(out)) {
      result = GzipSplice.splice(gzip, "layer", builder.build(), kept, file, executor, 2);
    }
    double splice = seconds();

    // The same with the JDK's zlib at level 6: inflated, what goes left out, compressed, hashed.
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    MessageDigest blob = MessageDigest.getInstance("SHA-256");
    long compressed = 0;
    Path other = Files.createTempFile("k8or", ".gz");
    try (InputStream old = new GZIPInputStream(gzip.open(), 1 << 16);
        Hashed file = new Hashed(Files.newOutputStream(other), blob);
        OutputStream deflater = new GZIPOutputStream(file, 1 << 16)) {
      byte[] buffer = new byte[1 << 16];
      long at = 0;
      for (Span span : kept) {
        Span.Copy copy = (Span.Copy) span;
        old.skipNBytes(copy.from() - at);
        for (long left = copy.to() - copy.from(); left > 0; ) {
          int n = old.read(buffer, 0, (int) Math.min(left, buffer.length));
          digest.update(buffer, 0, n);
          deflater.write(buffer, 0, n);
          left -= n;
        }
        at = copy.to();
      }
    }
    compressed = Files.size(other);
    double deflater = seconds();
    if (!Digest.of(digest.digest()).equals(result.diffId())) {
      throw new AssertionError("the two layers differ");
    }
    Files.delete(out);
    Files.delete(other);
    executor.shutdown();

    System.out.printf(
        "%d of %d entries removed, %.1f of %.1f MB (uncompressed) kept%n%n",
        removed, entries, result.uncompressedSize() / 1e6, size / 1e6);
    System.out.println("| what | CPU s | of Deflater's | gzip MB |");
    System.out.println("|---|---|---|---|");
    System.out.printf("| k8or, opening the layer | %.2f | %.2f | |%n", open, open / deflater);
    System.out.printf(
        "| k8or, writing it | %.2f | %.2f | %.1f, %.1f %% of it encoded anew |%n",
        splice,
        splice / deflater,
        result.compressedSize() / 1e6,
        100.0 * result.encodedBytes() / result.compressedSize());
    System.out.printf(
        "| k8or, both | %.2f | %.2f | |%n", open + splice, (open + splice) / deflater);
    System.out.printf("| Deflater, level 6 | %.2f | 1.00 | %.1f |%n", deflater, compressed / 1e6);
  }

  private static final class Hashing extends java.io.FilterInputStream {
    private final MessageDigest digest;

    Hashing(InputStream in, MessageDigest digest) {
      super(in);
      this.digest = digest;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int n = in.read(buffer, offset, length);
      if (n > 0) {
        digest.update(buffer, offset, n);
      }
      return n;
    }

    @Override
    public long skip(long count) throws IOException {
      byte[] buffer = new byte[(int) Math.min(count, 1 << 16)];
      return Math.max(0, read(buffer, 0, buffer.length));
    }
  }

  private static final class Hashed extends FilterOutputStream {
    private final MessageDigest digest;

    Hashed(OutputStream out, MessageDigest digest) {
      super(out);
      this.digest = digest;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      digest.update(bytes, offset, length);
      out.write(bytes, offset, length);
    }
  }
}
