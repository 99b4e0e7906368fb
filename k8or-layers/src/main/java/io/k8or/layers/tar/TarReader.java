package io.k8or.layers.tar;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileType;
import io.k8or.filesystem.ImagePath;
import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the entries of an uncompressed tar in their order, in one pass.
 *
 * <p>Reads v7, ustar, PAX, GNU (long names, base-256 numbers, sparse files) and star headers, as
 * container engines do, that is as Go's {@code archive/tar}:
 *
 * <ul>
 *   <li>A PAX record wins over the field of the header, a GNU long name over both; of two records
 *       with one key the last wins, of two PAX headers before one entry the last. Empty values
 *       leave the field as it is.
 *   <li>Sizes in PAX records apply to the entry, never to another header before it.
 *   <li>Global PAX headers change nothing: engines ignore them, although POSIX applies them to all
 *       entries behind. They belong to no entry.
 *   <li>Links, directories, devices and pipes have no data, whatever their size field says.
 *   <li>The end of the stream where a header could begin is an end, also without the two blocks of
 *       zeros. After the end marker the stream is read to its true end; what stands there is
 *       padding.
 * </ul>
 *
 * <p>Stricter than Go, because a rewritten tar must mean one thing to all readers: names with
 * {@code ..} segments, negative owners, an extended header without an entry behind it, padding that
 * is cut off, a root that is not a directory, and kinds of entries that no engine unpacks are
 * malformed.
 *
 * <p>Memory: fixed buffers plus one entry's headers, bounded by the {@link Limits}. For one thread.
 */
public final class TarReader implements Closeable {
  private static final int BLOCK = Fields.BLOCK;
  private static final int BUFFER = 1 << 16;

  private final InputStream in;
  private final String where;
  private final Limits limits;

  private final byte[] buffer = new byte[BUFFER];
  private int from;
  private int to;
  private long position; // of buffer[from], in the tar

  // Bytes of the current entry that were read ahead and come before the buffer's.
  private byte @Nullable [] pushedBack;
  private int pushedFrom;
  private int pushedTo;

  private byte[] header = new byte[4 * BLOCK];
  private int headerLength;

  private final HeaderParser parser;
  private @Nullable TarEntry current;
  private long entries;
  private long expanded;
  private boolean ended;
  private long endOffset;

  /**
   * Makes a reader of a stream that it closes.
   *
   * @param in the uncompressed tar
   * @param where what the tar is, for errors, such as {@code "layer sha256:…"}
   */
  public TarReader(InputStream in, String where, Limits limits) {
    this.in = in;
    this.where = where;
    this.limits = limits;
    this.parser = new HeaderParser();
  }

  /**
   * Goes to the next entry; the rest of the current one's content is skipped.
   *
   * @return the entry, or empty at the end, when the stream was read to its true end
   * @throws MalformedContentException if the tar is malformed, or goes beyond a limit
   * @throws IOException if the stream cannot be read
   */
  public Optional<TarEntry> next() throws IOException {
    if (ended) {
      return Optional.empty();
    }
    finishCurrent();
    headerLength = 0;
    HeaderParser.Extensions extensions = new HeaderParser.Extensions();
    long start = position;
    while (true) {
      long at = position;
      int block = headerLength;
      int count = readHeader(BLOCK);
      if (count == 0) {
        return end(at, extensions);
      }
      if (count < BLOCK) {
        throw header(at, "expected " + BLOCK + " bytes of a header, found " + count);
      }
      if (Fields.isZero(header, block)) {
        return endMarker(at, extensions);
      }
      if (!Fields.isChecksumRight(header, block)) {
        throw header(at, "the checksum is wrong");
      }
      byte type = header[block + Fields.TYPE];
      switch (type) {
        case 'x', 'g', 'L', 'K' -> {
          if (type == 'g' && extensions.any()) {
            throw header(at, "a global header between an extended header and its entry");
          }
          int length = readExtension(at, block);
          try {
            extensions.add(type, header, block + BLOCK, length);
          } catch (BadHeader e) {
            throw new MalformedContentException("tar PAX header", place(at), e.why(), e);
          }
          if (type == 'g') {
            headerLength = 0;
            start = position;
          }
        }
        default -> {
          return Optional.of(entry(start, at, block, extensions));
        }
      }
    }
  }

