package io.k8or.layers.compression;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.MediaType;
import io.k8or.layers.deflate.GunzipStream;
import io.k8or.layers.deflate.GzipStream;
import io.k8or.layers.limits.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Optional;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZInputStream;
import org.tukaani.xz.XZOutputStream;

/**
 * How the bytes of a layer, or of an archive, are compressed.
 *
 * <p>The first bytes of a blob tell it ({@link #detect}); a media type says what it should be
 * ({@link #expected}). Where the two disagree, runtimes disagree as well about what the image
 * holds, and therefore {@link #of} refuses.
 */
public enum Compression {
  /** Not compressed. */
  NONE,
  /** One gzip member or several (RFC 1952). */
  GZIP,
  /** Zstandard frames, skippable ones too (RFC 8878). */
  ZSTD,
  /** One xz stream or several (xz file format 1.2.1). */
  XZ;

  /** The largest window of a Zstandard frame that is accepted: 2^27 bytes, as the zstd tool. */
  private static final int MAX_WINDOW_LOG = 27;

  /** The most memory that an xz stream may ask for, in KiB; {@code xz -9} asks for 65 MiB. */
  private static final int MAX_XZ_MEMORY = 96 * 1024;

  private static final int ZSTD_LEVEL = 3;
  private static final int MAGIC_LENGTH = 6;

  /**
   * Tells the compression by the first bytes. Reads six of them. What has no known magic is not
   * compressed.
   *
   * @throws IOException if the content cannot be read
   */
  public static Compression detect(Content content) throws IOException {
    try (InputStream in = content.open()) {
      return detect(in.readNBytes(MAGIC_LENGTH));
    }
  }

  private static Compression detect(byte[] head) {
    if (beginsWith(head, 0x1f, 0x8b)) {
      return GZIP;
    }
    if (beginsWith(head, 0x28, 0xb5, 0x2f, 0xfd)) {
      return ZSTD;
    }
    if (head.length >= 4
        && (head[0] & 0xf0) == 0x50
        && head[1] == 0x2a
        && head[2] == 0x4d
        && head[3] == 0x18) {
      return ZSTD; // a skippable frame comes first
    }
    if (beginsWith(head, 0xfd, '7', 'z', 'X', 'Z', 0)) {
      return XZ;
    }
    return NONE;
  }

  private static boolean beginsWith(byte[] head, int... magic) {
    if (head.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if ((head[i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns what a media type says by its suffix: {@code .tar}, {@code +gzip} or Docker's {@code
   * .gzip}, {@code +zstd} or {@code .zstd}; empty where it says nothing.
   */
  public static Optional<Compression> expected(MediaType mediaType) {
    String value = mediaType.value();
    if (value.endsWith(".tar")) {
      return Optional.of(NONE);
    }
    if (value.endsWith(".tar+gzip") || value.endsWith(".tar.gzip")) {
      return Optional.of(GZIP);
    }
    if (value.endsWith(".tar+zstd") || value.endsWith(".tar.zstd")) {
      return Optional.of(ZSTD);
    }
    return Optional.empty();
  }

  /**
   * Tells the compression by the first bytes and checks it against the media type. Reads six bytes.
   *
   * @throws MalformedContentException if the media type says another one
   * @throws IOException if the content cannot be read
   */
  public static Compression of(MediaType mediaType, Content content) throws IOException {
    Compression found = detect(content);
    Optional<Compression> expected = expected(mediaType);
    if (expected.isPresent() && expected.get() != found) {
      throw new MalformedContentException(
          "layer",
          content.toString(),
          "the media type "
              + mediaType
              + " says "
              + expected.get()
              + ", but the bytes are "
              + found);
    }
    return found;
  }

  /**
   * Opens a stream of the uncompressed bytes. The caller closes it. It has no limit of its own to
   * what the bytes expand to.
   *
   * @throws MalformedContentException here or from the stream, if the bytes are not of this form,
   *     end too early, or ask for too much memory
   * @throws IOException if the content cannot be read
   */
  public InputStream decompress(Content content) throws IOException {
    InputStream in = content.open();
    try {
      return decoder(in, content.toString());
    } catch (IOException e) {
      in.close();
      throw Decoding.typed(e, this, content.toString());
    }
  }

  /**
   * Opens a stream of the uncompressed bytes that ends with an error where they go beyond the
   * limits of total bytes and of expansion. The caller closes it.
   *
   * @throws MalformedContentException here or from the stream, if the bytes are not of this form,
   *     end too early, ask for too much memory, or go beyond a limit
   * @throws IOException if the content cannot be read
   */
  public InputStream decompress(Content content, Limits limits) throws IOException {
    CountedContent counted = new CountedContent(content);
    return new LimitedInputStream(decompress(counted), counted, limits);
  }

  private InputStream decoder(InputStream in, String where) throws IOException {
    return switch (this) {
      case NONE -> in;
      case GZIP -> new GunzipStream(in, where);
      case ZSTD -> {
        ZstdInputStreamNoFinalizer zstd = new ZstdInputStreamNoFinalizer(in);
        zstd.setLongMax(MAX_WINDOW_LOG);
        yield new Decoding(zstd, this, where);
      }
      case XZ -> new Decoding(new XZInputStream(in, MAX_XZ_MEMORY), this, where);
    };
  }

  /**
   * Returns a stream that compresses into the other one; closing it ends the compressed form and
   * closes the other. The same bytes give the same compressed bytes. One thread; Zstandard at level
   * 3 with a checksum.
   *
   * @throws IOException if the beginning cannot be written
   */
  public OutputStream compress(OutputStream out) throws IOException {
    return switch (this) {
      case NONE -> out;
      case GZIP -> new GzipStream(out);
      case ZSTD -> new ZstdOutputStreamNoFinalizer(out, ZSTD_LEVEL).setChecksum(true);
      case XZ -> new XZOutputStream(out, new LZMA2Options());
    };
  }

  /** Returns the name as people write it, such as {@code gzip}; {@code not compressed} for none. */
  @Override
  public String toString() {
    return this == NONE ? "not compressed" : name().toLowerCase(Locale.ROOT);
  }
}
