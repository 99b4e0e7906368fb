package io.k8or.elf;

import io.k8or.content.ByteString;

/**
 * An entry of the section header table (System V ABI, chapter 4, "Sections").
 *
 * @param name its name
 * @param type sh_type, such as {@link #SHT_PROGBITS}
 * @param flags sh_flags
 * @param address its virtual address, 0 where it is not loaded
 * @param offset where it begins in the file, in bytes
 * @param size its bytes
 * @param link sh_link: the index of a section that goes with it
 * @param info sh_info
 * @param entrySize the bytes of one entry, 0 where it is no table
 */
public record Section(
    ByteString name,
    int type,
    long flags,
    long address,
    long offset,
    long size,
    int link,
    int info,
    long entrySize) {
  /** sh_type of the program's own bytes. */
  public static final int SHT_PROGBITS = 1;

  /** sh_type of a symbol table. */
  public static final int SHT_SYMTAB = 2;

  /** sh_type of a string table. */
  public static final int SHT_STRTAB = 3;

  /** sh_type of relocations with addends. */
  public static final int SHT_RELA = 4;

  /** sh_type of notes. */
  public static final int SHT_NOTE = 7;

  /** sh_type of a section without bytes in the file. */
  public static final int SHT_NOBITS = 8;

  /** sh_type of relocations without addends. */
  public static final int SHT_REL = 9;

  /** sh_type of the symbols of dynamic linking. */
  public static final int SHT_DYNSYM = 11;

  /** sh_flags: in memory when the program runs. */
  public static final long SHF_ALLOC = 2;

  /** sh_flags: executable. */
  public static final long SHF_EXECINSTR = 4;
}
