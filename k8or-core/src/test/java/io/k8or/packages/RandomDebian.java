package io.k8or.packages;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Small dpkg databases with much that is rare: linked directories, diversions, conffiles with
 * backups and behind links, packages of two architectures, of which only the configuration is left,
 * interests in triggers, files that are not there or that two packages list.
 */
final class RandomDebian {
  private static final List<String> FOLDERS =
      List.of(
          "/usr",
          "/usr/bin",
          "/usr/lib",
          "/usr/lib/x",
          "/usr/lib/x/y",
          "/etc",
          "/etc/x",
          "/etc/x/y",
          "/opt/d",
          "/var",
          "/var/cache");
  private static final List<String> BACKUPS =
      List.of("~", ".bak", "%", ".dpkg-tmp", ".dpkg-old", ".dpkg-dist", ".dpkg-new", ".~1~", "~7~");

  private final Random random;
  private final TinyDebian debian = TinyDebian.create();
  private final List<String> links = new ArrayList<>();
  private final List<String> specs = new ArrayList<>();

  private RandomDebian(long seed) {
    this.random = new Random(seed);
  }

  static TinyDebian of(long seed) {
    return new RandomDebian(seed).make();
  }

  private boolean one(int in) {
    return random.nextInt(in) == 0;
  }

  private <T> T pick(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private TinyDebian make() {
    debian.file("/var/lib/dpkg/info/format", "1\n").file("/var/lib/dpkg/arch", "amd64\ni386\n");
    debian.file("/var/lib/dpkg/updates/.keep", "").file("/usr/bin/keep", "");
    for (String folder : FOLDERS) {
      if (!folder.equals("/opt/d")) {
        debian.directory(folder);
      }
    }
    debian.directory("/opt");
    link("/bin", "usr/bin");
    link("/lib", "usr/lib");
    if (one(2)) {
      link("/opt/d", pick(List.of("../usr/lib/x", "../usr/lib/x/y", "nowhere")));
    } else {
      debian.directory("/opt/d");
    }
    List<String> names = List.of("aa", "bb", "cc", "dd", "ee");
    for (String name : names) {
      add(name);
    }
    if (one(3)) {
      String from = pick(List.of("/usr/bin/aa", "/usr/lib/x/f0", "/etc/x/aa.conf", "/bin/f1"));
      debian.file(
          "/var/lib/dpkg/diversions",
          from + "\n" + from + ".real\n" + pick(List.of(":", "aa", "bb", "other")) + "\n");
      if (one(2)) {
        debian.fileBehindLinks(from + ".real", "diverted");
      }
    }
    triggers();
    for (int i = random.nextInt(3); i > 0; i--) {
      debian.fileBehindLinks(pick(FOLDERS) + "/unlisted" + i, "");
    }
    return debian;
  }

  private void link(String path, String target) {
    debian.link(path, target);
    links.add(path);
  }

  // A package's own file says what it is interested in; dpkg gathers it by trigger.
  private void triggers() {
    StringBuilder byPath = new StringBuilder();
    StringBuilder byName = new StringBuilder();
    for (String spec : specs) {
      StringBuilder own = new StringBuilder();
      if (one(3)) {
        String path = pick(FOLDERS);
        String option = pick(List.of("", "-noawait"));
        own.append("interest").append(option).append(' ').append(path).append('\n');
        byPath.append(path).append(' ').append(spec);
        byPath.append(option.isEmpty() ? "\n" : "/noawait\n");
      }
      if (one(3)) {
        own.append("interest reload\n");
        byName.append(spec).append('\n');
      }
      if (own.length() > 0) {
        debian.file("/var/lib/dpkg/info/" + spec + ".triggers", own.toString());
      }
    }
    if (byPath.length() > 0) {
      debian.file("/var/lib/dpkg/triggers/File", byPath.toString());
    }
    if (byName.length() > 0) {
      debian.file("/var/lib/dpkg/triggers/reload", byName.toString());
    }
  }

  private void add(String name) {
    if (one(4)) {
      for (String architecture : List.of("amd64", "i386")) {
        Set<String> listed = listed(name);
        for (String file : List.of(name + ".shared", name + "." + architecture)) {
          listed.add("/usr/lib");
          listed.add("/usr/lib/" + file);
          debian.fileBehindLinks("/usr/lib/" + file, "");
        }
        write(name, architecture, "installed", true, "", listed);
      }
      return;
    }
    String state = one(6) ? "config-files" : "installed";
    Set<String> listed = listed(name);
    String conffiles = conffiles(name, listed, state.equals("installed"));
    write(name, one(4) ? "all" : "amd64", state, false, conffiles, listed);
  }

  // The fields in dpkg's order, as it would write them itself.
  private void write(
      String name,
      String architecture,
      String state,
      boolean twin,
      String fields,
      Set<String> listed) {
    debian.raw(
        "Package: "
            + name
            + "\nStatus: "
            + (state.equals("installed") ? "install ok installed" : "deinstall ok config-files")
            + "\nMaintainer: nobody <n@example.org>\nArchitecture: "
            + architecture
            + (twin ? "\nMulti-Arch: same" : "")
            + "\nVersion: 1.0\n"
            + fields
            + "Description: nothing\n\n");
    String spec = twin ? name + ":" + architecture : name;
    if (state.equals("installed")) {
      specs.add(spec);
    }
    debian.listOnly(spec, listed);
  }

  private Set<String> listed(String name) {
    Set<String> listed = new LinkedHashSet<>();
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      String folder = pick(FOLDERS);
      String used = folder;
      if (folder.startsWith("/usr/bin") || folder.startsWith("/usr/lib")) {
        used = one(2) ? folder.substring(4) : folder;
      }
      parents(used, listed);
      switch (random.nextInt(5)) {
        case 0 -> listed.add(used + "/f" + random.nextInt(3)); // others may list it, too
        case 1 -> {
          listed.add(used + "/own-" + name);
          listed.add(used + "/own-" + name + "/deep");
          debian.directoryBehindLinks(used + "/own-" + name);
          debian.fileBehindLinks(used + "/own-" + name + "/deep", "");
        }
        default -> listed.add(used + "/" + name);
      }
    }
    for (String path : listed) {
      if (!FOLDERS.contains(path) && !links.contains(path) && !path.contains("/own-") && !one(8)) {
        debian.fileBehindLinks(path, path);
      }
    }
    return listed;
  }

