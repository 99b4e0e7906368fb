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
 * DT_RUNPATH, then the directories of {@code /etc/ld.so.conf}, then the default ones. The
 * environment plays no part. Symbolic links are followed inside the image only.
 *
 * <p>{@code /etc/ld.so.cache} holds what ldconfig found in the same directories, and is not read.
 */
public final class LibraryResolver {
  private static final int MAX_INCLUDES = 100;

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
    readMusl(found);
    readConfiguration(ImagePath.of("/etc/ld.so.conf"), found, new LinkedHashSet<>());
    for (String directory :
        List.of(
            "/lib/x86_64-linux-gnu",
            "/usr/lib/x86_64-linux-gnu",
            "/lib64",
            "/usr/lib64",
            "/lib",
            "/usr/local/lib",
            "/usr/lib")) {
      found.add(ImagePath.of(directory));
    }
    directories = List.copyOf(found);
  }

  private void readMusl(Set<ImagePath> into) throws IOException {
    for (ImagePath path : files.children(ImagePath.of("/etc"))) {
      String name = path.name().toLatin1();
      if (name.startsWith("ld-musl-") && name.endsWith(".path")) {
        Optional<FileNode> node = files.follow(path);
        if (node.isPresent() && node.get().isRegular()) {
          for (String line : text(node.get().content()).split("[:\n]", -1)) {
            add(line.strip(), into);
          }
        }
      }
    }
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
    if (text.contains("/")) {
      return usable(expand(text, loaders.get(0).path()));
    }
    List<String> search = new ArrayList<>();
    Loaded asks = loaders.get(0);
    if (asks.object().runpath.isEmpty()) {
      for (Loaded loader : loaders) {
        loader.object().rpath.ifPresent(p -> addAll(p, loader.path(), search));
      }
    }
    asks.object().runpath.ifPresent(p -> addAll(p, asks.path(), search));
    for (String directory : search) {
      Optional<ImagePath> found = usable(directory + "/" + text);
      if (found.isPresent()) {
        return found;
      }
    }
    for (ImagePath directory : directories) {
      Optional<ImagePath> found = usable(directory.resolve(name));
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static void addAll(ByteString path, ImagePath origin, List<String> search) {
    for (String directory : path.toLatin1().split(":", -1)) {
      search.add(expand(directory, origin));
    }
  }

  private static String expand(String text, ImagePath object) {
    String origin = object.parent().orElse(ImagePath.root()).toString();
    return text.replace("${ORIGIN}", origin)
        .replace("$ORIGIN", origin)
        .replace("${LIB}", "lib/x86_64-linux-gnu")
        .replace("$LIB", "lib/x86_64-linux-gnu")
        .replace("${PLATFORM}", "x86_64")
        .replace("$PLATFORM", "x86_64");
  }

  private Optional<ImagePath> usable(String path) throws IOException {
    Optional<ImagePath> at = toPath(path);
    return at.isPresent() ? usable(at.get()) : Optional.empty();
  }

  /** Returns where an ELF file of x86-64 is that the path leads to. */
  Optional<ImagePath> usable(ImagePath path) throws IOException {
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
            && ((head[18] & 0xff) | ((head[19] & 0xff) << 8)) == ElfHeader.EM_X86_64;
    return fits ? real : Optional.empty();
  }

  /** An object and the path that it was found at. */
  record Loaded(ImagePath path, ObjectAnalysis object) {}
}
