package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Finds the packages of the files that an image's entrypoint and command run. */
final class ServiceRoots {
  /** Interpreters that load modules by name: which packages they come from is not seen here. */
  private static final List<String> LOADERS =
      List.of("python", "perl", "ruby", "node", "php", "java", "lua", "tclsh", "R");

  private final PackageDatabase database;
  private final FileTree files;
  private final Programs programs;
  private final Map<InstalledPackage, String> roots = new LinkedHashMap<>();
  private final List<Finding> findings = new ArrayList<>();
  private final Set<ImagePath> seen = new HashSet<>();
  private final Deque<ImagePath> open = new ArrayDeque<>();
  private boolean known;

  private ServiceRoots(ImageSnapshot image, PackageDatabase database) throws IOException {
    this.database = database;
    this.files = image.files();
    this.programs = new Programs(files, image.config().env());
  }

  static ServiceRoots of(ImageSnapshot image, PackageDatabase database) throws IOException {
    ServiceRoots services = new ServiceRoots(image, database);
    services.find(image);
    return services;
  }

  /** Says whether the image says what it runs, and it is there. */
  boolean isKnown() {
    return known;
  }

  Map<InstalledPackage, String> roots() {
    return roots;
  }

  List<Finding> findings() {
    return findings;
  }

  private void find(ImageSnapshot image) throws IOException {
    List<String> words = new ArrayList<>(image.config().entrypoint());
    words.addAll(image.config().cmd());
    if (words.isEmpty()) {
      note("no-service", "the image has no entrypoint and no command, so nothing is unneeded");
      return;
    }
    Optional<ImagePath> program = program(words.get(0), image.config().workingDir().orElse("/"));
    if (program.isEmpty() || files.follow(program.get()).isEmpty()) {
      note("no-service", "the image runs " + words.get(0) + ", which is not there");
      return;
    }
    known = true;
    use(program.get(), "the entrypoint");
    for (String word : words.subList(1, words.size())) {
      // A script of "sh -c", an entrypoint's command, or a file.
      List<ImagePath> named = new ArrayList<>();
      Set<String> used = new LinkedHashSet<>();
      programs.words(word, named, used);
      named.forEach(path -> use(path, "the command"));
      used.forEach(name -> programs.command(name).ifPresent(path -> use(path, "the command")));
    }
    useConfigured(List.copyOf(open));
    while (!open.isEmpty()) {
      follow(open.remove());
    }
    for (JsonTable.Entry entry : JsonTable.silentPackages()) {
      database.named(entry.name()).stream()
          .filter(InstalledPackage::isInstalled)
          .forEach(each -> roots.putIfAbsent(each, entry.reason()));
    }
  }

  // A module that is enabled in a service's configuration is its package's, not the service's.
  private void useConfigured(List<ImagePath> services) {
    for (ImagePath service : services) {
      for (String suffix : List.of("", ".d")) {
        ImagePath folder =
            ImagePath.of("/etc").resolve(service.name().concat(ByteString.utf8(suffix)));
        for (Map.Entry<ImagePath, FileNode> entry : files.subtree(folder).entrySet()) {
          if (entry.getValue().isDirectory()) {
            continue;
          }
          List<InstalledPackage> owners = new ArrayList<>(database.owners(entry.getKey()));
          files.resolve(entry.getKey()).ifPresent(real -> owners.addAll(database.owners(real)));
          for (InstalledPackage owner : owners) {
            if (owner.isInstalled()) {
              roots.putIfAbsent(owner, "has what " + entry.getKey() + " enables");
            }
          }
        }
      }
    }
  }

  private Optional<ImagePath> program(String word, String folder) {
    if (word.indexOf('/') < 0) {
      return programs.command(word);
    }
    String text = word.startsWith("./") ? word.substring(2) : word;
    return Programs.path(text.startsWith("/") ? text : folder + "/" + text);
  }

  // The links on the way belong to packages too.
  private void use(ImagePath path, String by) {
    Optional<ImagePath> at = Optional.of(path);
    for (int i = 0; at.isPresent() && i < 40; i++) {
      Optional<ImagePath> real = files.resolveParent(at.get());
      if (real.isEmpty() || !seen.add(real.get())) {
        return;
      }
      Optional<FileNode> node = files.get(real.get());
      if (node.isEmpty() || node.get().isDirectory()) {
        return;
      }
      for (InstalledPackage owner : database.owners(real.get())) {
        if (owner.isInstalled()) {
          roots.putIfAbsent(owner, "has " + real.get() + ", which " + by + " uses");
        }
      }
      if (!node.get().isSymlink()) {
        open.add(real.get());
        noteLoader(real.get());
        return;
      }
      at =
          node.get().target().isEmpty()
              ? Optional.empty()
              : DpkgRemoval.target(real.get(), node.get().target());
    }
  }

  private void noteLoader(ImagePath path) {
    String name = path.name().toLatin1();
    if (LOADERS.stream().anyMatch(name::startsWith)
        && path.parent().map(parent -> parent.name().toLatin1().endsWith("bin")).orElse(false)) {
      findings.add(
          Finding.at(
              path,
              new Reason(
                  RemovalLog.TRANSFORM,
                  "loads-by-name",
                  "an interpreter: modules that it loads by name are not seen; name their packages"
                      + " to keep them")));
    }
  }

  private void follow(ImagePath path) throws IOException {
    Optional<Programs.Named> named = programs.read(path, files.get(path).orElseThrow());
    if (named.isPresent()) {
      named.get().files().forEach(file -> use(file, path.toString()));
      for (String command : named.get().commands()) {
        programs.command(command).ifPresent(file -> use(file, path.toString()));
      }
    }
  }

  private void note(String rule, String evidence) {
    findings.add(Finding.of(new Reason(RemovalLog.TRANSFORM, rule, evidence)));
  }
}
