package io.k8or.strip;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.content.PatchedContent;
import io.k8or.elf.ElfFile;
import io.k8or.elf.ElfHeader;
import io.k8or.elf.Section;
import io.k8or.elf.Segment;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One program or shared object without what only linkers and debuggers read.
 *
 * @param content the bytes; the file's own where nothing is saved
 * @param saved how many bytes fewer than the file has
 * @param removed the names of the sections that went, in the file's order
 * @param fault why the file stays as it is although there is something to remove; empty if it does
 *     not
 */
record StrippedObject(Content content, long saved, List<String> removed, String fault) {
  private static final int SHT_NULL = 0;
  private static final int SHT_GROUP = 17;
  private static final int SHT_SYMTAB_SHNDX = 18;
  private static final long SHF_INFO_LINK = 0x40;
  private static final int MAX_SECTIONS = 0xff00;
  private static final int MAX_GAP = 1 << 16;

  // What BFD takes for debug information in a section that is not loaded.
  private static final Pattern DEBUG =
      Pattern.compile(
          "\\.debug.*|\\.zdebug.*|\\.gnu\\.debuglto_.*|\\.gnu\\.linkonce\\.wi\\..*"
              + "|\\.line|\\.stab.*|\\.gdb_index|\\.comment");

  // Guile reads its symbols; the kernel its modules'; prelink undoes what it did.
  private static final Pattern NEEDED =
      Pattern.compile("\\.guile\\..*|\\.gnu\\.prelink_undo|\\.modinfo");

  static boolean isElf(Content content) throws IOException {
    return ElfFile.isElf(content);
  }

  private static StrippedObject whole(Content content, String fault) {
    return new StrippedObject(content, 0, List.of(), fault);
  }

  /** Strips a file. */
  static StrippedObject of(Content content, String where) throws IOException {
    try {
      ElfFile file = ElfFile.open(content, where);
      int type = file.header().type();
      if ((type != ElfHeader.ET_EXEC && type != ElfHeader.ET_DYN)
          || file.sections().isEmpty()
          || file.segments().isEmpty()) {
        return whole(content, "");
      }
      return new Work(content, where, file).strip();
    } catch (MalformedContentException e) {
      return whole(content, "it is malformed: " + e.why());
    }
  }

  /** A file that stays as it is. */
  private static final class Unknown extends Exception {
    private static final long serialVersionUID = 1;

    Unknown(String why) {
      super(why);
    }
  }

  private static final class Work {
    private final Content content;
    private final ElfFile file;
    private final List<Section> sections;
    private final boolean is64;
    private final ByteOrder order;
    private final int entrySize;
    private final byte[] header;
    private final long tableOffset;
    private final int namesIndex;
    private final int count;
    private final ByteBuffer table;
    private final boolean[] drop;

    Work(Content content, String where, ElfFile file) throws IOException {
      this.content = content;
      this.file = file;
      this.sections = file.sections();
      this.is64 = file.header().is64Bit();
      this.order = file.header().littleEndian() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
      this.entrySize = is64 ? 64 : 40;
      this.header = content.slice(0, is64 ? 64 : 52).readAll(64);
      ByteBuffer fields = ByteBuffer.wrap(header).order(order);
      this.tableOffset = is64 ? fields.getLong(40) : fields.getInt(32) & 0xffffffffL;
      this.count = fields.getShort(is64 ? 60 : 48) & 0xffff;
      this.namesIndex = fields.getShort(is64 ? 62 : 50) & 0xffff;
      if (count != sections.size() || count > MAX_SECTIONS || namesIndex >= count) {
        throw new MalformedContentException(
            "ELF file", where, "the number of sections or segments is in a section");
      }
      this.table =
          ByteBuffer.wrap(
                  content
                      .slice(tableOffset, (long) count * entrySize)
                      .readAll(MAX_SECTIONS * entrySize))
              .order(order);
      this.drop = new boolean[count];
    }

    StrippedObject strip() throws IOException {
      choose();
      List<String> removed = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        if (drop[i]) {
          removed.add(sections.get(i).name().toString());
        }
      }
      if (removed.isEmpty()) {
        return whole(content, "");
      }
      try {
        check();
        Content stripped = write();
        long saved = content.size() - stripped.size();
        return saved > 0 ? new StrippedObject(stripped, saved, removed, "") : whole(content, "");
      } catch (Unknown e) {
        return whole(content, String.valueOf(e.getMessage()));
      }
    }

    private static boolean isLoaded(Section section) {
      return (section.flags() & Section.SHF_ALLOC) != 0;
    }

    private static boolean hasBytes(Section section) {
      return section.type() != Section.SHT_NOBITS
          && section.type() != SHT_NULL
          && section.size() != 0;
    }

    private static boolean isRelocations(Section section) {
      return section.type() == Section.SHT_RELA || section.type() == Section.SHT_REL;
    }

