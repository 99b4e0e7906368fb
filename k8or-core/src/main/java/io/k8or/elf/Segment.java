package io.k8or.elf;

/**
 * An entry of the program header table (System V ABI, chapter 5, "Program Header").
 *
 * @param type p_type, such as {@link #PT_LOAD}
 * @param flags p_flags, of {@link #PF_X}, {@link #PF_W} and {@link #PF_R}
 * @param offset where it begins in the file, in bytes
 * @param address its virtual address
 * @param fileSize its bytes in the file
 * @param memorySize its bytes in memory
 * @param alignment p_align
 */
public record Segment(
    int type,
    int flags,
    long offset,
    long address,
    long fileSize,
    long memorySize,
    long alignment) {
  /** p_type of a part that is loaded. */
  public static final int PT_LOAD = 1;

  /** p_type of the dynamic section. */
  public static final int PT_DYNAMIC = 2;

  /** p_type of the interpreter's path. */
  public static final int PT_INTERP = 3;

  /** p_type of notes. */
  public static final int PT_NOTE = 4;

  /** p_type of the index of {@code .eh_frame}. */
  public static final int PT_GNU_EH_FRAME = 0x6474e550;

  /** p_flags: executable. */
  public static final int PF_X = 1;

  /** p_flags: writable. */
  public static final int PF_W = 2;

  /** p_flags: readable. */
  public static final int PF_R = 4;

  /** Says whether it is loaded and executable. */
  public boolean isExecutable() {
    return type == PT_LOAD && (flags & PF_X) != 0;
  }
}
