package io.k8or.seccomp;

import io.k8or.content.Content;
import io.k8or.elf.ElfFile;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import io.k8or.services.Service;
import io.k8or.services.Service.Kind;
import io.k8or.shell.ShellReader;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The programs of an image that texts name. */
final class NamedPrograms {
  private static final int MAX_PROGRAM = 1 << 30;
  private static final int MAX_TEXT = 1 << 20;
  private static final int MIN_NAME = 3;
  private static final Pattern LIBRARY = Pattern.compile(".*\\.so(\\.[0-9.]+)?");
  private static final Pattern C_LIBRARY =
      Pattern.compile("(libc|ld-linux.*|ld-musl-.*|libc\\.musl-.*|ld64|libpthread)\\.so.*");
  // Many programs in one: its texts name them all.
  private static final Pattern MANY = Pattern.compile("(busybox|toybox).*");
  private static final Pattern PACKED =
      Pattern.compile(".*\\.(jar|war|ear|zip|whl|egg|phar|gz|xz|bz2|zst)");
  private static final Pattern WORD = Pattern.compile("[\\w./+*-]+");
  // "%s/initdb"
  private static final Pattern PUT_TOGETHER = Pattern.compile("(%s|\\.\\.?)/[^/]+$");
  // Directories of the system, whose files have nothing to do with each other.
  private static final Pattern SYSTEM =
      Pattern.compile(
          "/?|/(usr(/local)?/)?(s?bin|lib.*|share|include|games)|/usr|/usr/local|/(etc|tmp|var|var/.*"
              + "|root|home|run|dev|proc|sys|mnt|media|boot)");
  private static final ImagePath LOADER_CACHE = ImagePath.of("/etc/ld.so.cache");
  private static final ImagePath CERTIFICATES = ImagePath.of("/etc/ssl/certs");
  // What is of the system, and not of one service.
  private static final Set<ImagePath> SHARED =
      Set.of(
          ImagePath.of("/etc"),
          ImagePath.of("/etc/init.d"),
          ImagePath.of("/etc/default"),
          ImagePath.of("/etc/cron.d"),
          ImagePath.of("/etc/services"),
          ImagePath.of("/etc/mime.types"),
          ImagePath.of("/etc/shells"),
          ImagePath.of("/etc/group"),
          ImagePath.of("/etc/passwd"),
          ImagePath.of("/srv"),
          ImagePath.of("/opt"));
  private static final int MAX_FILES = 5000;

  private final FileTree files;
  private final ProgramFinder finder;
  private final Map<String, Set<ImagePath>> known = new HashMap<>();
  private boolean isRead;

  NamedPrograms(ImageSnapshot image) {
    this.files = image.files();
    this.finder = ProgramFinder.of(files, image.config().env());
  }

  private Map<String, Set<ImagePath>> byName() {
    if (!isRead) {
      isRead = true;
      read();
    }
    return known;
  }

  private void read() {
    for (ImagePath directory : finder.directories()) {
      Optional<ImagePath> real = files.resolve(directory);
      for (ImagePath path : real.map(files::children).orElse(List.of())) {
        String name = path.name().toLatin1();
        if (name.length() >= MIN_NAME && finder.find(text(path), path).isPresent()) {
          known.putIfAbsent(name, new TreeSet<>(Set.of(path)));
        }
      }
    }
  }

  private static String text(ImagePath path) {
    return "/" + path.toRelativeBytes().toLatin1();
  }

  /** Returns all programs and scripts, wherever they are. */
  Set<ImagePath> all() throws IOException {
    Set<ImagePath> found = new TreeSet<>();
    for (ImagePath path : files.nodes().keySet()) {
      if (isProgram(path)) {
        found.add(path);
      }
    }
    return found;
  }

  /**
   * Says whether it is a C library or a loader: its texts are those of functions that others call.
   */
  static boolean isCLibrary(ImagePath object) {
    return C_LIBRARY.matcher(object.name().toLatin1()).matches();
  }

