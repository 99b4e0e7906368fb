package io.k8or.packages.rpm;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A package's header as a database holds it: big-endian, the number of index entries, the number of
 * data bytes, entries of 16 bytes (tag, type, offset, count), the data (rpm's "RPM V4 Package
 * format", "Header"). Immutable.
 */
public final class RpmHeader {
  /** The tag of the name. */
  public static final int NAME = 1000;

  /** The tag of the version. */
  public static final int VERSION = 1001;

  /** The tag of the release. */
  public static final int RELEASE = 1002;

  /** The tag of the epoch. */
  public static final int EPOCH = 1003;

  /** The tag of the vendor. */
  public static final int VENDOR = 1011;

  /** The tag of the licence. */
  public static final int LICENSE = 1014;

  /** The tag of the project's address. */
  public static final int URL = 1020;

  /** The tag of the architecture. */
  public static final int ARCH = 1022;

  /** The tag of the files' states, a byte each: 0 for an installed one, 2 for one that is not. */
  public static final int FILESTATES = 1029;

  /** The tag of the files' sizes, in bytes. */
  public static final int FILESIZES = 1028;

  /** The tag of the files' modes. */
  public static final int FILEMODES = 1030;

  /** The tag of the files' digests. */
  public static final int FILEDIGESTS = 1035;

  /** The tag of the symbolic links' targets. */
  public static final int FILELINKTOS = 1036;

  /** The tag of the files' flags: 1 for configuration, 64 for one that need not be there. */
  public static final int FILEFLAGS = 1037;

  /** The tag of the source package's file name. */
  public static final int SOURCERPM = 1044;

  /** The tag of the names that the package provides. */
  public static final int PROVIDENAME = 1047;

  /** The tag of the flags of what it requires. */
  public static final int REQUIREFLAGS = 1048;

  /** The tag of the names of what it requires. */
  public static final int REQUIRENAME = 1049;

  /** The tag of the versions of what it requires. */
  public static final int REQUIREVERSION = 1050;

  /** The tag of the flags of what it provides. */
  public static final int PROVIDEFLAGS = 1112;

  /** The tag of the versions of what it provides. */
  public static final int PROVIDEVERSION = 1113;

  /** The tag of each file's directory, an index into {@link #DIRNAMES}. */
  public static final int DIRINDEXES = 1116;

  /** The tag of the files' names without a directory. */
  public static final int BASENAMES = 1117;

  /** The tag of the directories, with a slash at the end. */
  public static final int DIRNAMES = 1118;

  /** The tag of the algorithm of {@link #FILEDIGESTS}, in the numbers of OpenPGP. */
  public static final int FILEDIGESTALGO = 5011;

  private static final byte NOT_INSTALLED = 2;
  private static final int MAX_ENTRIES = 1 << 16;
  private static final int CHAR = 1;
  private static final int INT8 = 2;
  private static final int INT16 = 3;
  private static final int INT32 = 4;
  private static final int STRING = 6;
  private static final int STRING_ARRAY = 8;
  private static final int I18N_STRING = 9;

  private final ByteString blob;
  private final String where;
  private final int data;
  private final Map<Integer, Entry> entries;

  private record Entry(int type, int offset, int count) {}

  private RpmHeader(ByteString blob, String where, int data, Map<Integer, Entry> entries) {
    this.blob = blob;
    this.where = where;
    this.data = data;
    this.entries = entries;
  }

  /**
   * Parses a header.
   *
   * @param where its place, for the error; the offset is added
   * @throws MalformedContentException if the numbers do not fit the bytes, or there is no name or
   *     version
   */
  public static RpmHeader parse(ByteString blob, String where) throws MalformedContentException {
    if (blob.length() < 8) {
      throw wrong(where, 0, "expected a header, found " + blob.length() + " bytes");
    }
    int count = int32(blob, 0);
    int size = int32(blob, 4);
    if (count <= 0 || count > MAX_ENTRIES) {
      throw wrong(where, 0, "expected a number of entries, found " + count);
    }
    int data = 8 + 16 * count;
    if (size < 0 || (long) data + size > blob.length()) {
      throw wrong(where, 4, "expected " + size + " bytes of data, found fewer");
    }
    Map<Integer, Entry> entries = new HashMap<>();
    for (int i = 0; i < count; i++) {
      int at = 8 + 16 * i;
      int offset = int32(blob, at + 8);
      int number = int32(blob, at + 12);
      // The region entry has an offset from the end; nothing here reads it.
      if (offset >= 0 && offset <= size && number >= 0) {
        entries.putIfAbsent(int32(blob, at), new Entry(int32(blob, at + 4), offset, number));
      }
    }
    RpmHeader header = new RpmHeader(blob, where, data, entries);
    if (header.text(NAME).isEmpty() || header.text(VERSION).isEmpty()) {
      throw wrong(where, 8, "a header without a name or version");
    }
    return header;
  }

  private static int int32(ByteString blob, int at) {
    return (blob.at(at) << 24) | (blob.at(at + 1) << 16) | (blob.at(at + 2) << 8) | blob.at(at + 3);
  }

  private static MalformedContentException wrong(String where, int offset, String why) {
    return new MalformedContentException("rpm header", where + ", byte " + offset, why);
  }

  /** Returns the header's bytes. */
  public ByteString blob() {
    return blob;
  }

  /**
   * Returns the strings of a tag, ISO 8859-1 texts with a char a byte; none where it is missing.
   *
   * @throws MalformedContentException if it has another type, or does not end
   */
  public List<String> strings(int tag) throws MalformedContentException {
    Entry entry = entries.get(tag);
    if (entry == null) {
      return List.of();
    }
    if (entry.type() != STRING && entry.type() != STRING_ARRAY && entry.type() != I18N_STRING) {
      throw wrong(where, data + entry.offset(), "tag " + tag + ": not of strings");
    }
    List<String> strings = new ArrayList<>();
    int at = data + entry.offset();
    for (int i = 0; i < entry.count(); i++) {
      int end = at >= blob.length() ? -1 : blob.indexOf(0, at);
      if (end < 0) {
        throw wrong(where, at, "tag " + tag + ": a string that does not end");
      }
      strings.add(blob.substring(at, end).toLatin1());
      at = end + 1;
    }
    return strings;
  }

  /**
   * Returns the numbers of a tag, each as an unsigned 8 or 16 or a signed 32 bit one; none where it
   * is missing.
   *
   * @throws MalformedContentException if it has another type, or reaches beyond the data
   */
  public List<Integer> numbers(int tag) throws MalformedContentException {
    Entry entry = entries.get(tag);
    if (entry == null) {
      return List.of();
    }
    int size =
        switch (entry.type()) {
          case CHAR, INT8 -> 1;
          case INT16 -> 2;
          case INT32 -> 4;
          default -> 0;
        };
    int at = data + entry.offset();
    if (size == 0) {
      throw wrong(where, at, "tag " + tag + ": not of numbers");
    }
    if ((long) at + (long) size * entry.count() > blob.length()) {
      throw wrong(where, at, "tag " + tag + ": numbers beyond the data");
    }
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < entry.count(); i++) {
      int from = at + size * i;
      numbers.add(
          switch (size) {
            case 1 -> blob.at(from);
            case 2 -> (blob.at(from) << 8) | blob.at(from + 1);
            default -> int32(blob, from);
          });
    }
    return numbers;
  }

  /**
   * Returns the header's bytes with the state "not installed" for some files, as rpm has it for
   * what {@code --excludepath} leaves out. Empty where the header has no states. The states are
   * outside of what the package's signature is about.
   *
   * @param files their numbers, as in {@link #BASENAMES}
   * @throws MalformedContentException if the states are not a byte for each file
   */
  public Optional<ByteString> withoutFiles(Set<Integer> files) throws MalformedContentException {
    Entry entry = entries.get(FILESTATES);
    if (entry == null) {
      return Optional.empty();
    }
    int at = data + entry.offset();
    if ((entry.type() != CHAR && entry.type() != INT8)
        || (long) at + entry.count() > blob.length()) {
      throw wrong(where, at, "tag " + FILESTATES + ": not a byte for each file");
    }
    byte[] changed = blob.toByteArray();
    for (int file : files) {
      if (file < 0 || file >= entry.count()) {
        throw wrong(where, at, "tag " + FILESTATES + ": no state of file " + file);
      }
      changed[at + file] = NOT_INSTALLED;
    }
    return Optional.of(ByteString.copyOf(changed));
  }

  /**
   * Returns the first string of a tag; empty where it is missing.
   *
   * @throws MalformedContentException if it has another type, or does not end
   */
  public String text(int tag) throws MalformedContentException {
    List<String> strings = strings(tag);
    return strings.isEmpty() ? "" : strings.get(0);
  }

  /**
   * Returns the first number of a tag, if it is there.
   *
   * @throws MalformedContentException if it has another type, or reaches beyond the data
   */
  public Optional<Integer> number(int tag) throws MalformedContentException {
    return numbers(tag).stream().findFirst();
  }

  @Override
  public String toString() {
    return "header at " + where;
  }
}
