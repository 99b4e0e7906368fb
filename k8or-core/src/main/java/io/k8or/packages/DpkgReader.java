package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.packages.dpkg.ControlFile;
import io.k8or.packages.dpkg.Diversion;
import io.k8or.packages.dpkg.DpkgRelation;
import io.k8or.packages.dpkg.Stanza;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads dpkg's database: the status file, or a status.d with a file for each package. */
final class DpkgReader {
  static final ImagePath ADMIN = ImagePath.of("/var/lib/dpkg");
  private static final String WHAT = "dpkg status";

  private final FileTree files;
  private final Set<String> automatic;
  private final Map<String, ImagePath> info = new HashMap<>();
  private final boolean multiArchNames;
  private final String nativeArchitecture;
  private final Map<InstalledPackage, DpkgDatabase.Origin> origins = new LinkedHashMap<>();
  private final Set<String> ids = new HashSet<>();

  private DpkgReader(FileTree files) throws IOException {
    this.files = files;
    this.automatic = readAutomatic();
    Optional<ImagePath> directory = files.resolve(ADMIN.resolve("info"));
    if (directory.isPresent()) {
      for (ImagePath path : files.children(directory.get())) {
        info.put(path.name().toLatin1(), path);
      }
    }
    ImagePath format = info.get("format");
    this.multiArchNames =
        format != null && files.get(format).isPresent() && files.get(format).get().size() > 0;
    this.nativeArchitecture =
        TreeFiles.read(files, ADMIN.resolve("arch"))
            .flatMap(read -> read.bytes().toLatin1().lines().findFirst())
            .orElse("");
  }

  /** Returns the database, if the image has one. */
  static Optional<DpkgDatabase> read(FileTree files) throws IOException {
    Optional<TreeFiles.Read> status = TreeFiles.read(files, ADMIN.resolve("status"));
    List<ImagePath> singles =
        files.resolve(ADMIN.resolve("status.d")).map(files::children).orElse(List.of());
    if (status.isEmpty() && singles.isEmpty()) {
      return Optional.empty();
    }
    DpkgReader reader = new DpkgReader(files);
    ControlFile control = null;
    if (status.isPresent()) {
      String where = status.get().path().toString();
      control = ControlFile.parse(status.get().bytes(), WHAT, where, true);
      for (Stanza stanza : control.stanzas()) {
        reader.add(stanza, where, Optional.empty());
      }
    }
    for (ImagePath single : singles) {
      reader.readSingle(single);
    }
    if (reader.origins.isEmpty() && control != null && control.bytes().isEmpty()) {
      return Optional.empty(); // an empty status file is how an image without packages looks
    }
    ImagePath location =
        status.isPresent() ? status.get().path() : files.resolve(ADMIN.resolve("status.d")).get();
    return Optional.of(
        new DpkgDatabase(
            files,
            location,
            Optional.ofNullable(control),
            reader.origins,
            reader.readDiversions(),
            reader.nativeArchitecture()));
  }

