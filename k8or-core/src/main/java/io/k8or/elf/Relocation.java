package io.k8or.elf;

/**
 * A relocation (System V ABI, chapter 4, "Relocation"; RELR of the generic ABI's 2022 addition
 * comes as relative relocations).
 *
 * @param address the virtual address that is changed
 * @param type the machine's number of the relocation; -1 for one of a RELR table
 * @param symbol the index in the table of dynamic symbols, 0 for none
 * @param addend the addend; for REL and RELR tables what stands at the address
 */
public record Relocation(long address, int type, int symbol, long addend) {}
