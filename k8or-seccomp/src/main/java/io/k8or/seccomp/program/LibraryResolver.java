package io.k8or.seccomp.program;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.elf.ElfFile;
import io.k8or.elf.ElfHeader;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds shared objects inside an image as the dynamic loader would (ld.so(8), "DESCRIPTION"; musl's
 * ldso/dynlink.c): DT_RPATH of the object and its loaders unless there is a DT_RUNPATH, then
 * DT_RUNPATH, then the directories of {@code /etc/ld.so.conf}, then the default ones. For a program
 * with musl's loader: either path of each object that led here, then the directories of {@code
 * /etc/ld-musl-ARCH.path}, or the default ones where there is no such file. The environment plays no
 * part. Symbolic links are followed inside the image only.
 *
 * <p>{@code /etc/ld.so.cache} holds what ldconfig found in the same directories, and is not read.
 */
public final class LibraryResolver {
  private static final int MAX_INCLUDES = 100;
  private static final List<String> MUSL = List.of("/lib", "/usr/local/lib", "/usr/lib");

  private final FileTree files;
  private final List<ImagePath> directories;

  /**
   * Makes a resolver.
   *
   * @throws IOException if the loader's configuration cannot be read
   */
  public LibraryResolver(FileTree files) throws IOException {
    this.files = files;
    Set<ImagePath> found = new LinkedHashSet<>();
    readConfiguration(ImagePath.of("/etc/ld.so.conf"), found, new LinkedHashSet<>());
    for (String directory :
        List.of(
            "/lib/x86_64-linux-gnu",
            "/usr/lib/x86_64-linux-gnu",
            "/lib/aarch64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
            "/lib64",
            "/usr/lib64",
            "/lib",
            "/usr/local/lib",
            "/usr/lib")) {
      found.add(ImagePath.of(directory));
    }
    directories = List.copyOf(found);
  }

  private void readConfiguration(ImagePath path, Set<ImagePath> into, Set<ImagePath> read)
      throws IOException {
    Optional<FileNode> node = files.follow(path);
    if (node.isEmpty()
        || !node.get().isRegular()
        || !read.add(path)
        || read.size() > MAX_INCLUDES) {
      return;
    }
    for (String raw : text(node.get().content()).split("\n", -1)) {
      String line = raw.replaceAll("#.*", "").strip();
      if (line.startsWith("include")) {
        String pattern = line.substring(7).strip();
        for (ImagePath included : matching(pattern)) {
          readConfiguration(included, into, read);
        }
      } else {
        add(line, into);
      }
    }
  }

  // Only the last segment has a wildcard, as in each distribution's file.
  private List<ImagePath> matching(String pattern) {
    String absolute = pattern.startsWith("/") ? pattern : "/etc/" + pattern;
    int slash = absolute.lastIndexOf('/');
    if (absolute.contains("..")) {
      return List.of();
    }
    ImagePath directory = ImagePath.of(absolute.substring(0, Math.max(slash, 1)));
    String name = absolute.substring(slash + 1);
    int star = name.indexOf('*');
    List<ImagePath> found = new ArrayList<>();
    for (ImagePath child : files.children(directory)) {
      String text = child.name().toLatin1();
      boolean matches =
          star < 0
              ? text.equals(name)
              : text.length() >= name.length() - 1
                  && text.startsWith(name.substring(0, star))
                  && text.endsWith(name.substring(star + 1));
      if (matches) {
        found.add(child);
      }
    }
    return found;
  }

  private static void add(String directory, Set<ImagePath> into) {
    toPath(directory).ifPresent(into::add);
  }

  private static Optional<ImagePath> toPath(String text) {
    if (!text.startsWith("/") || text.indexOf('\0') >= 0) {
      return Optional.empty();
    }
    List<String> segments = new ArrayList<>();
    for (String segment : text.split("/", -1)) {
      if (segment.equals("..")) {
        // Lexical, where a kernel would follow links first: $ORIGIN/../lib has none in practice.
        if (!segments.isEmpty()) {
          segments.remove(segments.size() - 1);
        }
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        segments.add(segment);
      }
    }
    return Optional.of(ImagePath.of("/" + String.join("/", segments)));
  }

  private static String text(Content content) throws IOException {
    return new String(content.readAll(1 << 20), StandardCharsets.ISO_8859_1);
  }

  /** Returns the directories that are searched for every object, in order. */
  public List<ImagePath> directories() {
    return directories;
  }

  /** Returns the tree that is searched. */
  public FileTree files() {
    return files;
  }