  /**
   * Returns the texts that tell services what to run: files that their arguments name, what is
   * known to be their configuration, files of {@code /etc} that the program names, and the files
   * that these name.
   */
  Set<ImagePath> configuration(List<Service> services, ImagePath program) throws IOException {
    Deque<ImagePath> work = new ArrayDeque<>();
    Set<ImagePath> own = new TreeSet<>();
    for (Service service : services) {
      for (String word : service.command()) {
        paths(word, work);
      }
      for (String value : service.values(Kind.CONFIGURATION)) {
        paths(value, work);
        ProgramFinder.path(value).ifPresent(own::add);
      }
      for (String value : service.values(Kind.ENVIRONMENT)) {
        paths(value, work);
      }
    }
    for (String text : texts(program)) {
      if (text.startsWith("/etc/")) {
        paths(text, work);
      }
    }
    Set<ImagePath> found = new TreeSet<>();
    while (!work.isEmpty() && found.size() < MAX_FILES) {
      ImagePath path = work.remove();
      Optional<FileNode> node = files.follow(path);
      if (node.isEmpty() || SHARED.contains(path)) {
        continue;
      }
      if (node.get().isDirectory() && own.stream().anyMatch(path::isWithin)) {
        work.addAll(files.children(files.resolve(path).orElse(path)));
      } else if (node.get().isRegular() && isText(path, node.get()) && found.add(path)) {
        paths(text(node.get()), work);
      }
    }
    return found;
  }

  private void paths(String text, Deque<ImagePath> into) {
    for (String line : text.split("\n", -1)) {
      Matcher matcher = WORD.matcher(line.strip().startsWith("#") ? "" : line);
      while (matcher.find()) {
        String word = matcher.group();
        int star = word.indexOf('*');
        String plain = star < 0 ? word : word.substring(0, word.lastIndexOf('/', star) + 1);
        if (plain.startsWith("/etc/")
            || plain.startsWith("/srv/")
            || plain.startsWith("/opt/")
            || plain.startsWith("/usr/local/etc/")) {
          ProgramFinder.path(plain).ifPresent(into::add);
        }
      }
    }
  }

  private static boolean isText(ImagePath path, FileNode node) throws IOException {
    return node.size() <= MAX_TEXT
        && !ElfFile.isElf(node.content())
        && !path.equals(LOADER_CACHE)
        && !path.isWithin(CERTIFICATES);
  }

  private static String text(FileNode node) throws IOException {
    return new String(node.content().readAll(MAX_TEXT), StandardCharsets.ISO_8859_1);
  }

  /**
   * Returns the programs that a configuration names: paths, and commands of the shell that begin
   * with a name; not in comments.
   */
  Set<ImagePath> inConfiguration(ImagePath path) throws IOException {
    Set<ImagePath> found = new TreeSet<>();
    for (String line : text(files.follow(path).orElseThrow()).split("\n", -1)) {
      String plain = line.strip();
      if (plain.startsWith("#")) {
        continue;
      }
      Matcher matcher = WORD.matcher(plain);
      while (matcher.find()) {
        if (matcher.group().startsWith("/")) {
          found.addAll(named(matcher.group()));
        } else if (matcher.start() == 0
            || "'\"=:|`(!".indexOf(plain.charAt(matcher.start() - 1)) >= 0) {
          found.addAll(inCommand(plain.substring(matcher.start())));
        }
      }
    }
    return found;
  }

  private boolean isProgram(ImagePath path) throws IOException {
    Optional<FileNode> node = files.get(path);
    if (node.isEmpty()
        || !node.get().isRegular()
        || (node.get().attributes().mode() & 0111) == 0
        || LIBRARY.matcher(path.name().toLatin1()).matches()) {
      return false;
    }
    Content content = node.get().content();
    return ElfFile.isElf(content) || !ShellReader.interpreter(content).isEmpty();
  }

