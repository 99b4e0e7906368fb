package io.k8or.python;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds the files of Python's modules in directories of an image, as importlib's finders do, but
 * every file that could be a module counts, not only the first. Remembers what it has listed, so it
 * is not for several threads.
 */
public final class PythonModules {
  private static final Pattern INTERPRETER =
      Pattern.compile("(?:lib)?python3?(\\.\\d+)?(?:m|\\.so.*)?");

  private final FileTree files;
  private final Map<ImagePath, Map<String, List<ImagePath>>> listings = new HashMap<>();

  /** Returns a finder in a tree. */
  public PythonModules(FileTree files) {
    this.files = files;
  }

  /**
   * What a dotted name leads to.
   *
   * @param matched the number of its segments that are there
   * @param files sources, extension modules and compiled modules without a source: the module's,
   *     and those of the packages above it
   * @param directory the package's own directory; empty if it is none
   */
  public record Found(int matched, List<ImagePath> files, Optional<ImagePath> directory) {
    /** Copies the list. */
    public Found {
      files = List.copyOf(files);
    }
  }

  /**
   * Where an interpreter looks.
   *
   * @param standard directories of the standard library
   * @param site directories of what was installed
   */
  public record Installation(List<ImagePath> standard, List<ImagePath> site) {
    /** Copies the lists. */
    public Installation {
      standard = List.copyOf(standard);
      site = List.copyOf(site);
    }
  }

  /** Says whether a program or library of this name is the interpreter. */
  public static boolean isInterpreter(String name) {
    return INTERPRETER.matcher(name).matches();
  }

  /**
   * Returns where an interpreter looks, as its build and module {@code site} do: below the first
   * directory above it that has a standard library. Nothing if there is none.
   *
   * @param interpreter a program {@code python3.N} or a library {@code libpython3.N.so}
   */
  public Installation installation(ImagePath interpreter) {
    Matcher matcher = INTERPRETER.matcher(interpreter.name().toLatin1());
    String version = matcher.matches() ? matcher.group(1) : null;
    Optional<ImagePath> prefix = interpreter.parent();
    while (prefix.isPresent()) {
      Set<ImagePath> standard = new LinkedHashSet<>();
      Set<ImagePath> site = new LinkedHashSet<>();
      for (String lib : List.of("lib", "lib64")) {
        for (ImagePath directory : pythons(prefix.get().resolve(lib), version)) {
          if (files.follow(directory.resolve("os.py")).isPresent()
              || files.follow(directory.resolve("os.pyc")).isPresent()) {
            standard.add(directory);
            standard.add(directory.resolve("lib-dynload"));
          }
        }
      }
      if (!standard.isEmpty()) {
        for (String lib : List.of("lib", "lib64", "local/lib")) {
          for (ImagePath directory : pythons(prefix.get().resolve(lib), version)) {
            site.add(directory.resolve("site-packages"));
            site.add(directory.resolve("dist-packages"));
          }
          site.add(prefix.get().resolve(lib).resolve("python3/dist-packages"));
        }
        return new Installation(existing(standard), existing(site));
      }
      prefix = prefix.get().parent();
    }
    return new Installation(List.of(), List.of());
  }

  /**
   * Returns the directories of site packages of a virtual environment (PEP 405).
   *
   * @param home the directory of its {@code pyvenv.cfg}
   */
  public List<ImagePath> environment(ImagePath home) {
    Set<ImagePath> site = new LinkedHashSet<>();
    for (String lib : List.of("lib", "lib64")) {
      for (ImagePath directory : pythons(home.resolve(lib), null)) {
        site.add(directory.resolve("site-packages"));
      }
    }
    return existing(site);
  }

  private List<ImagePath> pythons(ImagePath lib, @Nullable String version) {
    List<ImagePath> found = new ArrayList<>();
    Optional<ImagePath> real = files.resolve(lib);
    if (real.isPresent()) {
      for (ImagePath child : files.children(real.get())) {
        String name = child.name().toLatin1();
        if (version == null ? name.matches("python3\\.\\d+") : name.equals("python3" + version)) {
          found.add(child);
        }
      }
    }
    return found;
  }

  private List<ImagePath> existing(Set<ImagePath> paths) {
    Set<ImagePath> found = new LinkedHashSet<>();
    for (ImagePath path : paths) {
      Optional<ImagePath> real = files.resolve(path);
      if (real.flatMap(files::get).filter(FileNode::isDirectory).isPresent()) {
        found.add(real.get());
      }
    }
    return List.copyOf(found);
  }

  /**
   * Finds a module below a directory. Directories without {@code __init__} are packages too (PEP
   * 420).
   *
   * @param name dotted; the empty name is the package that the directory itself is
   */
  public Found find(ImagePath directory, String name) {
    List<ImagePath> found = new ArrayList<>();
    if (name.isEmpty()) {
      found.addAll(listing(directory).getOrDefault("__init__", List.of()));
      return new Found(0, found, Optional.of(directory));
    }
    Optional<ImagePath> at = Optional.of(directory);
    int matched = 0;
    for (String segment : name.split("\\.", -1)) {
      if (at.isEmpty()) {
        break;
      }
      List<ImagePath> modules = listing(at.get()).getOrDefault(segment, List.of());
      Optional<ImagePath> inside =
          segment.isEmpty()
              ? Optional.empty()
              : files
                  .resolve(at.get().resolve(ByteString.utf8(segment)))
                  .filter(path -> files.get(path).filter(FileNode::isDirectory).isPresent());
      if (modules.isEmpty() && inside.isEmpty()) {
        at = Optional.empty();
        break;
      }
      matched++;
      found.addAll(modules);
      inside.ifPresent(path -> found.addAll(listing(path).getOrDefault("__init__", List.of())));
      at = inside;
    }
    return new Found(matched, found, at);
  }

  /** Returns a source's compiled copies, in {@code __pycache__} beside it (PEP 3147). */
  public List<ImagePath> compiled(ImagePath source) {
    String name = source.name().toLatin1();
    Optional<ImagePath> directory = source.parent();
    if (!name.endsWith(".py") || directory.isEmpty()) {
      return List.of();
    }
    return listing(directory.get().resolve("__pycache__"))
        .getOrDefault(name.substring(0, name.length() - 3), List.of());
  }

  // The modules of a directory by name; where there is a source, a compiled module is not read.
  private Map<String, List<ImagePath>> listing(ImagePath directory) {
    Map<String, List<ImagePath>> known = listings.get(directory);
    if (known != null) {
      return known;
    }
    Map<String, List<ImagePath>> listing = new TreeMap<>();
    for (ImagePath child : files.children(directory)) {
      String name = child.name().toLatin1();
      int dot = name.indexOf('.');
      if (dot > 0
          && (name.endsWith(".py") || name.endsWith(".so") || name.endsWith(".pyc"))
          && files.follow(child).filter(FileNode::isRegular).isPresent()) {
        listing.computeIfAbsent(name.substring(0, dot), key -> new ArrayList<>()).add(child);
      }
    }
    for (List<ImagePath> modules : listing.values()) {
      if (modules.stream().anyMatch(path -> path.name().toLatin1().endsWith(".py"))) {
        modules.removeIf(path -> path.name().toLatin1().endsWith(".pyc"));
      }
    }
    listings.put(directory, listing);
    return listing;
  }

  @Override
  public String toString() {
    return "modules of Python in " + listings.size() + " directories";
  }
}
