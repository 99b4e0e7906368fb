package io.k8or.elf;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An ELF file of 32 or 64 bits and either byte order (System V ABI, chapters 4 and 5). Immutable.
 *
 * <p>Opening reads the headers only; tables are read each time that they are asked for, as slices
 * of the content. No size in the file is trusted: a table that does not lie inside the file is an
 * error before memory is taken for it.
 */
public final class ElfFile {
  private static final String WHAT = "ELF file";
  private static final int DT_NEEDED = 1;
  private static final int DT_STRTAB = 5;
  private static final int DT_SYMTAB = 6;
  private static final int DT_RELA = 7;
  private static final int DT_RELASZ = 8;
  private static final int DT_STRSZ = 10;
  private static final int DT_SYMENT = 11;
  private static final int DT_SONAME = 14;
  private static final int DT_RPATH = 15;
  private static final int DT_REL = 17;
  private static final int DT_RELSZ = 18;
  private static final int DT_PLTREL = 20;
  private static final int DT_JMPREL = 23;
  private static final int DT_PLTRELSZ = 2;
  private static final int DT_RUNPATH = 29;
  private static final int DT_RELRSZ = 35;
  private static final int DT_RELR = 36;
  private static final int DT_HASH = 4;
  private static final long DT_GNU_HASH = 0x6ffffef5L;

  private final Content content;
  private final String where;
  private final ElfHeader header;
  private final List<Segment> segments;
  private final List<Section> sections;

  private ElfFile(
      Content content,
      String where,
      ElfHeader header,
      List<Segment> segments,
      List<Section> sections) {
    this.content = content;
    this.where = where;
    this.header = header;
    this.segments = segments;
    this.sections = sections;
  }

  /**
   * Says whether the content begins as an ELF file does. Reads four bytes.
   *
   * @throws IOException if it cannot be read
   */
  public static boolean isElf(Content content) throws IOException {
    if (content.size() < 16) {
      return false;
    }
    try (InputStream in = content.open()) {
      byte[] magic = in.readNBytes(4);
      return magic.length == 4
          && magic[0] == 0x7f
          && magic[1] == 'E'
          && magic[2] == 'L'
          && magic[3] == 'F';
    }
  }

  /**
   * Opens an ELF file. Reads its header and both header tables.
   *
   * @param where its name for errors, such as its path in the image
   * @throws MalformedContentException if it is none, or a table does not lie inside it
   * @throws IOException if it cannot be read
   */
  public static ElfFile open(Content content, String where) throws IOException {
    if (content.size() < 52) {
      throw new MalformedContentException(
          WHAT, where, "expected a header, found " + content.size() + " bytes");
    }
    byte[] ident = content.slice(0, 16).readAll(16);
    if (!isElf(content)) {
      throw new MalformedContentException(WHAT, where, "it does not begin with 7f 45 4c 46");
    }
    boolean is64 = ident[4] == 2;
    boolean little = ident[5] == 1;
    if ((ident[4] != 1 && !is64) || (ident[5] != 2 && !little) || ident[6] != 1) {
      throw new MalformedContentException(
          WHAT,
          where,
          "unknown class " + ident[4] + ", byte order " + ident[5] + " or version " + ident[6]);
    }
    int headerSize = is64 ? 64 : 52;
    Table table = new Table(content, where, is64, little);
    ByteBuffer h = table.read(0, headerSize, "header");
    h.position(16);
    int type = h.getShort() & 0xffff;
    int machine = h.getShort() & 0xffff;
    h.getInt();
    long entry = table.address(h);
    long phoff = table.address(h);
    long shoff = table.address(h);
    int flags = h.getInt();
    h.getShort();
    int phentsize = h.getShort() & 0xffff;
    long phnum = h.getShort() & 0xffff;
    int shentsize = h.getShort() & 0xffff;
    long shnum = h.getShort() & 0xffff;
    long shstrndx = h.getShort() & 0xffff;
    if (shoff != 0 && (shnum == 0 || phnum == 0xffff || shstrndx == 0xffff)) {
      // Numbers that do not fit stand in the first section header.
      Section first = section(table, table.read(shoff, is64 ? 64 : 40, "section header 0"));
      shnum = shnum == 0 ? first.size() : shnum;
      phnum = phnum == 0xffff ? first.info() & 0xffffffffL : phnum;
      shstrndx = shstrndx == 0xffff ? first.link() & 0xffffffffL : shstrndx;
    }
    ElfHeader header = new ElfHeader(is64, little, ident[7] & 0xff, type, machine, entry, flags);
    List<Segment> segments = new ArrayList<>();
    if (phnum > 0 && phoff != 0) {
      require(phentsize == (is64 ? 56 : 32), where, "program headers of " + phentsize + " bytes");
      ByteBuffer all = table.read(phoff, phnum * phentsize, "program header table");
      for (long i = 0; i < phnum; i++) {
        segments.add(segment(table, all));
      }
    }
    List<Section> sections = new ArrayList<>();
    if (shnum > 0 && shoff != 0) {
      require(shentsize == (is64 ? 64 : 40), where, "section headers of " + shentsize + " bytes");
      ByteBuffer all = table.read(shoff, shnum * shentsize, "section header table");
      List<Integer> names = new ArrayList<>();
      for (long i = 0; i < shnum; i++) {
        all.mark();
        names.add(all.getInt());
        all.reset();
        sections.add(section(table, all));
      }
      nameSections(table, sections, names, shstrndx);
    }
    return new ElfFile(content, where, header, List.copyOf(segments), List.copyOf(sections));
  }

