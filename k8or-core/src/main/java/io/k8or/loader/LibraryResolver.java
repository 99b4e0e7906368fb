package io.k8or.loader;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.elf.ElfHeader;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds shared objects inside an image as the dynamic loader would (ld.so(8), "DESCRIPTION"; musl's
 * ldso/dynlink.c): DT_RPATH of the object and its loaders unless there is a DT_RUNPATH, then
 * DT_RUNPATH, then what {@code /etc/ld.so.cache} says, then the directories of {@code
 * /etc/ld.so.conf} or of musl's path file, then the default ones. With musl's loader, either path
 * of each object that led here counts. The environment plays no part. Symbolic links are followed
 * inside the image only.
 *
 * <p>An object is found although the loader's cache does not have it: too much is found rather than
 * too little. Immutable; looks files up in the tree, and reads the head of each candidate.
 */
public final class LibraryResolver {
  private static final int MAX_INCLUDES = 100;
  private static final int MAX_CACHE = 64 << 20;

  /** Debian's directories by machine (e_machine), beside those that all machines have. */
  private static final Map<Integer, String> TRIPLETS =
      Map.of(
          3,
          "i386-linux-gnu",
          21,
          "powerpc64le-linux-gnu",
          22,
          "s390x-linux-gnu",
          40,
          "arm-linux-gnueabihf",
          ElfHeader.EM_X86_64,
          "x86_64-linux-gnu",
          ElfHeader.EM_AARCH64,
          "aarch64-linux-gnu",
          243,
          "riscv64-linux-gnu",
          258,
          "loongarch64-linux-gnu");

  private final FileTree files;
  private final FileHeads heads;
  private final List<ImagePath> directories;
  private final Map<String, List<String>> cache;

  /**
   * Makes a resolver. Reads the loader's cache and configuration, once.
   *
   * @throws io.k8or.content.MalformedContentException if an offset leads out of the loader's cache
   * @throws IOException if they cannot be read
   */
  public LibraryResolver(FileTree files) throws IOException {
    this(files, new FileHeads());
  }

  /**
   * Reads the loader's configuration of an image, as {@link #LibraryResolver(FileTree)}.
   *
   * @param heads what is known of files already
   * @throws io.k8or.content.MalformedContentException if an offset leads out of the loader's cache
   * @throws IOException if they cannot be read
   */
  public LibraryResolver(FileTree files, FileHeads heads) throws IOException {
    this.files = files;
    this.heads = heads;
    this.cache = readCache();
    Set<ImagePath> found = new LinkedHashSet<>();
    readMusl(found);
    readConfiguration(ImagePath.of("/etc/ld.so.conf"), found, new LinkedHashSet<>());
    directories = List.copyOf(found);
  }

  private Map<String, List<String>> readCache() throws IOException {
    Optional<FileNode> node = files.follow(LoaderCache.PATH);
    if (node.isEmpty() || !node.get().isRegular()) {
      return Map.of();
    }
    ByteString bytes = ByteString.copyOf(node.get().content().readAll(MAX_CACHE));
    return LoaderCache.entries(bytes, LoaderCache.PATH.toString());
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
    ProgramFinder.path(directory).ifPresent(into::add);
  }

  private static String text(Content content) throws IOException {
    return new String(content.readAll(1 << 20), StandardCharsets.ISO_8859_1);
  }

  /**
   * Returns the directories that are searched for every object of a machine, in order.
   *
   * @param machine e_machine, such as {@link ElfHeader#EM_X86_64}
   */
  public List<ImagePath> directories(int machine) {
    Set<ImagePath> all = new LinkedHashSet<>(directories);
    String triplet = TRIPLETS.get(machine);
    if (triplet != null) {
      all.add(ImagePath.of("/lib/" + triplet));
      all.add(ImagePath.of("/usr/lib/" + triplet));
    }
    for (String directory : List.of("/lib64", "/usr/lib64", "/lib", "/usr/local/lib", "/usr/lib")) {
      all.add(ImagePath.of(directory));
    }
    return List.copyOf(all);
  }

  /** Returns the tree that is searched. */
  public FileTree files() {
    return files;
  }

