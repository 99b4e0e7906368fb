package io.k8or.services;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import io.k8or.packages.PackageDatabases;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What Python's installers wrote down of a distribution, brought up to date: {@code RECORD} of a
 * {@code dist-info} names each file that was installed (PyPA's "Recording installed projects").
 * Lines of files that went are taken out, all others keep their bytes (decision 80).
 */
final class ModuleRecords {
  private static final int MAX_RECORD = 16 << 20;

  private ModuleRecords() {}

  /**
   * Plans what the records say of an image in which files went.
   *
   * @param before the image
   * @param after the image without them
   * @throws IOException if the image cannot be read
   */
  static EditPlan plan(ImageSnapshot before, ImageSnapshot after) throws IOException {
    List<Edit> edits = new ArrayList<>();
    List<Finding> findings = new ArrayList<>();
    Map<ImagePath, Content> replaced = new LinkedHashMap<>();
    for (Map.Entry<ImagePath, FileNode> entry : after.files().nodes().entrySet()) {
      ImagePath path = entry.getKey();
      Optional<ImagePath> folder = path.parent().filter(each -> !each.isRoot());
      if (!entry.getValue().isRegular()
          || entry.getValue().size() > MAX_RECORD
          || folder.isEmpty()
          || !path.name().toLatin1().equals("RECORD")
          || !folder.get().name().toLatin1().endsWith(".dist-info")) {
        continue;
      }
      String text = Reach.latin1(entry.getValue(), MAX_RECORD);
      StringBuilder left = new StringBuilder();
      int gone = 0;
      int from = 0;
      while (from < text.length()) {
        int newline = text.indexOf('\n', from);
        String line = text.substring(from, newline < 0 ? text.length() : newline + 1);
        if (isGone(line, folder.get(), before.files(), after.files())) {
          gone++;
        } else {
          left.append(line);
        }
        from += line.length();
      }
      if (gone == 0) {
        continue;
      }
      String name = folder.get().name().toLatin1();
      if (isSigned(folder.get(), after.files())) {
        findings.add(
            Finding.at(
                path,
                new Reason(
                    ServiceOptimizer.NAME,
                    "signed-record",
                    name + " names " + gone + " files that are gone; it is signed, so it stays")));
        continue;
      }
      Content content =
          Content.of(ByteString.copyOf(left.toString().getBytes(StandardCharsets.ISO_8859_1)));
      Reason reason =
          new Reason(
              ServiceOptimizer.NAME, "record", name + " without " + gone + " files that are gone");
      edits.add(new Edit.ReplaceContent(path, content, reason));
      findings.add(Finding.at(path, reason));
      replaced.put(path, content);
    }
    EditPlan plan = EditPlan.of(edits, List.of(), findings);
    return plan.then(PackageDatabases.resumming(after, ServiceOptimizer.NAME, replaced));
  }

  // PEP 376 and wheels once had signatures of it.
  private static boolean isSigned(ImagePath folder, FileTree files) {
    return files.contains(folder.resolve("RECORD.jws"))
        || files.contains(folder.resolve("RECORD.p7s"));
  }

  // A line of CSV: the path, relative to the directory that the folder is in, or absolute.
  private static boolean isGone(String line, ImagePath folder, FileTree before, FileTree after) {
    String field;
    if (line.startsWith("\"")) {
      int end = 1;
      while (end < line.length() && (line.charAt(end) != '"' || line.startsWith("\"\"", end))) {
        end += line.charAt(end) == '"' ? 2 : 1;
      }
      if (end >= line.length()) {
        return false; // it goes on in the next line
      }
      field = line.substring(1, end).replace("\"\"", "\"");
    } else {
      field = line.split("[,\r\n]", 2)[0];
    }
    String base = "/" + folder.parent().orElse(ImagePath.root()).toRelativeBytes().toLatin1();
    Optional<ImagePath> path =
        field.isEmpty()
            ? Optional.empty()
            : ProgramFinder.path(field.startsWith("/") ? field : base + "/" + field);
    return path.isPresent()
        && before.resolveParent(path.get()).filter(before::contains).isPresent()
        && after.resolveParent(path.get()).filter(after::contains).isEmpty();
  }
}
