package io.k8or.layers.tar;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Header blocks of tar entries: made anew, or taken from a tar and patched.
 *
 * <p>Fresh headers are ustar where everything fits; otherwise a PAX header with what does not fit
 * comes before. They depend on the arguments alone. Names are written as they are, in any character
 * set. Where a PAX record is not UTF-8 the record {@code hdrcharset=BINARY} says so: GNU tar,
 * libarchive and Go then all give the same bytes back without failing.
 */
public final class TarHeaders {
  private static final ByteString SLASH = ByteString.utf8("/");

  private TarHeaders() {}

  /**
   * Returns the header blocks of a fresh entry.
   *
   * @param name the name as it shall stand in the tar; a directory's gets a slash at its end, and
   *     the root's becomes {@code ./}
   * @throws IllegalArgumentException if the name has a NUL or a {@code ..} segment, or is that of a
   *     directory and the node is not one; if the target has a NUL; if a device number is negative
   *     or needs more than 32 bits
   */
  public static byte[] encode(ByteString name, FileNode node) {
    byte type =
        switch (node.type()) {
          case REGULAR -> '0';
          case SYMLINK -> '2';
          case CHARACTER_DEVICE -> '3';
          case BLOCK_DEVICE -> '4';
          case DIRECTORY -> '5';
          case FIFO -> '6';
        };
    ByteString spelled = name;
    if (node.isDirectory()) {
      if (name.isEmpty()) {
        spelled = ByteString.utf8("./");
      } else if (!name.endsWith(SLASH)) {
        spelled = name.concat(SLASH);
      }
    }
    byte[] main = new byte[Fields.BLOCK];
    main[Fields.TYPE] = type;
    writeMagic(main);
    writeDevice(main, Fields.DEVICE_MAJOR, node.deviceMajor());
    writeDevice(main, Fields.DEVICE_MINOR, node.deviceMinor());
    return fresh(main, spelled, node.attributes(), node.size(), node.target());
  }

  /**
   * Returns the header blocks of a fresh hard link.
   *
   * @param name the name as it shall stand in the tar
   * @param target the name of an earlier entry of the same tar
   * @param attributes those of the file; engines do not look at them
   * @throws IllegalArgumentException if a name has a NUL or a {@code ..} segment, or is that of a
   *     directory
   */
  public static byte[] encodeHardLink(
      ByteString name, ByteString target, FileAttributes attributes) {
    requireFileName(target);
    byte[] main = new byte[Fields.BLOCK];
    main[Fields.TYPE] = '1';
    writeMagic(main);
    writeDevice(main, Fields.DEVICE_MAJOR, 0);
    writeDevice(main, Fields.DEVICE_MINOR, 0);
    return fresh(main, name, attributes, 0, target);
  }

  /**
   * Returns header blocks with some things changed and all else kept as it is: unknown PAX records,
   * fields that play no part, the format of the header. A PAX header is added or written anew only
   * if a change needs it. Without a real change the same bytes are returned.
   *
   * @param blocks all header blocks of one entry, as {@link TarReader#headerBlocks} gives them
   * @throws IllegalArgumentException if the changes make no sense for the entry: a size for what
   *     has no data, a link name for what is no link, a name with a NUL or a {@code ..} segment, a
   *     directory's name for what is none
   * @throws MalformedContentException if the blocks are not the headers of one entry
   */
  public static byte[] patch(byte[] blocks, TarChanges changes) throws MalformedContentException {
    return new HeaderPatch(blocks).apply(changes);
  }

  private static byte[] fresh(
      byte[] main, ByteString name, FileAttributes attributes, long size, ByteString link) {
    if (main[Fields.TYPE] != '5') {
      requireFileName(name);
    } else {
      ImagePath.of(name);
    }
    if (link.indexOf(0, 0) >= 0) {
      throw new IllegalArgumentException("a NUL in the link target " + link);
    }
    List<Pax.Entry> records = new ArrayList<>();
    if (!putName(main, Fields.Format.USTAR, name)) {
      records.add(new Pax.Entry(Pax.PATH, name));
      putCut(main, Fields.NAME, Fields.NAME_LENGTH, name);
    }
    if (link.length() > Fields.LINK_LENGTH) {
      records.add(new Pax.Entry(Pax.LINKPATH, link));
      putCut(main, Fields.LINK, Fields.LINK_LENGTH, link);
    } else {
      link.copyTo(main, Fields.LINK);
    }
    Fields.putOctal(main, Fields.MODE, Fields.SHORT_NUMBER, attributes.mode());
    putNumber(main, Fields.UID, Fields.SHORT_NUMBER, attributes.uid(), Pax.UID, records);
    putNumber(main, Fields.GID, Fields.SHORT_NUMBER, attributes.gid(), Pax.GID, records);
    putNumber(main, Fields.SIZE, Fields.LONG_NUMBER, size, Pax.SIZE, records);
    Instant modified = attributes.modified();
    long seconds = modified.getEpochSecond();
    boolean fits = Fields.fitsOctal(seconds, Fields.LONG_NUMBER);
    Fields.putOctal(main, Fields.MTIME, Fields.LONG_NUMBER, fits ? seconds : 0);
    if (!fits || modified.getNano() != 0) {
      records.add(new Pax.Entry(Pax.MTIME, Pax.time(modified)));
    }
    attributes.xattrs().forEach((key, value) -> records.add(Xattrs.record(key, value)));
    Fields.putChecksum(main, 0);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (!records.isEmpty()) {
      out.writeBytes(paxHeader(freshPaxBlock(name), records));
    }
    out.writeBytes(main);
    return out.toByteArray();
  }

