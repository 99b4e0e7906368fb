package io.k8or.cli.sample;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The sample's dpkg database: what it says is what the image holds. */
final class SamplePackages {
  static final String COPYRIGHT =
      "Copyright: the authors of k8or\nLicense: Apache-2.0, see /usr/share/common-licenses\n";

  /** A package: its name, its dependencies, its files beside its documentation. */
  private record Sample(String name, String depends, int kib, List<String> files) {}

  private static final List<Sample> PACKAGES =
      List.of(
          new Sample(
              "demo-base",
              "",
              60,
              List.of("/etc/hostname", "/etc/motd", "/etc/os-release", "/root", "/tmp")),
          new Sample(
              "demo-locales",
              "",
              52,
              List.of(
                  "/usr/share/locale/de/LC_MESSAGES/demo.mo",
                  "/usr/share/locale/es/LC_MESSAGES/demo.mo",
                  "/usr/share/locale/fr/LC_MESSAGES/demo.mo",
                  "/usr/share/locale/ja/LC_MESSAGES/demo.mo")),
          new Sample(
              "demo-server",
              "demo-base",
              40,
              List.of(
                  "/srv/www/notes.txt",
                  "/usr/bin/demo-server",
                  "/usr/lib/demo/server",
                  "/usr/share/doc/demo-server/README",
                  "/usr/share/man/de/man1/demo-server.1",
                  "/usr/share/man/man1/demo-server.1")),
          new Sample(
              "demo-worker",
              "demo-base (>= 1.0)",
              32,
              List.of("/usr/bin/demo-worker", "/usr/share/man/man1/demo-worker.1")));

  private SamplePackages() {}

  static List<String> names() {
    return PACKAGES.stream().map(Sample::name).toList();
  }

  static SortedMap<String, String> database() {
    SortedMap<String, String> files = new TreeMap<>();
    StringBuilder status = new StringBuilder();
    for (Sample sample : PACKAGES) {
      status
          .append("Package: ")
          .append(sample.name())
          .append("\nStatus: install ok installed\nPriority: optional\nSection: misc\n")
          .append("Installed-Size: ")
          .append(sample.kib())
          .append("\nMaintainer: The authors of k8or <k8or@example.org>\nArchitecture: amd64\n")
          .append("Version: 1.0-1\n");
      if (!sample.depends().isEmpty()) {
        status.append("Depends: ").append(sample.depends()).append('\n');
      }
      status
          .append("Description: a part of the sample\n It exists to be looked at.\n")
          .append('\n');
      files.put("var/lib/dpkg/info/" + sample.name() + ".list", list(sample));
    }
    files.put("var/lib/dpkg/status", status.toString());
    return files;
  }

  private static String list(Sample sample) {
    List<String> paths = new ArrayList<>(sample.files());
    paths.add("/usr/share/doc/" + sample.name() + "/changelog");
    paths.add("/usr/share/doc/" + sample.name() + "/copyright");
    List<String> lines = new ArrayList<>();
    lines.add("/.");
    for (String path : paths.stream().sorted().toList()) {
      for (int slash = path.indexOf('/', 1); slash >= 0; slash = path.indexOf('/', slash + 1)) {
        if (!lines.contains(path.substring(0, slash))) {
          lines.add(path.substring(0, slash));
        }
      }
      lines.add(path);
    }
    return String.join("\n", lines) + "\n";
  }
}
