package io.k8or.elf;

/**
 * A function of a Go program, as its runtime knows it, in stripped programs too.
 *
 * @param address the virtual address of its first instruction
 * @param name its full name, such as {@code runtime.main}
 */
public record GoFunction(long address, String name) {}