  private static void nameSections(
      Table table, List<Section> sections, List<Integer> names, long shstrndx) throws IOException {
    if (shstrndx == 0 || shstrndx >= sections.size()) {
      return;
    }
    Section strings = sections.get((int) shstrndx);
    if (strings.type() != Section.SHT_STRTAB) {
      return;
    }
    ByteBuffer text = table.read(strings.offset(), strings.size(), "section names");
    for (int i = 0; i < sections.size(); i++) {
      Section s = sections.get(i);
      sections.set(
          i,
          new Section(
              string(text, names.get(i) & 0xffffffffL),
              s.type(),
              s.flags(),
              s.address(),
              s.offset(),
              s.size(),
              s.link(),
              s.info(),
              s.entrySize()));
    }
  }

  private static Segment segment(Table table, ByteBuffer b) {
    int type = b.getInt();
    int flags = table.is64 ? b.getInt() : 0;
    long offset = table.address(b);
    long address = table.address(b);
    table.address(b);
    long fileSize = table.address(b);
    long memorySize = table.address(b);
    flags = table.is64 ? flags : b.getInt();
    long alignment = table.address(b);
    return new Segment(type, flags, offset, address, fileSize, memorySize, alignment);
  }

  private static Section section(Table table, ByteBuffer b) {
    b.getInt();
    int type = b.getInt();
    long flags = table.address(b);
    long address = table.address(b);
    long offset = table.address(b);
    long size = table.address(b);
    int link = b.getInt();
    int info = b.getInt();
    table.address(b);
    long entrySize = table.address(b);
    return new Section(
        ByteString.empty(), type, flags, address, offset, size, link, info, entrySize);
  }

  private static void require(boolean holds, String where, String found)
      throws MalformedContentException {
    if (!holds) {
      throw new MalformedContentException(WHAT, where, "found " + found);
    }
  }

  /** Returns the header. */
  public ElfHeader header() {
    return header;
  }

  /** Returns the program headers, in the file's order. */
  public List<Segment> segments() {
    return segments;
  }

  /** Returns the section headers, in the file's order; none where they were stripped. */
  public List<Section> sections() {
    return sections;
  }

  /** Returns the first section of the name. */
  public Optional<Section> section(String name) {
    ByteString wanted = ByteString.utf8(name);
    return sections.stream().filter(section -> section.name().equals(wanted)).findFirst();
  }

  /**
   * Returns a section's bytes; none for one without bytes in the file.
   *
   * @throws MalformedContentException if it does not lie inside the file
   */
  public Content bytes(Section section) throws MalformedContentException {
    if (section.type() == Section.SHT_NOBITS) {
      return Content.empty();
    }
    return table().slice(section.offset(), section.size(), "section " + section.name());
  }

  /**
   * Returns a segment's bytes in the file.
   *
   * @throws MalformedContentException if it does not lie inside the file
   */
  public Content bytes(Segment segment) throws MalformedContentException {
    return table().slice(segment.offset(), segment.fileSize(), "segment");
  }

  /**
   * Returns the offset in the file of a virtual address; empty where no segment's bytes hold it.
   */
  public OptionalLong offsetOf(long address) {
    for (Segment s : segments) {
      if (s.type() == Segment.PT_LOAD
          && Long.compareUnsigned(address, s.address()) >= 0
          && Long.compareUnsigned(address - s.address(), s.fileSize()) < 0) {
        return OptionalLong.of(s.offset() + (address - s.address()));
      }
    }
    return OptionalLong.empty();
  }

