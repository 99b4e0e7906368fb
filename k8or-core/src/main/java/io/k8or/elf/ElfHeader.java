package io.k8or.elf;

/**
 * The header of an ELF file (System V ABI, chapter 4, "ELF Header").
 *
 * @param is64Bit whether the file's class is ELFCLASS64
 * @param littleEndian whether its numbers are ELFDATA2LSB
 * @param osAbi EI_OSABI
 * @param type e_type, such as {@link #ET_DYN}
 * @param machine e_machine, such as {@link #EM_X86_64}
 * @param entry the virtual address of the entry point, 0 where there is none
 * @param flags e_flags
 */
public record ElfHeader(
    boolean is64Bit,
    boolean littleEndian,
    int osAbi,
    int type,
    int machine,
    long entry,
    int flags) {
  /** e_type of a relocatable file. */
  public static final int ET_REL = 1;

  /** e_type of an executable at fixed addresses. */
  public static final int ET_EXEC = 2;

  /** e_type of a shared object or a position-independent executable. */
  public static final int ET_DYN = 3;

  /** e_machine of x86-64. */
  public static final int EM_X86_64 = 62;

  /** e_machine of 64-bit Arm. */
  public static final int EM_AARCH64 = 183;
}