  /**
   * Finds an object.
   *
   * @param name DT_NEEDED, or what dlopen is given
   * @param loaders the paths and objects that ask, the one that needs it first and the program last
   * @return the path of a regular file that is an ELF file of the same machine
   * @throws IOException if a file cannot be read
   */
  Optional<ImagePath> find(ByteString name, List<Loaded> loaders) throws IOException {
    String text = name.toLatin1();
    Loaded asks = loaders.get(0);
    int machine = asks.object().header.machine();
    if (text.contains("/")) {
      return usable(expand(text, asks), machine);
    }
    List<String> search = new ArrayList<>();
    boolean musl = isMusl(loaders.get(loaders.size() - 1).object());
    if (musl) {
      // Of each object that led here, whichever of the two it has.
      for (Loaded loader : loaders) {
        ObjectAnalysis object = loader.object();
        object.runpath.or(() -> object.rpath).ifPresent(p -> addAll(p, loader, search));
      }
    } else if (asks.object().runpath.isEmpty()) {
      for (Loaded loader : loaders) {
        loader.object().rpath.ifPresent(p -> addAll(p, loader, search));
      }
    }
    if (!musl) {
      asks.object().runpath.ifPresent(p -> addAll(p, asks, search));
    }
    for (String directory : search) {
      Optional<ImagePath> found = usable(directory + "/" + text, machine);
      if (found.isPresent()) {
        return found;
      }
    }
    for (ImagePath directory : musl ? muslDirectories(machine) : directories) {
      Optional<ImagePath> found = usable(directory.resolve(name), machine);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** Says whether a program asks for musl's loader. */
  static boolean isMusl(ObjectAnalysis program) {
    return program.interpreter.filter(path -> path.toLatin1().contains("/ld-musl-")).isPresent();
  }

  /** Says whether musl's loader takes a name for itself: "libc.", "libpthread." and others. */
  static boolean isMuslItself(ByteString name) {
    return name.toLatin1().matches("lib(c|pthread|rt|m|dl|util|xnet)\\..*");
  }

  // What the file names, and only where there is no file the three that musl knows.
  private List<ImagePath> muslDirectories(int machine) throws IOException {
    Set<ImagePath> found = new LinkedHashSet<>();
    String name = "/etc/ld-musl-" + nameOf(machine) + ".path";
    Optional<FileNode> node = files.follow(ImagePath.of(name));
    if (node.isPresent() && node.get().isRegular()) {
      for (String line : text(node.get().content()).split("[:\n]", -1)) {
        add(line.strip(), found);
      }
    } else {
      MUSL.forEach(directory -> found.add(ImagePath.of(directory)));
    }
    return List.copyOf(found);
  }

  private static String nameOf(int machine) {
    return machine == ElfHeader.EM_AARCH64 ? "aarch64" : "x86_64";
  }

  private static void addAll(ByteString path, Loaded loader, List<String> search) {
    for (String directory : path.toLatin1().split(":", -1)) {
      search.add(expand(directory, loader));
    }
  }

  private static String expand(String text, Loaded loader) {
    String origin = loader.path().parent().orElse(ImagePath.root()).toString();
    String platform = nameOf(loader.object().header.machine());
    String lib = "lib/" + platform + "-linux-gnu";
    return text.replace("${ORIGIN}", origin)
        .replace("$ORIGIN", origin)
        .replace("${LIB}", lib)
        .replace("$LIB", lib)
        .replace("${PLATFORM}", platform)
        .replace("$PLATFORM", platform);
  }

  private Optional<ImagePath> usable(String path, int machine) throws IOException {
    Optional<ImagePath> at = toPath(path);
    return at.isPresent() ? usable(at.get(), machine) : Optional.empty();
  }

  /** Returns where an ELF file of the machine is that the path leads to. */
  Optional<ImagePath> usable(ImagePath path, int machine) throws IOException {
    Optional<ImagePath> real = files.resolve(path);
    if (real.isEmpty()) {
      return Optional.empty();
    }
    Content content = files.get(real.get()).map(FileNode::content).orElse(Content.empty());
    if (!ElfFile.isElf(content)) {
      return Optional.empty();
    }
    byte[] head = content.slice(0, 20 <= content.size() ? 20 : 0).readAll(20);
    boolean fits =
        head.length == 20
            && head[4] == 2
            && head[5] == 1
            && ((head[18] & 0xff) | ((head[19] & 0xff) << 8)) == machine;
    return fits ? real : Optional.empty();
  }

  /** An object and the path that it was found at. */
  record Loaded(ImagePath path, ObjectAnalysis object) {}
}
