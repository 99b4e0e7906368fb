package io.k8or.layers;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileType;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Layer;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.deflate.InflateIndex;
import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import io.k8or.layers.tar.TarEntry;
import io.k8or.layers.tar.TarReader;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UTFDataFormatException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The saved form of a {@link LayerIndex}: {@code K8ORLIDX}, a version, the layer's digest and
 * diffID, sizes, the entries, the checkpoints of a gzip layer, and a CRC-32 of all that. Numbers
 * are big-endian.
 */
final class LayerIndexFormat {
  private static final String WHAT = "layer index";
  private static final long MAGIC = 0x4b384f524c494458L;
  private static final int VERSION = 1;
  private static final int MAX_NAME = 1 << 20;
  // Their numbers in the saved form: only ever add to the end.
  private static final List<LayerEntry.Kind> KINDS =
      List.of(
          LayerEntry.Kind.NODE,
          LayerEntry.Kind.LINK,
          LayerEntry.Kind.WHITEOUT,
          LayerEntry.Kind.OPAQUE,
          LayerEntry.Kind.CONTENTS,
          LayerEntry.Kind.IGNORED);
  private static final List<FileType> TYPES =
      List.of(
          FileType.REGULAR,
          FileType.DIRECTORY,
          FileType.SYMLINK,
          FileType.CHARACTER_DEVICE,
          FileType.BLOCK_DEVICE,
          FileType.FIFO);

  private LayerIndexFormat() {}

  static void write(LayerIndex index, OutputStream out) throws IOException {
    CheckedOutputStream checked = new CheckedOutputStream(out, new CRC32());
    DataOutputStream data = new DataOutputStream(checked);
    data.writeLong(MAGIC);
    data.writeInt(VERSION);
    data.writeUTF(index.digest().toString());
    data.writeUTF(index.layer().diffId().toString());
    data.writeUTF(index.compression().name());
    data.writeLong(index.uncompressedSize());
    data.writeLong(index.endMarkerOffset());
    data.writeInt(index.entries().size());
    long end = 0;
    for (LayerEntry entry : index.entries()) {
      writeEntry(entry, end, data);
      end = entry.endOffset();
    }
    InflateIndex checkpoints = index.tar().checkpoints();
    if (checkpoints != null) {
      byte[] bytes = checkpoints.toByteArray();
      data.writeInt(bytes.length);
      data.write(bytes);
    } else {
      data.writeInt(0);
    }
    data.writeInt((int) checked.getChecksum().getValue());
    data.flush();
  }

  private static void writeEntry(LayerEntry entry, long end, DataOutputStream data)
      throws IOException {
    data.writeByte(KINDS.indexOf(entry.kind()));
    writeBytes(entry.path().toRelativeBytes(), data);
    data.writeLong(entry.headerOffset() - end);
    data.writeInt(entry.headerLength());
    data.writeLong(entry.storedSize());
    if (entry.kind() == LayerEntry.Kind.LINK) {
      writeBytes(entry.link().toRelativeBytes(), data);
    } else if (entry.kind() == LayerEntry.Kind.NODE) {
      writeNode(entry.node(), data);
    }
  }

  private static void writeNode(FileNode node, DataOutputStream data) throws IOException {
    data.writeByte(TYPES.indexOf(node.type()));
    FileAttributes attributes = node.attributes();
    data.writeShort(attributes.mode());
    data.writeLong(attributes.uid());
    data.writeLong(attributes.gid());
    Instant modified = attributes.modified();
    data.writeLong(modified.getEpochSecond());
    data.writeInt(modified.getNano());
    data.writeInt(attributes.xattrs().size());
    for (Map.Entry<ByteString, ByteString> xattr : attributes.xattrs().entrySet()) {
      writeBytes(xattr.getKey(), data);
      writeBytes(xattr.getValue(), data);
    }
    switch (node.type()) {
      case REGULAR -> data.writeLong(node.size());
      case SYMLINK -> writeBytes(node.target(), data);
      case CHARACTER_DEVICE, BLOCK_DEVICE -> {
        data.writeLong(node.deviceMajor());
        data.writeLong(node.deviceMinor());
      }
      case DIRECTORY, FIFO -> {}
    }
  }