  /** Returns the programs that the words of a text name, with PATH or with a path. */
  Set<ImagePath> inWords(String text) {
    Set<ImagePath> found = new TreeSet<>();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      found.addAll(named(matcher.group()));
    }
    return found;
  }

  private Set<ImagePath> named(String word) {
    if (word.indexOf('/') < 0) {
      return byName().getOrDefault(word, Set.of());
    }
    return finder.find(word, ImagePath.root()).map(Set::of).orElse(Set.of());
  }

  /**
   * Returns the programs that the texts in a program or library name: a path, or a command of the
   * shell that begins with a name; and a text that is a name where names are looked up.
   *
   * @param starts whether it starts programs
   * @param isSearched whether they are looked up in PATH
   */
  Set<ImagePath> inTexts(ImagePath object, boolean starts, boolean isSearched) throws IOException {
    Set<ImagePath> found = new TreeSet<>();
    boolean many = MANY.matcher(object.name().toLatin1()).matches();
    List<String> texts = texts(object);
    // With that text it looks into PATH on its own.
    boolean names = !many && (isSearched || (starts && texts.contains("PATH")));
    for (String text : texts) {
      boolean put = PUT_TOGETHER.matcher(text).lookingAt();
      if (text.indexOf(' ') < 0 && (names || put || text.startsWith("/"))) {
        found.addAll(named(put ? text.substring(text.indexOf('/') + 1) : text));
      } else {
        found.addAll(inCommand(text));
      }
    }
    return found;
  }

  // "rm -f %s", not "find what is there"
  private Set<ImagePath> inCommand(String text) {
    int space = text.indexOf(' ');
    boolean isCommand =
        space > 0 && space + 1 < text.length() && "-/%\"'$".indexOf(text.charAt(space + 1)) >= 0;
    return isCommand || text.startsWith("/")
        ? named(space < 0 ? text : text.substring(0, space))
        : Set.of();
  }

  private List<String> texts(ImagePath object) throws IOException {
    List<String> texts = new ArrayList<>();
    byte[] bytes = files.get(object).orElseThrow().content().readAll(MAX_PROGRAM);
    int start = 0;
    for (int i = 0; i <= bytes.length; i++) {
      if (i < bytes.length && bytes[i] >= 0x20 && bytes[i] < 0x7f) {
        continue;
      }
      if (i - start >= MIN_NAME && i - start < 4096) {
        texts.add(new String(bytes, start, i - start, StandardCharsets.ISO_8859_1));
      }
      start = i + 1;
    }
    return texts;
  }

  /**
   * Returns the files of applications: the files that services' commands and scripts name, and all
   * that is beside them where that is no directory of the system.
   */
  Set<ImagePath> application(List<Service> services, Set<ImagePath> scripts) {
    Set<ImagePath> found = new TreeSet<>(scripts);
    for (Service service : services) {
      ImagePath in =
          service
              .value(Kind.WORKING_DIRECTORY)
              .flatMap(ProgramFinder::path)
              .orElse(ImagePath.root());
      for (String word : service.command()) {
        ProgramFinder.path(word.startsWith("/") ? word : text(in) + "/" + word)
            .flatMap(files::resolve)
            .filter(path -> !path.isRoot())
            .ifPresent(found::add);
      }
    }
    Set<ImagePath> all = new TreeSet<>();
    for (ImagePath path : found) {
      Optional<FileNode> node = files.get(path);
      Optional<ImagePath> folder =
          node.filter(FileNode::isDirectory).isPresent() ? Optional.of(path) : path.parent();
      if (folder.isEmpty() || SYSTEM.matcher(text(folder.get())).matches()) {
        all.add(path);
      } else {
        all.addAll(files.subtree(folder.get()).keySet());
      }
    }
    all.removeIf(path -> files.get(path).filter(FileNode::isRegular).isEmpty());
    return all;
  }

  /** Says whether a file cannot be read as a text: it is packed, or large. */
  boolean isPacked(ImagePath path) throws IOException {
    FileNode node = files.get(path).orElseThrow();
    return !ElfFile.isElf(node.content())
        && (node.size() > MAX_TEXT || PACKED.matcher(path.toString()).matches());
  }

  /** Returns the programs that any word of a file names; none of a program. */
  Set<ImagePath> inFile(ImagePath path) throws IOException {
    FileNode node = files.get(path).orElseThrow();
    return ElfFile.isElf(node.content()) ? Set.of() : inWords(text(node));
  }

  @Override
  public String toString() {
    return known.size() + " programs by name";
  }
}
