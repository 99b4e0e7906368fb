package io.k8or.services;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.elf.ElfFile;
import io.k8or.elf.ElfSymbol;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.FileHeads;
import io.k8or.loader.LoadedObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What searches have read of the programs and libraries of one image, so that the next search in
 * it, or in a part of it, reads them no more. Not for several threads.
 */
final class Scans {
  private static final Set<String> SHELL_CALLS =
      Set.of("system", "popen", "wordexp", "__libc_system");
  private static final Pattern EXECUTES =
      Pattern.compile("exec[lv]p?e?|execvpe|fexecve|posix_spawnp?");
  private static final int MIN_TEXT = 3;
  private static final int MAX_PATH = 4096;
  private static final int MAX_COMMAND = 200;

  private final FileHeads heads = new FileHeads();
  private final Map<ImagePath, Scan> scans = new HashMap<>();

  /** A program and the file that it was read from. */
  private record Scan(FileNode node, Program program) {}

  /**
   * A program or library.
   *
   * @param object what it asks for; empty where it cannot be read
   * @param fault why not
   * @param imports functions that it does not have itself
   * @param opens whether it may load libraries by name
   * @param executes whether it may start programs
   * @param calls whether it may give commands to a shell
   * @param texts those of its texts that can be a path, a library or a program, in order
   */
  record Program(
      Optional<LoadedObject> object,
      String fault,
      Set<String> imports,
      boolean opens,
      boolean executes,
      boolean calls,
      List<String> texts) {
    /** Says whether it calls a function that gives a command to a shell. */
    boolean callsShell() {
      return imports.stream().anyMatch(SHELL_CALLS::contains);
    }
  }

  FileHeads heads() {
    return heads;
  }

  /** Reads a program, or returns what was read of it before. */
  Program program(ImagePath path, FileNode node, int limit) throws IOException {
    Scan known = scans.get(path);
    if (known == null || known.node() != node) {
      known = new Scan(node, read(path, node, limit));
      scans.put(path, known);
    }
    return known.program();
  }

  private static Program read(ImagePath path, FileNode node, int limit) throws IOException {
    byte[] bytes = node.content().readAll(limit);
    LoadedObject object;
    Set<String> imports = new HashSet<>();
    try {
      ElfFile file = ElfFile.open(Content.of(bytes), path.toString());
      object = LoadedObject.of(path, file);
      for (ElfSymbol symbol : file.dynamicSymbols()) {
        if (!symbol.isDefined()) {
          imports.add(symbol.name().toLatin1());
        }
      }
    } catch (MalformedContentException e) {
      String fault = String.valueOf(e.getMessage());
      return new Program(Optional.empty(), fault, Set.of(), false, false, false, List.of());
    }
    boolean fixed = object.needed().isEmpty(); // a static program has its own
    boolean calls = fixed || imports.stream().anyMatch(SHELL_CALLS::contains);
    boolean executes = calls || imports.stream().anyMatch(each -> EXECUTES.matcher(each).matches());
    boolean opens = fixed || imports.contains("dlopen") || imports.contains("dlmopen");
    List<String> texts = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= bytes.length; i++) {
      if (i < bytes.length && bytes[i] >= 0x20 && bytes[i] < 0x7f) {
        continue;
      }
      if (i - start >= MIN_TEXT) {
        String text = new String(bytes, start, i - start, StandardCharsets.ISO_8859_1);
        boolean isPath = text.length() < MAX_PATH && text.indexOf('/') >= 0;
        boolean isLibrary = opens && text.contains(".so");
        boolean isCommand =
            executes
                && text.length() < MAX_COMMAND
                && text.charAt(0) >= 'a'
                && text.charAt(0) <= 'z';
        if (isPath || isLibrary || isCommand) {
          texts.add(text);
        }
      }
      start = i + 1;
    }
    return new Program(
        Optional.of(object), "", imports, opens, executes, calls, List.copyOf(texts));
  }
}
