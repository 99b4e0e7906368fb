package io.k8or.elf;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The versions of dynamic symbols (Drepper, "ELF Symbol Versioning"). */
final class SymbolVersions {
  private static final int SHT_GNU_VERDEF = 0x6ffffffd;
  private static final int SHT_GNU_VERNEED = 0x6ffffffe;
  private static final int SHT_GNU_VERSYM = 0x6fffffff;
  private static final int HIDDEN = 0x8000;

  private final short[] indexes;
  private final Map<Integer, ByteString> names;
  private final Set<Integer> defined;

  private SymbolVersions(short[] indexes, Map<Integer, ByteString> names, Set<Integer> defined) {
    this.indexes = indexes;
    this.names = names;
    this.defined = defined;
  }

  static SymbolVersions none() {
    return new SymbolVersions(new short[0], Map.of(), Set.of());
  }

  static SymbolVersions of(ElfFile file) throws IOException {
    short[] indexes = new short[0];
    Map<Integer, ByteString> names = new HashMap<>();
    Set<Integer> defined = new HashSet<>();
    for (Section section : file.sections()) {
      switch (section.type()) {
        case SHT_GNU_VERSYM -> {
          ByteBuffer b = file.table().read(section.offset(), section.size(), "symbol versions");
          indexes = new short[b.remaining() / 2];
          for (int i = 0; i < indexes.length; i++) {
            indexes[i] = b.getShort();
          }
        }
        case SHT_GNU_VERDEF -> {
          Map<Integer, ByteString> own = new HashMap<>();
          readDefined(file, section, own);
          names.putAll(own);
          defined.addAll(own.keySet());
        }
        case SHT_GNU_VERNEED -> readNeeded(file, section, names);
        default -> {}
      }
    }
    return new SymbolVersions(indexes, names, defined);
  }

  private static void readDefined(ElfFile file, Section section, Map<Integer, ByteString> names)
      throws IOException {
    ByteBuffer b = file.table().read(section.offset(), section.size(), "version definitions");
    ByteBuffer strings = strings(file, section);
    int at = 0;
    for (int i = 0; i < section.info() && at >= 0 && at <= b.limit() - 20; i++) {
      int index = b.getShort(at + 4) & 0x7fff;
      int first = at + b.getInt(at + 12);
      if (first >= 0 && first <= b.limit() - 8) {
        names.put(index, ElfFile.string(strings, b.getInt(first) & 0xffffffffL));
      }
      int next = b.getInt(at + 16);
      if (next <= 0) {
        break;
      }
      at += next;
    }
  }

  private static void readNeeded(ElfFile file, Section section, Map<Integer, ByteString> names)
      throws IOException {
    ByteBuffer b = file.table().read(section.offset(), section.size(), "needed versions");
    ByteBuffer strings = strings(file, section);
    int at = 0;
    for (int i = 0; i < section.info() && at >= 0 && at <= b.limit() - 16; i++) {
      int count = b.getShort(at + 2) & 0xffff;
      int one = at + b.getInt(at + 8);
      for (int j = 0; j < count && one >= 0 && one <= b.limit() - 16; j++) {
        int index = b.getShort(one + 6) & 0x7fff;
        names.put(index, ElfFile.string(strings, b.getInt(one + 8) & 0xffffffffL));
        int next = b.getInt(one + 12);
        if (next <= 0) {
          break;
        }
        one += next;
      }
      int next = b.getInt(at + 12);
      if (next <= 0) {
        break;
      }
      at += next;
    }
  }

  private static ByteBuffer strings(ElfFile file, Section section) throws IOException {
    List<Section> all = file.sections();
    if (section.link() <= 0 || section.link() >= all.size()) {
      throw new MalformedContentException(
          "ELF file", file.toString(), "the strings of the symbol versions are in no section");
    }
    Section strings = all.get(section.link());
    return file.table().read(strings.offset(), strings.size(), "string table");
  }

  ByteString name(int symbol) {
    if (symbol >= indexes.length) {
      return ByteString.empty();
    }
    int index = indexes[symbol] & 0x7fff;
    // 0 is local, 1 is global without a version.
    return index < 2 ? ByteString.empty() : names.getOrDefault(index, ByteString.empty());
  }

  boolean isDefault(int symbol) {
    // A copied variable is defined here, with the version of the library that it was copied from.
    return symbol < indexes.length
        && (indexes[symbol] & HIDDEN) == 0
        && defined.contains(indexes[symbol] & 0x7fff);
  }
}
