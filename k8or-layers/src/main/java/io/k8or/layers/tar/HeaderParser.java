package io.k8or.layers.tar;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns header blocks into what they say about an entry. */
final class HeaderParser {
  /** What the headers before an entry's own say. */
  static final class Extensions {
    private @Nullable List<Pax.Entry> records;
    private ByteString longName = ByteString.empty();
    private ByteString longLink = ByteString.empty();
    private boolean any;

    boolean any() {
      return any;
    }

    /** Returns the records of the last PAX header, the only one that counts. */
    List<Pax.Entry> records() {
      return records == null ? List.of() : records;
    }

    void add(byte type, byte[] bytes, int offset, int length) throws BadHeader {
      switch (type) {
        case 'x' -> records = Pax.parse(bytes, offset, length);
        case 'L' -> longName = Fields.string(bytes, offset, length);
        case 'K' -> longLink = Fields.string(bytes, offset, length);
        default -> Pax.parse(bytes, offset, length); // a global header: only its form matters
      }
      any |= type != 'g';
    }
  }

  /** What an entry is. */
  static final class Parsed {
    ByteString name = ByteString.empty();
    ByteString linkName = ByteString.empty();
    @Nullable FileType type;
    FileAttributes attributes = FileAttributes.ofMode(0);
    long storedSize;
    long size;
    long deviceMajor;
    long deviceMinor;
    boolean oldSparse;
    boolean inlineMap;
    @Nullable ByteString mapRecord;
    long mapEntries;
  }

  // Neighbours often have the same owner, mode and time; their attributes are one instance.
  private final FileAttributes[] recent = new FileAttributes[256];
  private ByteString name = ByteString.empty();

  HeaderParser() {
    Arrays.fill(recent, FileAttributes.ofMode(0));
  }

  /** Returns the name that was found so far, for an error. */
  ByteString name() {
    return name;
  }

  Parsed parse(byte[] bytes, int block, Extensions extensions) throws BadHeader {
    Parsed parsed = new Parsed();
    Fields.Format format = Fields.format(bytes, block);
    name = ustarName(bytes, block, format);
    parsed.linkName = Fields.string(bytes, block + Fields.LINK, Fields.LINK_LENGTH);
    Map<String, ByteString> pax = lastOfEach(extensions.records);
    name = or(pax, Pax.PATH, name);
    parsed.linkName = or(pax, Pax.LINKPATH, parsed.linkName);
    if (!extensions.longName.isEmpty()) {
      name = extensions.longName;
    }
    if (!extensions.longLink.isEmpty()) {
      parsed.linkName = extensions.longLink;
    }

    byte typeByte = bytes[block + Fields.TYPE];
    boolean data = false;
    switch (typeByte) {
      case 0 -> {
        // The oldest archives know a directory by its slash alone.
        boolean directory = name.length() > 0 && name.at(name.length() - 1) == '/';
        parsed.type = directory ? FileType.DIRECTORY : FileType.REGULAR;
        data = !directory;
      }
      case '0', '7', 'S' -> {
        parsed.type = FileType.REGULAR;
        data = true;
      }
      case '1' -> parsed.type = null;
      case '2' -> parsed.type = FileType.SYMLINK;
      case '3' -> parsed.type = FileType.CHARACTER_DEVICE;
      case '4' -> parsed.type = FileType.BLOCK_DEVICE;
      case '5' -> parsed.type = FileType.DIRECTORY;
      case '6' -> parsed.type = FileType.FIFO;
      default ->
          throw new BadHeader(
              "a kind of entry that no container engine unpacks: '"
                  + ByteString.copyOf(new byte[] {typeByte})
                  + "'");
    }

    long size = number(bytes, block, "size", Fields.SIZE, Fields.LONG_NUMBER);
    size = numberOr(pax, Pax.SIZE, size);
    if (size < 0) {
      throw new BadHeader("a negative size: " + size);
    }
    parsed.storedSize = data ? size : 0;
    parsed.size = parsed.storedSize;
    sparse(parsed, bytes, block, format, pax, data);

    parsed.name = name;
    if (parsed.type != null && parsed.type != FileType.SYMLINK) {
      parsed.linkName = ByteString.empty();
    }
    if (parsed.type == FileType.CHARACTER_DEVICE || parsed.type == FileType.BLOCK_DEVICE) {
      if (format != Fields.Format.V7) {
        parsed.deviceMajor = device(bytes, block, Fields.DEVICE_MAJOR);
        parsed.deviceMinor = device(bytes, block, Fields.DEVICE_MINOR);
      }
    }
    parsed.attributes = attributes(bytes, block, pax);
    return parsed;
  }

