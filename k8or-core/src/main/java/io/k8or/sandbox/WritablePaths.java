package io.k8or.sandbox;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import io.k8or.services.Service;
import io.k8or.services.Service.Fact;
import io.k8or.services.Service.Kind;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The directories that a service writes to, which are volumes under a read-only root. */
final class WritablePaths {
  private static final long MIB = Quantity.MIB;

  /**
   * One of them.
   *
   * @param limit bytes that it may hold
   * @param files how many files the image has there, which the volume hides
   * @param lasting whether it looks like data that should outlive the container
   */
  record Writable(ImagePath path, String reason, long limit, int files, boolean lasting) {
    /** Returns the path as text: characters beyond ASCII as bytes. */
    String text() {
      return "/" + path.toRelativeBytes().toLatin1();
    }
  }

  private WritablePaths() {}

  static Map<ImagePath, Writable> of(FileTree files, Service service) {
    Map<ImagePath, Writable> found = new TreeMap<>();
    for (Fact fact : service.facts()) {
      if (fact.kind() == Kind.WRITABLE) {
        add(files, fact.value(), fact.evidence(), found);
      }
    }
    add(files, "/tmp", "programs expect a place for temporary files", found);
    return found;
  }

  private static void add(
      FileTree files, String text, String reason, Map<ImagePath, Writable> found) {
    Optional<ImagePath> named = ProgramFinder.path(text);
    if (named.isEmpty() || text.chars().anyMatch(c -> c < ' ' || c == ':')) {
      return;
    }
    ImagePath path =
        files.resolve(named.get()).or(() -> files.resolveParent(named.get())).orElse(named.get());
    Optional<FileNode> node = files.get(path);
    if (node.filter(each -> !each.isDirectory()).isPresent()) {
      path = path.parent().orElse(ImagePath.root()); // a mount needs a directory
    }
    if (!path.isRoot() && !path.isWithin(ImagePath.of("/etc"))) {
      int hidden = (int) files.subtree(path).values().stream().filter(FileNode::isRegular).count();
      String at = "/" + path.toRelativeBytes().toLatin1() + "/";
      found.putIfAbsent(path, new Writable(path, reason, limit(at), hidden, lasts(at)));
    }
  }

  private static boolean lasts(String path) {
    return !path.startsWith("/run/")
        && !path.startsWith("/tmp/")
        && !path.startsWith("/var/tmp/")
        && !path.startsWith("/var/log/")
        && !path.startsWith("/var/cache/")
        && !path.startsWith("/var/run/");
  }

  private static long limit(String path) {
    if (path.startsWith("/run/") || path.startsWith("/var/run/")) {
      return 16 * MIB;
    } else if (path.startsWith("/tmp/") || path.startsWith("/var/log/")) {
      return 64 * MIB;
    } else if (!lasts(path)) {
      return 256 * MIB;
    }
    return 1024 * MIB;
  }
}
