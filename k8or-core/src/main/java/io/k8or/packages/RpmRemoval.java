package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Plans what {@code rpm -e} does to the files of packages, without their scripts.
 *
 * <p>The files of a package go from the last to the first, unless a package that stays lists them
 * too; a directory goes if it is empty by then. A configuration file that was changed stays under
 * the name {@code .rpmsave}. The rules whose names begin with {@code rpm-} are those of rpm itself.
 */
final class RpmRemoval {
  private static final String LIST = "rpm-list";

  // Beside the headers: SQLite's log, which is in the new file, ndb's indexes, Berkeley DB's.
  private static final List<String> INDEXES =
      List.of(
          "rpmdb.sqlite-wal",
          "rpmdb.sqlite-shm",
          "Index.db",
          "Name",
          "Basenames",
          "Dirnames",
          "Group",
          "Requirename",
          "Requireversion",
          "Providename",
          "Provideversion",
          "Conflictname",
          "Obsoletename",
          "Triggername",
          "Installtid",
          "Sigmd5",
          "Sha1header",
          "Pubkeys",
          "Filetriggername",
          "Transfiletriggername",
          "Recommendname",
          "Suggestname",
          "Supplementname",
          "Enhancename",
          "__db.001",
          "__db.002",
          "__db.003",
          "__db.004");

  private final RpmDatabase database;
  private final List<InstalledPackage> leaving;
  private final Set<InstalledPackage> gone;
  private final RemovalLog log;
  private final TreeState state;

  RpmRemoval(RpmDatabase database, Collection<InstalledPackage> leaving) {
    this.database = database;
    this.gone = new HashSet<>(leaving);
    this.leaving = database.packages().stream().filter(gone::contains).toList();
    this.state = new TreeState(database.index());
    this.log = new RemovalLog(state);
  }

  PackageRemoval plan() throws IOException {
    if (leaving.isEmpty()) {
      return log.toRemoval();
    }
    Set<Integer> numbers = new HashSet<>();
    for (InstalledPackage each : leaving) {
      RpmDatabase.Origin origin = database.origin(each);
      numbers.add(origin.number());
      for (int i = origin.files().size() - 1; i >= 0; i--) {
        if (origin.files().get(i).present()) {
          removeFile(each, origin.files().get(i), origin.algorithm());
        }
      }
    }
    // A package that goes later may have something in the directory of one that went before.
    for (InstalledPackage each : leaving) {
      RpmDatabase.Origin origin = database.origin(each);
      for (int i = origin.files().size() - 1; i >= 0; i--) {
        if (origin.files().get(i).present()) {
          removeDirectory(each, origin.files().get(i));
        }
      }
    }
    log.replace(
        database.location(),
        database.headers().without(numbers),
        "rpm-headers",
        "without the headers of " + DpkgRemoval.names(leaving));
    ImagePath folder = database.location().parent().orElseThrow();
    for (String name : INDEXES) {
      ImagePath path = folder.resolve(name);
      if (state.get(path).isPresent() && !state.isDirectory(path)) {
        log.remove(path, "", "rpm-index", "made of the headers as they were; rpm makes it again");
      }
    }
    new LeftBehind(database, leaving, log).run();
    return log.toRemoval();
  }

  private boolean isShared(ImagePath listed, ImagePath real) {
    for (InstalledPackage other : database.listers(listed)) {
      if (!gone.contains(other)) {
        return true;
      }
    }
    for (InstalledPackage other : database.ownersAt(real)) {
      if (!gone.contains(other)) {
        return true;
      }
    }
    return false;
  }

  private void removeFile(InstalledPackage each, RpmDatabase.Listed file, String algorithm)
      throws IOException {
    Optional<ImagePath> real = state.resolveParent(file.path());
    Optional<FileNode> node = real.flatMap(state::get).filter(found -> !found.isDirectory());
    if (node.isEmpty() || isShared(file.path(), real.get())) {
      return;
    }
    if (file.isConfiguration() && isChanged(node.get(), file, algorithm)) {
      if (file.isGhost()) {
        return; // made by somebody else, and not what the package has it for: rpm leaves it
      }
      ImagePath saved =
          real.get()
              .parent()
              .orElseThrow()
              .resolve(real.get().name().concat(ByteString.utf8(".rpmsave")));
      String evidence =
          "package " + each + " goes, but its configuration file was changed since, so it is saved";
      log.add(saved, node.get(), "rpm-save", evidence);
      log.remove(real.get(), each.id(), "rpm-save", evidence);
      return;
    }
    log.remove(real.get(), each.id(), LIST, "package " + each + " lists it");
  }

  private void removeDirectory(InstalledPackage each, RpmDatabase.Listed file) {
    Optional<ImagePath> real = state.resolveParent(file.path()).filter(state::isDirectory);
    if (real.isPresent()
        && !real.get().isRoot()
        && state.isEmpty(real.get())
        && !log.isAdded(real.get())
        && !isShared(file.path(), real.get())) {
      log.remove(real.get(), each.id(), LIST, "package " + each + " lists it");
    }
  }

  private static boolean isChanged(FileNode node, RpmDatabase.Listed file, String algorithm)
      throws IOException {
    if (file.isSymlink()) {
      return !node.isSymlink() || !node.target().toLatin1().equals(file.target());
    }
    if (!node.isRegular() || (file.size() >= 0 && node.size() != file.size())) {
      return true;
    }
    return !file.digest().isEmpty() && hasOtherDigest(node, file.digest(), algorithm);
  }

  private static boolean hasOtherDigest(FileNode node, String expected, String algorithm)
      throws IOException {
    if (algorithm.isEmpty()) {
      return true; // it cannot be told, so it is saved
    }
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      return true;
    }
    try (InputStream in = node.content().open()) {
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    return !HexFormat.of().formatHex(digest.digest()).equals(expected);
  }
}