    private void choose() {
      for (int i = 1; i < count; i++) {
        Section section = sections.get(i);
        if (isLoaded(section)) {
          continue;
        }
        drop[i] =
            section.type() == Section.SHT_SYMTAB
                || section.type() == SHT_SYMTAB_SHNDX
                || DEBUG.matcher(section.name().toLatin1()).matches();
      }
      for (int i = 1; i < count; i++) {
        Section section = sections.get(i);
        if (isLoaded(section)) {
          continue;
        }
        if (section.type() == Section.SHT_STRTAB && i != namesIndex && !drop[i]) {
          drop[i] = isOnlyOfDropped(i);
        } else if (isRelocations(section) && section.info() > 0 && section.info() < count) {
          drop[i] = drop[section.info()];
        }
      }
    }

    private boolean isOnlyOfDropped(int strings) {
      boolean used = false;
      for (int i = 1; i < count; i++) {
        if (sections.get(i).link() == strings) {
          if (!drop[i]) {
            return false;
          }
          used = true;
        }
      }
      return used;
    }

    private void check() throws IOException, Unknown {
      for (int i = 1; i < count; i++) {
        Section section = sections.get(i);
        String name = section.name().toString();
        if (NEEDED.matcher(name).matches() || section.type() == SHT_GROUP) {
          throw new Unknown("the section " + name + " needs its symbols");
        }
        if (drop[i]) {
          continue;
        }
        boolean linked = isDropped(section.link());
        boolean about =
            (isRelocations(section) || (section.flags() & SHF_INFO_LINK) != 0)
                && isDropped(section.info());
        if ((linked && !(isRelocations(section) && isLoaded(section))) || about) {
          throw new Unknown("the section " + name + " refers to symbols");
        }
      }
      long end = loadedEnd();
      List<long[]> parts = new ArrayList<>();
      for (Section section : sections) {
        if (!hasBytes(section)) {
          continue;
        }
        String name = "the section " + section.name();
        if (isLoaded(section)) {
          boolean inside = false;
          for (Segment segment : file.segments()) {
            inside |=
                segment.type() == Segment.PT_LOAD
                    && section.offset() >= segment.offset()
                    && section.offset() + section.size() <= segment.offset() + segment.fileSize();
          }
          if (!inside) {
            throw new Unknown(name + " is to be loaded, and in no segment");
          }
        } else {
          long alignment = alignment(sections.indexOf(section));
          if (section.offset() < end || alignment < 0 || alignment > MAX_GAP) {
            throw new Unknown(name + " overlaps what is loaded");
          }
          parts.add(new long[] {section.offset(), section.size()});
        }
      }
      if (tableOffset >= end) {
        parts.add(new long[] {tableOffset, (long) count * entrySize});
      } else if (tableOffset + (long) count * entrySize > end) {
        throw new Unknown("the section table overlaps what is loaded");
      }
      parts.sort(Comparator.comparingLong(part -> part[0]));
      long at = end;
      for (long[] part : parts) {
        if (part[0] < at || part[0] > content.size() - part[1]) {
          throw new Unknown("two sections overlap at " + part[0]);
        }
        requireZeros(at, part[0], "between sections");
        at = part[0] + part[1];
      }
      requireZeros(at, content.size(), "behind the last section");
    }

    private boolean isDropped(int index) {
      return index > 0 && index < count && drop[index];
    }

    private long loadedEnd() throws Unknown {
      ByteBuffer fields = ByteBuffer.wrap(header).order(order);
      long programs = is64 ? fields.getLong(32) : fields.getInt(28) & 0xffffffffL;
      long size = (fields.getShort(is64 ? 54 : 42) & 0xffffL) * file.segments().size();
      long end = Math.max(header.length, programs + size);
      for (Segment segment : file.segments()) {
        if (segment.type() == Segment.PT_LOAD) {
          if (segment.offset() < 0
              || segment.fileSize() < 0
              || segment.offset() > content.size() - segment.fileSize()) {
            throw new Unknown("a segment ends behind the file: a file of debug information");
          }
          end = Math.max(end, segment.offset() + segment.fileSize());
        }
      }
      for (Segment segment : file.segments()) {
        if (segment.fileSize() > 0 && segment.offset() + segment.fileSize() > end) {
          throw new Unknown("a segment is not within those that are loaded");
        }
      }
      if (end > content.size()) {
        throw new Unknown("the program headers end behind the file");
      }
      return end;
    }

    private void requireZeros(long from, long to, String place) throws IOException, Unknown {
      if (to == from) {
        return;
      }
      boolean zeros = to - from < MAX_GAP;
      if (zeros) {
        try (InputStream in = content.slice(from, to - from).open()) {
          for (byte each : in.readAllBytes()) {
            zeros &= each == 0;
          }
        }
      }
      if (!zeros) {
        throw new Unknown((to - from) + " bytes of data " + place + ", at " + from);
      }
    }

