package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the essential packages that something uses without a dependency: an interpreter of a
 * script, a command in a shell's script, the shell of a program that calls {@code system} or {@code
 * popen}.
 *
 * <p>Only essential packages may be used so (Debian Policy Manual, section 3.8), so only they are
 * looked for. A word of a script counts although it may be no command: too much stays, not too
 * little.
 */
final class SilentUse {
  private static final List<ByteString> SHELL_CALLS =
      List.of(ByteString.utf8("\0system\0"), ByteString.utf8("\0popen\0"));

  private final PackageDatabase database;
  private final FileTree files;
  private final Programs programs;
  private final List<PathGlob> notRun = JsonTable.notRun();
  private final Set<InstalledPackage> scanned = new HashSet<>();

  SilentUse(ImageSnapshot image, PackageDatabase database) {
    this.database = database;
    this.files = image.files();
    this.programs = new Programs(files, image.config().env());
  }

  /** Returns the closure of the roots and of the essential packages that it uses. */
  PackageClosure close(Map<InstalledPackage, String> given) throws IOException {
    Map<InstalledPackage, String> roots = new LinkedHashMap<>(given);
    while (true) {
      PackageClosure closure = PackageClosure.of(database, roots);
      boolean found = false;
      for (InstalledPackage each : closure.packages()) {
        if (scanned.add(each)) {
          found |= scan(each, closure, roots);
        }
      }
      if (!found) {
        return closure;
      }
    }
  }

  private boolean scan(
      InstalledPackage each, PackageClosure closure, Map<InstalledPackage, String> roots)
      throws IOException {
    boolean found = false;
    for (ImagePath path : database.paths(each)) {
      FileNode node = files.get(path).orElseThrow();
      if (!node.isRegular() || notRun.stream().anyMatch(glob -> glob.matches(path))) {
        continue;
      }
      Optional<Programs.Named> named = programs.read(node);
      if (named.isEmpty()) {
        continue;
      }
      List<ImagePath> used = new ArrayList<>();
      if (named.get().isScript()) {
        used.addAll(named.get().files());
        named.get().commands().forEach(name -> programs.command(name).ifPresent(used::add));
      } else if (callsShell(node)) {
        programs.command("sh").ifPresent(used::add);
      }
      for (ImagePath file : used) {
        for (InstalledPackage owner : ownersOf(file)) {
          if (owner.isEssential()
              && !closure.packages().contains(owner)
              && roots.putIfAbsent(owner, "essential, and named by " + path) == null) {
            found = true;
          }
        }
      }
    }
    return found;
  }

  private Set<InstalledPackage> ownersOf(ImagePath file) {
    Set<InstalledPackage> owners = new HashSet<>(database.owners(file));
    files.resolve(file).ifPresent(real -> owners.addAll(database.owners(real)));
    return owners;
  }

  private static boolean callsShell(FileNode node) throws IOException {
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
