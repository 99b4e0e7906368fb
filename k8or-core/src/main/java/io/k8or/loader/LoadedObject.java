package io.k8or.loader;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.elf.ElfFile;
import io.k8or.elf.ElfHeader;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * What an ELF file asks the dynamic loader for (System V ABI, chapter 5, "Dynamic Linking").
 *
 * @param path where it is in the image; {@code $ORIGIN} is its directory
 * @param header its header, of which class, byte order and machine must fit
 * @param interpreter the loader's path; empty for a library, or a static program
 * @param needed DT_NEEDED: the sonames, in order
 * @param rpath DT_RPATH: directories separated by colons
 * @param runpath DT_RUNPATH: directories separated by colons
 */
public record LoadedObject(
    ImagePath path,
    ElfHeader header,
    Optional<ByteString> interpreter,
    List<ByteString> needed,
    Optional<ByteString> rpath,
    Optional<ByteString> runpath) {
  /** Copies the list. */
  public LoadedObject {
    needed = List.copyOf(needed);
  }

  /** Says whether it is a program with musl's loader. */
  public boolean isMusl() {
    return interpreter.filter(path -> path.toLatin1().contains("ld-musl-")).isPresent();
  }

  /**
   * Returns what a file asks for.
   *
   * @throws MalformedContentException if its dynamic section is not well-formed
   * @throws IOException if it cannot be read
   */
  public static LoadedObject of(ImagePath path, ElfFile file) throws IOException {
    return new LoadedObject(
        path, file.header(), file.interpreter(), file.needed(), file.rpath(), file.runpath());
  }

  /**
   * Returns what a file asks for; empty if it is no ELF file, or not a well-formed one, which no
   * loader would take either.
   *
   * @throws IOException if it cannot be read
   */
  public static Optional<LoadedObject> read(ImagePath path, Content content) throws IOException {
    if (!ElfFile.isElf(content)) {
      return Optional.empty();
    }
    try {
      return Optional.of(of(path, ElfFile.open(content, path.toString())));
    } catch (MalformedContentException e) {
      return Optional.empty();
    }
  }
}
