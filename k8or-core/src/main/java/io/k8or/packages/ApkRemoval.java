package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.packages.apk.ApkDependency;
import io.k8or.packages.apk.ApkInstalled;
import io.k8or.packages.apk.ScriptsArchive;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Plans what {@code apk del} does to the files of packages, without their scripts.
 *
 * <p>A file goes; below a protected path only if it is as the package brought it. A directory goes
 * if no package that stays lists it, or something below it, and it is empty by then. The rules
 * whose names begin with {@code apk-} are those of apk itself.
 */
final class ApkRemoval {
  private final ApkDatabase database;
  private final List<InstalledPackage> leaving;
  private final Set<InstalledPackage> gone;
  private final RemovalLog log;
  private final TreeState state;
  private final List<PathGlob> protectedPaths;

  ApkRemoval(ApkDatabase database, Collection<InstalledPackage> leaving) throws IOException {
    this.database = database;
    this.gone = new HashSet<>(leaving);
    this.leaving = database.packages().stream().filter(gone::contains).toList();
    this.state = new TreeState(database.index());
    this.log = new RemovalLog(state);
    this.protectedPaths = protectedPaths();
  }

  PackageRemoval plan() throws IOException {
    if (leaving.isEmpty()) {
      return log.toRemoval();
    }
    Set<ImagePath> keptPaths = new HashSet<>();
    for (InstalledPackage each : database.packages()) {
      if (!gone.contains(each)) {
        for (ImagePath path : each.files()) {
          keptPaths.add(path);
          DpkgRemoval.addDirectories(path, keptPaths);
        }
      }
    }
    Map<ImagePath, InstalledPackage> directories = new LinkedHashMap<>();
    for (InstalledPackage each : leaving) {
      ApkInstalled.Entry entry = database.entry(each);
      for (ApkInstalled.Listed file : entry.files()) {
        if (!keptPaths.contains(file.path())) {
          removeFile(each, file);
        }
      }
      for (ImagePath directory : entry.directories()) {
        directories.putIfAbsent(directory, each);
        for (Optional<ImagePath> at = directory.parent(); at.isPresent(); at = at.get().parent()) {
          directories.putIfAbsent(at.get(), each);
        }
      }
    }
    Set<ImagePath> inUse = inUse();
    List<Map.Entry<ImagePath, InstalledPackage>> deepestFirst =
        new ArrayList<>(directories.entrySet());
    deepestFirst.sort(Comparator.comparing(entry -> -entry.getKey().depth()));
    for (Map.Entry<ImagePath, InstalledPackage> entry : deepestFirst) {
      ImagePath directory = entry.getKey();
      if (directory.isRoot() || keptPaths.contains(directory) || inUse.contains(directory)) {
        continue;
      }
      Optional<ImagePath> real = state.resolveParent(directory).filter(state::isDirectory);
      if (real.isPresent() && state.isEmpty(real.get())) {
        InstalledPackage owner = entry.getValue();
        log.remove(real.get(), owner.id(), "apk-list", "package " + owner + " lists it");
      }
    }
    rewriteRecords();
    new LeftBehind(database, leaving, log).run();
    return log.toRemoval();
  }

  // While apk runs it has a file system mounted at the one, and puts the scripts of triggers that
  // stay into the other.
  private Set<ImagePath> inUse() throws IOException {
    ImagePath folder = database.location().parent().orElseThrow();
    Set<ImagePath> paths = new HashSet<>(Set.of(ImagePath.of("/proc")));
    Optional<TreeFiles.Read> triggers =
        TreeFiles.read(database.files(), folder.resolve("triggers"));
    if (triggers.isPresent()
        && triggers.get().bytes().toLatin1().lines().anyMatch(line -> !isTriggerGone(line))) {
      paths.add(folder.parent().orElseThrow().resolve("exec"));
    }
    return paths;
  }

  private boolean isTriggerGone(String line) {
    return leaving.stream().anyMatch(each -> line.startsWith(checksum(each) + " "));
  }

  private void removeFile(InstalledPackage each, ApkInstalled.Listed file) throws IOException {
    Optional<ImagePath> real = state.resolveParent(file.path());
    Optional<FileNode> node = real.flatMap(state::get).filter(found -> !found.isDirectory());
    if (node.isEmpty()) {
      return;
    }
    if (isProtected(file.path()) && !isUnchanged(node.get(), file.checksum())) {
      log.find(
          real.get(),
          "changed-configuration",
          "package " + each + " goes, but its file was changed since, so it stays, as apk has it");
      return;
    }
    log.remove(real.get(), each.id(), "apk-list", "package " + each + " lists it");
  }

  // Patterns apply to a directory and to all below it (apk-protected_paths(5)).
  private boolean isProtected(ImagePath file) {
    for (Optional<ImagePath> at = file.parent(); at.isPresent(); at = at.get().parent()) {
      ImagePath directory = at.get();
      if (!directory.isRoot()
          && protectedPaths.stream().anyMatch(glob -> glob.matches(directory))) {
        return true;
      }
    }
    return false;
  }