  private static long device(byte[] bytes, int block, int offset) throws BadHeader {
    long number = number(bytes, block, "device", offset, Fields.SHORT_NUMBER);
    if (number < 0 || number > 0xffffffffL) {
      throw new BadHeader("a device number not in 32 bits: " + number);
    }
    return number;
  }

  static ByteString ustarName(byte[] bytes, int block, Fields.Format format) {
    ByteString name = Fields.string(bytes, block + Fields.NAME, Fields.NAME_LENGTH);
    int length =
        switch (format) {
          case USTAR -> Fields.PREFIX_LENGTH;
          case STAR -> Fields.STAR_PREFIX_LENGTH;
          case GNU -> hasGnuTimes(bytes, block) ? 0 : Fields.PREFIX_LENGTH;
          case V7 -> 0;
        };
    if (length == 0 || bytes[block + Fields.PREFIX] == 0) {
      return name;
    }
    ByteString prefix = Fields.string(bytes, block + Fields.PREFIX, length);
    if (format == Fields.Format.GNU) {
      for (int i = 0; i < prefix.length(); i++) {
        if (prefix.at(i) >= 0x80) {
          return name;
        }
      }
    }
    return prefix.concat(ByteString.utf8("/")).concat(name);
  }

  // Go before 1.8 wrote GNU headers with a name prefix where the times of access and change belong
  // (golang.org/issue/12594). Like later Go, take it for a prefix if it cannot be times.
  private static boolean hasGnuTimes(byte[] bytes, int block) {
    try {
      if (bytes[block + Fields.GNU_ATIME] != 0) {
        Fields.number(bytes, block + Fields.GNU_ATIME, Fields.LONG_NUMBER);
      }
      if (bytes[block + Fields.GNU_CTIME] != 0) {
        Fields.number(bytes, block + Fields.GNU_CTIME, Fields.LONG_NUMBER);
      }
      return true;
    } catch (BadHeader e) {
      return false;
    }
  }

  private void sparse(
      Parsed parsed,
      byte[] bytes,
      int block,
      Fields.Format format,
      Map<String, ByteString> pax,
      boolean data)
      throws BadHeader {
    if (bytes[block + Fields.TYPE] == 'S') {
      if (format != Fields.Format.GNU) {
        throw new BadHeader("a sparse entry of another format than GNU's");
      }
      parsed.oldSparse = true;
      parsed.size = number(bytes, block, "real size", Fields.GNU_REAL_SIZE, Fields.LONG_NUMBER);
    } else {
      String major = or(pax, Pax.SPARSE_MAJOR, ByteString.empty()).toLatin1();
      String minor = or(pax, Pax.SPARSE_MINOR, ByteString.empty()).toLatin1();
      boolean stated = !major.isEmpty() || !minor.isEmpty();
      boolean version0 = major.equals("0") && (minor.equals("0") || minor.equals("1"));
      boolean version1 = major.equals("1") && minor.equals("0");
      ByteString map = or(pax, Pax.SPARSE_MAP, ByteString.empty());
      if (stated ? !version0 && !version1 : map.isEmpty()) {
        return; // not sparse, or of a version that nobody knows: then the data is taken as it is
      }
      if (!data) {
        throw new BadHeader("a sparse map for an entry without data");
      }
      name = or(pax, Pax.SPARSE_NAME, name);
      parsed.size = numberOr(pax, Pax.SPARSE_REAL_SIZE, parsed.size);
      parsed.size = numberOr(pax, Pax.SPARSE_SIZE, parsed.size);
      if (version1) {
        parsed.inlineMap = true;
      } else {
        parsed.mapRecord = map;
        parsed.mapEntries =
            Pax.number(Pax.SPARSE_BLOCKS, pax.getOrDefault(Pax.SPARSE_BLOCKS, ByteString.empty()));
      }
    }
    if (parsed.size < 0) {
      throw new BadHeader("a negative size: " + parsed.size);
    }
  }

