package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileTree;
import io.k8or.testing.Tools;
import io.k8or.transform.Edit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Compares a removal with what {@code dpkg --purge} does to the same root file system. */
final class DpkgPurge {
  // Locks, copies of what was, and the journal's files are dpkg's while it runs.
  private static final Pattern PASSING =
      Pattern.compile(
          "/var/lib/dpkg/(lock.*|.*-old|triggers/(Lock|Unincorp)|updates/.*)|/var/log/dpkg.log");

  // The oracle deletes them before, so that dpkg cannot run them.
  private static final Pattern SCRIPT =
      Pattern.compile("/var/lib/dpkg/info/.*\\.(preinst|postinst|prerm|postrm|config)");

  private final Path root;
  private final Path scratch;
  private final FileTree files;
  private final PackageDatabase database;

  DpkgPurge(Path root, Path scratch, FileTree files, PackageDatabase database) {
    this.root = root;
    this.scratch = scratch;
    this.files = files;
    this.database = database;
  }

  /** Returns how the two differ; empty where they agree. */
  Optional<String> difference(List<InstalledPackage> leaving) throws IOException {
    Path out = scratch.resolve("out");
    List<String> command =
        new ArrayList<>(
            List.of(
                "bash",
                Tools.shared().resolve("oracle/dpkg-purge.sh").toString(),
                root.toString(),
                out.toString()));
    leaving.forEach(each -> command.add(each.name() + ":" + each.architecture()));
    Tools.Result result = Tools.run(scratch, Map.of("LC_ALL", "C"), command);
    if (!result.stdout().strip().equals("rc=0")) {
      return Optional.of(
          DpkgRemoval.names(leaving)
              + ": dpkg failed: "
              + result.stderr()
              + Files.readAllLines(out.resolve("log")).stream()
                  .filter(line -> line.contains("error"))
                  .toList());
    }
    List<String> wrong = new ArrayList<>();
    PackageRemoval removal = database.removal(leaving);
    compareRemoved(removal, out, wrong);
    compareRewritten(removal, out, wrong);
    return wrong.isEmpty()
        ? Optional.empty()
        : Optional.of(DpkgRemoval.names(leaving) + ": " + wrong);
  }

  private static void compareRemoved(PackageRemoval removal, Path out, List<String> wrong)
      throws IOException {
    Set<String> expected = new TreeSet<>();
    for (String line : Files.readAllLines(out.resolve("removed"))) {
      expected.add(line.substring(1));
    }
    expected.removeIf(path -> PASSING.matcher(path).matches());
    Set<String> found = new TreeSet<>();
    for (PackageRemoval.RemovedPath path : removal.removed()) {
      if (path.rule().startsWith("dpkg-")) {
        found.add(path.path().toString());
      }
    }
    found.removeIf(path -> SCRIPT.matcher(path).matches());
    Set<String> missing = new TreeSet<>(expected);
    missing.removeAll(found);
    Set<String> extra = new TreeSet<>(found);
    extra.removeAll(expected);
    if (!missing.isEmpty() || !extra.isEmpty()) {
      wrong.add("not removed " + missing + ", removed too much " + extra);
    }
  }

  private void compareRewritten(PackageRemoval removal, Path out, List<String> wrong)
      throws IOException {
    Map<String, ByteString> ours = new HashMap<>();
    for (Edit edit : removal.edits()) {
      if (edit instanceof Edit.ReplaceContent replace
          && replace.reason().rule().startsWith("dpkg-")
          // A file of apt's that dpkg leaves to it.
          && !replace.reason().rule().equals("dpkg-available")) {
        ours.put(replace.path().toString(), ByteString.copyOf(replace.content().readAll(1 << 24)));
      }
    }
    for (Map.Entry<String, ByteString> each : ours.entrySet()) {
      Path theirs = out.resolve("u" + each.getKey());
      if (!Files.exists(theirs)
          || !normal(each.getKey(), theirs).equals(normal(each.getKey(), each.getValue()))) {
        wrong.add("other bytes in " + each.getKey());
      }
    }
    for (String line : Files.readAllLines(out.resolve("changed"))) {
      String path = line.substring(1);
      if (ours.containsKey(path) || PASSING.matcher(path).matches()) {
        continue;
      }
      Path before = root.resolve(path.substring(1));
      if (!Files.isRegularFile(before)
          || !normal(path, before).equals(normal(path, out.resolve("u" + path)))) {
        wrong.add("dpkg changed " + path);
      }
    }
  }

  private static String normal(String path, Path file) throws IOException {
    return normal(path, ByteString.copyOf(Files.readAllBytes(file)));
  }

  // Its scripts are gone, so dpkg cannot process what a removal triggers, and says so. And it turns
  // the order of those interested in a name around whenever it comes by.
  private static String normal(String path, ByteString bytes) {
    String text = bytes.toLatin1();
    if (path.endsWith("/status")) {
      return text.replaceAll("(?m)^Triggers-(Pending|Awaited): .*\n", "")
          .replaceAll("(?m)^(Status: .*) triggers-(pending|awaited)$", "$1 installed");
    }
    return path.contains("/triggers/") && !path.endsWith("/File")
        ? text.lines().sorted().toList().toString()
        : text;
  }

  @Override
  public String toString() {
    return "dpkg --purge in " + root + ", of " + files.nodes().size() + " paths";
  }
}
