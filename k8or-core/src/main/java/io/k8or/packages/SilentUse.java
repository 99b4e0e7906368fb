package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.elf.ElfFile;
import io.k8or.elf.ElfSymbol;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds the essential packages that programs use without a dependency: an interpreter of a script,
 * a command among the words of a shell's script, or of the lines of another one that run something;
 * the shell of a program that calls {@code system} or {@code popen}; a text of a program that runs
 * others and is one's path, or its name where {@code execlp} takes it; and what these use in turn.
 *
 * <p>Only essential packages may be used so (Debian Policy Manual, section 3.8), so only they are
 * looked for. A word counts although it may be no command: too much stays, not too little. What is
 * not seen: a name that a program puts together, or hands to a library that runs it.
 */
final class SilentUse {
  // Functions of the C library: run by a shell; by a name that stands in the program; by a path.
  private static final Set<String> SHELL_CALLS = Set.of("system", "popen");
  private static final Set<String> NAME_CALLS = Set.of("execlp");
  private static final Set<String> PATH_CALLS =
      Set.of(
          "execl", "execle", "execv", "execve", "execvp", "execvpe", "posix_spawn", "posix_spawnp");

  // What a line has that runs a command, in the languages of scripts.
  private static final Pattern RUNS =
      Pattern.compile("system|exec|spawn|popen|Popen|subprocess|check_|getoutput|qx|`");

  private final PackageDatabase database;
  private final FileTree files;
  private final Programs programs;
  private final List<PathGlob> notRun = JsonTable.notRun();
  private final Set<ImagePath> seen = new HashSet<>();
  private final Deque<ImagePath> open = new ArrayDeque<>();

  SilentUse(ImageSnapshot image, PackageDatabase database) throws IOException {
    this.database = database;
    this.files = image.files();
    this.programs = new Programs(files, image.config().env());
  }

  /**
   * Returns the essential packages that the programs of some packages use, with the file that names
   * each. A package without programs stands for the packages that it needs itself.
   */
  Map<InstalledPackage, String> of(Collection<InstalledPackage> users) throws IOException {
    for (InstalledPackage each : users) {
      if (!start(each)) {
        PackageGraph.directlyNeeded(database, each).forEach(this::start);
      }
    }
    Map<InstalledPackage, String> used = new LinkedHashMap<>();
    while (!open.isEmpty()) {
      ImagePath path = open.remove();
      FileNode node = files.get(path).orElseThrow();
      Optional<Programs.Named> named = programs.read(path, node);
      if (named.isEmpty()) {
        continue;
      }
      named.get().files().forEach(file -> use(file, path, used));
      for (String command : named.get().commands()) {
        programs.command(command).ifPresent(file -> use(file, path, used));
      }
      if (!named.get().isScript()) {
        useRun(path, node, used);
      } else {
        useWords(path, node, used);
      }
    }
    return used;
  }

  private boolean start(InstalledPackage each) {
    boolean found = false;
    for (ImagePath path : database.paths(each)) {
      FileNode node = files.get(path).orElseThrow();
      if (node.isRegular()
          && (node.attributes().mode() & 0111) != 0
          && notRun.stream().noneMatch(glob -> glob.matches(path))) {
        found = true;
        if (seen.add(path)) {
          open.add(path);
        }
      }
    }
    return found;
  }

  private void use(ImagePath file, ImagePath by, Map<InstalledPackage, String> used) {
    Optional<ImagePath> real = files.resolve(file);
    if (real.flatMap(files::get).filter(FileNode::isDirectory).isPresent()) {
      return; // many packages have it, and none is run by its name
    }
    List<InstalledPackage> owners = new ArrayList<>(database.owners(file));
    real.ifPresent(path -> owners.addAll(database.owners(path)));
    for (InstalledPackage owner : owners) {
      if (owner.isEssential()) {
        used.putIfAbsent(owner, "essential, and named by " + by);
      }
    }
    if (real.isPresent()
        && files.get(real.get()).filter(FileNode::isRegular).isPresent()
        && seen.add(real.get())) {
      open.add(real.get());
    }
  }

  // A script in another language than a shell's may run a command as well.
  private void useWords(ImagePath path, FileNode node, Map<InstalledPackage, String> used)
      throws IOException {
    List<ImagePath> named = new ArrayList<>();
    Set<String> commands = new LinkedHashSet<>();
    String text = ByteString.copyOf(node.content().readAll(Integer.MAX_VALUE - 8)).toLatin1();
    for (String line : text.lines().toList()) {
      if (!line.stripLeading().startsWith("#") && RUNS.matcher(line).find()) {
        programs.words(line, named, commands);
      }
    }
    named.forEach(file -> use(file, path, used));
    commands.forEach(command -> programs.command(command).ifPresent(file -> use(file, path, used)));
  }

  // The C library has these functions itself, for others to call.
  private void useRun(ImagePath path, FileNode node, Map<InstalledPackage, String> used)
      throws IOException {
    String name = path.name().toLatin1();
    if (name.startsWith("libc.") || name.startsWith("libc-") || name.startsWith("ld-")) {
      return;
    }
    List<String> texts = texts(node.content().readAll(Integer.MAX_VALUE - 8));
    Set<String> called = called(path, node);
    if (called.isEmpty()) {
      called.addAll(texts); // what is linked statically, and calls what it has itself
    }
    if (!Collections.disjoint(called, SHELL_CALLS)) {
      programs.command("sh").ifPresent(file -> use(file, path, used));
    }
    boolean byName = !Collections.disjoint(called, NAME_CALLS);
    if (!byName
        && Collections.disjoint(called, SHELL_CALLS)
        && Collections.disjoint(called, PATH_CALLS)) {
      return;
    }
    for (String text : texts) {
      int space = text.indexOf(' ');
      String word = space < 0 ? text : text.substring(0, space);
      if (word.startsWith("/")) {
        Programs.path(word).filter(files::contains).ifPresent(file -> use(file, path, used));
      } else if (byName) {
        programs.command(word).ifPresent(file -> use(file, path, used));
      }
    }
  }

  /** Returns the functions that a program takes from libraries; none of one that is static. */
  private static Set<String> called(ImagePath path, FileNode node) throws IOException {
    Set<String> called = new HashSet<>();
    try {
      for (ElfSymbol symbol : ElfFile.open(node.content(), path.toString()).dynamicSymbols()) {
        if (!symbol.isDefined()) {
          called.add(symbol.name().toLatin1());
        }
      }
    } catch (MalformedContentException e) {
      called.clear(); // its texts tell, and more
    }
    return called;
  }

  // The texts between zeros, as far as they can be a function, a path or a command.
  private static List<String> texts(byte[] bytes) {
    List<String> texts = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        if (i - from > 1 && i - from < 4096) {
          texts.add(new String(bytes, from, i - from, StandardCharsets.ISO_8859_1));
        }
        from = i + 1;
      } else if (bytes[i] < ' ' || bytes[i] == 0x7f) {
        from = i + 1; // no text: what follows may be one
      }
    }
    return texts;
  }
}
