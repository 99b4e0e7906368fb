package io.k8or.layers;

import io.k8or.content.Content;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps many changed headers in little memory: a group of neighbours is nearly the same bytes over
 * and over, and is kept compressed. Below 100 bytes for each header of a block, where the header
 * itself would take 512 and more. The compressed bytes never leave the memory, so that it does not
 * matter whose they are.
 *
 * <p>Headers are best read in the order in which they were added: each group is then unpacked once.
 */
final class PackedHeaders {
  private static final int GROUP_BYTES = 1 << 16;

  private final List<byte[]> groups = new ArrayList<>();
  private ByteArrayOutputStream pending = new ByteArrayOutputStream();
  // The group that was unpacked last.
  private volatile @Nullable Unpacked last;

  private static final class Unpacked {
    final int group;
    final byte[] bytes;

    Unpacked(int group, byte[] bytes) {
      this.group = group;
      this.bytes = bytes;
    }
  }

  /** Adds a header, and returns it as content. */
  Content add(byte[] header) throws IOException {
    Content content = new Header(this, groups.size(), pending.size(), header.length);
    pending.writeBytes(header);
    if (pending.size() >= GROUP_BYTES) {
      groups.add(pack(pending));
      pending = new ByteArrayOutputStream();
    }
    return content;
  }

  private static byte[] pack(ByteArrayOutputStream bytes) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream(GROUP_BYTES / 8);
    Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    try (DeflaterOutputStream out = new DeflaterOutputStream(packed, deflater)) {
      bytes.writeTo(out);
    } finally {
      deflater.end();
    }
    return packed.toByteArray();
  }

  private byte[] unpack(int group) throws IOException {
    if (group == groups.size()) {
      return pending.toByteArray();
    }
    Unpacked unpacked = last;
    if (unpacked == null || unpacked.group != group) {
      Inflater inflater = new Inflater();
      try (InputStream in =
          new InflaterInputStream(new ByteArrayInputStream(groups.get(group)), inflater, 1 << 13)) {
        unpacked = new Unpacked(group, in.readAllBytes());
      } finally {
        inflater.end();
      }
      last = unpacked;
    }
    return unpacked.bytes;
  }

  private record Header(PackedHeaders all, int group, int offset, int length) implements Content {
    @Override
    public InputStream open() throws IOException {
      return new ByteArrayInputStream(all.unpack(group), offset, length);
    }

    @Override
    public long size() {
      return length;
    }

    @Override
    public String toString() {
      return "a changed header of " + length + " bytes";
    }
  }
}