  /**
   * Returns the path of the program interpreter, which is the dynamic loader; empty for static
   * programs and for libraries.
   *
   * @throws MalformedContentException if it does not lie inside the file
   * @throws IOException if the file cannot be read
   */
  public Optional<ByteString> interpreter() throws IOException {
    for (Segment s : segments) {
      if (s.type() == Segment.PT_INTERP) {
        ByteBuffer text = table().read(s.offset(), s.fileSize(), "interpreter");
        return Optional.of(string(text, 0));
      }
    }
    return Optional.empty();
  }

  /**
   * Returns the names of the shared objects that it needs (DT_NEEDED), in order.
   *
   * @throws MalformedContentException if the dynamic section is not well-formed
   * @throws IOException if the file cannot be read
   */
  public List<ByteString> needed() throws IOException {
    return dynamicStrings(DT_NEEDED);
  }

  /**
   * Returns its own name as a shared object (DT_SONAME).
   *
   * @throws MalformedContentException if the dynamic section is not well-formed
   * @throws IOException if the file cannot be read
   */
  public Optional<ByteString> soname() throws IOException {
    return dynamicStrings(DT_SONAME).stream().findFirst();
  }

  /**
   * Returns DT_RPATH: directories separated by colons.
   *
   * @throws MalformedContentException if the dynamic section is not well-formed
   * @throws IOException if the file cannot be read
   */
  public Optional<ByteString> rpath() throws IOException {
    return dynamicStrings(DT_RPATH).stream().findFirst();
  }

  /**
   * Returns DT_RUNPATH: directories separated by colons.
   *
   * @throws MalformedContentException if the dynamic section is not well-formed
   * @throws IOException if the file cannot be read
   */
  public Optional<ByteString> runpath() throws IOException {
    return dynamicStrings(DT_RUNPATH).stream().findFirst();
  }

  /**
   * Returns the build-id (note NT_GNU_BUILD_ID), which names this build of the file.
   *
   * @throws MalformedContentException if the notes are not well-formed
   * @throws IOException if the file cannot be read
   */
  public Optional<ByteString> buildId() throws IOException {
    for (Segment s : segments) {
      if (s.type() == Segment.PT_NOTE) {
        Optional<ByteString> id = buildId(s.offset(), s.fileSize(), s.alignment());
        if (id.isPresent()) {
          return id;
        }
      }
    }
    // Go's linker leaves the note out of the segment.
    for (Section s : sections) {
      if (s.type() == Section.SHT_NOTE) {
        Optional<ByteString> id = buildId(s.offset(), s.size(), 4);
        if (id.isPresent()) {
          return id;
        }
      }
    }
    return Optional.empty();
  }

  private Optional<ByteString> buildId(long offset, long length, long alignment)
      throws IOException {
    ByteBuffer notes = table().read(offset, length, "notes");
    int padding = alignment == 8 ? 8 : 4;
    while (notes.remaining() >= 12) {
      long nameSize = notes.getInt() & 0xffffffffL;
      long size = notes.getInt() & 0xffffffffL;
      int type = notes.getInt();
      long name = notes.position();
      long data = align(name + nameSize, padding);
      if (data + size > notes.limit()) {
        throw new MalformedContentException(WHAT, where, "a note ends outside its segment");
      }
      if (type == 3 && nameSize == 4 && string(notes, name).equals(ByteString.utf8("GNU"))) {
        return Optional.of(copy(notes, (int) data, (int) size));
      }
      notes.position((int) Math.min(notes.limit(), align(data + size, padding)));
    }
    return Optional.empty();
  }

  private static long align(long value, int to) {
    return (value + to - 1) / to * to;
  }

  /**
   * Returns the symbols of dynamic linking (.dynsym) with their versions; the first is the null
   * symbol, so that indexes are those of relocations.
   *
   * @throws MalformedContentException if a table is not well-formed
   * @throws IOException if the file cannot be read
   */
  public List<ElfSymbol> dynamicSymbols() throws IOException {
    Optional<Section> table = firstOf(Section.SHT_DYNSYM);
    if (table.isPresent()) {
      return symbols(table.get(), SymbolVersions.of(this));
    }
    return symbolsWithoutSections();
  }