  private static void writeBytes(ByteString bytes, DataOutputStream data) throws IOException {
    data.writeInt(bytes.length());
    data.write(bytes.toByteArray());
  }

  static LayerIndex read(InputStream in, Layer layer, Limits limits) throws IOException {
    String where = "of " + layer;
    CheckedInputStream checked = new CheckedInputStream(new BufferedInputStream(in), new CRC32());
    DataInputStream data = new DataInputStream(checked);
    try {
      return new Reading(data, checked, layer, limits, where).read();
    } catch (EOFException e) {
      throw new MalformedContentException(WHAT, where, "it ends too early", e);
    } catch (IllegalArgumentException | DateTimeException | ArithmeticException e) {
      throw new MalformedContentException(WHAT, where, String.valueOf(e.getMessage()), e);
    } catch (UTFDataFormatException e) {
      throw new MalformedContentException(WHAT, where, "a text is not UTF-8", e);
    }
  }

  /** One saved form being read. */
  private static final class Reading {
    private final DataInputStream data;
    private final CheckedInputStream checked;
    private final Layer layer;
    private final Limits limits;
    private final String where;

    Reading(
        DataInputStream data,
        CheckedInputStream checked,
        Layer layer,
        Limits limits,
        String where) {
      this.data = data;
      this.checked = checked;
      this.layer = layer;
      this.limits = limits;
      this.where = where;
    }

    private MalformedContentException malformed(String why) {
      return new MalformedContentException(WHAT, where, why);
    }

    LayerIndex read() throws IOException {
      if (data.readLong() != MAGIC) {
        throw malformed("it does not begin with K8ORLIDX");
      }
      int version = data.readInt();
      if (version != VERSION) {
        throw malformed("expected version " + VERSION + ", found " + version);
      }
      expect("digest", layer.descriptor().digest().toString(), data.readUTF());
      expect("diffID", layer.diffId().toString(), data.readUTF());
      Compression compression = Compression.valueOf(data.readUTF());
      long uncompressedSize = data.readLong();
      long endMarkerOffset = data.readLong();
      if (uncompressedSize < 0 || endMarkerOffset < 0 || endMarkerOffset > uncompressedSize) {
        throw malformed("an end marker at " + endMarkerOffset + " of " + uncompressedSize);
      }
      limits.check(Limit.TOTAL_BYTES, uncompressedSize, where);
      int count = data.readInt();
      if (count < 0) {
        throw malformed(count + " entries");
      }
      limits.check(Limit.ENTRIES, count, where);
      // What an entry's content is read from; it gets its checkpoints at the end.
      LayerTar tar = new LayerTar(layer, compression, null);
      List<LayerEntry> entries = new ArrayList<>();
      long end = 0;
      for (int i = 0; i < count; i++) {
        LayerEntry entry = entry(tar, end, endMarkerOffset);
        entries.add(entry);
        end = entry.endOffset();
      }
      InflateIndex checkpoints = checkpoints();
      if ((compression == Compression.GZIP) != (checkpoints != null)
          || (checkpoints != null
              && (checkpoints.uncompressedSize() != uncompressedSize
                  || checkpoints.compressedSize() != layer.descriptor().size()))) {
        throw malformed("its checkpoints are not of this layer");
      }
      int sum = (int) checked.getChecksum().getValue();
      if (data.readInt() != sum) {
        throw malformed("its sum is wrong");
      }
      tar.setCheckpoints(checkpoints);
      return new LayerIndex(
          layer, compression, uncompressedSize, endMarkerOffset, List.copyOf(entries), tar);
    }

    private void expect(String field, String expected, String found)
        throws MalformedContentException {
      if (!found.equals(expected)) {
        throw malformed("expected the " + field + " " + expected + ", found " + found);
      }
    }

    private @Nullable InflateIndex checkpoints() throws IOException {
      int length = data.readInt();
      if (length == 0) {
        return null;
      }
      byte[] bytes = bytes(length, Integer.MAX_VALUE - 8);
      return InflateIndex.load(new ByteArrayInputStream(bytes), where);
    }