  /**
   * Finds an object.
   *
   * @param name DT_NEEDED, or what dlopen is given
   * @param loaders the objects that ask, the one that needs it first and the program last; one at
   *     least
   * @return the path of a regular file that is an ELF file of the same class and machine; no
   *     symbolic link
   * @throws IOException if a file cannot be read
   */
  public Optional<ImagePath> find(ByteString name, List<LoadedObject> loaders) throws IOException {
    Optional<ImagePath> opened = opened(name, loaders);
    return opened.isPresent() ? usable(opened.get(), loaders.get(0).header()) : opened;
  }

  /**
   * Finds an object as {@link #find} does, but returns the path that the loader opens, which may
   * lead through symbolic links.
   *
   * @throws IOException if a file cannot be read
   */
  public Optional<ImagePath> opened(ByteString name, List<LoadedObject> loaders)
      throws IOException {
    String text = name.toLatin1();
    LoadedObject asks = loaders.get(0);
    ElfHeader header = asks.header();
    if (text.contains("/")) {
      return fitting(expand(text, asks), header);
    }
    List<String> search = new ArrayList<>();
    if (loaders.get(loaders.size() - 1).isMusl()) {
      // Of each object that led here, whichever of the two it has.
      for (LoadedObject loader : loaders) {
        loader.runpath().or(loader::rpath).ifPresent(p -> addAll(p, loader, search));
      }
    } else if (asks.runpath().isEmpty()) {
      for (LoadedObject loader : loaders) {
        loader.rpath().ifPresent(p -> addAll(p, loader, search));
      }
    }
    asks.runpath().ifPresent(p -> addAll(p, asks, search));
    List<String> candidates = new ArrayList<>();
    search.forEach(directory -> candidates.add(directory + "/" + text));
    candidates.addAll(cache.getOrDefault(text, List.of()));
    for (String candidate : candidates) {
      Optional<ImagePath> found = fitting(candidate, header);
      if (found.isPresent()) {
        return found;
      }
    }
    for (ImagePath directory : directories(header.machine())) {
      ImagePath candidate = directory.resolve(name);
      if (usable(candidate, header).isPresent()) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  private static void addAll(ByteString path, LoadedObject origin, List<String> search) {
    for (String directory : path.toLatin1().split(":", -1)) {
      search.add(expand(directory, origin));
    }
  }

  private static String expand(String text, LoadedObject object) {
    if (text.indexOf('$') < 0) {
      return text;
    }
    ByteString parent = object.path().parent().orElse(ImagePath.root()).toRelativeBytes();
    String origin = "/" + parent.toLatin1();
    String triplet = TRIPLETS.getOrDefault(object.header().machine(), "");
    String platform = triplet.substring(0, Math.max(triplet.indexOf('-'), 0));
    return text.replace("${ORIGIN}", origin)
        .replace("$ORIGIN", origin)
        .replace("${LIB}", "lib/" + triplet)
        .replace("$LIB", "lib/" + triplet)
        .replace("${PLATFORM}", platform)
        .replace("$PLATFORM", platform);
  }

  private Optional<ImagePath> fitting(String path, ElfHeader header) throws IOException {
    Optional<ImagePath> at = ProgramFinder.path(path);
    return at.isPresent() && usable(at.get(), header).isPresent() ? at : Optional.empty();
  }

  /**
   * Returns where a path leads, symbolic links followed, if that is an ELF file of the same class,
   * byte order and machine as another.
   *
   * @throws IOException if the file cannot be read
   */
  public Optional<ImagePath> usable(ImagePath path, ElfHeader like) throws IOException {
    Optional<ImagePath> real = files.resolve(path);
    if (real.isEmpty()) {
      return Optional.empty();
    }
    FileNode node = files.get(real.get()).orElseThrow();
    ByteString head = heads.of(node);
    if (head.length() < 20 || !heads.isElf(node)) {
      return Optional.empty();
    }
    int low = head.at(like.littleEndian() ? 18 : 19) & 0xff;
    int high = head.at(like.littleEndian() ? 19 : 18) & 0xff;
    boolean fits =
        head.at(4) == (like.is64Bit() ? 2 : 1)
            && head.at(5) == (like.littleEndian() ? 1 : 2)
            && (low | high << 8) == like.machine();
    return fits ? real : Optional.empty();
  }

  @Override
  public String toString() {
    return "libraries of a " + files;
  }
}