  /**
   * Returns the symbols of static linking (.symtab); none where they were stripped.
   *
   * @throws MalformedContentException if a table is not well-formed
   * @throws IOException if the file cannot be read
   */
  public List<ElfSymbol> symbols() throws IOException {
    Optional<Section> table = firstOf(Section.SHT_SYMTAB);
    return table.isPresent() ? symbols(table.get(), SymbolVersions.none()) : List.of();
  }

  private Optional<Section> firstOf(int type) {
    return sections.stream().filter(section -> section.type() == type).findFirst();
  }

  private List<ElfSymbol> symbols(Section section, SymbolVersions versions) throws IOException {
    int link = section.link();
    if (link <= 0 || link >= sections.size()) {
      throw new MalformedContentException(
          WHAT, where, "the strings of section " + section.name() + " are in no section");
    }
    Section strings = sections.get(link);
    return symbols(
        table().read(section.offset(), section.size(), "symbol table"),
        table().read(strings.offset(), strings.size(), "string table"),
        versions);
  }

  // Where section headers were stripped the hash table tells how many symbols there are.
  private List<ElfSymbol> symbolsWithoutSections() throws IOException {
    List<long[]> dynamic = dynamic();
    OptionalLong symbols = fileOffset(dynamic, DT_SYMTAB);
    OptionalLong strings = fileOffset(dynamic, DT_STRTAB);
    if (symbols.isEmpty() || strings.isEmpty()) {
      return List.of();
    }
    long count = countByHash(dynamic);
    int entry = header.is64Bit() ? 24 : 16;
    require(value(dynamic, DT_SYMENT).orElse(entry) == entry, where, "symbols of another size");
    return symbols(
        table().read(symbols.getAsLong(), count * entry, "symbol table"),
        table().read(strings.getAsLong(), value(dynamic, DT_STRSZ).orElse(0), "string table"),
        SymbolVersions.none());
  }

  private long countByHash(List<long[]> dynamic) throws IOException {
    OptionalLong sysv = fileOffset(dynamic, DT_HASH);
    if (sysv.isPresent()) {
      ByteBuffer b = table().read(sysv.getAsLong(), 8, "hash table");
      b.getInt();
      return b.getInt() & 0xffffffffL;
    }
    OptionalLong gnu = fileOffset(dynamic, DT_GNU_HASH);
    if (gnu.isEmpty()) {
      return 0;
    }
    long at = gnu.getAsLong();
    ByteBuffer b = table().read(at, 16, "hash table");
    long buckets = b.getInt() & 0xffffffffL;
    long first = b.getInt() & 0xffffffffL;
    long bloom = b.getInt() & 0xffffffffL;
    long bucketsAt = at + 16 + bloom * (header.is64Bit() ? 8 : 4);
    ByteBuffer heads = table().read(bucketsAt, buckets * 4, "hash table");
    long last = 0;
    for (long i = 0; i < buckets; i++) {
      last = Math.max(last, heads.getInt() & 0xffffffffL);
    }
    if (last < first) {
      return first;
    }
    long chain = bucketsAt + buckets * 4 + (last - first) * 4;
    while ((table().read(chain, 4, "hash table").getInt() & 1) == 0) {
      chain += 4;
      last++;
    }
    return last + 1;
  }

  private List<ElfSymbol> symbols(ByteBuffer table, ByteBuffer strings, SymbolVersions versions) {
    int size = header.is64Bit() ? 24 : 16;
    List<ElfSymbol> symbols = new ArrayList<>(table.remaining() / size);
    for (int i = 0; table.remaining() >= size; i++) {
      long name = table.getInt() & 0xffffffffL;
      int info;
      int other;
      int section;
      long value;
      long length;
      if (header.is64Bit()) {
        info = table.get();
        other = table.get();
        section = table.getShort() & 0xffff;
        value = table.getLong();
        length = table.getLong();
      } else {
        value = table.getInt() & 0xffffffffL;
        length = table.getInt() & 0xffffffffL;
        info = table.get();
        other = table.get();
        section = table.getShort() & 0xffff;
      }
      symbols.add(
          new ElfSymbol(
              string(strings, name),
              versions.name(i),
              versions.isDefault(i),
              value,
              length,
              info & 15,
              (info >> 4) & 15,
              other & 3,
              section));
    }
    return symbols;
  }

