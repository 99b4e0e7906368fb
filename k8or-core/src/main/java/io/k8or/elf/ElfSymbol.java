package io.k8or.elf;

import io.k8or.content.ByteString;

/**
 * A symbol (System V ABI, chapter 4, "Symbol Table").
 *
 * @param name its name, without a version
 * @param version the version that it has or asks for, such as {@code GLIBC_2.34}; empty where there
 *     is none
 * @param isDefaultVersion whether it defines the version that a reference without one gets
 * @param value its value, an address in executables and shared objects
 * @param size its size in bytes, 0 where it is unknown
 * @param type STT_*, such as {@link #STT_FUNC}
 * @param binding STB_*
 * @param visibility STV_*
 * @param sectionIndex st_shndx; 0 where it is undefined here
 */
public record ElfSymbol(
    ByteString name,
    ByteString version,
    boolean isDefaultVersion,
    long value,
    long size,
    int type,
    int binding,
    int visibility,
    int sectionIndex) {
  /** Type of data. */
  public static final int STT_OBJECT = 1;

  /** Type of a function. */
  public static final int STT_FUNC = 2;

  /** Type of a function that returns the address of the function to call. */
  public static final int STT_GNU_IFUNC = 10;

  /** Binding of a symbol that is seen in its file only. */
  public static final int STB_LOCAL = 0;

  /** Binding of a symbol that others see. */
  public static final int STB_GLOBAL = 1;

  /** Binding of a symbol that gives way to a global one. */
  public static final int STB_WEAK = 2;

  /** Says whether this file defines it. */
  public boolean isDefined() {
    return sectionIndex != 0;
  }

  /** Says whether it is a function, or chooses one. */
  public boolean isFunction() {
    return type == STT_FUNC || type == STT_GNU_IFUNC;
  }
}
