package io.k8or.layers.tar;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileType;
import io.k8or.filesystem.ImagePath;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The header blocks of one entry while they are changed. */
final class HeaderPatch {
  private static final int BLOCK = Fields.BLOCK;

  /** An extended header with its content and padding. */
  private static final class Extension {
    private final byte[] blocks;

    Extension(byte[] blocks) {
      this.blocks = blocks;
    }

    byte type() {
      return blocks[Fields.TYPE];
    }
  }

  private final byte[] original;
  private final List<Extension> extensions = new ArrayList<>();
  private final byte[] main;
  private byte[] behind; // the extension blocks of an old sparse map
  private final Fields.Format format;
  private final HeaderParser.Parsed parsed;

  private final List<Pax.Entry> records = new ArrayList<>();
  private boolean changed;
  private boolean recordsChanged;

  HeaderPatch(byte[] blocks) throws MalformedContentException {
    original = blocks.clone();
    HeaderParser.Extensions all = new HeaderParser.Extensions();
    int at = 0;
    try {
      while (true) {
        if (at + BLOCK > blocks.length || !Fields.isChecksumRight(blocks, at)) {
          throw malformed(at, "expected a header with a right checksum");
        }
        byte type = blocks[at + Fields.TYPE];
        if (type != 'x' && type != 'L' && type != 'K') {
          break;
        }
        long size = Fields.number(blocks, at + Fields.SIZE, Fields.LONG_NUMBER);
        if (size < 0 || size > blocks.length || at + BLOCK + Fields.padded(size) > blocks.length) {
          throw malformed(at, "expected an extended header of " + size + " bytes, found fewer");
        }
        int end = at + BLOCK + (int) Fields.padded(size);
        all.add(type, blocks, at + BLOCK, (int) size);
        extensions.add(new Extension(Arrays.copyOfRange(blocks, at, end)));
        at = end;
      }
      main = Arrays.copyOfRange(blocks, at, at + BLOCK);
      behind = Arrays.copyOfRange(blocks, at + BLOCK, blocks.length);
      format = Fields.format(main, 0);
      parsed = new HeaderParser().parse(main, 0, all);
      records.addAll(all.records());
      ImagePath.of(parsed.name);
      if (!parsed.oldSparse && behind.length > 0) {
        throw malformed(at + BLOCK, "expected the end of the header");
      }
    } catch (BadHeader e) {
      throw malformed(at, e.why());
    } catch (IllegalArgumentException e) {
      throw malformed(at, String.valueOf(e.getMessage()));
    }
  }

  private static MalformedContentException malformed(int at, String why) {
    return new MalformedContentException("tar header", "byte " + at + " of header blocks", why);
  }

  byte[] apply(TarChanges changes) {
    if (changes.isRegular()) {
      makeRegular();
    }
    if (changes.size().isPresent()) {
      setSize(changes.size().getAsLong());
    }
    if (changes.name().isPresent()) {
      setName(changes.name().get());
    }
    if (changes.linkName().isPresent()) {
      setLinkName(changes.linkName().get());
    }
    if (changes.attributes().isPresent()) {
      setAttributes(changes.attributes().get());
    }
    return changed ? build() : original;
  }

