package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Edit;
import io.k8or.transform.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Takes paths from dpkg's lists of files, and tells dpkg what to leave out in future. */
final class DpkgUnlisting {
  private static final String RULE = "dpkg-lists";
  private static final ImagePath FOLDER = ImagePath.of("/etc/dpkg/dpkg.cfg.d");
  private static final String NAME = "k8or";

  private final DpkgDatabase database;
  private final FileTree files;
  private final TreeState state;
  private final PackageDatabase.Unlisted unlisted;
  private final List<Edit> edits = new ArrayList<>();

  DpkgUnlisting(DpkgDatabase database, PackageDatabase.Unlisted unlisted) {
    this.database = database;
    this.files = database.files();
    this.state = new TreeState(database.index());
    this.unlisted = unlisted;
  }

  List<Edit> plan() throws IOException {
    List<String> partly = new ArrayList<>();
    for (InstalledPackage each : database.packages()) {
      Set<ImagePath> gone = gone(each);
      if (gone.isEmpty()) {
        continue;
      }
      partly.add("# " + each.id() + " " + each.version() + ": " + gone.size());
      DpkgDatabase.Origin origin = database.origin(each);
      String evidence = each + " listed " + PackageDatabase.Unlisted.count(gone.size());
      Predicate<String> listed = line -> isGone(line, gone);
      Predicate<String> summed =
          line -> line.length() > 34 && isGone("/" + line.substring(34), gone);
      if (origin.single().isPresent()) {
        for (ImagePath path : origin.beside()) {
          cut(path, summed, evidence);
        }
      } else {
        ImagePath info = DpkgReader.ADMIN.resolve("info");
        cut(info.resolve(TreeFiles.latin1Bytes(origin.stem() + ".list")), listed, evidence);
        cut(info.resolve(TreeFiles.latin1Bytes(origin.stem() + ".md5sums")), summed, evidence);
      }
    }
    if (!partly.isEmpty()) {
      configure(partly);
    }
    return edits;
  }

  private Set<ImagePath> gone(InstalledPackage each) {
    Set<ImagePath> conffiles = new HashSet<>(each.conffiles());
    Set<ImagePath> gone = new HashSet<>();
    for (ImagePath listed : each.files()) {
      if (!conffiles.contains(listed)
          && state
              .resolveParent(database.placeOf(each, listed))
              .filter(unlisted.paths()::contains)
              .isPresent()) {
        gone.add(listed);
      }
    }
    return gone;
  }

  private static boolean isGone(String line, Set<ImagePath> gone) {
    return Programs.path(line).filter(gone::contains).isPresent();
  }

  private void cut(ImagePath path, Predicate<String> goes, String evidence) throws IOException {
    Optional<TreeFiles.Read> read = TreeFiles.read(files, path);
    if (read.isEmpty()) {
      return;
    }
    String text = read.get().bytes().toLatin1();
    StringBuilder kept = new StringBuilder(text.length());
    int from = 0;
    while (from < text.length()) {
      int feed = text.indexOf('\n', from);
      int to = feed < 0 ? text.length() : feed;
      if (!goes.test(text.substring(from, to))) {
        kept.append(text, from, feed < 0 ? to : feed + 1);
      }
      from = to + 1;
    }
    if (kept.length() < text.length()) {
      edits.add(
          new Edit.ReplaceContent(
              read.get().path(),
              Content.of(TreeFiles.latin1Bytes(kept.toString())),
              reason(evidence)));
    }
  }

  private Reason reason(String evidence) {
    return new Reason(unlisted.transform(), RULE, evidence);
  }

  // dpkg(1), --path-exclude: a star means slashes too; the last pattern that matches decides.
  private void configure(List<String> partly) throws IOException {
    Optional<ImagePath> folder =
        files.resolve(FOLDER).filter(at -> files.get(at).filter(FileNode::isDirectory).isPresent());
    if (folder.isEmpty()) {
      return;
    }
    ImagePath path = folder.get().resolve(NAME);
    Optional<TreeFiles.Read> before = TreeFiles.read(files, path);
    Set<String> lines = new LinkedHashSet<>();
    lines.add(
        "# Files were taken from these packages, and from their lists: package, version, number.");
    before.ifPresent(read -> lines.addAll(read.bytes().toLatin1().lines().toList()));
    lines.addAll(partly);
    List<String> patterns = new ArrayList<>();
    unlisted.excluded().forEach(glob -> patterns.add("path-exclude=" + pattern(glob)));
    unlisted.included().forEach(glob -> patterns.add("path-include=" + pattern(glob)));
    for (String pattern : patterns) {
      if (pattern.indexOf('\n') < 0) {
        lines.remove(pattern); // it counts where it stands last
        lines.add(pattern);
      }
    }
    ByteString text = TreeFiles.latin1Bytes(String.join("\n", lines) + "\n");
    Reason reason = reason("dpkg keeps out what was taken for people alone");
    edits.add(
        before.isPresent()
            ? new Edit.ReplaceContent(before.get().path(), Content.of(text), reason)
            : new Edit.AddFile(
                path, FileNode.regular(FileAttributes.ofMode(0644), Content.of(text)), reason));
  }

  private static String pattern(String glob) {
    return glob.replace("**", "*");
  }
}
