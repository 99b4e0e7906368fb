package io.k8or.services;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import io.k8or.node.NodeModules;
import io.k8or.node.NodeReader;
import io.k8or.node.NodeUse;
import io.k8or.services.ReachableFiles.Why;
import io.k8or.shell.ScriptUse;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The part of a search that knows Node.js. A module is kept when something that is reached loads
 * it; a package's data are kept with it (decision 77).
 */
final class NodeReach {
  private static final int MAX_SOURCE = 32 << 20;
  private static final Pattern PROGRAM = Pattern.compile("node(?:js)?|node-?\\d+");
  private static final Pattern CODE = Pattern.compile(".*\\.(?:js|cjs|mjs)");
  private static final Pattern NO_DATA =
      Pattern.compile(
          ".*\\.(?:js|cjs|mjs|jsx|ts|tsx|mts|cts|map|flow|coffee|md|markdown|sh|bat|cmd|ps1|c|cc|cpp|h|hpp|gyp|gypi)"
              + "|(?:CHANGELOG|HISTORY|CHANGES|README|CONTRIBUTING|AUTHORS|SECURITY).*"
              + "|\\.(?:npmignore|eslintrc.*|travis.yml|editorconfig|gitattributes|nycrc|prettier.*)",
          Pattern.CASE_INSENSITIVE);
  private static final Set<String> TESTS =
      Set.of(
          "test",
          "tests",
          "__tests__",
          "docs",
          "example",
          "examples",
          "benchmark",
          "benchmarks",
          "coverage",
          ".github",
          "node_modules");
  private static final Set<String> WITH_MODULE =
      Set.of("-r", "--require", "--import", "--loader", "--experimental-loader");
  private static final Set<String> WITH_VALUE =
      Set.of("-C", "--conditions", "--env-file", "--title", "--icu-data-dir", "--openssl-config");

  private final Reach reach;
  private final FileTree files;
  private final NodeModules modules;
  private final Set<ImagePath> leading = new HashSet<>();
  private final Set<Object> done = new HashSet<>();
  private Optional<ImagePath> interpreter = Optional.empty();
  private boolean entered;
  private boolean open;

  NodeReach(Reach reach, FileTree files, List<ImagePath> path) {
    this.reach = reach;
    this.files = files;
    this.modules = new NodeModules(files, path);
  }

  /** Says whether a program of this name is the interpreter. */
  static boolean isInterpreter(String name) {
    return PROGRAM.matcher(name).matches();
  }

  boolean isInterpreter(ImagePath program) {
    return !program.isRoot()
        && (isInterpreter(program.name().toLatin1())
            || files
                .resolve(program)
                .filter(path -> !path.isRoot() && isInterpreter(path.name().toLatin1()))
                .isPresent());
  }

  /** Says whether what is loaded decides on a path, rather than who brought it. */
  boolean manages(ImagePath path) {
    for (Optional<ImagePath> at = Optional.of(path); at.isPresent(); at = at.get().parent()) {
      if (!at.get().isRoot() && at.get().name().toLatin1().equals("node_modules")) {
        return true;
      }
    }
    return false;
  }

  /** The interpreter is reached. */
  void interpreter(ImagePath path) {
    interpreter = Optional.of(path);
    for (ImagePath directory : modules.global()) {
      reach.keep(directory, new Why("node", path + " looks here", interpreter));
    }
  }