  /**
   * Returns the ranges of code that {@code .eh_frame} describes, in its order: each function, and
   * each part of one that stands elsewhere. They are there in stripped files too.
   *
   * @throws MalformedContentException if the section is not well-formed
   * @throws IOException if the file cannot be read
   */
  public List<AddressRange> frames() throws IOException {
    return EhFrame.read(this, false);
  }

  /**
   * Returns those of the {@link #frames} with data for a language's exceptions: what is raised in a
   * call may go on in the middle of them.
   *
   * @throws MalformedContentException if the section is not well-formed
   * @throws IOException if the file cannot be read
   */
  public List<AddressRange> handledFrames() throws IOException {
    return EhFrame.read(this, true);
  }

  /**
   * Returns the frames that have a table of handlers of exceptions, with where these are; as far as
   * the tables are well-formed.
   *
   * @throws MalformedContentException if {@code .eh_frame} is not well-formed
   * @throws IOException if the file cannot be read
   */
  public List<HandledFrame> handlers() throws IOException {
    return EhFrame.readHandlers(this);
  }

  /**
   * Returns the functions of a Go program, as its runtime knows them; none of another program. They
   * are there in stripped files too.
   *
   * @throws MalformedContentException if the table is not well-formed
   * @throws IOException if the file cannot be read
   */
  public List<GoFunction> goFunctions() throws IOException {
    return GoFunctionTable.read(this);
  }

  /**
   * Returns the relocations that the loader makes: of the dynamic section's RELA, REL, RELR and PLT
   * tables; and those that a static program makes itself, where it has section headers.
   *
   * @throws MalformedContentException if a table is not well-formed
   * @throws IOException if the file cannot be read
   */
  public List<Relocation> relocations() throws IOException {
    List<long[]> dynamic = dynamic();
    List<Relocation> all = new ArrayList<>();
    LoadedWords words = new LoadedWords(this);
    readRelocations(dynamic, DT_RELA, DT_RELASZ, true, words, all);
    readRelocations(dynamic, DT_REL, DT_RELSZ, false, words, all);
    boolean withAddends = value(dynamic, DT_PLTREL).orElse(DT_RELA) == DT_RELA;
    readRelocations(dynamic, DT_JMPREL, DT_PLTRELSZ, withAddends, words, all);
    readRelr(dynamic, words, all);
    if (dynamic.isEmpty() && header.type() != ElfHeader.ET_REL) {
      // A static program relocates itself: the functions that it chooses when it starts.
      for (Section section : sections) {
        boolean loaded = (section.flags() & Section.SHF_ALLOC) != 0;
        if (loaded && (section.type() == Section.SHT_RELA || section.type() == Section.SHT_REL)) {
          readRelocations(
              section.offset(), section.size(), section.type() == Section.SHT_RELA, words, all);
        }
      }
    }
    return all;
  }

  private void readRelocations(
      List<long[]> dynamic,
      int at,
      int bytes,
      boolean withAddends,
      LoadedWords words,
      List<Relocation> into)
      throws IOException {
    OptionalLong offset = fileOffset(dynamic, at);
    long size = value(dynamic, bytes).orElse(0);
    if (offset.isPresent() && size != 0) {
      readRelocations(offset.getAsLong(), size, withAddends, words, into);
    }
  }

  private void readRelocations(
      long offset, long size, boolean withAddends, LoadedWords words, List<Relocation> into)
      throws IOException {
    ByteBuffer b = table().read(offset, size, "relocations");
    int word = header.is64Bit() ? 8 : 4;
    while (b.remaining() >= word * (withAddends ? 3 : 2)) {
      long address = table().address(b);
      long info = table().address(b);
      int symbol = (int) (header.is64Bit() ? info >>> 32 : info >>> 8);
      int type = (int) (header.is64Bit() ? info : info & 0xff);
      long addend = withAddends ? (header.is64Bit() ? b.getLong() : b.getInt()) : words.at(address);
      into.add(new Relocation(address, type, symbol, addend));
    }
  }

