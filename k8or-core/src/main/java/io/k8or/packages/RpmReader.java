package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.rpm.BdbHeaders;
import io.k8or.packages.rpm.NdbHeaders;
import io.k8or.packages.rpm.RpmHeader;
import io.k8or.packages.rpm.RpmHeaders;
import io.k8or.packages.rpm.RpmVersion;
import io.k8or.packages.rpm.SqliteHeaders;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads rpm's database. */
final class RpmReader {
  private static final List<ImagePath> FOLDERS =
      List.of(
          ImagePath.of("/var/lib/rpm"),
          ImagePath.of("/usr/lib/sysimage/rpm"),
          ImagePath.of("/usr/share/rpm"));
  // Many files may name one long directory: a header is small, and its paths need not be.
  private static final long MAX_PATHS = 64 << 20;
  private static final int RPMLIB = 1 << 24;
  // Needed by a script before or after the installation, and neither by one of the removal nor by
  // a package that is but its dependencies.
  private static final int INSTALLING = 1 << 5 | 1 << 7 | 1 << 9 | 1 << 10;
  private static final int NOT_PASSING = 1 << 11 | 1 << 12 | 1 << 29;

  private RpmReader() {}

  /** Returns the database, if the image has one. */
  static Optional<RpmDatabase> read(FileTree files) throws IOException {
    for (ImagePath folder : FOLDERS) {
      Optional<TreeFiles.Read> sqlite = TreeFiles.read(files, folder.resolve("rpmdb.sqlite"));
      if (sqlite.isPresent()) {
        ByteString log =
            TreeFiles.read(files, folder.resolve("rpmdb.sqlite-wal"))
                .map(TreeFiles.Read::bytes)
                .orElse(ByteString.empty());
        return Optional.of(
            database(
                files,
                sqlite.get(),
                SqliteHeaders.parse(sqlite.get().bytes(), log, sqlite.get().path().toString())));
      }
      Optional<TreeFiles.Read> ndb = TreeFiles.read(files, folder.resolve("Packages.db"));
      if (ndb.isPresent()) {
        return Optional.of(
            database(
                files,
                ndb.get(),
                NdbHeaders.parse(ndb.get().bytes(), ndb.get().path().toString())));
      }
      Optional<TreeFiles.Read> bdb = TreeFiles.read(files, folder.resolve("Packages"));
      if (bdb.isPresent() && !bdb.get().bytes().isEmpty()) {
        return Optional.of(
            database(
                files,
                bdb.get(),
                BdbHeaders.parse(bdb.get().bytes(), bdb.get().path().toString())));
      }
    }
    return Optional.empty();
  }

  private static RpmDatabase database(FileTree files, TreeFiles.Read file, RpmHeaders headers)
      throws MalformedContentException {
    Map<InstalledPackage, RpmDatabase.Origin> origins = new LinkedHashMap<>();
    Set<String> names = new HashSet<>();
    for (Map.Entry<Integer, ByteString> entry : headers.blobs().entrySet()) {
      String where = file.path() + ", header " + entry.getKey();
      RpmHeader header = RpmHeader.parse(entry.getValue(), where);
      List<RpmDatabase.Listed> listed = listed(header, where);
      InstalledPackage each = toPackage(header, entry.getKey(), listed, names, where);
      origins.put(each, new RpmDatabase.Origin(entry.getKey(), listed, algorithm(header)));
    }
    return new RpmDatabase(files, file.path(), headers, origins);
  }

  private static String algorithm(RpmHeader header) throws MalformedContentException {
    return switch (header.number(RpmHeader.FILEDIGESTALGO).orElse(1)) {
      case 1 -> "MD5";
      case 2 -> "SHA-1";
      case 8 -> "SHA-256";
      case 9 -> "SHA-384";
      case 10 -> "SHA-512";
      default -> "";
    };
  }

  private static InstalledPackage toPackage(
      RpmHeader header,
      int number,
      List<RpmDatabase.Listed> listed,
      Set<String> names,
      String where)
      throws MalformedContentException {
    String name = header.text(RpmHeader.NAME);
    InstalledPackage.Builder builder = new InstalledPackage.Builder(PackageFormat.RPM, name);
    builder.version =
        new RpmVersion(
                header.number(RpmHeader.EPOCH).orElse(0),
                header.text(RpmHeader.VERSION),
                header.text(RpmHeader.RELEASE))
            .toString();
    builder.architecture = header.text(RpmHeader.ARCH);
    if (!names.add(name)) {
      builder.id(name + "-" + builder.version + "." + builder.architecture + "#" + number);
    }
    source(header.text(RpmHeader.SOURCERPM), builder);
    builder.maintainer = header.text(RpmHeader.VENDOR);
    builder.license = header.text(RpmHeader.LICENSE);
    builder.homepage = header.text(RpmHeader.URL);
    builder.dependencies = requires(header, where);
    builder.provides = provides(header);
    List<ImagePath> files = new ArrayList<>();
    List<ImagePath> conffiles = new ArrayList<>();
    for (RpmDatabase.Listed each : listed) {
      files.add(each.path());
      if (each.isConfiguration()) {
        conffiles.add(each.path());
      }
    }
    builder.files = files;
    builder.conffiles = conffiles;
    return builder.build();
  }