  /**
   * The search has found no more. Where it is not known what the interpreter runs, every module
   * stays.
   */
  void finish() {
    boolean known = entered && !open;
    if (interpreter.isEmpty() || (known && !reach.keepsModules()) || !done.add("finish")) {
      return;
    }
    if (!known) {
      reach.find(
          interpreter.get(), "unknown-script", "what it runs cannot be told, so all modules stay");
    }
    Why why = new Why("modules", "may be loaded by " + interpreter.get(), interpreter);
    for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
      ImagePath path = entry.getKey();
      if (!entry.getValue().isDirectory()
          && (manages(path)
              || path.isWithin(ImagePath.of("/usr/share/nodejs"))
              || path.isWithin(ImagePath.of("/usr/lib/nodejs")))) {
        reach.keep(path, why);
      }
    }
  }

  // -- commands

  /** The interpreter is run. */
  void command(List<String> arguments, ImagePath directory, String by) throws IOException {
    for (int i = 0; i < arguments.size(); i++) {
      String word = arguments.get(i);
      int equals = word.indexOf('=');
      String option = equals < 0 ? word : word.substring(0, equals);
      if (word.equals("-e") || word.equals("--eval") || word.equals("-p") || word.equals("-pe")) {
        entered = true;
        uses(directory.resolve("-e"), NodeReader.read(at(arguments, i + 1)));
        return;
      } else if (WITH_MODULE.contains(option)) {
        load(directory, equals < 0 ? at(arguments, ++i) : word.substring(equals + 1), by);
      } else if (WITH_VALUE.contains(option)) {
        i += equals < 0 ? 1 : 0;
      } else if (!word.startsWith("-")) {
        script(word, directory, by);
        return;
      } else if (word.equals("-v") || word.equals("--version")) {
        entered = true;
      }
    }
  }

  private void script(String word, ImagePath directory, String by) throws IOException {
    boolean known = word.indexOf(ScriptUse.UNKNOWN) < 0 && word.indexOf(ScriptUse.ANY) < 0;
    List<ImagePath> found =
        known
            ? modules.find(
                directory, word.startsWith("/") || word.startsWith(".") ? word : "./" + word)
            : List.of();
    if (found.isEmpty()) {
      open = true;
      return;
    }
    entered = true;
    for (ImagePath path : found) {
      module(path, new Why("argument", by + " is given it", Optional.empty()));
      reach.application(path, by);
    }
  }

  private static String at(List<String> words, int index) {
    return index < words.size() ? words.get(index) : "";
  }

  /** A value of NODE_OPTIONS. */
  void options(String value, ImagePath directory) throws IOException {
    String[] words = value.strip().split("\\s+", -1);
    for (int i = 0; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      if (WITH_MODULE.contains(equals < 0 ? words[i] : words[i].substring(0, equals))) {
        String name = equals < 0 ? at(List.of(words), ++i) : words[i].substring(equals + 1);
        load(directory, name, "NODE_OPTIONS");
      }
    }
  }

  private void load(ImagePath directory, String name, String by) throws IOException {
    for (ImagePath path : modules.find(directory, name)) {
      module(path, new Why("argument", by + " is given " + name, Optional.empty()));
    }
  }

  /** A program for the interpreter is run. */
  void program(ImagePath path, List<String> arguments, ImagePath directory, String by)
      throws IOException {
    entered = true;
    Optional<ImagePath> real = files.resolve(path);
    if (real.isPresent()) {
      module(path, new Why("command", by + " runs it", Optional.empty()));
    }
    String name = path.name().toLatin1();
    if (name.equals("npm") || name.equals("yarn") || name.equals("pnpm")) {
      String script = at(arguments, 0);
      if (script.equals("run") || script.equals("run-script")) {
        script = at(arguments, 1);
      }
      Optional<ImagePath> root = modules.packageOf(directory);
      for (String each : List.of("pre" + script, script, "post" + script)) {
        Optional<String> text =
            root.isPresent() ? modules.script(root.get(), each) : Optional.empty();
        if (text.isPresent()) {
          reach.shell(
              "PATH=" + root.get() + "/node_modules/.bin:$PATH\n" + text.get(),
              root.get(),
              by + ", script " + each);
        }
      }
    }
  }

  // -- modules

  /** Keeps a module, with what Node.js reads to know what it is, and what it loads. */
  private void module(ImagePath path, Why why) {
    Optional<ImagePath> real = reach.keep(path, why);
    if (real.isEmpty() || !leading.add(real.get())) {
      return;
    }
    reach.again(real.get());
    manifests(path);
    manifests(real.get());
  }

  private void manifests(ImagePath path) {
    for (Optional<ImagePath> at = path.parent(); at.isPresent(); at = at.get().parent()) {
      if (!done.add(List.of("manifest", at.get()))
          || (!at.get().isRoot() && at.get().name().toLatin1().equals("node_modules"))) {
        return;
      }
      ImagePath manifest = at.get().resolve("package.json");
      if (files.follow(manifest).filter(FileNode::isRegular).isPresent()) {
        reach.keep(manifest, new Why("manifest", "of the package of " + path, Optional.of(path)));
        if (manages(at.get()) || reach.isPackaged(at.get())) {
          data(at.get());
        }
      }
    }
  }

  // A package's files that are no code may be read by any of its code.
  private void data(ImagePath root) {
    Why why =
        new Why("package-data", "of package " + root, Optional.of(root.resolve("package.json")));
    for (ImagePath child : files.children(root)) {
      String name = child.name().toLatin1();
      FileNode node = files.get(child).orElseThrow();
      if (node.isDirectory()) {
        if (!TESTS.contains(name)
            && !files.contains(child.resolve("package.json"))
            && !reach.isLarge(child)) {
          data(child);
        }
      } else if (!NO_DATA.matcher(name).matches()) {
        reach.keep(child, why);
      }
    }
  }

  /** Reads a file that is reached, if it is loaded as a module. */
  boolean source(ImagePath path, FileNode node) throws IOException {
    if (!leading.contains(path)) {
      return CODE.matcher(path.name().toLatin1()).matches() && manages(path);
    }
    String name = path.name().toLatin1();
    if (name.endsWith(".json") || name.endsWith(".node") || !done.add(List.of("source", path))) {
      return !name.endsWith(".node");
    }
    if (node.size() > MAX_SOURCE) {
      reach.find(path, "too-large", "a source of " + node.size() + " bytes is not read");
      return true;
    }
    uses(path, NodeReader.read(Reach.latin1(node, MAX_SOURCE)));
    return true;
  }

  private void uses(ImagePath path, NodeUse use) throws IOException {
    ImagePath directory = path.parent().orElse(ImagePath.root());
    Optional<ImagePath> from = Optional.of(path);
    for (NodeUse.Request each : use.requests()) {
      Why why = new Why("import", path + ", " + each, from);
      List<ImagePath> all = modules.find(directory, each.name());
      for (ImagePath found : all) {
        module(found, why);
      }
      if (all.isEmpty() && each.call().equals("path")) {
        ProgramFinder.path(directory + "/" + each.name())
            .filter(files::contains)
            .ifPresent(found -> reach.keep(found, why));
      }
    }
    for (NodeUse.Unknown each : use.unknown()) {
      unknown(path, each);
    }
    Optional<ImagePath> root = modules.packageOf(directory);
    Set<String> declared = root.isPresent() ? modules.dependencies(root.get()) : Set.of();
    boolean own = !manages(path) && !reach.isPackaged(path);
    for (String text : use.texts()) {
      text(text, path, directory, own, declared);
    }
  }

  // A worker, a child, a file that is read, a plug-in.
  private void text(
      String text, ImagePath path, ImagePath directory, boolean own, Set<String> declared)
      throws IOException {
    if (text.isEmpty() || text.length() > 1000 || text.indexOf('\n') >= 0) {
      return;
    }
    Why why = new Why("import-text", path + " has the text " + text, Optional.of(path));
    if (text.startsWith("./") || text.startsWith("../")) {
      for (ImagePath found : modules.find(directory, text)) {
        module(found, why);
      }
    } else if (text.matches("(?:@[\\w.-]+/)?[\\w.-]+(?:/[\\w./-]+)?")
        && (own || declared.contains(packageName(text)))) {
      for (ImagePath found : modules.find(directory, text)) {
        module(found, why);
      }
    }
    int at = text.indexOf("node_modules/");
    if (at >= 0) {
      Optional<ImagePath> root = modules.packageOf(directory);
      Optional<ImagePath> named =
          root.map(each -> each.resolve(ByteString.utf8(text.substring(at))))
              .filter(files::contains);
      if (named.isPresent()) {
        for (ImagePath each : files.subtree(named.get()).keySet()) {
          reach.keep(each, why);
        }
      }
    }
    reach.languageText(text, path, own || !text.startsWith("/"), own);
    if (!text.startsWith("/") && text.indexOf('/') >= 0) {
      ProgramFinder.path(directory + "/" + text)
          .filter(each -> files.follow(each).filter(FileNode::isRegular).isPresent())
          .ifPresent(each -> reach.keep(each, why));
    }
  }

  private static String packageName(String specifier) {
    String[] parts = specifier.split("/", 3);
    return specifier.startsWith("@") && parts.length > 1 ? parts[0] + "/" + parts[1] : parts[0];
  }

  // All code of the package may be loaded.
  private void unknown(ImagePath path, NodeUse.Unknown use) {
    reach.find(path, "unknown-import", use.toString());
    Optional<ImagePath> root = modules.packageOf(path.parent().orElse(ImagePath.root()));
    if (root.isEmpty() || root.get().isRoot() || !done.add(List.of("all", root.get()))) {
      return;
    }
    Why why = new Why("package", path + " loads by names that only a run knows", Optional.of(path));
    all(root.get(), why);
  }

  private void all(ImagePath directory, Why why) {
    for (ImagePath child : files.children(directory)) {
      String name = child.name().toLatin1();
      FileNode node = files.get(child).orElseThrow();
      if (node.isDirectory()) {
        if (!TESTS.contains(name)) {
          all(child, why);
        }
      } else if (CODE.matcher(name).matches() || name.endsWith(".node")) {
        module(child, why);
      } else if (!NO_DATA.matcher(name).matches()) {
        reach.keep(child, why);
      }
    }
  }
}