  /** Returns a PAX header with its content and padding, given the block before it. */
  static byte[] paxHeader(byte[] block, List<Pax.Entry> records) {
    byte[] content = Pax.encode(declareBinary(records));
    byte[] out = Arrays.copyOf(block, Fields.BLOCK + (int) Fields.padded(content.length));
    System.arraycopy(content, 0, out, Fields.BLOCK, content.length);
    Fields.putOctal(out, Fields.SIZE, Fields.LONG_NUMBER, content.length);
    Fields.putChecksum(out, 0);
    return out;
  }

  private static List<Pax.Entry> declareBinary(List<Pax.Entry> records) {
    boolean text = true;
    for (Pax.Entry record : records) {
      if (record.key().equals("hdrcharset")) {
        return records;
      }
      text &= !isText(record.key()) || record.value().isUtf8();
    }
    if (text) {
      return records;
    }
    List<Pax.Entry> declared = new ArrayList<>(records);
    declared.add(0, new Pax.Entry("hdrcharset", ByteString.utf8("BINARY")));
    return declared;
  }

  private static boolean isText(String key) {
    return key.equals(Pax.PATH) || key.equals(Pax.LINKPATH) || key.equals(Pax.SPARSE_NAME);
  }

  /** Returns a block for a PAX header before an entry of that name. */
  static byte[] freshPaxBlock(ByteString name) {
    byte[] block = new byte[Fields.BLOCK];
    ByteString last = ImagePath.of(name).name();
    ByteString own = ByteString.utf8("PaxHeaders.0/").concat(last);
    putCut(block, Fields.NAME, Fields.NAME_LENGTH, own);
    block[Fields.TYPE] = 'x';
    writeMagic(block);
    Fields.putOctal(block, Fields.MODE, Fields.SHORT_NUMBER, 0644);
    Fields.putOctal(block, Fields.UID, Fields.SHORT_NUMBER, 0);
    Fields.putOctal(block, Fields.GID, Fields.SHORT_NUMBER, 0);
    Fields.putOctal(block, Fields.MTIME, Fields.LONG_NUMBER, 0);
    writeDevice(block, Fields.DEVICE_MAJOR, 0);
    writeDevice(block, Fields.DEVICE_MINOR, 0);
    return block;
  }

  private static void writeMagic(byte[] block) {
    ByteString.utf8("ustar\u000000").copyTo(block, Fields.MAGIC);
  }

  private static void writeDevice(byte[] block, int offset, long number) {
    if (number < 0 || number > 0xffffffffL) {
      throw new IllegalArgumentException("a device number not in 32 bits: " + number);
    }
    if (Fields.fitsOctal(number, Fields.SHORT_NUMBER)) {
      Fields.putOctal(block, offset, Fields.SHORT_NUMBER, number);
    } else {
      // There is no PAX record for it; GNU tar, libarchive and Go read base 256 in any format.
      Fields.putBase256(block, offset, Fields.SHORT_NUMBER, number);
    }
  }

  private static void putNumber(
      byte[] block, int offset, int length, long value, String key, List<Pax.Entry> records) {
    boolean fits = Fields.fitsOctal(value, length);
    Fields.putOctal(block, offset, length, fits ? value : 0);
    if (!fits) {
      records.add(new Pax.Entry(key, ByteString.utf8(Long.toString(value))));
    }
  }

  /** Writes a name into its fields and returns true, or changes nothing if it does not fit. */
  static boolean putName(byte[] block, Fields.Format format, ByteString name) {
    int prefixLength =
        switch (format) {
          case USTAR -> Fields.PREFIX_LENGTH;
          case STAR -> Fields.STAR_PREFIX_LENGTH;
          case GNU, V7 -> 0;
        };
    if (name.length() <= Fields.NAME_LENGTH) {
      if (prefixLength > 0) {
        Arrays.fill(block, Fields.PREFIX, Fields.PREFIX + prefixLength, (byte) 0);
      }
      Fields.putString(block, Fields.NAME, Fields.NAME_LENGTH, name);
      return true;
    }
    // The first slash that leaves a name which fits; the name behind it is not empty.
    for (int slash = Math.max(1, name.length() - Fields.NAME_LENGTH - 1);
        slash <= prefixLength && slash < name.length() - 1;
        slash++) {
      if (name.at(slash) == '/') {
        Fields.putString(block, Fields.PREFIX, prefixLength, name.substring(0, slash));
        Fields.putString(
            block, Fields.NAME, Fields.NAME_LENGTH, name.substring(slash + 1, name.length()));
        return true;
      }
    }
    return false;
  }

  // What old readers see where a PAX record holds the whole. Never with a slash at the end, which
  // would make it a directory to them.
  static void putCut(byte[] block, int offset, int length, ByteString value) {
    int end = Math.min(length, value.length());
    while (end > 1 && value.at(end - 1) == '/') {
      end--;
    }
    Fields.putString(block, offset, length, value.substring(0, end));
  }

  static void requireFileName(ByteString name) {
    if (name.endsWith(SLASH) || ImagePath.of(name).isRoot()) {
      throw new IllegalArgumentException("the name of a directory for what is none: " + name);
    }
  }
}
