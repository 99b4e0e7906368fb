package io.k8or.seccomp.program;

/**
 * An instruction that calls a function or jumps to it.
 *
 * @param function the one that it is in
 * @param at its address
 */
record Caller(ProgramModule module, int function, long at, boolean call) {}
