package io.k8or.seccomp.aarch64;

/** What an instruction does, as far as control flow and constants need it. */
enum Operation {
  /** No instruction: permanently undefined, or not allocated. */
  UNDEFINED,
  /** Writes no general register and no memory of the stack, and goes on. */
  NOTHING,
  /** Writes the registers of its rd and rm fields with something that is not told. */
  CLOBBER,

  ADR,
  ADRP,
  /** Adds an immediate, its sign included. */
  ADD_IMMEDIATE,
  /** Adds, subtracts registers, shifted or extended. */
  ADD,
  SUB,
  AND_IMMEDIATE,
  ORR_IMMEDIATE,
  EOR_IMMEDIATE,
  AND,
  ORR,
  EOR,
  /** Writes an immediate: movz and movn. */
  MOVE_WIDE,
  MOVE_KEEP,
  /** ubfm and sbfm: shifts by immediates, sign and zero extension. */
  UNSIGNED_FIELD,
  SIGNED_FIELD,
  /** csel, csinc, csinv, csneg. */
  SELECT,
  SELECT_INCREMENT,
  SELECT_INVERT,
  SELECT_NEGATE,

  JUMP,
  CALL,
  /** b.cond, cbz, cbnz, tbz, tbnz. */
  BRANCH,
  INDIRECT_JUMP,
  INDIRECT_CALL,
  RETURN,
  SYSTEM_CALL,
  /** brk, hlt and the like: execution never goes on behind it. */
  STOP,

  LOAD_LITERAL,
  LOAD,
  /** A load that extends the sign. */
  LOAD_SIGNED,
  STORE,
  LOAD_PAIR,
  STORE_PAIR,
  /** A load or store of exclusive or atomic memory: its status and its result are not told. */
  ATOMIC
}