  private FileAttributes attributes(byte[] bytes, int block, Map<String, ByteString> pax)
      throws BadHeader {
    int mode = (int) number(bytes, block, "mode", Fields.MODE, Fields.SHORT_NUMBER) & 07777;
    long uid = number(bytes, block, "uid", Fields.UID, Fields.SHORT_NUMBER);
    long gid = number(bytes, block, "gid", Fields.GID, Fields.SHORT_NUMBER);
    uid = numberOr(pax, Pax.UID, uid);
    gid = numberOr(pax, Pax.GID, gid);
    if (uid < 0 || gid < 0) {
      throw new BadHeader("a negative owner: " + uid + ":" + gid);
    }
    long seconds = number(bytes, block, "mtime", Fields.MTIME, Fields.LONG_NUMBER);
    ByteString mtime = or(pax, Pax.MTIME, ByteString.empty());
    FileAttributes attributes =
        FileAttributes.ofMode(mode)
            .withOwner(uid, gid)
            .withModified(
                mtime.isEmpty() ? Pax.instant(Pax.MTIME, seconds, 0) : Pax.time(Pax.MTIME, mtime))
            .withXattrs(xattrs(pax));
    int slot = attributes.hashCode() & (recent.length - 1);
    if (!recent[slot].equals(attributes)) {
      recent[slot] = attributes;
    }
    return recent[slot];
  }

  private static Map<ByteString, ByteString> xattrs(Map<String, ByteString> pax) throws BadHeader {
    Map<ByteString, ByteString> xattrs = Map.of();
    for (Map.Entry<String, ByteString> record : pax.entrySet()) {
      String key = record.getKey();
      if (key.startsWith(Pax.LIBARCHIVE_XATTR)) {
        xattrs = xattrs.isEmpty() ? new HashMap<>() : xattrs;
        // libarchive writes both forms; the other one is plain bytes and wins.
        xattrs.putIfAbsent(
            percentDecoded(key.substring(Pax.LIBARCHIVE_XATTR.length())),
            base64(key, record.getValue()));
      } else if (key.startsWith(Pax.SCHILY_XATTR)) {
        xattrs = xattrs.isEmpty() ? new HashMap<>() : xattrs;
        xattrs.put(latin1(key.substring(Pax.SCHILY_XATTR.length())), record.getValue());
      }
    }
    return xattrs;
  }

  static ByteString percentDecoded(String key) {
    StringBuilder out = new StringBuilder(key.length());
    for (int i = 0; i < key.length(); i++) {
      int high = i + 2 < key.length() ? Character.digit(key.charAt(i + 1), 16) : -1;
      int low = i + 2 < key.length() ? Character.digit(key.charAt(i + 2), 16) : -1;
      if (key.charAt(i) == '%' && high >= 0 && low >= 0) {
        out.append((char) ((high << 4) | low));
        i += 2;
      } else {
        out.append(key.charAt(i));
      }
    }
    return latin1(out.toString());
  }

  private static ByteString base64(String key, ByteString value) throws BadHeader {
    try {
      return ByteString.copyOf(Base64.getDecoder().decode(value.toByteArray()));
    } catch (IllegalArgumentException e) {
      throw new BadHeader("expected base 64 in " + latin1(key));
    }
  }

  static ByteString latin1(String text) {
    return ByteString.copyOf(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  // Also turns the map of the sparse format 0.0, which repeats keys, into that of 0.1.
  private static Map<String, ByteString> lastOfEach(@Nullable List<Pax.Entry> records)
      throws BadHeader {
    if (records == null) {
      return Map.of();
    }
    Map<String, ByteString> pax = new LinkedHashMap<>();
    List<ByteString> map = new ArrayList<>();
    for (Pax.Entry record : records) {
      String key = record.key();
      if (key.equals(Pax.SPARSE_OFFSET) || key.equals(Pax.SPARSE_NUMBYTES)) {
        if (key.equals(Pax.SPARSE_OFFSET) != (map.size() % 2 == 0)
            || record.value().indexOf(',', 0) >= 0) {
          throw new BadHeader("offsets and lengths of a sparse map do not alternate");
        }
        map.add(record.value());
      } else {
        pax.put(key, record.value());
      }
    }
    if (!map.isEmpty()) {
      StringBuilder list = new StringBuilder();
      for (ByteString number : map) {
        list.append(list.length() == 0 ? "" : ",").append(number.toLatin1());
      }
      pax.put(Pax.SPARSE_MAP, latin1(list.toString()));
    }
    return pax;
  }

  private static ByteString or(Map<String, ByteString> pax, String key, ByteString other) {
    ByteString value = pax.get(key);
    return value == null || value.isEmpty() ? other : value;
  }

  private static long numberOr(Map<String, ByteString> pax, String key, long other)
      throws BadHeader {
    ByteString value = pax.get(key);
    return value == null || value.isEmpty() ? other : Pax.number(key, value);
  }

  private static long number(byte[] bytes, int block, String what, int offset, int length)
      throws BadHeader {
    try {
      return Fields.number(bytes, block + offset, length);
    } catch (BadHeader e) {
      throw new BadHeader(what + ": " + e.why());
    }
  }
}
