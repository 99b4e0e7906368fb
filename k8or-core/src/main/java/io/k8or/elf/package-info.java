/** ELF files: headers, segments, sections, symbols, relocations, and where functions begin. */
package io.k8or.elf;