    private Content write() throws Unknown {
      List<Integer> order = new ArrayList<>();
      int[] renumbered = new int[count];
      int next = 0;
      for (int i = 0; i < count; i++) {
        if (!drop[i]) {
          renumbered[i] = next++;
          if (i > 0 && i != namesIndex && !isLoaded(sections.get(i))) {
            order.add(i);
          }
        }
      }
      order.sort(Comparator.comparingLong(i -> sections.get(i).offset()));
      long loaded = loadedEnd();
      List<PatchedContent.Part> parts = new ArrayList<>();
      parts.add(
          new PatchedContent.Part(
              ByteString.copyOf(newHeader(0, 0, 0)), header.length, loaded - header.length));
      long at = loaded;
      long[] offsets = new long[count];
      for (int i : order) {
        Section section = sections.get(i);
        int padding = 0;
        if (hasBytes(section)) {
          padding = padding(at, alignment(i));
          parts.add(
              new PatchedContent.Part(
                  ByteString.copyOf(new byte[padding]), section.offset(), section.size()));
        }
        offsets[i] = at + padding;
        at += padding + (hasBytes(section) ? section.size() : 0);
      }
      Names names = new Names();
      int[] nameAt = names.add(sections, drop);
      offsets[namesIndex] = at;
      byte[] strings = names.bytes();
      int padding = padding(at + strings.length, is64 ? 8 : 4);
      long newTable = at + strings.length + padding;
      ByteBuffer tail =
          ByteBuffer.allocate(strings.length + padding + next * entrySize).order(this.order);
      tail.put(strings).put(new byte[padding]);
      for (int i = 0; i < count; i++) {
        if (!drop[i]) {
          entry(tail, i, nameAt[i], offsets[i], strings.length, renumbered);
        }
      }
      long end = parts.get(parts.size() - 1).offset() + parts.get(parts.size() - 1).length();
      parts.add(new PatchedContent.Part(ByteString.copyOf(tail.array()), end, 0));
      PatchedContent.Part first = parts.get(0);
      parts.set(
          0,
          new PatchedContent.Part(
              ByteString.copyOf(newHeader(newTable, next, renumbered[namesIndex])),
              first.offset(),
              first.length()));
      return new PatchedContent(content, parts);
    }

    private static int padding(long at, long alignment) {
      return alignment <= 1 ? 0 : (int) ((alignment - at % alignment) % alignment);
    }

    private long alignment(int i) {
      int at = i * entrySize + (is64 ? 48 : 32);
      return is64 ? table.getLong(at) : table.getInt(at) & 0xffffffffL;
    }

    private byte[] newHeader(long newTable, int number, int names) {
      ByteBuffer fields = ByteBuffer.wrap(header.clone()).order(order);
      if (is64) {
        fields.putLong(40, newTable);
      } else {
        fields.putInt(32, (int) newTable);
      }
      fields.putShort(is64 ? 60 : 48, (short) number);
      fields.putShort(is64 ? 62 : 50, (short) names);
      return fields.array();
    }

    // As it was, but for name, place and the numbers of other sections.
    private void entry(
        ByteBuffer to, int i, int name, long offset, int namesSize, int[] renumbered) {
      Section section = sections.get(i);
      byte[] raw = Arrays.copyOfRange(table.array(), i * entrySize, (i + 1) * entrySize);
      ByteBuffer entry = ByteBuffer.wrap(raw).order(order);
      if (i > 0) {
        entry.putInt(0, name);
        if (!isLoaded(section)) {
          putWord(entry, is64 ? 24 : 16, offset);
        }
        if (i == namesIndex) {
          putWord(entry, is64 ? 32 : 20, namesSize);
        }
        int link = section.link();
        entry.putInt(is64 ? 40 : 24, link > 0 && link < count ? renumbered[link] : link);
        int info = section.info();
        if ((isRelocations(section) || (section.flags() & SHF_INFO_LINK) != 0)
            && info > 0
            && info < count) {
          entry.putInt(is64 ? 44 : 28, renumbered[info]);
        }
      }
      to.put(raw);
    }

    private void putWord(ByteBuffer entry, int at, long value) {
      if (is64) {
        entry.putLong(at, value);
      } else {
        entry.putInt(at, (int) value);
      }
    }
  }

  /** The names of sections; one that is the end of another shares its bytes. */
  private static final class Names {
    private final StringBuilder text = new StringBuilder("\0");

    int[] add(List<Section> sections, boolean[] drop) {
      List<Integer> byLength = new ArrayList<>();
      for (int i = 0; i < drop.length; i++) {
        if (!drop[i]) {
          byLength.add(i);
        }
      }
      byLength.sort(Comparator.comparingInt((Integer i) -> -sections.get(i).name().length()));
      int[] at = new int[drop.length];
      for (int i : byLength) {
        String name = sections.get(i).name().toLatin1() + "\0";
        int found = text.indexOf(name);
        if (found < 0) {
          found = text.length();
          text.append(name);
        }
        at[i] = found;
      }
      return at;
    }

    byte[] bytes() {
      return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }
  }
}
