package io.k8or.cli;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The packages that an image's package database calls installed: those of dpkg (also of distroless
 * images) and apk. An rpm database is only named.
 *
 * @param format {@code dpkg}, {@code apk}, {@code rpm}; {@code none} where no database was found
 * @param packages the packages, in the database's order
 */
record InstalledPackages(String format, List<Installed> packages) {
  /** The largest database file that is read. */
  private static final int LIMIT = 256 << 20;

  private static final ImagePath DPKG = ImagePath.of("/var/lib/dpkg/status");
  private static final ImagePath DPKG_PARTS = ImagePath.of("/var/lib/dpkg/status.d");

  private static final List<ImagePath> APK =
      List.of(ImagePath.of("/lib/apk/db/installed"), ImagePath.of("/usr/lib/apk/db/installed"));

  private static final List<ImagePath> RPM =
      List.of(ImagePath.of("/var/lib/rpm"), ImagePath.of("/usr/lib/sysimage/rpm"));

  InstalledPackages {
    packages = List.copyOf(packages);
  }

  /**
   * One package.
   *
   * @param bytes the installed size that the database states, 0 where it states none
   */
  record Installed(String name, String version, String architecture, long bytes) {}

  static InstalledPackages read(FileTree files) throws IOException {
    List<Installed> found = new ArrayList<>();
    Optional<String> status = text(files, DPKG);
    if (status.isPresent()) {
      addDpkg(status.get(), true, found);
    }
    Optional<ImagePath> parts = files.resolve(DPKG_PARTS);
    if (parts.isPresent()) {
      for (ImagePath part : files.children(parts.get())) {
        if (!part.toString().endsWith(".md5sums")) {
          addDpkg(text(files, part).orElse(""), false, found);
        }
      }
    }
    if (status.isPresent() || parts.isPresent()) {
      return new InstalledPackages("dpkg", found);
    }
    for (ImagePath path : APK) {
      Optional<String> installed = text(files, path);
      if (installed.isPresent()) {
        for (Map<String, String> stanza : stanzas(installed.get())) {
          found.add(
              new Installed(
                  stanza.getOrDefault("P", ""),
                  stanza.getOrDefault("V", ""),
                  stanza.getOrDefault("A", ""),
                  number(stanza.get("I"))));
        }
        return new InstalledPackages("apk", found);
      }
    }
    for (ImagePath path : RPM) {
      if (files.resolve(path).filter(dir -> !files.isEmptyDirectory(dir)).isPresent()) {
        return new InstalledPackages("rpm", List.of());
      }
    }
    return new InstalledPackages("none", List.of());
  }

  /** Says whether the packages of the database could be read. */
  boolean isRead() {
    return !format.equals("rpm");
  }

  private static void addDpkg(String text, boolean hasStatus, List<Installed> found) {
    for (Map<String, String> stanza : stanzas(text)) {
      boolean installed =
          !hasStatus || stanza.getOrDefault("Status", "").strip().endsWith(" installed");
      if (installed && stanza.containsKey("Package")) {
        found.add(
            new Installed(
                stanza.get("Package"),
                stanza.getOrDefault("Version", ""),
                stanza.getOrDefault("Architecture", ""),
                1024 * number(stanza.get("Installed-Size"))));
      }
    }
  }

  // Stanzas of "Field: value" lines, parted by empty lines; further lines of a value are left out.
  private static List<Map<String, String>> stanzas(String text) {
    List<Map<String, String>> stanzas = new ArrayList<>();
    Map<String, String> stanza = new LinkedHashMap<>();
    for (String line : text.split("\n", -1)) {
      if (line.isBlank()) {
        if (!stanza.isEmpty()) {
          stanzas.add(stanza);
          stanza = new LinkedHashMap<>();
        }
        continue;
      }
      int colon = line.indexOf(':');
      if (colon > 0 && !Character.isWhitespace(line.charAt(0))) {
        stanza.putIfAbsent(line.substring(0, colon), line.substring(colon + 1).strip());
      }
    }
    if (!stanza.isEmpty()) {
      stanzas.add(stanza);
    }
    return stanzas;
  }

  private static long number(@org.jspecify.annotations.Nullable String text) {
    try {
      return text == null ? 0 : Math.max(0, Math.min(Long.parseLong(text), Long.MAX_VALUE / 1024));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static Optional<String> text(FileTree files, ImagePath path) throws IOException {
    Optional<FileNode> node = files.follow(path).filter(FileNode::isRegular);
    if (node.isEmpty()) {
      return Optional.empty();
    }
    if (node.get().size() > LIMIT) {
      throw new MalformedContentException(
          "package database",
          path.toString(),
          "expected at most " + LIMIT + " bytes, found " + node.get().size());
    }
    return Optional.of(new String(node.get().content().readAll(LIMIT), StandardCharsets.UTF_8));
  }
}