  private byte[] build() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int last = -1;
    for (int i = 0; i < extensions.size(); i++) {
      last = extensions.get(i).type() == 'x' ? i : last;
    }
    if (recordsChanged && last < 0 && !records.isEmpty()) {
      out.writeBytes(TarHeaders.paxHeader(TarHeaders.freshPaxBlock(parsed.name), records));
    }
    for (int i = 0; i < extensions.size(); i++) {
      Extension extension = extensions.get(i);
      if (!recordsChanged || extension.type() != 'x') {
        out.writeBytes(extension.blocks);
      } else if (i == last && !records.isEmpty()) {
        // Others before it had no effect, and would have one on readers that join them.
        out.writeBytes(TarHeaders.paxHeader(Arrays.copyOf(extension.blocks, BLOCK), records));
      }
    }
    Fields.putChecksum(main, 0);
    out.writeBytes(main);
    out.writeBytes(behind);
    return out.toByteArray();
  }

  private void makeRegular() {
    if (parsed.type != null) {
      throw new IllegalArgumentException("not a hard link: " + parsed.name);
    }
    changed = true;
    main[Fields.TYPE] = '0';
    Fields.putString(main, Fields.LINK, Fields.LINK_LENGTH, ByteString.empty());
    removeExtensions((byte) 'K');
    removeRecords(Pax.LINKPATH);
    parsed.linkName = ByteString.empty();
    parsed.type = FileType.REGULAR;
    // A link's own size says nothing, and a record of it would now.
    parsed.storedSize = -1;
  }

  private void setSize(long size) {
    if (parsed.type != FileType.REGULAR) {
      throw new IllegalArgumentException("a size for what has no data: " + parsed.name);
    }
    boolean paxSparse = parsed.inlineMap || parsed.mapRecord != null;
    if (parsed.oldSparse) {
      changed = true;
      main[Fields.TYPE] = '0';
      Arrays.fill(main, Fields.GNU_SPARSE, Fields.GNU_REAL_SIZE + Fields.LONG_NUMBER, (byte) 0);
      behind = new byte[0];
      parsed.oldSparse = false;
    } else if (paxSparse) {
      ByteString name = parsed.name;
      parsed.inlineMap = false;
      parsed.mapRecord = null;
      recordsChanged |= records.removeIf(record -> record.key().startsWith(Pax.SPARSE));
      changed = true;
      putName(name);
    }
    if (size != parsed.storedSize) {
      removeRecords("SCHILY.realsize");
      setNumber(Fields.SIZE, Fields.LONG_NUMBER, Pax.SIZE, size);
    }
  }

  private void setName(ByteString name) {
    if (parsed.type == FileType.DIRECTORY) {
      ImagePath.of(name);
      if (main[Fields.TYPE] == 0 && !name.endsWith(ByteString.utf8("/"))) {
        main[Fields.TYPE] = '5'; // it was a directory by its slash alone
        changed = true;
      }
    } else {
      TarHeaders.requireFileName(name);
    }
    if (name.equals(parsed.name)) {
      return;
    }
    parsed.name = name;
    if (parsed.inlineMap || parsed.mapRecord != null) {
      // Here the name has a record of its own; the other ones are for readers that know no holes.
      setRecord(Pax.SPARSE_NAME, name);
      changed = true;
    } else {
      putName(name);
    }
  }

  private void putName(ByteString name) {
    changed = true;
    removeExtensions((byte) 'L');
    removeRecords(Pax.PATH);
    if (!TarHeaders.putName(main, format, name)) {
      setRecord(Pax.PATH, name);
      if (format == Fields.Format.USTAR || format == Fields.Format.STAR) {
        main[Fields.PREFIX] = 0;
      }
      TarHeaders.putCut(main, Fields.NAME, Fields.NAME_LENGTH, name);
    } else if (format == Fields.Format.GNU
        && !HeaderParser.ustarName(main, 0, format).equals(name)) {
      // The prefix that old Go wrote where times belong.
      Arrays.fill(main, Fields.PREFIX, Fields.PREFIX + Fields.PREFIX_LENGTH, (byte) 0);
    }
  }

  private void setLinkName(ByteString linkName) {
    if (parsed.type == null) {
      TarHeaders.requireFileName(linkName);
    } else if (parsed.type != FileType.SYMLINK) {
      throw new IllegalArgumentException("a link name for what is no link: " + parsed.name);
    }
    if (linkName.indexOf(0, 0) >= 0) {
      throw new IllegalArgumentException("a NUL in the link target " + linkName);
    }
    if (linkName.equals(parsed.linkName)) {
      return;
    }
    changed = true;
    removeExtensions((byte) 'K');
    removeRecords(Pax.LINKPATH);
    if (linkName.length() <= Fields.LINK_LENGTH) {
      Fields.putString(main, Fields.LINK, Fields.LINK_LENGTH, linkName);
    } else {
      setRecord(Pax.LINKPATH, linkName);
      TarHeaders.putCut(main, Fields.LINK, Fields.LINK_LENGTH, linkName);
    }
  }

  private void setAttributes(FileAttributes now) {
    FileAttributes before = parsed.attributes;
    boolean named = format != Fields.Format.V7;
    if (now.mode() != before.mode()) {
      changed = true;
      Fields.putOctal(main, Fields.MODE, Fields.SHORT_NUMBER, typeBits() | now.mode());
    }
    if (now.uid() != before.uid()) {
      setNumber(Fields.UID, Fields.SHORT_NUMBER, Pax.UID, now.uid());
      removeRecords(Pax.UNAME);
      if (named) {
        Fields.putString(main, Fields.UNAME, Fields.OWNER_LENGTH, ByteString.empty());
      }
    }
    if (now.gid() != before.gid()) {
      setNumber(Fields.GID, Fields.SHORT_NUMBER, Pax.GID, now.gid());
      removeRecords(Pax.GNAME);
      if (named) {
        Fields.putString(main, Fields.GNAME, Fields.OWNER_LENGTH, ByteString.empty());
      }
    }
    if (!now.modified().equals(before.modified())) {
      setTime(now.modified());
    }
    setXattrs(before.xattrs(), now.xattrs());
  }

  // Some writers put the type of the file into the mode, as stat gives it.
  private long typeBits() {
    try {
      long bits = Fields.number(main, Fields.MODE, Fields.SHORT_NUMBER) & ~07777L;
      return Fields.fitsOctal(bits, Fields.SHORT_NUMBER) ? bits : 0;
    } catch (BadHeader e) {
      return 0;
    }
  }

  private void setTime(Instant now) {
    changed = true;
    long seconds = now.getEpochSecond();
    boolean whole = now.getNano() == 0;
    if (Fields.fitsOctal(seconds, Fields.LONG_NUMBER)) {
      Fields.putOctal(main, Fields.MTIME, Fields.LONG_NUMBER, seconds);
    } else if (format == Fields.Format.GNU && whole) {
      Fields.putBase256(main, Fields.MTIME, Fields.LONG_NUMBER, seconds);
    } else {
      Fields.putOctal(main, Fields.MTIME, Fields.LONG_NUMBER, 0);
      whole = false;
    }
    if (!whole || hasRecord(Pax.MTIME)) {
      setRecord(Pax.MTIME, Pax.time(now));
    }
  }

  private void setXattrs(Map<ByteString, ByteString> before, Map<ByteString, ByteString> now) {
    TreeSet<ByteString> names = new TreeSet<>(before.keySet());
    names.addAll(now.keySet());
    for (ByteString name : names) {
      @Nullable ByteString value = now.get(name);
      if (Objects.equals(before.get(name), value)) {
        continue;
      }
      records.removeIf(record -> Xattrs.name(record).equals(Optional.of(name)));
      if (value != null) {
        records.add(Xattrs.record(name, value));
      }
      recordsChanged = true;
      changed = true;
    }
  }

  private void setNumber(int offset, int length, String key, long value) {
    changed = true;
    boolean octal = Fields.fitsOctal(value, length);
    if (octal) {
      Fields.putOctal(main, offset, length, value);
    } else if (format == Fields.Format.GNU && Fields.fitsBase256(value, length)) {
      Fields.putBase256(main, offset, length, value);
      octal = true;
    } else {
      Fields.putOctal(main, offset, length, 0);
    }
    if (!octal || hasRecord(key)) {
      setRecord(key, ByteString.utf8(Long.toString(value)));
    }
  }

  private boolean hasRecord(String key) {
    return records.stream().anyMatch(record -> record.key().equals(key));
  }

  // In the place of the last record with the key, which is the one that counts; else at the end.
  private void setRecord(String key, ByteString value) {
    recordsChanged = true;
    for (int i = records.size() - 1; i >= 0; i--) {
      if (records.get(i).key().equals(key)) {
        records.set(i, new Pax.Entry(key, value));
        return;
      }
    }
    records.add(new Pax.Entry(key, value));
  }

  private void removeRecords(String key) {
    if (records.removeIf(record -> record.key().equals(key))) {
      recordsChanged = true;
      changed = true;
    }
  }

  private void removeExtensions(byte type) {
    changed |= extensions.removeIf(extension -> extension.type() == type);
  }
}
