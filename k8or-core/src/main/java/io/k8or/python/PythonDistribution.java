package io.k8or.python;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A distribution that a directory of site packages records: what {@code importlib.metadata} reads
 * of it. Immutable.
 *
 * @param path the {@code .dist-info} or {@code .egg-info}, which may be a file
 * @param name as {@code pip} writes it, normalized (PEP 503)
 * @param modules the top-level modules that it says it brought
 * @param entryPoints by group, what each of them imports: {@code package.module}
 */
public record PythonDistribution(
    ImagePath path, String name, Set<String> modules, Map<String, List<EntryPoint>> entryPoints) {
  private static final int MAX_TEXT = 16 << 20;

  /** Copies the collections. */
  public PythonDistribution {
    modules = Set.copyOf(modules);
    entryPoints = Map.copyOf(entryPoints);
  }

  /**
   * An entry point.
   *
   * @param name the program or plug-in
   * @param module the module that has it
   */
  public record EntryPoint(String name, String module) {}

  /**
   * Reads the distributions of a directory, in order.
   *
   * @throws IOException if the image cannot be read
   */
  public static List<PythonDistribution> in(FileTree files, ImagePath directory)
      throws IOException {
    List<PythonDistribution> found = new ArrayList<>();
    for (ImagePath child : files.children(directory)) {
      String name = child.name().toLatin1();
      if (name.endsWith(".dist-info") || name.endsWith(".egg-info")) {
        found.add(read(files, child, name));
      }
    }
    return found;
  }

  private static PythonDistribution read(FileTree files, ImagePath path, String folder)
      throws IOException {
    String plain = folder.substring(0, folder.lastIndexOf('.'));
    int dash = plain.indexOf('-');
    String name = normalized(dash < 0 ? plain : plain.substring(0, dash));
    Set<String> modules = new TreeSet<>();
    modules.add(name.replace('-', '_'));
    text(files, path.resolve("top_level.txt")).lines().map(String::strip).forEach(modules::add);
    text(files, path.resolve("RECORD"))
        .lines()
        .map(line -> line.split("[/,]", 2)[0])
        .filter(first -> !first.endsWith(".dist-info") && !first.equals(".."))
        .map(first -> first.replaceFirst("\\..*", ""))
        .forEach(modules::add);
    modules.remove("");
    Map<String, List<EntryPoint>> groups = new TreeMap<>();
    String group = "";
    for (String line : text(files, path.resolve("entry_points.txt")).split("\n", -1)) {
      String entry = line.strip();
      int equals = entry.indexOf('=');
      if (entry.startsWith("[") && entry.endsWith("]")) {
        group = entry.substring(1, entry.length() - 1).strip();
      } else if (equals > 0 && !entry.startsWith("#") && !entry.startsWith(";")) {
        String module = entry.substring(equals + 1).strip().split("[\\s:\\[]", 2)[0];
        groups
            .computeIfAbsent(group, key -> new ArrayList<>())
            .add(new EntryPoint(entry.substring(0, equals).strip(), module));
      }
    }
    return new PythonDistribution(path, name, modules, groups);
  }

  /** Returns a distribution's name with dashes and small letters alone (PEP 503). */
  public static String normalized(String name) {
    return name.replaceAll("[-_.]+", "-").toLowerCase(Locale.ROOT);
  }

  private static String text(FileTree files, ImagePath path) throws IOException {
    Optional<FileNode> node = files.follow(path).filter(FileNode::isRegular);
    if (node.isEmpty() || node.get().size() > MAX_TEXT) {
      return "";
    }
    return new String(node.get().content().readAll(MAX_TEXT), StandardCharsets.ISO_8859_1);
  }
}