  private TarEntry entry(long start, long at, int block, HeaderParser.Extensions extensions)
      throws IOException {
    limits.check(Limit.ENTRIES, ++entries, where);
    HeaderParser.Parsed parsed;
    try {
      parsed = parser.parse(header, block, extensions);
    } catch (BadHeader e) {
      throw new MalformedContentException("tar header", named(parser.name(), at), e.why(), e);
    }
    Place place = new Place(parsed.name, at);
    limits.check(Limit.NAME_BYTES, parsed.name.length(), place);
    limits.check(Limit.NAME_BYTES, parsed.linkName.length(), place);
    ImagePath path = path(parsed.name, place);
    limits.check(Limit.PATH_DEPTH, path.depth(), place);
    if (path.isRoot() && parsed.type != FileType.DIRECTORY) {
      throw new MalformedContentException(
          "tar header",
          place.toString(),
          "expected a directory at the root, found another kind of entry");
    }
    if (parsed.type == null) {
      limits.check(Limit.PATH_DEPTH, path(parsed.linkName, place).depth(), place);
    }
    SparseMap sparse = sparseMap(parsed, block, place);
    long dataOffset = position;
    limits.check(Limit.TOTAL_BYTES, parsed.storedSize, place);
    limits.check(Limit.TOTAL_BYTES, dataOffset + parsed.storedSize, place);
    limits.check(Limit.TOTAL_BYTES, parsed.size, place);
    expanded += parsed.size;
    limits.check(Limit.TOTAL_BYTES, expanded, place);
    if (sparse == null && parsed.inlineMap) {
      // The map is the beginning of the data, which content() must find untouched.
      sparse = inlineMap(parsed, place);
    }
    if (sparse != null) {
      String fault = sparse.fault(parsed.size, parsed.storedSize);
      if (!fault.isEmpty()) {
        throw new MalformedContentException("tar sparse map", place.toString(), fault);
      }
    }
    TarEntry entry =
        new TarEntry(
            start,
            dataOffset,
            parsed.storedSize,
            parsed.size,
            parsed.name,
            path,
            parsed.type,
            parsed.attributes,
            parsed.linkName,
            parsed.deviceMajor,
            parsed.deviceMinor,
            sparse);
    current = entry;
    return entry;
  }

  private static ImagePath path(ByteString name, Place place) throws MalformedContentException {
    try {
      return ImagePath.of(name);
    } catch (IllegalArgumentException e) {
      throw new MalformedContentException(
          "tar entry", place.toString(), String.valueOf(e.getMessage()), e);
    }
  }

  private @Nullable SparseMap sparseMap(HeaderParser.Parsed parsed, int block, Place place)
      throws IOException {
    try {
      if (parsed.oldSparse) {
        OldSparse map = new OldSparse();
        boolean more = map.addHeader(header, block);
        while (more) {
          limits.check(Limit.SPARSE_MAP_BYTES, map.bytes() + BLOCK, place);
          int extension = headerLength;
          int count = readHeader(BLOCK);
          if (count < BLOCK) {
            throw new MalformedContentException(
                "tar sparse map", place.toString(), "expected " + BLOCK + " bytes, found " + count);
          }
          more = map.addExtension(header, extension);
        }
        return map.build();
      }
      if (parsed.mapRecord != null) {
        limits.check(Limit.SPARSE_MAP_BYTES, parsed.mapRecord.length(), place);
        return PaxSparse.ofRecords(parsed.mapRecord, parsed.mapEntries);
      }
      return null;
    } catch (BadHeader e) {
      throw new MalformedContentException("tar sparse map", place.toString(), e.why(), e);
    }
  }

  // The map of the PAX sparse format 1.0, read ahead in the buffer, which is left as it was.
  private SparseMap inlineMap(HeaderParser.Parsed parsed, Place place) throws IOException {
    long most = Math.min(parsed.storedSize, limits.get(Limit.SPARSE_MAP_BYTES));
    PaxSparse.Inline map = new PaxSparse.Inline();
    byte[] bytes = new byte[4 * BLOCK];
    int length = 0;
    try {
      while (!map.isComplete()) {
        if (length + BLOCK > most) {
          limits.check(
              Limit.SPARSE_MAP_BYTES,
              length + BLOCK > limits.get(Limit.SPARSE_MAP_BYTES) ? (long) length + BLOCK : 0,
              place);
          throw new MalformedContentException(
              "tar sparse map", place.toString(), "not complete in " + length + " bytes of data");
        }
        if (length + BLOCK > bytes.length) {
          bytes = Arrays.copyOf(bytes, 2 * bytes.length);
        }
        int count = readFully(bytes, length, BLOCK);
        if (count < BLOCK) {
          throw truncated(place.toString(), parsed.storedSize, (long) length + count);
        }
        map.add(bytes, length, BLOCK);
        length += BLOCK;
      }
      pushedBack = bytes;
      pushedFrom = 0;
      pushedTo = length;
      position -= length;
      return map.build(length);
    } catch (BadHeader e) {
      throw new MalformedContentException("tar sparse map", place.toString(), e.why(), e);
    }
  }

