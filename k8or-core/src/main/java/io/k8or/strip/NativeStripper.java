package io.k8or.strip;

import io.k8or.content.Content;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.packages.PackageDatabases;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import io.k8or.transform.Transform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Takes symbols of static linking, debug information and comments out of programs and shared
 * objects, as {@code strip --strip-unneeded --remove-section=.comment} does (binutils).
 *
 * <p>Loaded bytes stay as they are; so do build-ids and {@code .gnu_debuglink}. Relocatable
 * objects, kernel modules and archives are not touched, nor a file with parts that are not
 * understood, such as data behind its sections; findings say which. The sums of package databases
 * follow (see decision 74).
 *
 * <p>Cost: the headers of each program and library, and one pass over each that changes. Memory:
 * the tables of one file.
 *
 * @param keep globs of what stays as it is
 */
public record NativeStripper(List<PathGlob> keep) implements Transform {
  static final String NAME = "strip";

  private static final Pattern LIBRARY = Pattern.compile(".*\\.(?:so(?:\\.[0-9.]+)?|node)");
  private static final Pattern OBJECT = Pattern.compile(".*\\.(?:o|a|ko(?:\\.\\w+)?)");

  // Their symbols are what they are there for, or somebody else checks their bytes.
  private static final List<ImagePath> LEFT =
      Stream.of("/boot", "/lib/modules", "/usr/lib/modules", "/usr/lib/debug")
          .map(ImagePath::of)
          .toList();

  /** Copies the list. */
  public NativeStripper {
    keep = List.copyOf(keep);
  }

  /** Returns a stripper of all programs and libraries. */
  public static NativeStripper ofAll() {
    return new NativeStripper(List.of());
  }

  @Override
  public EditPlan plan(ImageSnapshot image) throws IOException {
    FileTree files = image.files();
    List<Edit> edits = new ArrayList<>();
    List<Finding> findings = new ArrayList<>();
    Map<ImagePath, Content> replaced = new LinkedHashMap<>();
    List<ImagePath> objects = new ArrayList<>();
    for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
      ImagePath path = entry.getKey();
      FileNode node = entry.getValue();
      if (!node.isRegular() || !files.links(path).get(0).equals(path) || isKept(path, files)) {
        continue;
      }
      String name = path.name().toLatin1();
      if (OBJECT.matcher(name).matches()) {
        objects.add(path);
      } else if (((node.attributes().mode() & 0111) != 0 || LIBRARY.matcher(name).matches())
          && StrippedObject.isElf(node.content())) {
        StrippedObject stripped = StrippedObject.of(node.content(), path.toString());
        Optional<String> checked = checked(path, node, files);
        if (!stripped.fault().isEmpty()) {
          findings.add(finding(path, "left-whole", stripped.fault()));
        } else if (stripped.saved() > 0 && checked.isPresent()) {
          findings.add(finding(path, "left-whole", checked.get()));
        } else if (stripped.saved() > 0) {
          replaced.put(path, stripped.content());
          edits.add(
              new Edit.ReplaceContent(
                  path,
                  stripped.content(),
                  new Reason(
                      NAME,
                      "unneeded-sections",
                      stripped.saved()
                          + " of "
                          + node.size()
                          + " bytes: "
                          + String.join(" ", stripped.removed()))));
        }
      }
    }
    if (!objects.isEmpty()) {
      findings.add(
          finding(
              objects.get(0),
              "needs-symbols",
              "relocatable objects, archives and kernel modules are linked by their symbols; "
                  + objects.size()
                  + " stay as they are"));
    }
    return EditPlan.of(edits, List.of(), findings)
        .then(PackageDatabases.resumming(image, NAME, replaced));
  }

  private boolean isKept(ImagePath path, FileTree files) {
    return LEFT.stream().anyMatch(path::isWithin)
        || keep.stream()
            .anyMatch(glob -> files.links(path).stream().anyMatch(each -> glob.matches(each)));
  }

  private static Optional<String> checked(ImagePath path, FileNode node, FileTree files) {
    ImagePath folder = path.parent().orElseThrow();
    String name = path.name().toLatin1();
    // The library compares itself with it when it is loaded (FIPS 140).
    for (String sum :
        List.of("." + name + ".hmac", name + ".hmac", "fipscheck/" + name + ".hmac")) {
      if (files.contains(folder.resolve(sum))) {
        return Optional.of("its checksum is in " + folder.resolve(sum));
      }
    }
    return node.attributes().xattrs().keySet().stream()
        .filter(xattr -> xattr.toLatin1().equals("security.ima"))
        .findFirst()
        .map(xattr -> "the attribute " + xattr + " signs its bytes");
  }

  private static Finding finding(ImagePath path, String rule, String evidence) {
    return Finding.at(path, new Reason(NAME, rule, evidence));
  }

  @Override
  public String toString() {
    return "NativeStripper" + (keep.isEmpty() ? "" : " but for " + keep);
  }
}
