package io.k8or.services;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import io.k8or.python.PythonDistribution;
import io.k8or.python.PythonModules;
import io.k8or.python.PythonReader;
import io.k8or.python.PythonUse;
import io.k8or.services.ReachableFiles.Why;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The part of a search that knows Python. A module is kept with its parents when something that is
 * reached imports it, wherever an interpreter could find it (decision 76).
 */
final class PythonReach {
  private static final int MAX_SOURCE = 8 << 20;
  private static final int MAX_EXTENSION = 256 << 20;
  private static final Pattern MODULE =
      Pattern.compile("[A-Za-z_]\\w*(?:\\.[A-Za-z_]\\w*)*(?::[A-Za-z_][\\w.]*(?:\\(\\))?)?");
  private static final Pattern CODE =
      Pattern.compile(".*\\.(?:py|pyc|pyi|pyx|pxd|c|h|cpp|hpp|a|so)");
  private static final Set<String> TESTS = Set.of("test", "tests", "__pycache__");
  private static final Set<String> RUNNERS =
      Set.of("subprocess", "system", "popen", "Popen", "check_output", "check_call", "execvp");
  private static final ReachRules.Python RULES = ReachRules.INSTANCE.python;

  private final Reach reach;
  private final FileTree files;
  private final PythonModules modules;
  private final Set<ImagePath> standard = new LinkedHashSet<>();
  private final Set<ImagePath> site = new LinkedHashSet<>();
  private final Set<ImagePath> directories = new LinkedHashSet<>();
  private final Map<ImagePath, List<PythonDistribution>> distributions = new LinkedHashMap<>();
  private final Map<String, Request> requests = new LinkedHashMap<>();
  private final Map<String, ImagePath> groups = new LinkedHashMap<>();
  private final Map<String, Request> texts = new LinkedHashMap<>();
  private final Set<ImagePath> mains = new HashSet<>();
  private final Set<String> mainModules = new LinkedHashSet<>();
  private final Set<Object> done = new HashSet<>();
  private final List<ImagePath> environments = new ArrayList<>();
  private final Set<ImagePath> managed = new HashSet<>();
  private boolean active;
  private boolean finished;

  /** A name that somebody asks for. */
  private record Request(ImagePath from, String evidence) {}

