package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the essential packages that programs use without a dependency: an interpreter of a script,
 * a command in a shell's script, the shell of a program that calls {@code system} or {@code popen},
 * and what these use in turn.
 *
 * <p>Only essential packages may be used so (Debian Policy Manual, section 3.8), so only they are
 * looked for. A word of a shell's script counts although it may be no command: too much stays, not
 * too little.
 */
final class SilentUse {
  private static final List<ByteString> SHELL_CALLS =
      List.of(ByteString.utf8("\0system\0"), ByteString.utf8("\0popen\0"));

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
      if (!named.get().isScript() && callsShell(path, node)) {
        programs.command("sh").ifPresent(file -> use(file, path, used));
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
    List<InstalledPackage> owners = new ArrayList<>(database.owners(file));
    Optional<ImagePath> real = files.resolve(file);
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

  // The C library has these functions itself, for others to call.
  private static boolean callsShell(ImagePath path, FileNode node) throws IOException {
    String name = path.name().toLatin1();
    if (name.startsWith("libc.") || name.startsWith("libc-") || name.startsWith("ld-")) {
      return false;
    }
    byte[] bytes = node.content().readAll(Integer.MAX_VALUE - 8);
    return SHELL_CALLS.stream().anyMatch(call -> contains(bytes, call.toByteArray()));
  }

  private static boolean contains(byte[] bytes, byte[] part) {
    for (int i = 0; i + part.length <= bytes.length; i++) {
      int j = 0;
      while (j < part.length && bytes[i + j] == part[j]) {
        j++;
      }
      if (j == part.length) {
        return true;
      }
    }
    return false;
  }
}
