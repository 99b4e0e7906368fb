package io.k8or.content;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Content made of parts of another one, in their order there, with other bytes between them. The
 * other one is opened once for each stream and read from its begin to the end of the last part.
 *
 * @param whole the content that the parts are of
 * @param parts the parts
 */
public record PatchedContent(Content whole, List<Part> parts) implements Content {
  /**
   * A part: bytes that are not in the other content, then a range that is.
   *
   * @param before the bytes before the range
   * @param offset where the range begins, not before the end of the range of the part before
   * @param length its bytes
   */
  public record Part(ByteString before, long offset, long length) {}

  /**
   * Copies the list.
   *
   * @throws IllegalArgumentException if a range is not inside, or begins before the end of another
   */
  public PatchedContent {
    parts = List.copyOf(parts);
    long end = 0;
    for (Part part : parts) {
      if (part.length() < 0
          || part.offset() < end
          || part.offset() > whole.size() - part.length()) {
        throw new IllegalArgumentException(
            "no part of " + part.length() + " bytes at " + part.offset() + " behind " + end);
      }
      end = part.offset() + part.length();
    }
  }

  @Override
  public long size() {
    long size = 0;
    for (Part part : parts) {
      size += part.before().length() + part.length();
    }
    return size;
  }

  @Override
  public InputStream open() throws IOException {
    return new Joined(whole.open(), parts, toString());
  }

  /** Opens only what the part needs of the other content. */
  @Override
  public Content slice(long offset, long length) {
    if (offset < 0 || length < 0 || offset > size() - length) {
      throw new IllegalArgumentException(
          "no slice of " + length + " bytes at " + offset + " in " + size() + " bytes");
    }
    List<Part> inside = new ArrayList<>();
    long at = 0;
    for (Part part : parts) {
      long middle = at + part.before().length();
      long end = middle + part.length();
      if (end > offset && at < offset + length) {
        long from = Math.max(offset, at);
        long to = Math.min(offset + length, end);
        ByteString before =
            part.before()
                .substring((int) (Math.min(from, middle) - at), (int) (Math.min(to, middle) - at));
        long begin = Math.max(from, middle);
        inside.add(new Part(before, part.offset() + (begin - middle), Math.max(0, to - begin)));
      }
      at = end;
    }
    if (inside.isEmpty()) {
      return Content.empty();
    }
    Part last = inside.get(inside.size() - 1);
    long first = inside.get(0).offset();
    List<Part> moved = new ArrayList<>();
    for (Part part : inside) {
      moved.add(new Part(part.before(), part.offset() - first, part.length()));
    }
    return new PatchedContent(whole.slice(first, last.offset() + last.length() - first), moved);
  }

  @Override
  public String toString() {
    return parts.size() + " parts of " + whole;
  }

  /** Reads the parts one after the other. */
  private static final class Joined extends InputStream {
    private final InputStream in;
    private final Iterator<Part> parts;
    private final String where;
    private byte[] before = new byte[0];
    private int used;
    private long offset;
    private long left;
    private long at;

    Joined(InputStream in, List<Part> parts, String where) {
      this.in = in;
      this.parts = parts.iterator();
      this.where = where;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int from, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      while (used == before.length && left == 0) {
        if (!parts.hasNext()) {
          return -1;
        }
        Part next = parts.next();
        before = next.before().toByteArray();
        used = 0;
        offset = next.offset();
        left = next.length();
      }
      if (used < before.length) {
        int count = Math.min(length, before.length - used);
        System.arraycopy(before, used, buffer, from, count);
        used += count;
        return count;
      }
      in.skipNBytes(offset - at);
      at = offset;
      int count = in.read(buffer, from, (int) Math.min(length, left));
      if (count < 0) {
        throw new MalformedContentException("content", where, left + " bytes are missing");
      }
      at += count;
      offset = at;
      left -= count;
      return count;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