  PythonReach(Reach reach, FileTree files) {
    this.reach = reach;
    this.files = files;
    this.modules = new PythonModules(files);
    for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
      ImagePath path = entry.getKey();
      String name = path.isRoot() ? "" : path.name().toLatin1();
      if (name.equals("pyvenv.cfg")) {
        path.parent().ifPresent(environments::add);
      } else if (entry.getValue().isDirectory()
          && (name.equals("site-packages")
              || name.equals("dist-packages")
              || (name.matches("python3\\.\\d+") && files.contains(path.resolve("os.py"))))) {
        managed.add(path);
      }
    }
  }

  /** Says whether imports decide on a path, rather than who brought it. */
  boolean manages(ImagePath path) throws IOException {
    return isManaged(path) || isConsoleScript(path);
  }

  private boolean isManaged(ImagePath path) {
    for (Optional<ImagePath> at = Optional.of(path); at.isPresent(); at = at.get().parent()) {
      if (managed.contains(at.get())) {
        return true;
      }
    }
    return false;
  }

  // What pip and the standard library's own installation write into bin: a few lines that import.
  private boolean isConsoleScript(ImagePath path) throws IOException {
    Optional<ImagePath> bin = path.parent().filter(each -> !each.isRoot());
    Optional<FileNode> node = files.get(path).filter(FileNode::isRegular);
    if (bin.isEmpty()
        || !bin.get().name().toLatin1().equals("bin")
        || node.isEmpty()
        || node.get().size() > 1000) {
      return false;
    }
    String text = Reach.latin1(node.get(), MAX_SOURCE);
    int end = text.indexOf('\n');
    if (!text.startsWith("#!") || end < 0 || !text.substring(0, end).contains("python")) {
      return false;
    }
    ImagePath home = bin.get().parent().orElse(bin.get());
    boolean installed =
        environments.contains(home)
            || managed.stream().anyMatch(each -> each.isWithin(home) && !home.isRoot());
    List<String> words = text.lines().filter(line -> !line.isBlank()).toList();
    return installed && words.size() < 16 && text.contains("import ");
  }

  // -- where modules are

  /** An interpreter is reached. */
  void interpreter(ImagePath path) throws IOException {
    PythonModules.Installation installation = modules.installation(path);
    if (installation.standard().isEmpty() || !done.add(List.of("interpreter", installation))) {
      return;
    }
    active = true;
    for (ImagePath directory : installation.standard()) {
      reach.keep(directory, new Why("python", path + " looks here", Optional.of(path)));
      standard.add(directory);
      addDirectory(directory);
    }
    for (ImagePath directory : installation.site()) {
      addSite(directory, path);
    }
    for (ImagePath home : environments) {
      Why why = new Why("python", "a virtual environment", Optional.of(path));
      reach.keep(home.resolve("pyvenv.cfg"), why);
      for (ImagePath directory : modules.environment(home)) {
        addSite(directory, path);
      }
    }
    for (String module : RULES.start()) {
      request(module, path, "the interpreter imports it");
    }
  }

  /**
   * The search has found no more. Where all modules count, they are kept now, and lead nowhere: at
   * package granularity, what each module of a system could use would be the system.
   */
  void finish() {
    if (active && reach.keepsModules() && !finished) {
      finished = true;
      Why why = new Why("modules", "an interpreter may import it", Optional.empty());
      standard.forEach(directory -> keepAll(directory, why));
      site.forEach(directory -> keepAll(directory, why));
    }
  }

  private void addSite(ImagePath directory, ImagePath interpreter) throws IOException {
    if (!site.add(directory)) {
      return;
    }
    Why why = new Why("python", interpreter + " looks here", Optional.of(interpreter));
    reach.keep(directory, why);
    List<PythonDistribution> installed = PythonDistribution.in(files, directory);
    distributions.put(directory, installed);
    addDirectory(directory);
    for (Map.Entry<String, ImagePath> each : new ArrayList<>(groups.entrySet())) {
      entryPoints(each.getKey(), each.getValue(), installed);
    }
    List<ImagePath> folders = new ArrayList<>();
    for (ImagePath child : files.children(directory)) {
      Optional<FileNode> node = files.follow(child).filter(FileNode::isRegular);
      if (child.name().toLatin1().endsWith(".pth") && node.isPresent()) {
        reach.keep(child, new Why("python", "read at each start", Optional.of(interpreter)));
        for (String line : Reach.latin1(node.get(), MAX_SOURCE).split("\n", -1)) {
          if (line.startsWith("import ") || line.startsWith("import\t")) {
            uses(child, PythonReader.read(line, true));
          } else if (!line.isBlank() && !line.startsWith("#")) {
            ProgramFinder.path(line.startsWith("/") ? line.strip() : directory + "/" + line.strip())
                .ifPresent(folders::add);
          }
        }
      }
    }
    for (ImagePath folder : folders) {
      addDirectoryOfText(folder);
    }
  }

  private void addDirectoryOfText(ImagePath path) throws IOException {
    Optional<ImagePath> real = files.resolve(path);
    Optional<FileNode> node = real.flatMap(files::get);
    if (node.isPresent() && node.get().isDirectory()) {
      addDirectory(real.get());
    } else if (node.isPresent()) {
      reach.keep(path, new Why("python", "an archive of modules", Optional.empty()));
    }
  }

  /** Adds a directory to look in; what was asked for before is looked for there too. */
  private void addDirectory(ImagePath directory) throws IOException {
    if (!directories.add(directory)) {
      return;
    }
    for (Map.Entry<String, Request> each : new ArrayList<>(requests.entrySet())) {
      look(directory, each.getKey(), each.getValue());
      with(each.getKey(), each.getValue().from());
    }
    for (Map.Entry<String, Request> each : new ArrayList<>(texts.entrySet())) {
      lookForText(directory, each.getKey(), each.getValue());
    }
    for (String module : List.copyOf(mainModules)) {
      runMain(directory, module);
    }
  }

  private void request(String module, ImagePath from, String evidence) throws IOException {
    if (!requests.containsKey(module)) {
      Request request = new Request(from, evidence);
      requests.put(module, request);
      with(module, from);
      for (ImagePath directory : List.copyOf(directories)) {
        look(directory, module, request);
      }
    }
  }

  private void look(ImagePath directory, String module, Request request) {
    Why why = new Why("import", request.evidence(), Optional.of(request.from()));
    keepFound(directory, modules.find(directory, module), why);
  }

  private void keepFound(ImagePath directory, PythonModules.Found found, Why why) {
    for (ImagePath path : found.files()) {
      keepModule(directory, path, why);
    }
  }

  private void keepModule(ImagePath directory, ImagePath path, Why why) {
    reach.keep(path, why);
    keepCompiled(path);
    if (site.contains(directory)) {
      keepDistribution(directory, path);
    }
    if (path.name().toLatin1().startsWith("__init__.")) {
      path.parent().ifPresent(this::keepData);
    }
  }

  // A package's files that are no code may be read by any of its code.
  private void keepData(ImagePath directory) {
    if (!done.add(List.of("data", directory))) {
      return;
    }
    Why why = new Why("package-data", "of package " + directory, Optional.of(directory));
    for (ImagePath child : files.children(directory)) {
      String name = child.name().toLatin1();
      FileNode node = files.get(child).orElseThrow();
      if (!node.isDirectory()) {
        if (!CODE.matcher(name).matches() || name.startsWith("lib")) {
          reach.keep(child, why);
        }
      } else if (!TESTS.contains(name)
          && modules.find(child, "").files().isEmpty()
          && !reach.isLarge(child)) {
        for (Map.Entry<ImagePath, FileNode> entry : files.subtree(child).entrySet()) {
          if (!entry.getValue().isDirectory() && !isBelowCache(entry.getKey())) {
            reach.keep(entry.getKey(), why);
          }
        }
      }
    }
  }

  private static boolean isBelowCache(ImagePath path) {
    return path.parent()
        .filter(each -> !each.isRoot() && each.name().toLatin1().equals("__pycache__"))
        .isPresent();
  }

  private void keepDistribution(ImagePath directory, ImagePath module) {
    String top = segment(directory, module).replaceFirst("\\..*", "");
    if (!done.add(List.of("distribution", directory, top))) {
      return;
    }
    Set<String> owners = reach.owners(module);
    for (PythonDistribution each : distributions.getOrDefault(directory, List.of())) {
      if (each.modules().contains(top)
          || reach.owners(each.path()).stream().anyMatch(owners::contains)) {
        keepMetadata(each, module);
      }
    }
  }

  private void keepMetadata(PythonDistribution distribution, ImagePath from) {
    Why why = new Why("metadata", "of distribution " + distribution.name(), Optional.of(from));
    for (ImagePath path : files.subtree(distribution.path()).keySet()) {
      reach.keep(path, why);
    }
  }

  private static String segment(ImagePath directory, ImagePath path) {
    String relative = path.toRelativeBytes().toLatin1();
    int from = directory.isRoot() ? 0 : directory.toRelativeBytes().length() + 1;
    if (from >= relative.length()) {
      return "";
    }
    int slash = relative.indexOf('/', from);
    return relative.substring(from, slash < 0 ? relative.length() : slash);
  }

  // -- what modules use

  /** A source is reached, whoever reads it. */
  void source(ImagePath path) throws IOException {
    FileNode node = files.get(path).orElseThrow();
    keepCompiled(path);
    if (finished) {
      return;
    }
    if (node.size() > MAX_SOURCE) {
      reach.find(path, "too-large", "a source of " + node.size() + " bytes is not read");
      return;
    }
    boolean main = mains.contains(path) || !isManaged(path);
    if (node.size() > 0 && done.add(List.of("source", path, main))) {
      uses(path, PythonReader.read(Reach.latin1(node, MAX_SOURCE), main));
    }
  }

  private void keepCompiled(ImagePath path) {
    for (ImagePath compiled : modules.compiled(path)) {
      reach.keep(compiled, new Why("compiled", "from " + path, Optional.of(path)));
    }
  }

  /** A module without a source, or an extension: its texts are all that can be told. */
  void binary(ImagePath path) throws IOException {
    if (!active || finished || !done.add(List.of("binary", path))) {
      return;
    }
    FileNode node = files.get(path).orElseThrow();
    byte[] bytes = node.content().readAll(MAX_EXTENSION);
    boolean sourceless = path.name().toLatin1().endsWith(".pyc");
    boolean cython = false;
    int start = 0;
    for (int i = 0; i <= bytes.length; i++) {
      if (i < bytes.length && bytes[i] >= 0x20 && bytes[i] < 0x7f) {
        continue;
      }
      if (i - start >= 2 && i - start < 200) {
        String text = new String(bytes, start, i - start, StandardCharsets.ISO_8859_1);
        cython |= text.startsWith("__pyx_");
        if (MODULE.matcher(text).matches() && !isIgnored(path, text)) {
          text(text, path, "the text " + text);
        }
      }
      start = i + 1;
    }
    if ((cython || sourceless) && !isStandard(path)) {
      keepPackage(path, "unknown-import", "compiled from Python, its imports cannot be told");
    }
  }

  private boolean isStandard(ImagePath path) {
    return standard.stream().anyMatch(path::isWithin) && site.stream().noneMatch(path::isWithin);
  }

  private void uses(ImagePath path, PythonUse use) throws IOException {
    if (isIgnored(path, "*")) {
      return;
    }
    boolean own = !isStandard(path);
    Optional<ImagePath> folder = path.parent();
    for (PythonUse.Import each : use.imports()) {
      String evidence = path + ", " + each;
      if (each.level() > 0) {
        Optional<ImagePath> base = folder;
        for (int i = 1; i < each.level() && base.isPresent(); i++) {
          base = base.get().parent();
        }
        if (base.isPresent()) {
          relative(base.get(), each, path, evidence);
        }
        continue;
      }
      if (isIgnored(path, each.module())) {
        continue;
      }
      List<String> wanted = new ArrayList<>(List.of(each.module()));
      each.names().stream()
          .filter(name -> !name.equals("*"))
          .forEach(name -> wanted.add(each.module() + "." + name));
      for (String module : wanted) {
        request(module, path, evidence);
        if (own && folder.isPresent() && !directories.contains(folder.get())) {
          look(folder.get(), module, new Request(path, evidence));
        }
      }
      if (each.names().contains("*")) {
        for (ImagePath directory : List.copyOf(directories)) {
          star(directory, modules.find(directory, each.module()), each.module(), path, evidence);
        }
      }
    }
    for (PythonUse.Unknown each : use.unknown()) {
      if (own) {
        unknown(path, each);
      }
    }
    boolean runs = own && use.names().stream().anyMatch(RUNNERS::contains);
    for (String text : use.texts()) {
      constant(text, path, own, runs);
    }
    if (own && use.names().contains("find_library")) {
      findLibrary(use, path);
    }
  }

  private boolean isIgnored(ImagePath path, String module) {
    String text = "/" + path.toRelativeBytes().toLatin1() + " " + module;
    return RULES.ignored().stream()
        .anyMatch(each -> text.endsWith(each) && (each.startsWith("/") || isStandard(path)));
  }

  private void relative(ImagePath base, PythonUse.Import each, ImagePath path, String evidence)
      throws IOException {
    ImagePath directory = searched(base).orElse(base);
    Why why = new Why("import", evidence, Optional.of(path));
    PythonModules.Found found = modules.find(base, each.module());
    keepFound(directory, found, why);
    for (String name : each.names()) {
      if (name.equals("*")) {
        star(base, found, each.module(), path, evidence);
      } else {
        String module = each.module().isEmpty() ? name : each.module() + "." + name;
        keepFound(directory, modules.find(base, module), why);
      }
    }
  }

  private Optional<ImagePath> searched(ImagePath path) {
    Optional<ImagePath> best = Optional.empty();
    for (ImagePath directory : directories) {
      if (path.isWithin(directory)
          && best.filter(each -> each.depth() >= directory.depth()).isEmpty()) {
        best = Optional.of(directory);
      }
    }
    return best;
  }

  // "import *" of a package imports the submodules that its __all__ names.
  private void star(
      ImagePath base, PythonModules.Found found, String module, ImagePath from, String evidence)
      throws IOException {
    if (found.directory().isEmpty()) {
      return;
    }
    for (ImagePath path : modules.find(found.directory().get(), "").files()) {
      Optional<FileNode> node = files.follow(path);
      if (!path.name().toLatin1().endsWith(".py") || node.isEmpty()) {
        continue;
      }
      for (String text : PythonReader.read(Reach.latin1(node.get(), MAX_SOURCE), false).texts()) {
        if (text.matches("\\w+")) {
          String name = module.isEmpty() ? text : module + "." + text;
          keepFound(
              searched(base).orElse(base),
              modules.find(base, name),
              new Why("import", evidence, Optional.of(from)));
        }
      }
    }
  }

  private void with(String module, ImagePath from) throws IOException {
    for (ReachRules.Rule rule : RULES.with()) {
      if (rule.when().contains(module)) {
        reach.apply(rule, "with-import", Optional.of(from));
      }
    }
    if (RULES.whole().contains(module)) {
      for (ImagePath directory : standard) {
        modules
            .find(directory, module)
            .directory()
            .ifPresent(
                each ->
                    keepAll(
                        each,
                        new Why(
                            "import",
                            module + " is imported by names that only a run knows",
                            Optional.of(from))));
      }
    }
  }

  private void unknown(ImagePath path, PythonUse.Unknown use) {
    keepPackage(path, "unknown-import", use.toString());
    int dot = use.prefix().lastIndexOf('.');
    String prefix = dot < 0 ? "" : use.prefix().substring(0, dot);
    if (prefix.isEmpty() || prefix.startsWith(".")) {
      return;
    }
    for (ImagePath directory : List.copyOf(directories)) {
      PythonModules.Found found = modules.find(directory, prefix);
      if (found.matched() == prefix.split("\\.", -1).length && found.directory().isPresent()) {
        keepAll(found.directory().get(), new Why("import", path + ", " + use, Optional.of(path)));
      }
    }
  }

  /** Keeps all of the package that a file is of. */
  private void keepPackage(ImagePath path, String rule, String evidence) {
    reach.find(path, rule, evidence);
    Optional<ImagePath> directory = searched(path).filter(site::contains);
    if (directory.isPresent()) {
      ImagePath top = directory.get().resolve(segment(directory.get(), path));
      if (!top.equals(path)) {
        keepAll(
            top,
            new Why(
                "package", path + " imports by names that only a run knows", Optional.of(path)));
      }
    }
  }

  private void keepAll(ImagePath directory, Why why) {
    if (!done.add(List.of("all", directory))) {
      return;
    }
    for (ImagePath path : files.subtree(directory).keySet()) {
      boolean test = false;
      for (Optional<ImagePath> at = path.parent();
          at.isPresent() && !at.get().equals(directory) && at.get().isWithin(directory);
          at = at.get().parent()) {
        test |= TESTS.contains(at.get().name().toLatin1());
      }
      if (!test && !files.get(path).map(FileNode::isDirectory).orElse(true)) {
        reach.keep(path, why);
      }
    }
  }

  // -- texts

  private void constant(String text, ImagePath path, boolean own, boolean runs) throws IOException {
    if (text.length() < 2 || text.length() > 4096 || isIgnored(path, text)) {
      return;
    }
    if (text.length() < 200 && MODULE.matcher(text).matches() && (own || text.indexOf('.') > 0)) {
      text(text, path, path + " has the text " + text);
    }
    if (own) {
      if (text.length() < 100) {
        groups.putIfAbsent(text, path);
      }
      for (List<PythonDistribution> installed : List.copyOf(distributions.values())) {
        entryPoints(text, path, installed);
      }
      if (text.startsWith("/") && ProgramFinder.path(text).isPresent()) {
        Optional<ImagePath> directory = files.resolve(ProgramFinder.path(text).get());
        if (directory.flatMap(files::get).filter(FileNode::isDirectory).isPresent()
            && directory.get().depth() > 1
            && hasSources(directory.get())) {
          addDirectory(directory.get());
        }
      }
    }
    reach.languageText(text, path, own, runs);
  }

  private boolean hasSources(ImagePath directory) {
    return files.children(directory).stream()
        .anyMatch(path -> path.name().toLatin1().endsWith(".py"));
  }

  private void text(String text, ImagePath from, String evidence) {
    if (texts.containsKey(text)) {
      return;
    }
    Request request = new Request(from, evidence);
    texts.put(text, request);
    for (ImagePath directory : List.copyOf(directories)) {
      lookForText(directory, text, request);
    }
  }

  // A name that a framework may import: of a module, or of something in one.
  private void lookForText(ImagePath directory, String text, Request request) {
    String name = text.replaceFirst("\\(\\)$", "").replace(':', '.');
    int segments = name.split("\\.", -1).length;
    PythonModules.Found found = modules.find(directory, name);
    if (found.matched() == 0
        || (standard.contains(directory) && found.matched() < Math.min(segments, 2))) {
      return;
    }
    Why why = new Why("import-text", request.evidence(), Optional.of(request.from()));
    keepFound(directory, found, why);
    boolean foreign =
        !searched(request.from()).equals(Optional.of(directory))
            || !segment(directory, request.from()).equals(name.split("\\.", 2)[0]);
    if (found.matched() == segments
        && found.directory().isPresent()
        && site.contains(directory)
        && foreign
        && !request.from().name().toLatin1().endsWith(".so")) {
      // Who imports a package by name goes on to what is in it by name.
      keepAll(found.directory().get(), why);
    }
  }

  private void entryPoints(String text, ImagePath from, List<PythonDistribution> installed)
      throws IOException {
    for (PythonDistribution each : installed) {
      if (each.name().equals(PythonDistribution.normalized(text))) {
        keepMetadata(each, from);
      }
      boolean program = text.equals("console_scripts") || text.equals("gui_scripts");
      for (PythonDistribution.EntryPoint point : each.entryPoints().getOrDefault(text, List.of())) {
        if (!program || point.name().equals(from.name().toLatin1())) {
          request(point.module(), from, "entry point " + point.name() + " of " + text);
          keepMetadata(each, from);
        }
      }
    }
  }

  private void findLibrary(PythonUse use, ImagePath path) {
    for (String text : use.texts()) {
      if (text.matches("[\\w+-]+")) {
        reach.libraryNamed(text, path);
      }
    }
    reach.program("ldconfig", path, "ctypes.util asks it for libraries");
  }

  // -- commands

  /** Says whether a program is the interpreter, or a script for it. */
  boolean isInterpreter(ImagePath program) {
    return files
        .resolve(program)
        .filter(path -> !path.isRoot() && PythonModules.isInterpreter(path.name().toLatin1()))
        .isPresent();
  }

  /** The interpreter is run. */
  void command(ImagePath from, List<String> arguments, ImagePath directory, String by)
      throws IOException {
    boolean chosen = false;
    for (int i = 0; i < arguments.size(); i++) {
      String word = arguments.get(i);
      if (chosen) {
        argument(word, directory, by);
      } else if (word.startsWith("-m")) {
        String module = word.length() > 2 ? word.substring(2) : at(arguments, ++i);
        addDirectory(directory);
        main(module, from, by);
        main(module + ".__main__", from, by);
        chosen = true;
      } else if (word.startsWith("-c")) {
        addDirectory(directory);
        uses(directory.resolve("-c"), PythonReader.read(at(arguments, ++i), true));
        chosen = true;
      } else if (word.equals("-W") || word.equals("-X")) {
        i++;
      } else if (!word.startsWith("-")) {
        Optional<ImagePath> script =
            ProgramFinder.path(word.startsWith("/") ? word : directory + "/" + word)
                .filter(files::contains);
        if (script.isPresent()) {
          script(script.get(), by);
        }
        chosen = true;
      }
    }
  }

  // What runs as a program, so that all of its text counts.
  private void main(String module, ImagePath from, String by) throws IOException {
    request(module, from, by);
    mainModules.add(module);
    for (ImagePath directory : List.copyOf(directories)) {
      runMain(directory, module);
    }
  }

  private void runMain(ImagePath directory, String module) throws IOException {
    for (ImagePath path : modules.find(directory, module).files()) {
      Optional<ImagePath> real = files.resolve(path);
      if (real.isPresent() && path.name().toLatin1().endsWith(".py")) {
        mains.add(real.get());
        source(real.get());
      }
    }
  }

  private static String at(List<String> words, int index) {
    return index < words.size() ? words.get(index) : "";
  }

  /** An argument of a program of Python, such as {@code application:create()}. */
  void argument(String word, ImagePath directory, String by) throws IOException {
    String text = word.substring(word.startsWith("-") ? word.indexOf('=') + 1 : 0);
    if (MODULE.matcher(text).matches() && !directory.isRoot()) {
      addDirectory(directory);
    }
    if (MODULE.matcher(text).matches()) {
      text(text, directory, by);
    }
  }

  /** A script is run; its directory comes first where modules are looked for. */
  void script(ImagePath script, String by) throws IOException {
    Optional<ImagePath> real = files.resolve(script);
    if (real.isEmpty()) {
      return;
    }
    Optional<FileNode> node = files.get(real.get());
    if (node.isPresent() && node.get().isDirectory()) {
      addDirectory(real.get());
      main("__main__", real.get(), by);
    } else {
      mains.add(real.get());
      if (real.get().depth() > 1) {
        addDirectory(real.get().parent().orElseThrow());
      }
      reach.keep(script, new Why("argument", by + " is given it", Optional.empty()));
      source(real.get());
    }
  }

  /** A value of PYTHONPATH. */
  void path(String value) throws IOException {
    for (String directory : value.split(":", -1)) {
      Optional<ImagePath> path = ProgramFinder.path(directory);
      if (path.isPresent()) {
        addDirectoryOfText(path.get());
      }
    }
  }

  /** A value of the environment. */
  void environment(String value, ImagePath directory) {
    if (MODULE.matcher(value).matches()) {
      text(value, directory, "the environment has the text " + value);
    }
  }

  @Override
  public String toString() {
    return "Python: " + new TreeMap<>(requests).keySet();
  }
}