  private void readRelr(List<long[]> dynamic, LoadedWords words, List<Relocation> into)
      throws IOException {
    OptionalLong offset = fileOffset(dynamic, DT_RELR);
    long size = value(dynamic, DT_RELRSZ).orElse(0);
    if (offset.isEmpty() || size == 0) {
      return;
    }
    ByteBuffer b = table().read(offset.getAsLong(), size, "relocations");
    int word = header.is64Bit() ? 8 : 4;
    long base = 0;
    while (b.remaining() >= word) {
      long entry = table().address(b);
      if ((entry & 1) == 0) {
        into.add(new Relocation(entry, -1, 0, words.at(entry)));
        base = entry + word;
        continue;
      }
      for (int i = 0; i < word * 8 - 1; i++) {
        if ((entry >>> (i + 1) & 1) != 0) {
          long address = base + (long) i * word;
          into.add(new Relocation(address, -1, 0, words.at(address)));
        }
      }
      base += (word * 8L - 1) * word;
      // Each word of the file is relocated once at most; a table that says more is an attack.
      require(into.size() <= content.size() / word, where, "more relocations than words");
    }
  }

  private List<ByteString> dynamicStrings(int tag) throws IOException {
    List<long[]> dynamic = dynamic();
    if (value(dynamic, tag).isEmpty()) {
      return List.of();
    }
    OptionalLong at = fileOffset(dynamic, DT_STRTAB);
    long size = value(dynamic, DT_STRSZ).orElse(0);
    if (at.isEmpty()) {
      throw new MalformedContentException(WHAT, where, "the dynamic section has no string table");
    }
    ByteBuffer strings = table().read(at.getAsLong(), size, "string table");
    List<ByteString> found = new ArrayList<>();
    for (long[] entry : dynamic) {
      if (entry[0] == tag) {
        found.add(string(strings, entry[1]));
      }
    }
    return found;
  }

  private List<long[]> dynamic() throws IOException {
    List<long[]> entries = new ArrayList<>();
    for (Segment s : segments) {
      if (s.type() != Segment.PT_DYNAMIC) {
        continue;
      }
      ByteBuffer b = table().read(s.offset(), s.fileSize(), "dynamic section");
      int word = header.is64Bit() ? 8 : 4;
      while (b.remaining() >= 2 * word) {
        long tag = table().address(b);
        long value = table().address(b);
        if (tag == 0) {
          break;
        }
        entries.add(new long[] {tag, value});
      }
      break;
    }
    return entries;
  }

  private static OptionalLong value(List<long[]> dynamic, long tag) {
    for (long[] entry : dynamic) {
      if (entry[0] == tag) {
        return OptionalLong.of(entry[1]);
      }
    }
    return OptionalLong.empty();
  }

  private OptionalLong fileOffset(List<long[]> dynamic, long tag) throws MalformedContentException {
    OptionalLong address = value(dynamic, tag);
    if (address.isEmpty()) {
      return address;
    }
    OptionalLong offset = offsetOf(address.getAsLong());
    if (offset.isEmpty()) {
      throw new MalformedContentException(
          WHAT,
          where,
          String.format("entry %#x of the dynamic section points outside the file", tag));
    }
    return offset;
  }

  String where() {
    return where;
  }

  Table table() {
    return new Table(content, where, header.is64Bit(), header.littleEndian());
  }

  static ByteString string(ByteBuffer strings, long at) {
    if (at < 0 || at >= strings.limit()) {
      return ByteString.empty();
    }
    int from = (int) at;
    int to = from;
    while (to < strings.limit() && strings.get(to) != 0) {
      to++;
    }
    return copy(strings, from, to - from);
  }

  private static ByteString copy(ByteBuffer from, int at, int length) {
    byte[] bytes = new byte[length];
    from.get(at, bytes);
    return ByteString.copyOf(bytes);
  }

  @Override
  public String toString() {
    return (header.is64Bit() ? "64" : "32") + "-bit ELF file " + where;
  }

  /** Reads parts of the file that must lie inside it. */
  record Table(Content content, String where, boolean is64, boolean little) {
    // Larger than any table of a real file; what is larger is an attack on the memory.
    private static final int MAX_TABLE = 256 << 20;

    Content slice(long offset, long size, String name) throws MalformedContentException {
      if (offset < 0 || size < 0 || size > content.size() || offset > content.size() - size) {
        throw new MalformedContentException(
            WHAT,
            where,
            name
                + ": expected "
                + Long.toUnsignedString(size)
                + " bytes at "
                + Long.toUnsignedString(offset)
                + ", the file has "
                + content.size());
      }
      return content.slice(offset, size);
    }

    ByteBuffer read(long offset, long size, String name) throws IOException {
      byte[] bytes = slice(offset, size, name).readAll(MAX_TABLE);
      return ByteBuffer.wrap(bytes).order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    }

    long address(ByteBuffer b) {
      return is64 ? b.getLong() : b.getInt() & 0xffffffffL;
    }
  }
}