  private String nativeArchitecture() {
    if (!nativeArchitecture.isEmpty()) {
      return nativeArchitecture;
    }
    // The architecture of most packages.
    Map<String, Integer> count = new HashMap<>();
    for (InstalledPackage each : origins.keySet()) {
      if (!each.architecture().equals("all")) {
        count.merge(each.architecture(), 1, Integer::sum);
      }
    }
    return count.entrySet().stream()
        .max(
            Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
        .map(Map.Entry::getKey)
        .orElse("");
  }

  private List<Diversion> readDiversions() throws IOException {
    Optional<TreeFiles.Read> file = TreeFiles.read(files, ADMIN.resolve("diversions"));
    return file.isEmpty()
        ? List.of()
        : Diversion.parse(file.get().bytes(), file.get().path().toString());
  }

  private Set<String> readAutomatic() throws IOException {
    Set<String> names = new HashSet<>();
    Optional<TreeFiles.Read> file =
        TreeFiles.read(files, ImagePath.of("/var/lib/apt/extended_states"));
    if (file.isPresent()) {
      ControlFile states =
          ControlFile.parse(
              file.get().bytes(), "apt extended states", file.get().path().toString(), false);
      for (Stanza stanza : states.stanzas()) {
        if (stanza.text("Auto-Installed").equals("1")) {
          names.add(stanza.text("Package") + ":" + stanza.text("Architecture"));
          names.add(stanza.text("Package") + ":all"); // apt has the native one for it
        }
      }
    }
    return names;
  }

  private void readSingle(ImagePath file) throws IOException {
    if (file.name().endsWith(ByteString.utf8(".md5sums"))) {
      return;
    }
    Optional<TreeFiles.Read> read = TreeFiles.read(files, file);
    if (read.isEmpty()) {
      return;
    }
    String where = file.toString();
    for (Stanza stanza : ControlFile.parse(read.get().bytes(), WHAT, where, false).stanzas()) {
      add(stanza, where, Optional.of(file));
    }
  }

  private void add(Stanza stanza, String file, Optional<ImagePath> single) throws IOException {
    String where = file + ", line " + stanza.line();
    String name = stanza.text("Package");
    if (!isName(name)) {
      throw new MalformedContentException(
          WHAT, where, "expected a stanza with the name of a package, found \"" + name + "\"");
    }
    String[] status = stanza.text("Status").split(" ", -1);
    boolean stated = stanza.field("Status").isPresent();
    if (single.isEmpty() && status.length != 3) {
      throw new MalformedContentException(
          WHAT,
          where,
          "package "
              + name
              + ": expected a Status of three words, found \""
              + stanza.text("Status")
              + "\"");
    }
    String state = stated && status.length == 3 ? status[2] : "installed";
    if (state.equals("not-installed")) {
      return; // what dpkg was once told of; nothing is there
    }
    boolean installed = !state.equals("config-files");
    if (installed && stanza.text("Version").isEmpty()) {
      throw new MalformedContentException(WHAT, where, "package " + name + " has no Version");
    }
    String architecture = stanza.text("Architecture");
    InstalledPackage.Builder builder = new InstalledPackage.Builder(PackageFormat.DPKG, name);
    builder.version =
        stanza.text("Version").isEmpty() ? stanza.text("Config-Version") : stanza.text("Version");
    builder.architecture = architecture;
    builder.multiArch = stanza.text("Multi-Arch");
    String id = name;
    if (!ids.add(name)) {
      id = name + ":" + architecture;
      if (!ids.add(id) || hasTwin(name, architecture)) {
        throw new MalformedContentException(
            WHAT, where, "the package " + id + " has a stanza already");
      }
    }
    builder.id(id);
    builder.installed = installed;
    builder.essential = installed && stanza.isYes("Essential");
    builder.guarded = installed && (stanza.isYes("Protected") || stanza.isYes("Important"));
    builder.automatic = automatic.contains(name + ":" + architecture);
    builder.maintainer = stanza.text("Maintainer");
    builder.homepage = stanza.text("Homepage");
    source(stanza.text("Source"), builder);
    List<Dependency> dependencies = new ArrayList<>();
    if (installed) {
      dependencies(stanza, "Pre-Depends", where, dependencies);
      dependencies(stanza, "Depends", where, dependencies);
      builder.provides = provides(stanza, where);
    }
    builder.dependencies = dependencies;
    List<ImagePath> infoFiles = new ArrayList<>();
    if (single.isPresent()) {
      builder.files = readMd5sums(single.get(), infoFiles);
    } else {
      String stem = stem(name, architecture, builder.multiArch);
      builder.files = readList(stem);
    }
    builder.conffiles = conffiles(stanza, where);
    String stem = single.isPresent() ? "" : stem(name, architecture, builder.multiArch);
    origins.put(
        builder.build(), new DpkgDatabase.Origin(stanza, stem, single, List.copyOf(infoFiles)));
  }

  private boolean hasTwin(String name, String architecture) {
    return origins.keySet().stream()
        .anyMatch(p -> p.name().equals(name) && p.architecture().equals(architecture));
  }

  // dpkg asks for two characters or more; other builders of status.d do not.
  private static boolean isName(String name) {
    if (name.isEmpty()) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean alphanumeric =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!alphanumeric && (i == 0 || "+-._".indexOf(c) < 0)) {
        return false;
      }
    }
    return true;
  }

  private String stem(String name, String architecture, String multiArch) {
    String qualified = name + ":" + architecture;
    if (multiArch.equals("same") && multiArchNames) {
      return qualified;
    }
    return !info.containsKey(name + ".list") && info.containsKey(qualified + ".list")
        ? qualified
        : name;
  }

  private static void source(String field, InstalledPackage.Builder builder) {
    int open = field.indexOf('(');
    if (open < 0) {
      builder.sourceName = field.strip();
      return;
    }
    int close = field.indexOf(')', open);
    builder.sourceName = field.substring(0, open).strip();
    builder.sourceVersion = field.substring(open + 1, close < 0 ? field.length() : close).strip();
  }

  private static List<List<DpkgRelation>> relations(Stanza stanza, String field, String where)
      throws MalformedContentException {
    Optional<String> value = stanza.field(field);
    if (value.isEmpty()) {
      return List.of();
    }
    try {
      return DpkgRelation.parse(value.get().replace('\n', ' '));
    } catch (IllegalArgumentException e) {
      throw new MalformedContentException(WHAT, where, "field " + field + ": " + e.getMessage(), e);
    }
  }

  private static void dependencies(
      Stanza stanza, String field, String where, List<Dependency> dependencies)
      throws MalformedContentException {
    for (List<DpkgRelation> group : relations(stanza, field, where)) {
      List<Requirement> alternatives = new ArrayList<>();
      for (DpkgRelation one : group) {
        alternatives.add(
            new Requirement.Named(one.name(), one.qualifier(), one.operator(), one.version()));
      }
      dependencies.add(
          new Dependency(
              field,
              alternatives.size() == 1
                  ? alternatives.get(0)
                  : new Requirement.AnyOf(alternatives)));
    }
  }

  private static List<Capability> provides(Stanza stanza, String where)
      throws MalformedContentException {
    List<Capability> provides = new ArrayList<>();
    for (List<DpkgRelation> group : relations(stanza, "Provides", where)) {
      group.forEach(one -> provides.add(new Capability(one.name(), one.version())));
    }
    return provides;
  }

  private static List<ImagePath> conffiles(Stanza stanza, String where)
      throws MalformedContentException {
    List<ImagePath> paths = new ArrayList<>();
    for (String line : stanza.continuation("Conffiles")) {
      // PATH HASH [obsolete] [remove-on-upgrade]; a path may have spaces.
      String rest = line;
      for (String flag : List.of(" remove-on-upgrade", " obsolete")) {
        if (rest.endsWith(flag)) {
          rest = rest.substring(0, rest.length() - flag.length());
        }
      }
      int space = rest.lastIndexOf(' ');
      if (space <= 0 || !rest.startsWith("/")) {
        throw new MalformedContentException(
            WHAT, where, "Conffiles: expected PATH HASH, found \"" + line + "\"");
      }
      try {
        paths.add(TreeFiles.latin1(rest.substring(0, space)));
      } catch (IllegalArgumentException e) {
        throw new MalformedContentException(WHAT, where, "Conffiles: " + e.getMessage(), e);
      }
    }
    return paths;
  }

  private List<ImagePath> readList(String stem) throws IOException {
    ImagePath path = info.get(stem + ".list");
    if (path == null || !files.get(path).orElseThrow().isRegular()) {
      return List.of();
    }
    ByteString bytes = TreeFiles.bytes(path, files.get(path).orElseThrow());
    if (!bytes.isEmpty() && bytes.at(bytes.length() - 1) != '\n') {
      throw new MalformedContentException(
          "dpkg file list", path.toString(), "expected a line feed at the end: it was cut off");
    }
    List<ImagePath> paths = new ArrayList<>();
    int line = 0;
    int from = 0;
    while (from < bytes.length()) {
      line++;
      int feed = bytes.indexOf('\n', from);
      if (feed == from) {
        throw new MalformedContentException(
            "dpkg file list", path + ", line " + line, "expected a path, found an empty line");
      }
      paths.add(Diversion.path(bytes.substring(from, feed).toLatin1(), path.toString(), line));
      from = feed + 1;
    }
    return paths;
  }

  private List<ImagePath> readMd5sums(ImagePath single, List<ImagePath> infoFiles)
      throws IOException {
    ImagePath path =
        single.parent().orElseThrow().resolve(single.name().concat(ByteString.utf8(".md5sums")));
    Optional<TreeFiles.Read> read = TreeFiles.read(files, path);
    if (read.isEmpty()) {
      return List.of();
    }
    infoFiles.add(path);
    List<ImagePath> paths = new ArrayList<>();
    int number = 0;
    String text = new String(read.get().bytes().toByteArray(), StandardCharsets.ISO_8859_1);
    for (String line : text.split("\n", -1)) {
      number++;
      if (line.isEmpty()) {
        continue;
      }
      int space = line.indexOf(' ');
      if (space != 32) {
        throw new MalformedContentException(
            "md5sums", path + ", line " + number, "expected 32 digits and a path");
      }
      String file = line.substring(space).strip();
      paths.add(Diversion.path(file.startsWith("/") ? file : "/" + file, path.toString(), number));
    }
    return paths;
  }
}