  private List<PathGlob> protectedPaths() throws IOException {
    List<PathGlob> globs = new ArrayList<>();
    globs.add(PathGlob.of("/etc")); // apk's own default; what it says of etc/apk is within it
    Optional<ImagePath> folder =
        database.files().resolve(ImagePath.of("/etc/apk/protected_paths.d"));
    for (ImagePath path : folder.map(state::children).orElse(List.of())) {
      if (!path.name().endsWith(ByteString.utf8(".list"))) {
        continue;
      }
      Optional<TreeFiles.Read> file = TreeFiles.read(database.files(), path);
      for (String line :
          file.map(read -> read.bytes().toLatin1().lines().toList()).orElse(List.of())) {
        String pattern = line.strip();
        if (!pattern.isEmpty() && "+-@!".indexOf(pattern.charAt(0)) >= 0) {
          pattern = pattern.substring(1);
        }
        String absolute = pattern.startsWith("/") ? pattern : "/" + pattern;
        if (!pattern.isEmpty() && !pattern.startsWith("#") && Programs.path(absolute).isPresent()) {
          // A backslash is a character of the name, and several stars are one.
          String escaped = absolute.replace("\\", "\\\\").replaceAll("\\*+", "*");
          globs.add(PathGlob.of(TreeFiles.latin1Bytes(escaped)));
        }
      }
    }
    return globs;
  }

  private static boolean isUnchanged(FileNode node, String checksum) throws IOException {
    String algorithm =
        checksum.startsWith("Q1") ? "SHA-1" : checksum.startsWith("Q2") ? "SHA-256" : "";
    if (algorithm.isEmpty()) {
      return false;
    }
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has both
    }
    if (node.isSymlink()) {
      digest.update(node.target().toByteArray());
    } else {
      try (InputStream in = node.content().open()) {
        byte[] buffer = new byte[1 << 16];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          digest.update(buffer, 0, n);
        }
      }
    }
    return Base64.getEncoder().encodeToString(digest.digest()).equals(checksum.substring(2));
  }

  private void rewriteRecords() throws IOException {
    Set<ApkInstalled.Entry> entries = new HashSet<>();
    leaving.forEach(each -> entries.add(database.entry(each)));
    String names = DpkgRemoval.names(leaving);
    log.replace(
        database.location(),
        database.installed().without(entries::contains),
        "apk-installed",
        "without the records of " + names);
    ImagePath folder = database.location().parent().orElseThrow();
    for (String name : List.of("scripts.tar", "scripts.tar.gz")) {
      Optional<TreeFiles.Read> scripts = TreeFiles.read(database.files(), folder.resolve(name));
      if (scripts.isPresent()) {
        ByteString kept =
            ScriptsArchive.without(
                scripts.get().bytes(),
                entry -> leaving.stream().anyMatch(each -> isScriptOf(entry, each)),
                scripts.get().path().toString());
        if (!kept.equals(scripts.get().bytes())) {
          log.replace(scripts.get().path(), kept, "apk-scripts", "without the scripts of " + names);
        }
      }
    }
    dropLines(folder.resolve("triggers"), "apk-triggers", this::isTriggerGone, "");
    dropLines(ApkReader.WORLD, "apk-world", this::isWantedNoMore, "\n"); // as apk has no world
  }

  private String checksum(InstalledPackage each) {
    return database.entry(each).text('C');
  }

  private boolean isScriptOf(String entry, InstalledPackage each) {
    return entry.startsWith(each.name() + "-" + each.version() + "." + checksum(each) + ".");
  }

  // A line of the world that only packages which go can meet.
  private boolean isWantedNoMore(String line) {
    List<ApkDependency> wanted = ApkDependency.parseAll(line);
    if (wanted.isEmpty()) {
      return false;
    }
    for (ApkDependency each : wanted) {
      List<InstalledPackage> providers = database.providers(each);
      if (each.conflict() || providers.isEmpty() || !gone.containsAll(providers)) {
        return false;
      }
    }
    return true;
  }

  private void dropLines(ImagePath path, String rule, Predicate<String> drop, String ifNone)
      throws IOException {
    Optional<TreeFiles.Read> file = TreeFiles.read(database.files(), path);
    if (file.isEmpty()) {
      return;
    }
    String text = file.get().bytes().toLatin1();
    StringBuilder kept = new StringBuilder();
    int at = 0;
    while (at < text.length()) {
      int feed = text.indexOf('\n', at);
      int end = feed < 0 ? text.length() : feed + 1;
      if (!drop.test(text.substring(at, feed < 0 ? end : feed))) {
        kept.append(text, at, end);
      }
      at = end;
    }
    if (kept.length() < text.length()) {
      if (kept.length() == 0) {
        kept.append(ifNone);
      }
      log.replace(
          file.get().path(),
          TreeFiles.latin1Bytes(kept.toString()),
          rule,
          "without what is of " + DpkgRemoval.names(leaving));
    }
  }
}