  private Optional<TarEntry> endMarker(long at, HeaderParser.Extensions extensions)
      throws IOException {
    headerLength = 0;
    int count = readHeader(BLOCK);
    if (count > 0 && count < BLOCK) {
      throw header(at + BLOCK, "expected " + BLOCK + " bytes of a header, found " + count);
    }
    if (count == BLOCK && !Fields.isZero(header, 0)) {
      throw header(at, "one block of zeros, where an end marker has two");
    }
    return end(at, extensions);
  }

  private Optional<TarEntry> end(long at, HeaderParser.Extensions extensions) throws IOException {
    if (extensions.any()) {
      throw header(at, "expected the entry of the extended header before, found the end");
    }
    headerLength = 0;
    endOffset = at;
    while (true) {
      position += to - from;
      from = to;
      limits.check(Limit.TOTAL_BYTES, position, where);
      if (!fill()) {
        break;
      }
    }
    ended = true;
    return Optional.empty();
  }

  private void finishCurrent() throws IOException {
    TarEntry entry = current;
    if (entry == null) {
      return;
    }
    long dataEnd = entry.dataOffset() + entry.storedSize();
    Place place = new Place(entry.name(), entry.headerOffset());
    skip(dataEnd - position, entry, place);
    current = null;
    long padding = entry.endOffset() - position;
    long skipped = skipUpTo(padding);
    if (skipped < padding) {
      throw new MalformedContentException(
          "tar entry",
          place.toString(),
          "expected " + padding + " bytes of padding after the data, found " + skipped);
    }
  }

  private void skip(long count, TarEntry entry, Place place) throws IOException {
    long skipped = skipUpTo(count);
    if (skipped < count) {
      // A skipped file does not say where it ended.
      throw new MalformedContentException(
          "tar entry",
          place.toString(),
          "expected " + entry.storedSize() + " bytes of data, the stream ends before");
    }
  }

  private MalformedContentException truncated(String place, long expected, long found) {
    return new MalformedContentException(
        "tar entry", place, "expected " + expected + " bytes of data, found " + found);
  }

  /**
   * Returns the content of the current entry from its first byte that was not read yet: of a
   * regular file with its holes filled, of any other entry no bytes. To be read before the next
   * call of {@link #next}, once. Closing it does not close the reader.
   *
   * @throws IllegalStateException if there is no current entry
   */
  public InputStream content() {
    TarEntry entry = entryOrThrow();
    InputStream stored = storedContent();
    return entry.sparse().isPresent()
        ? new SparseInputStream(stored, entry.sparse().get(), entry.size())
        : stored;
  }

  /**
   * Returns the stored bytes of the current entry as they are, without padding; as {@link
   * #content}.
   *
   * @throws IllegalStateException if there is no current entry
   */
  public InputStream storedContent() {
    return new StoredInputStream(entryOrThrow());
  }

  /**
   * Returns all header blocks of the current entry, from {@link TarEntry#headerOffset} to {@link
   * TarEntry#dataOffset}, in a new array.
   *
   * @throws IllegalStateException if there is no current entry
   */
  public byte[] headerBlocks() {
    entryOrThrow();
    return Arrays.copyOf(header, headerLength);
  }

  /**
   * Returns where the end marker begins, in bytes of the tar: behind the last entry. If there is no
   * marker this is the length.
   *
   * @throws IllegalStateException before {@link #next} has returned empty
   */
  public long endMarkerOffset() {
    requireEnd();
    return endOffset;
  }

  /**
   * Returns the number of bytes of the whole stream, the end marker and what follows it included.
   *
   * @throws IllegalStateException before {@link #next} has returned empty
   */
  public long length() {
    requireEnd();
    return position;
  }

  private void requireEnd() {
    if (!ended) {
      throw new IllegalStateException("not at the end of " + where);
    }
  }

  private TarEntry entryOrThrow() {
    TarEntry entry = current;
    if (entry == null) {
      throw new IllegalStateException("no current entry in " + where);
    }
    return entry;
  }

  /** Closes the stream. */
  @Override
  public void close() throws IOException {
    in.close();
  }