  private static void parents(String folder, Set<String> listed) {
    for (int slash = folder.indexOf('/', 1); slash > 0; slash = folder.indexOf('/', slash + 1)) {
      listed.add(folder.substring(0, slash));
    }
    listed.add(folder);
  }

  private String conffiles(String name, Set<String> listed, boolean isInstalled) {
    if (one(2) && isInstalled) {
      return "";
    }
    StringBuilder fields = new StringBuilder("Conffiles:\n");
    for (int i = 1 + random.nextInt(2); i > 0; i--) {
      String folder = pick(List.of("/etc", "/etc/x", "/etc/x/y", "/opt/d"));
      String path = folder + "/" + name + i + ".conf";
      fields.append(' ').append(path).append(" 00000000000000000000000000000000");
      fields.append(one(4) ? " obsolete\n" : "\n");
      parents(folder, listed);
      if (!one(6)) {
        listed.add(path);
      }
      if (one(4)) {
        debian.linkBehindLinks(path, pick(List.of("/etc/target", "../target", "missing")));
      } else if (!one(6)) {
        debian.fileBehindLinks(path, "");
      }
      for (String backup : BACKUPS) {
        if (one(5)) {
          debian.fileBehindLinks(path + backup, "");
        }
      }
    }
    return fields.toString();
  }
}