  // NAME-VERSION-RELEASE.src.rpm
  private static void source(String file, InstalledPackage.Builder builder) {
    String stem =
        file.endsWith(".src.rpm") ? file.substring(0, file.length() - ".src.rpm".length()) : file;
    int release = stem.lastIndexOf('-');
    int version = release < 0 ? -1 : stem.lastIndexOf('-', release - 1);
    if (version > 0) {
      builder.sourceName = stem.substring(0, version);
      builder.sourceVersion = stem.substring(version + 1);
    }
  }

  private static List<Dependency> requires(RpmHeader header, String where)
      throws MalformedContentException {
    List<String> names = header.strings(RpmHeader.REQUIRENAME);
    List<Integer> flags = header.numbers(RpmHeader.REQUIREFLAGS);
    List<String> versions = header.strings(RpmHeader.REQUIREVERSION);
    List<Dependency> dependencies = new ArrayList<>();
    Set<Requirement> seen = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      int flag = i < flags.size() ? flags.get(i) : 0;
      String name = names.get(i);
      if ((flag & RPMLIB) != 0 || name.startsWith("rpmlib(")) {
        continue; // a feature of rpm itself
      }
      if ((flag & INSTALLING) != 0 && (flag & NOT_PASSING) == 0) {
        continue; // for an installed package, rpm does not ask for it any more
      }
      Requirement requirement;
      try {
        requirement = RpmRequirement.of(name, flag, i < versions.size() ? versions.get(i) : "");
      } catch (IllegalArgumentException e) {
        throw new MalformedContentException("rpm header", where, String.valueOf(e.getMessage()), e);
      }
      if (seen.add(requirement)) {
        dependencies.add(new Dependency("Requires", requirement));
      }
    }
    return dependencies;
  }

  private static List<Capability> provides(RpmHeader header) throws MalformedContentException {
    List<String> names = header.strings(RpmHeader.PROVIDENAME);
    List<String> versions = header.strings(RpmHeader.PROVIDEVERSION);
    List<Capability> provides = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      provides.add(new Capability(names.get(i), i < versions.size() ? versions.get(i) : ""));
    }
    return provides;
  }

  private static List<RpmDatabase.Listed> listed(RpmHeader header, String where)
      throws MalformedContentException {
    List<String> names = header.strings(RpmHeader.BASENAMES);
    List<Integer> indexes = header.numbers(RpmHeader.DIRINDEXES);
    List<String> folders = header.strings(RpmHeader.DIRNAMES);
    List<Integer> flags = header.numbers(RpmHeader.FILEFLAGS);
    List<Integer> modes = header.numbers(RpmHeader.FILEMODES);
    List<Integer> sizes = header.numbers(RpmHeader.FILESIZES);
    List<Integer> states = header.numbers(RpmHeader.FILESTATES);
    List<String> digests = header.strings(RpmHeader.FILEDIGESTS);
    List<String> targets = header.strings(RpmHeader.FILELINKTOS);
    List<RpmDatabase.Listed> listed = new ArrayList<>();
    long length = 0;
    for (int i = 0; i < names.size(); i++) {
      int folder = i < indexes.size() ? indexes.get(i) : -1;
      if (folder < 0 || folder >= folders.size()) {
        throw new MalformedContentException(
            "rpm header", where, "file " + i + ": its directory is not in the list");
      }
      length += folders.get(folder).length() + names.get(i).length();
      if (length > MAX_PATHS) {
        throw new MalformedContentException(
            "rpm header", where, "file " + i + ": more than " + MAX_PATHS + " bytes of paths");
      }
      ImagePath path;
      try {
        path = TreeFiles.latin1(folders.get(folder) + "/" + names.get(i));
      } catch (IllegalArgumentException e) {
        throw new MalformedContentException("rpm header", where, String.valueOf(e.getMessage()), e);
      }
      listed.add(
          new RpmDatabase.Listed(
              path,
              i < flags.size() ? flags.get(i) : 0,
              i < modes.size() ? modes.get(i) : 0,
              i < sizes.size() ? sizes.get(i) & 0xffffffffL : -1,
              i < digests.size() ? digests.get(i) : "",
              i < targets.size() ? targets.get(i) : "",
              i >= states.size() || states.get(i) == 0));
    }
    return listed;
  }
}
