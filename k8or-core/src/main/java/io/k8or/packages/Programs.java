package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.LibraryResolver;
import io.k8or.loader.LoadedObject;
import io.k8or.loader.ProgramFinder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The programs and libraries of an image by name, and what a program's file names. */
final class Programs {
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_.+/-]+");
  private static final Set<String> SHELLS = Set.of("sh", "bash", "dash", "ash", "ksh", "zsh");
  private static final int LIMIT = 256 << 20;

  private final FileTree files;
  private final Map<String, ImagePath> commands = new HashMap<>();
  private final Map<String, List<ImagePath>> libraries = new HashMap<>();
  private final LibraryResolver resolver;

  Programs(FileTree files, List<String> environment) throws IOException {
    this.files = files;
    this.resolver = new LibraryResolver(files);
    for (ImagePath folder : ProgramFinder.of(files, environment).directories()) {
      Optional<ImagePath> real = files.resolve(folder);
      for (ImagePath child : real.map(files::children).orElse(List.of())) {
        commands.putIfAbsent(child.name().toLatin1(), folder.resolve(child.name()));
      }
    }
    files
        .nodes()
        .forEach(
            (path, node) -> {
              String name = path.name().toLatin1();
              if (!node.isDirectory() && name.contains(".so")) {
                libraries.computeIfAbsent(name, n -> new ArrayList<>(1)).add(path);
              }
            });
  }

  /** What the bytes of a file name. */
  record Named(List<ImagePath> files, Set<String> commands, boolean isScript) {}

  Optional<ImagePath> command(String name) {
    return Optional.ofNullable(commands.get(name));
  }

  // Where the loader finds it; wherever it is, if another object's search path is needed for that.
  private List<ImagePath> libraries(ByteString name, LoadedObject object) throws IOException {
    Optional<ImagePath> found = resolver.opened(name, List.of(object));
    if (found.isPresent()) {
      return List.of(found.get());
    }
    String soname = name.toLatin1();
    return libraries.getOrDefault(soname.substring(soname.lastIndexOf('/') + 1), List.of());
  }

  /**
   * Returns what a program's file names: a script its interpreter, and a shell's script the
   * commands and paths among its words; an ELF file its interpreter and libraries.
   */
  Optional<Named> read(ImagePath path, FileNode node) throws IOException {
    if (!node.isRegular() || node.size() < 4 || node.size() > LIMIT) {
      return Optional.empty();
    }
    byte[] head = new byte[4];
    try (var in = node.content().open()) {
      if (in.readNBytes(head, 0, 4) < 4) {
        return Optional.empty();
      }
    }
    boolean elf = head[0] == 0x7f && head[1] == 'E' && head[2] == 'L' && head[3] == 'F';
    boolean script = head[0] == '#' && head[1] == '!';
    if (!elf && !script) {
      return Optional.empty();
    }
    ByteString bytes = ByteString.copyOf(node.content().readAll(LIMIT));
    if (script) {
      return Optional.of(script(bytes.toLatin1()));
    }
    Optional<LoadedObject> object = LoadedObject.read(path, Content.of(bytes));
    return object.isPresent() ? Optional.of(elf(object.get())) : Optional.empty();
  }

  private Named elf(LoadedObject object) throws IOException {
    List<ImagePath> named = new ArrayList<>();
    object.interpreter().flatMap(text -> path(text.toLatin1())).ifPresent(named::add);
    for (ByteString name : object.needed()) {
      named.addAll(libraries(name, object));
    }
    return new Named(named, Set.of(), false);
  }

  private Named script(String text) {
    int feed = text.indexOf('\n');
    String[] words = text.substring(2, feed < 0 ? text.length() : feed).strip().split("[ \t]+", -1);
    List<ImagePath> named = new ArrayList<>();
    Set<String> used = new LinkedHashSet<>();
    path(words[0]).ifPresent(named::add);
    String interpreter = words[0].substring(words[0].lastIndexOf('/') + 1);
    if (interpreter.equals("env")) {
      for (int i = 1; i < words.length; i++) {
        if (!words[i].startsWith("-") && !words[i].contains("=")) {
          interpreter = words[i];
          used.add(interpreter);
          break;
        }
      }
    }
    if (SHELLS.contains(interpreter)) {
      words(text, named, used);
    }
    return new Named(named, used, true);
  }

  /** Adds the paths that are there and the commands among the words of a shell's text. */
  void words(String text, List<ImagePath> named, Set<String> used) {
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      String word = matcher.group();
      if (word.startsWith("/")) {
        path(word).filter(files::contains).ifPresent(named::add);
      } else if (commands.containsKey(word)) {
        used.add(word);
      }
    }
  }

  static Optional<ImagePath> path(String text) {
    if (!text.startsWith("/") || text.indexOf('\0') >= 0) {
      return Optional.empty();
    }
    for (String segment : text.split("/", -1)) {
      if (segment.equals("..")) {
        return Optional.empty();
      }
    }
    ImagePath path = TreeFiles.latin1(text);
    return path.isRoot() ? Optional.empty() : Optional.of(path);
  }
}
