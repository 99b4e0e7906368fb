package io.k8or.packages;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.apk.ApkDependency;
import io.k8or.packages.apk.ApkInstalled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads apk's database. */
final class ApkReader {
  static final ImagePath WORLD = ImagePath.of("/etc/apk/world");
  private static final List<ImagePath> FOLDERS =
      List.of(ImagePath.of("/lib/apk/db"), ImagePath.of("/usr/lib/apk/db"));

  private ApkReader() {}

  /** Returns the database, if the image has one. */
  static Optional<ApkDatabase> read(FileTree files) throws IOException {
    for (ImagePath folder : FOLDERS) {
      Optional<TreeFiles.Read> file = TreeFiles.read(files, folder.resolve("installed"));
      if (file.isPresent()) {
        return Optional.of(read(files, file.get()));
      }
    }
    return Optional.empty();
  }

  private static ApkDatabase read(FileTree files, TreeFiles.Read file) throws IOException {
    String where = file.path().toString();
    ApkInstalled installed = ApkInstalled.parse(file.bytes(), where);
    List<ApkDependency> world = readWorld(files);
    Map<InstalledPackage, ApkInstalled.Entry> entries = new LinkedHashMap<>();
    for (ApkInstalled.Entry entry : installed.entries()) {
      entries.put(toPackage(entry, where), entry);
    }
    return new ApkDatabase(files, file.path(), installed, entries, world);
  }

  private static List<ApkDependency> readWorld(FileTree files) throws IOException {
    Optional<TreeFiles.Read> file = TreeFiles.read(files, WORLD);
    List<ApkDependency> world = new ArrayList<>();
    if (file.isPresent()) {
      int line = 0;
      for (String text : file.get().bytes().toLatin1().split("\n", -1)) {
        line++;
        try {
          world.addAll(ApkDependency.parseAll(text));
        } catch (IllegalArgumentException e) {
          throw new MalformedContentException(
              "apk world", file.get().path() + ", line " + line, String.valueOf(e.getMessage()), e);
        }
      }
    }
    return world;
  }

  private static InstalledPackage toPackage(ApkInstalled.Entry entry, String file)
      throws MalformedContentException {
    String where = file + ", line " + entry.line();
    InstalledPackage.Builder builder =
        new InstalledPackage.Builder(PackageFormat.APK, entry.text('P'));
    builder.version = entry.text('V');
    builder.architecture = entry.text('A');
    builder.sourceName = entry.text('o');
    builder.maintainer = entry.text('m');
    builder.license = entry.text('L');
    builder.homepage = entry.text('U');
    List<Dependency> dependencies = new ArrayList<>();
    for (ApkDependency each : parse(entry, 'D', where)) {
      if (!each.conflict()) { // what must not be there is not, and a removal cannot bring it
        dependencies.add(
            new Dependency(
                "depends",
                new Requirement.Named(each.name(), "", each.operator(), each.version())));
      }
    }
    builder.dependencies = dependencies;
    List<Capability> provides = new ArrayList<>();
    for (ApkDependency each : parse(entry, 'p', where)) {
      provides.add(new Capability(each.name(), each.version()));
    }
    builder.provides = provides;
    List<ImagePath> paths = new ArrayList<>(entry.directories());
    entry.files().forEach(listed -> paths.add(listed.path()));
    builder.files = paths;
    return builder.build();
  }

  private static List<ApkDependency> parse(ApkInstalled.Entry entry, char letter, String where)
      throws MalformedContentException {
    try {
      return ApkDependency.parseAll(entry.text(letter));
    } catch (IllegalArgumentException e) {
      throw new MalformedContentException(
          "apk installed database", where, "field " + letter + ": " + e.getMessage(), e);
    }
  }
}