  // The content of an extended header, appended to the header blocks with its padding.
  private int readExtension(long at, int block) throws IOException {
    long size;
    try {
      size = Fields.number(header, block + Fields.SIZE, Fields.LONG_NUMBER);
    } catch (BadHeader e) {
      throw new MalformedContentException("tar header", place(at), "size: " + e.why(), e);
    }
    if (size < 0) {
      throw header(at, "a negative size: " + size);
    }
    // Compared before it is rounded up, which could overflow.
    limits.check(Limit.HEADER_BYTES, size, place(at));
    limits.check(Limit.HEADER_BYTES, headerLength + Fields.padded(size), place(at));
    int count = readHeader((int) Fields.padded(size));
    if (count < Fields.padded(size)) {
      throw header(
          at, "expected " + Fields.padded(size) + " bytes of an extended header, found " + count);
    }
    return (int) size;
  }

  // Appends up to that many bytes to the header blocks; fewer only at the end.
  private int readHeader(int length) throws IOException {
    if (headerLength + length > header.length) {
      header = Arrays.copyOf(header, Math.max(2 * header.length, headerLength + length));
    }
    int count = readFully(header, headerLength, length);
    headerLength += count;
    return count;
  }

  private int readFully(byte[] target, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int count = readSome(target, offset + done, length - done);
      if (count < 0) {
        break;
      }
      done += count;
    }
    return done;
  }

  private int readSome(byte[] target, int offset, int length) throws IOException {
    byte[] ahead = pushedBack;
    if (ahead != null) {
      int count = Math.min(length, pushedTo - pushedFrom);
      System.arraycopy(ahead, pushedFrom, target, offset, count);
      pushedFrom += count;
      position += count;
      if (pushedFrom == pushedTo) {
        pushedBack = null;
      }
      return count;
    }
    if (from == to) {
      if (length >= BUFFER) {
        int count = in.read(target, offset, length);
        position += Math.max(count, 0);
        return count;
      }
      if (!fill()) {
        return -1;
      }
    }
    int count = Math.min(length, to - from);
    System.arraycopy(buffer, from, target, offset, count);
    from += count;
    position += count;
    return count;
  }

  private boolean fill() throws IOException {
    int count;
    do {
      count = in.read(buffer, 0, BUFFER);
    } while (count == 0);
    from = 0;
    to = Math.max(count, 0);
    return count > 0;
  }

  // Returns the number of bytes skipped, fewer only at the end of the stream.
  private long skipUpTo(long count) throws IOException {
    long left = count;
    if (pushedBack != null && left > 0) {
      int ahead = (int) Math.min(left, pushedTo - pushedFrom);
      pushedFrom += ahead;
      position += ahead;
      left -= ahead;
      if (pushedFrom == pushedTo) {
        pushedBack = null;
      }
    }
    while (left > 0) {
      if (from == to) {
        // The last byte is always read: a file may be skipped beyond its end.
        while (left > BUFFER) {
          long skipped = in.skip(left - 1);
          if (skipped <= 0) {
            break;
          }
          left -= skipped;
          position += skipped;
        }
        if (!fill()) {
          break;
        }
      }
      int step = (int) Math.min(left, to - from);
      from += step;
      position += step;
      left -= step;
    }
    return count - left;
  }

  private String place(long at) {
    return "byte " + at + " of " + where;
  }

  private String named(ByteString name, long at) {
    // A name from a hostile tar does not make an endless error.
    String text = name.length() <= 256 ? name.toString() : name.substring(0, 256) + "…";
    return "entry " + text + ", " + place(at);
  }

  /** An entry's place for errors: its text is made where there is one, not for each entry. */
  private final class Place {
    private final ByteString name;
    private final long at;

    Place(ByteString name, long at) {
      this.name = name;
      this.at = at;
    }

    @Override
    public String toString() {
      return named(name, at);
    }
  }

  private MalformedContentException header(long at, String why) {
    return new MalformedContentException("tar header", place(at), why);
  }

  /** The stored bytes of one entry. */
  private final class StoredInputStream extends InputStream {
    private final TarEntry entry;

    StoredInputStream(TarEntry entry) {
      this.entry = entry;
    }

    private long left() throws IOException {
      if (current != entry) {
        throw new IOException("the reader has left " + entry);
      }
      return entry.dataOffset() + entry.storedSize() - position;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, target.length);
      long left = left();
      if (length == 0) {
        return 0;
      }
      if (left == 0) {
        return -1;
      }
      int count = readSome(target, offset, (int) Math.min(length, left));
      if (count < 0) {
        throw truncated(
            named(entry.name(), entry.headerOffset()),
            entry.storedSize(),
            entry.storedSize() - left);
      }
      return count;
    }

    @Override
    public long skip(long count) throws IOException {
      return skipUpTo(Math.min(Math.max(count, 0), left()));
    }

    @Override
    public int available() throws IOException {
      return (int) Math.min(left(), to - from);
    }
  }
}
