package io.k8or.elf;

import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads {@code .gopclntab}, the table with which Go's runtime finds functions by address, in the
 * forms of Go 1.2, 1.16, 1.18 and 1.20 (Go's debug/gosym and runtime/symtab.go).
 */
final class GoFunctionTable {
  private static final int GO_1_2 = 0xfffffffb;
  private static final int GO_1_16 = 0xfffffffa;
  private static final int GO_1_18 = 0xfffffff0;
  private static final int GO_1_20 = 0xfffffff1;
  private static final int MAX_NAME = 4096;
  // The word of the runtime's module data that holds where the code begins.
  private static final int TEXT = 22;

  private final ElfFile file;
  private final ByteBuffer b;
  private final int pointer;

  private GoFunctionTable(ElfFile file, ByteBuffer b, int pointer) {
    this.file = file;
    this.b = b;
    this.pointer = pointer;
  }

  static List<GoFunction> read(ElfFile file) throws IOException {
    Optional<Section> section =
        file.sections().stream()
            .filter(s -> s.name().toLatin1().endsWith(".gopclntab"))
            .filter(s -> s.type() != Section.SHT_NOBITS && s.size() >= 8)
            .findFirst();
    if (section.isEmpty()) {
      return List.of();
    }
    ByteBuffer b = file.table().read(section.get().offset(), section.get().size(), ".gopclntab");
    int pointer = b.get(7);
    if (pointer != 4 && pointer != 8) {
      throw malformed(file, "pointers of " + pointer + " bytes");
    }
    GoFunctionTable table = new GoFunctionTable(file, b, pointer);
    try {
      return table.functions(b.getInt(0));
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      throw malformed(file, "it ends inside an entry");
    }
  }

  private static MalformedContentException malformed(ElfFile file, String why) {
    return new MalformedContentException("ELF", file.table().where(), ".gopclntab: " + why);
  }

  private List<GoFunction> functions(int magic) throws IOException {
    return switch (magic) {
      case GO_1_2 -> wide(header(0), 0, 8 + pointer, 0);
      case GO_1_16 -> wide(header(0), offset(6), offset(6), offset(2));
      case GO_1_18, GO_1_20 -> narrow(header(0), offset(7), offset(3));
      default -> List.of(); // of another version: it helps, but nothing depends on it
    };
  }

  private long header(int word) {
    int at = 8 + word * pointer;
    return pointer == 8 ? b.getLong(at) : b.getInt(at) & 0xffffffffL;
  }

  private int offset(int word) throws MalformedContentException {
    return inside(header(word));
  }

  private int inside(long offset) throws MalformedContentException {
    if (offset < 0 || offset >= b.limit()) {
      throw malformed(file, "an offset of " + offset + " in " + b.limit() + " bytes");
    }
    return (int) offset;
  }

  private int count(long functions, int table, int entry) throws MalformedContentException {
    if (functions < 0 || functions > (b.limit() - table) / entry) {
      throw malformed(file, functions + " functions in " + b.limit() + " bytes");
    }
    return (int) functions;
  }

  private long word(int at) {
    return pointer == 8 ? b.getLong(at) : b.getInt(at) & 0xffffffffL;
  }

  /** Entries of two pointers: the address, and where the function is described. */
  private List<GoFunction> wide(long functions, int base, int table, int names)
      throws MalformedContentException {
    int count = count(functions, table, 2 * pointer);
    List<GoFunction> found = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int entry = table + i * 2 * pointer;
      int described = inside(base + word(entry + pointer));
      found.add(new GoFunction(word(entry), name(names, b.getInt(described + pointer))));
    }
    return found;
  }

  /** Entries of two words of four bytes, the first of them counted from where the code begins. */
  private List<GoFunction> narrow(long functions, int table, int names) throws IOException {
    int count = count(functions, table, 8);
    long text = header(2);
    text = text != 0 ? text : text();
    List<GoFunction> found = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long address = text + (b.getInt(table + i * 8) & 0xffffffffL);
      int described = inside(table + (b.getInt(table + i * 8 + 4) & 0xffffffffL));
      found.add(new GoFunction(address, name(names, b.getInt(described + 4))));
    }
    return found;
  }

  private String name(int names, int offset) throws MalformedContentException {
    int from = inside((long) names + offset);
    int to = from;
    while (to < b.limit() && to - from < MAX_NAME && b.get(to) != 0) {
      to++;
    }
    byte[] bytes = new byte[to - from];
    b.get(from, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  // Since Go 1.26 the table does not say where the code begins, the module data does.
  private long text() throws IOException {
    Optional<Section> module = file.section(".go.module");
    if (module.isPresent() && module.get().size() >= (TEXT + 1) * 8L) {
      long at = module.get().address() + TEXT * 8L;
      for (Relocation relocation : file.relocations()) {
        if (relocation.address() == at && relocation.symbol() == 0) {
          return relocation.addend();
        }
      }
      ByteBuffer data = file.table().read(module.get().offset() + TEXT * 8L, 8, ".go.module");
      if (data.getLong(0) != 0) {
        return data.getLong(0);
      }
    }
    return file.section(".text").map(Section::address).orElse(0L);
  }
}
