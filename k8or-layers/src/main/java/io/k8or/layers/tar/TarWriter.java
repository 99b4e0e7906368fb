package io.k8or.layers.tar;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Writes a tar, entry by entry. What it writes depends on its arguments alone.
 *
 * <p>Nothing is kept: whoever needs unique names or parents before children sees to it. The tar is
 * whole after {@link #finish}; {@link #close} alone writes no end marker, so that a failure
 * half-way does not look like an end. For one thread.
 */
public final class TarWriter implements Closeable {
  private static final byte[] ZEROS = new byte[2 * Fields.BLOCK];

  private final OutputStream out;
  private final byte[] buffer = new byte[1 << 16];
  private long position;

  /** Makes a writer to a stream that it closes. Many small writes are made: buffer files. */
  public TarWriter(OutputStream out) {
    this.out = out;
  }

  /**
   * Writes an entry with a fresh header, its content and padding.
   *
   * @param name as {@link TarHeaders#encode} takes it
   * @throws IllegalArgumentException as {@link TarHeaders#encode}
   * @throws MalformedContentException if the content has another size than it says
   * @throws IOException if content cannot be read, or the stream not written
   */
  public void put(ByteString name, FileNode node) throws IOException {
    put(TarHeaders.encode(name, node), node.content());
  }

  /**
   * Writes a hard link with a fresh header.
   *
   * @throws IllegalArgumentException as {@link TarHeaders#encodeHardLink}
   * @throws IOException if the stream cannot be written
   */
  public void putHardLink(ByteString name, ByteString target, FileAttributes attributes)
      throws IOException {
    put(TarHeaders.encodeHardLink(name, target, attributes), Content.empty());
  }

  /**
   * Writes an entry with header blocks that another tar has, or that were patched.
   *
   * @param headerBlocks whole blocks, written as they are
   * @param stored the stored data of the size that the header states; padding is added
   * @throws MalformedContentException if the content has another size than it says
   * @throws IOException if content cannot be read, or the stream not written
   */
  public void put(byte[] headerBlocks, Content stored) throws IOException {
    if (headerBlocks.length % Fields.BLOCK != 0) {
      throw new IllegalArgumentException("not whole blocks: " + headerBlocks.length + " bytes");
    }
    write(headerBlocks, headerBlocks.length);
    long size = stored.size();
    if (size > 0) {
      copy(stored, size);
      write(ZEROS, (int) (Fields.padded(size) - size));
    }
  }

  private void copy(Content stored, long size) throws IOException {
    try (InputStream in = stored.open()) {
      long left = size;
      while (left > 0) {
        int count = in.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (count < 0) {
          throw size(stored, size, Long.toString(size - left));
        }
        write(buffer, count);
        left -= count;
      }
      if (in.read() >= 0) {
        throw size(stored, size, "more");
      }
    }
  }

  private static MalformedContentException size(Content stored, long expected, String found) {
    return new MalformedContentException(
        "content", stored.toString(), "expected " + expected + " bytes, found " + found);
  }

  /**
   * Writes the end marker, two blocks of zeros, and flushes the stream.
   *
   * @throws IOException if the stream cannot be written
   */
  public void finish() throws IOException {
    write(ZEROS, ZEROS.length);
    out.flush();
  }

  /** Returns the number of bytes written so far. */
  public long position() {
    return position;
  }

  private void write(byte[] bytes, int length) throws IOException {
    out.write(bytes, 0, length);
    position += length;
  }

  /** Closes the stream; writes nothing. */
  @Override
  public void close() throws IOException {
    out.close();
  }
}