    private LayerEntry entry(LayerTar tar, long end, long endMarkerOffset) throws IOException {
      LayerEntry.Kind kind = KINDS.get(index(data.readUnsignedByte(), KINDS.size()));
      ImagePath path = ImagePath.of(name());
      long gap = data.readLong();
      int headerLength = data.readInt();
      long storedSize = data.readLong();
      if (gap < 0
          || headerLength < 512
          || storedSize < 0
          || gap > endMarkerOffset
          || storedSize > endMarkerOffset
          || end + gap + headerLength + storedSize > endMarkerOffset) {
        throw malformed("an entry that is not inside: " + path);
      }
      long offset = end + gap;
      return new LayerEntry(
          kind,
          path,
          kind == LayerEntry.Kind.NODE ? node(tar, offset, headerLength, storedSize) : null,
          kind == LayerEntry.Kind.LINK ? ImagePath.of(name()) : null,
          offset,
          headerLength,
          storedSize);
    }

    private FileNode node(LayerTar tar, long offset, int headerLength, long storedSize)
        throws IOException {
      FileType type = TYPES.get(index(data.readUnsignedByte(), TYPES.size()));
      FileAttributes attributes =
          FileAttributes.ofMode(data.readUnsignedShort())
              .withOwner(data.readLong(), data.readLong())
              .withModified(Instant.ofEpochSecond(data.readLong(), data.readInt()));
      int xattrs = data.readInt();
      Map<ByteString, ByteString> values = new TreeMap<>();
      for (int i = 0; i < xattrs; i++) {
        values.put(name(), name());
      }
      attributes = attributes.withXattrs(values);
      return switch (type) {
        case REGULAR -> {
          long size = data.readLong();
          if (size < 0) {
            throw malformed("a file of " + size + " bytes");
          }
          limits.check(Limit.TOTAL_BYTES, size, where);
          yield FileNode.regular(attributes, content(tar, offset, headerLength, storedSize, size));
        }
        case DIRECTORY -> FileNode.directory(attributes);
        case SYMLINK -> FileNode.symlink(attributes, name());
        case FIFO -> FileNode.fifo(attributes);
        case CHARACTER_DEVICE, BLOCK_DEVICE ->
            FileNode.device(type, attributes, data.readLong(), data.readLong());
      };
    }

    private Content content(
        LayerTar tar, long offset, int headerLength, long storedSize, long size) {
      if (size == 0) {
        return Content.empty();
      }
      if (size == storedSize) {
        return tar.range(offset + headerLength, size);
      }
      return new Sparse(tar, tar.range(offset, headerLength + storedSize), size, limits);
    }

    private int index(int value, int length) throws MalformedContentException {
      if (value >= length) {
        throw malformed("a kind of number " + value);
      }
      return value;
    }

    private ByteString name() throws IOException {
      return ByteString.copyOf(bytes(data.readInt(), MAX_NAME));
    }

    // As many as there are: a wrong length must not cost memory.
    private byte[] bytes(int length, int most) throws IOException {
      if (length < 0 || length > most) {
        throw malformed(length + " bytes, where at most " + most + " are allowed");
      }
      byte[] bytes = data.readNBytes(length);
      if (bytes.length < length) {
        throw new EOFException();
      }
      return bytes;
    }
  }

  /** A sparse file: its map is in the entry's headers, which are read again. */
  private record Sparse(LayerTar tar, Content entry, long size, Limits limits) implements Content {
    @Override
    public InputStream open() throws IOException {
      TarReader reader = new TarReader(entry.open(), toString(), limits);
      try {
        Optional<TarEntry> found = reader.next();
        if (found.isEmpty() || found.get().size() != size) {
          throw new MalformedContentException(
              WHAT, "of " + tar, "no sparse file of " + size + " bytes at " + entry);
        }
        return new ClosingInputStream(reader.content(), reader);
      } catch (IOException e) {
        reader.close();
        throw e;
      }
    }

    @Override
    public String toString() {
      return size + " bytes, sparse, of " + entry;
    }
  }

  private static final class ClosingInputStream extends FilterInputStream {
    private final TarReader reader;

    ClosingInputStream(InputStream in, TarReader reader) {
      super(in);
      this.reader = reader;
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }
}
