package io.k8or.services;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.LinkWalk;
import io.k8or.filesystem.PathGlob;
import io.k8or.loader.LibraryResolver;
import io.k8or.loader.LoadedObject;
import io.k8or.loader.ProgramFinder;
import io.k8or.packages.InstalledPackage;
import io.k8or.packages.PackageDatabase;
import io.k8or.packages.PackageDatabases;
import io.k8or.python.PythonModules;
import io.k8or.services.ReachableFiles.Why;
import io.k8or.services.Service.Kind;
import io.k8or.shell.ScriptUse;
import io.k8or.shell.ShellReader;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One search for what services reach. */
final class Reach {
  private static final int MAX_PROGRAM = 1 << 30;
  private static final int MAX_TEXT = 1 << 20;
  private static final int MAX_CHAIN = 40;
  private static final int MAX_OWN = 20_000;
  private static final ReachRules RULES = ReachRules.INSTANCE;
  private static final Pattern NAMED =
      Pattern.compile("(?<![\\w.%$}/])/[\\w.+@*:-]+(?:/[\\w.+@*-]+)*/?");
  private static final Pattern RELATIVE =
      Pattern.compile(
          "(?<![\\w./%$}-])[\\w+-][\\w.+-]*(?:/[\\w.+*-]+)+|(?<![\\w./-])[\\w+-][\\w.+-]*"
              + "\\.(?:d|conf|cnf|cfg|ini|so|pem|crt|key|types|json|ya?ml|xml|properties)\\b");
  // The arguments of the configure script that a program was built with.
  private static final Pattern BUILT =
      Pattern.compile(
          "--(?:with|enable|prefix|build|sysconfdir)\\b.* '?--(?:with|enable|disable)-");
  private static final Pattern LIBRARY = Pattern.compile("[\\w./+-]*\\.so(?:\\.[0-9.]+)?");
  private static final Pattern C_LIBRARY =
      Pattern.compile("(libc|ld-linux.*|ld-musl-.*|libc\\.musl-.*|ld64|ld|libc-2.*|ld-2.*)\\.so.*");

  private final FileTree files;
  private final List<Service> services;
  private final Level level;
  private final List<PackageDatabase> databases;
  private final Scans scans;
  private final LibraryResolver resolver;
  private final ShellReader shell;
  private final ProgramFinder finder;
  private final Map<ImagePath, Why> reasons = new TreeMap<>();
  private final Deque<ImagePath> work = new ArrayDeque<>();
  private final Map<String, Optional<ImagePath>> programs = new HashMap<>();
  private final Map<ImagePath, LoadedObject> objects = new HashMap<>();
  private final Map<ImagePath, ImagePath> loadedBy = new HashMap<>();
  private final Set<ImagePath> led = new HashSet<>();
  private final Set<Object> done = new HashSet<>();
  private final Set<Finding> findings = new LinkedHashSet<>();
  private final ImagePath workingDirectory;
  private final PythonReach python;
  private final NodeReach node;
  private final PerlReach perl;

  Reach(ImageSnapshot image, List<Service> services, Level level, Scans scans) throws IOException {
    this.files = image.files();
    this.services = List.copyOf(services);
    this.level = level;
    this.databases = PackageDatabases.of(image);
    this.scans = scans;
    this.resolver = new LibraryResolver(files, scans.heads());
    this.shell = ShellReader.of(files, image.config().env());
    this.finder = ProgramFinder.of(files, image.config().env());
    this.workingDirectory =
        image.config().workingDir().flatMap(ProgramFinder::path).orElse(ImagePath.root());
    this.python = new PythonReach(this, files);
    List<ImagePath> nodePath = new ArrayList<>();
    for (String variable : image.config().env()) {
      if (variable.startsWith("NODE_PATH=")) {
        for (String directory : variable.substring(10).split(":", -1)) {
          ProgramFinder.path(directory).ifPresent(nodePath::add);
        }
      }
    }
    this.node = new NodeReach(this, files, nodePath);
    this.perl = new PerlReach(this, files);
    for (String variable : image.config().env()) {
      environment(variable, workingDirectory);
    }
  }

  private void environment(String variable, ImagePath directory) throws IOException {
    String value = variable.substring(variable.indexOf('=') + 1);
    if (variable.startsWith("PYTHONPATH=")) {
      python.path(value);
    } else if (variable.startsWith("NODE_OPTIONS=")) {
      node.options(value, directory);
    } else {
      python.environment(value, directory);
    }
  }

  ReachableFiles run() throws IOException {
    for (Service service : services) {
      service(service);
    }
    drain();
    node.finish();
    drain();
    if (level != Level.MINIMAL) {
      keepOwnFiles();
      drain();
      node.finish();
      drain();
    }
    python.finish();
    drain();
    // What only the system or scanners read leads nowhere.
    for (ReachRules.Rule rule : RULES.always) {
      apply(rule, "always", Optional.empty());
    }
    work.clear();
    keepDirectories();
    keepLicences();
    return new ReachableFiles(new TreeMap<>(reasons), List.copyOf(findings));
  }

  /** Says whether all modules of a language count, whoever imports them. */
  boolean keepsModules() {
    return level == Level.SAFE;
  }

  private void drain() throws IOException {
    while (!work.isEmpty()) {
      scan(work.remove());
    }
  }

  // -- keeping

  /** Keeps a path with the links on the way; returns what it leads to, if it is there. */
  Optional<ImagePath> keep(ImagePath path, Why why) {
    LinkWalk walk = LinkWalk.of(files::get, path);
    if (walk.place().isEmpty()) {
      return Optional.empty();
    }
    ImagePath at = walk.place().get();
    List<ImagePath> links = walk.links();
    for (ImagePath link : links) {
      add(link, link.equals(path) ? why : new Why("link", "on the way to " + path, why.from()));
    }
    // What a link leads to is there for the link.
    boolean linked = !links.isEmpty() && !at.equals(path);
    if (linked && led.add(at) && reasons.containsKey(at) && isIdle(at)) {
      work.add(at);
    }
    add(at, linked ? new Why(why.rule(), why.evidence(), Optional.of(last(links))) : why);
    return Optional.of(at);
  }

  private static ImagePath last(List<ImagePath> paths) {
    return paths.get(paths.size() - 1);
  }

  private void add(ImagePath path, Why why) {
    Why old = reasons.get(path);
    if (old != null && !old.rule().equals("holds")) {
      return;
    }
    Optional<ImagePath> from = why.from().filter(each -> !each.equals(path));
    reasons.put(path, new Why(why.rule(), why.evidence(), from));
    if (old == null) {
      Optional<ImagePath> above = path.parent();
      while (above.isPresent() && !reasons.containsKey(above.get())) {
        reasons.put(above.get(), new Why("holds", "a directory above " + path, Optional.of(path)));
        above = above.get().parent();
      }
      if (files.get(path).filter(FileNode::isRegular).isPresent()) {
        work.add(path);
      }
    }
  }

  /** Keeps what is in a directory, but for what some globs match. */
  private void keepBelow(ImagePath directory, Why why, List<PathGlob> leave) throws IOException {
    Optional<ImagePath> real = keep(directory, why);
    if (real.isEmpty() || !done.add(List.of("below", real.get()))) {
      return;
    }
    boolean managed = isManaged(real.get());
    for (Map.Entry<ImagePath, FileNode> entry : files.subtree(real.get()).entrySet()) {
      ImagePath path = entry.getKey();
      if (leave.stream().anyMatch(glob -> glob.matches(path))
          || (!managed && isManaged(path))
          || isLeft(path, why)) {
        continue;
      }
      Optional<ImagePath> target = keep(path, why);
      if (target.isEmpty()) {
        add(path, why); // a link that leads nowhere yet
      } else if (entry.getValue().isSymlink()
          && files.get(target.get()).filter(FileNode::isDirectory).isPresent()
          && !target.get().isWithin(real.get())
          && isOwn(target.get(), path)) {
        keepBelow(target.get(), new Why("link", "led to by " + path, Optional.of(path)), leave);
      }
    }
  }

  // A program that names its directory means its data, not the programs in it, nor what it can do
  // without.
  private boolean isLeft(ImagePath path, Why why) {
    if (!why.rule().equals("named-in")) {
      return false;
    }
    for (ReachRules.Part part : RULES.optional) {
      if (part.matches(path)) {
        if (done.add(part)) {
          find(path, "optional", part.why());
        }
        return true;
      }
    }
    return isProgram(path)
        && path.parent().filter(at -> at.name().toLatin1().equals("bin")).isPresent();
  }

  // Imports decide on it, not who brought it or where it is.
  private boolean isManaged(ImagePath path) throws IOException {
    return node.manages(path) || python.manages(path);
  }

  void apply(ReachRules.Rule rule, String name, Optional<ImagePath> from) throws IOException {
    if (done.add(rule)) {
      for (String glob : rule.paths()) {
        for (ImagePath path : matching(glob)) {
          keep(path, new Why(name, rule.why(), from));
        }
      }
    }
  }

  /** Returns the paths that a glob matches, links of the directories before it followed. */
  private List<ImagePath> matching(String glob) {
    int star = glob.indexOf('*');
    if (star < 0) {
      ImagePath path = ImagePath.of(glob);
      return files.resolveParent(path).filter(files::contains).isPresent()
          ? List.of(path)
          : List.of();
    }
    ImagePath base = ImagePath.of(glob.substring(0, glob.lastIndexOf('/', star) + 1));
    Optional<ImagePath> real = files.resolve(base);
    if (real.isEmpty()) {
      return List.of();
    }
    String text = real.get().isRoot() ? "" : text(real.get());
    PathGlob pattern = PathGlob.of(text + "/" + glob.substring(glob.lastIndexOf('/', star) + 1));
    List<ImagePath> found = new ArrayList<>();
    for (ImagePath path : files.subtree(real.get()).keySet()) {
      if (pattern.matches(path)) {
        found.add(path);
      }
    }
    return found;
  }

  private static String text(ImagePath path) {
    return "/" + path.toRelativeBytes().toLatin1();
  }

  void find(ImagePath path, String rule, String evidence) {
    findings.add(Finding.at(path, new Reason(ServiceOptimizer.NAME, rule, evidence)));
  }

  // -- services

  private void service(Service service) throws IOException {
    String by = "service " + service.name();
    ImagePath directory =
        service.value(Kind.WORKING_DIRECTORY).flatMap(ProgramFinder::path).orElse(workingDirectory);
    command(service.command(), by, directory);
    for (Service.Fact fact : service.facts()) {
      Why why = new Why("service", by + ": " + fact, Optional.empty());
      Optional<ImagePath> path = ProgramFinder.path(fact.value());
      switch (fact.kind()) {
        case CONFIGURATION -> {
          if (path.isPresent()) {
            keepBelow(path.get(), why, List.of());
          }
        }
        case WRITABLE -> path.ifPresent(each -> keep(each, why));
        case WORKING_DIRECTORY -> {
          if (path.isPresent() && !isShared(path.get())) {
            keepBelow(path.get(), why, List.of());
          } else if (path.isPresent()) {
            keep(path.get(), why);
          }
        }
        case HEALTH_CHECK ->
            use(shell.read(fact.value(), "sh", List.of(), directory), Optional.empty(), by);
        case ENVIRONMENT -> {
          names(fact.value(), Optional.empty(), "environment", by);
          environment(fact.value(), directory);
        }
        case USER -> home(fact.value(), why);
        case PORT, STOP_SIGNAL, LIMIT -> {}
      }
    }
  }

  private void home(String user, Why why) throws IOException {
    Optional<FileNode> node = files.follow(ImagePath.of("/etc/passwd")).filter(FileNode::isRegular);
    if (node.isEmpty() || node.get().size() > MAX_TEXT) {
      return;
    }
    String name = user.split(":", 2)[0];
    for (String line : latin1(node.get()).split("\n", -1)) {
      String[] fields = line.split(":", -1);
      if (fields.length > 5 && (fields[0].equals(name) || fields[2].equals(name))) {
        ProgramFinder.path(fields[5]).ifPresent(path -> keep(path, why));
      }
    }
  }

  private void command(List<String> words, String by, ImagePath directory) throws IOException {
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      Optional<ImagePath> program = finder.find(word, directory);
      Optional<ImagePath> path = relative(word, directory);
      if (program.isPresent()) {
        keep(program.get(), new Why("command", by + " runs it", Optional.empty()));
        script(program.get(), words.subList(i + 1, words.size()), directory, by);
      } else if (path.isPresent()) {
        keep(path.get(), new Why("argument", by + " is given it", Optional.empty()));
        application(path.get(), by);
      } else if (i > 0 && words.get(i - 1).matches("-[a-z]*c") && word.indexOf(' ') >= 0) {
        use(shell.read(word, "sh", List.of(), directory), Optional.empty(), by);
      } else if (i == 0) {
        findings.add(
            Finding.of(
                new Reason(
                    ServiceOptimizer.NAME, "no-program", by + ": no " + word + " in the image")));
      }
      names(word, Optional.empty(), "argument", by);
    }
  }

  // An existing file that an argument names from the working directory.
  private Optional<ImagePath> relative(String word, ImagePath directory) {
    if (word.isEmpty() || word.startsWith("-") || word.length() > 4096) {
      return Optional.empty();
    }
    Optional<ImagePath> path =
        ProgramFinder.path(word.startsWith("/") ? word : text(directory) + "/" + word);
    return path.filter(each -> files.follow(each).filter(FileNode::isRegular).isPresent());
  }

  /** Keeps the directory of a script that is no system's directory: its application. */
  void application(ImagePath script, String by) throws IOException {
    Optional<ImagePath> directory = files.resolve(script).flatMap(ImagePath::parent);
    if (directory.isPresent() && !isShared(directory.get()) && directory.get().depth() > 0) {
      keepBelow(
          directory.get(),
          new Why("application", "the directory of " + script + ", for " + by, Optional.of(script)),
          List.of(PathGlob.of("/**/__pycache__"), PathGlob.of("/**/__pycache__/**")));
    }
  }

  // -- scripts

  private void script(ImagePath program, List<String> arguments, ImagePath directory, String by)
      throws IOException {
    Optional<FileNode> node = files.follow(program).filter(FileNode::isRegular);
    if (node.isPresent()) {
      language(program, node.get(), arguments, directory, by);
    }
    if (node.isPresent()
        && ShellReader.isShellScript(program, node.get().content())
        && done.add(List.of("script", program, List.copyOf(arguments)))) {
      Optional<ImagePath> real = files.resolve(program);
      real.ifPresent(path -> done.add(List.of("script", path)));
      use(shell.read(program, arguments), real, program.toString());
    }
  }

  private void language(
      ImagePath program, FileNode file, List<String> arguments, ImagePath directory, String by)
      throws IOException {
    if (python.isInterpreter(program)) {
      python.command(files.resolve(program).orElse(program), arguments, directory, by);
    } else if (node.isInterpreter(program)) {
      node.command(arguments, directory, by);
    } else if (isOfInterpreter(file, NodeReach::isInterpreter)) {
      node.program(program, arguments, directory, by);
    } else if (isOfInterpreter(file, PythonModules::isInterpreter)) {
      for (String argument : arguments) {
        python.argument(argument, directory, by);
      }
    }
  }

  private static boolean isOfInterpreter(FileNode node, Predicate<String> interpreter)
      throws IOException {
    for (String word : ShellReader.interpreter(node.content())) {
      if (interpreter.test(word.substring(word.lastIndexOf('/') + 1))) {
        return true;
      }
    }
    return false;
  }

  private void use(ScriptUse use, Optional<ImagePath> from, String by) throws IOException {
    for (ScriptUse.Run run : use.runs()) {
      if (run.program().isPresent()) {
        keep(run.program().get(), new Why("script-runs", by + ", " + run, from));
        script(
            run.program().get(),
            run.words().subList(1, run.words().size()),
            workingDirectory,
            by + ", " + run);
      }
    }
    for (ImagePath path : use.sources()) {
      keep(path, new Why("script-reads", "read into " + by, from));
      files.resolve(path).ifPresent(real -> done.add(List.of("script", real)));
    }
    for (ImagePath path : use.names()) {
      named(path, from, "script-names", by);
    }
    for (ImagePath path : use.writes()) {
      Optional<ImagePath> at = files.contains(path) ? Optional.of(path) : path.parent();
      at.ifPresent(each -> keep(each, new Why("script-writes", by + " writes " + path, from)));
    }
    for (ScriptUse.Unknown unknown : use.unknown()) {
      if (from.isPresent()) {
        find(from.get(), unknown.rule(), "line " + unknown.line() + ": " + unknown.text());
      }
    }
  }

  // -- files

  // What another service reads, or none, unless a link or a command leads to it.
  private boolean isIdle(ImagePath path) {
    return RULES.idle.stream().anyMatch(glob -> glob.matches(path));
  }

  private void scan(ImagePath path) throws IOException {
    FileNode file = files.get(path).orElseThrow();
    Why reason = reasons.get(path);
    if (isIdle(path)
        && reason != null
        && !led.contains(path)
        && !reason.rule().equals("command")
        && !reason.rule().equals("argument")
        && !reason.rule().equals("script-runs")) {
      return;
    }
    if (path.name().toLatin1().endsWith(".py") && python.manages(path)) {
      python.source(path); // a module is not run by its first line
      return;
    }
    if (node.source(path, file) || file.size() < 4) {
      return;
    }
    if (scans.heads().isElf(file)) {
      elf(path, file);
      return;
    }
    List<String> interpreter = ShellReader.interpreter(file.content());
    if (!interpreter.isEmpty() && (file.attributes().mode() & 0111) != 0) {
      interpreted(path, interpreter);
      if (isOfInterpreter(file, PythonModules::isInterpreter)) {
        python.script(path, path.toString());
        return;
      }
      if (isOfInterpreter(file, PerlReach::isInterpreter)) {
        perl.source(path);
        return;
      }
      if (isOfInterpreter(file, NodeReach::isInterpreter)) {
        node.program(path, List.of(), workingDirectory, path.toString());
        return;
      }
      if (ShellReader.isShellScript(path, file.content())) {
        if (done.add(List.of("script", path))) {
          use(shell.read(path, List.of()), Optional.of(path), path.toString());
        }
        return;
      }
    }
    String name = path.name().toLatin1();
    if (name.endsWith(".py")) {
      python.source(path);
    } else if (PerlReach.isModule(path) && reason != null) {
      perl.module(path, reason);
    } else if (name.endsWith(".pyc") && !path.toString().contains("/__pycache__/")) {
      python.binary(path);
    } else if (isConfiguration(path) && file.size() <= MAX_TEXT) {
      configuration(path, latin1(file));
    }
  }

  private static String latin1(FileNode node) throws IOException {
    return latin1(node, MAX_TEXT);
  }

  /** Returns a file's text; nothing of one that is larger than a limit. */
  static String latin1(FileNode node, int limit) throws IOException {
    return node.size() > limit
        ? ""
        : new String(node.content().readAll(limit), StandardCharsets.ISO_8859_1);
  }

  private void interpreted(ImagePath path, List<String> words) throws IOException {
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (word.startsWith("-") || word.contains("=")) {
        continue;
      }
      Optional<ImagePath> program = finder.find(word, ImagePath.root());
      program.ifPresent(
          each -> keep(each, new Why("interpreter", "of " + path, Optional.of(path))));
      if (!word.endsWith("/env")) {
        break;
      }
    }
    Optional<String> folder = path.parent().map(ImagePath::name).map(ByteString::toLatin1);
    if (folder.filter(name -> !name.endsWith("bin")).isPresent()) {
      application(path, path.toString());
    }
  }

  // What a program reads to know what to do; not its data, nor the modules of a language.
  private boolean isConfiguration(ImagePath path) {
    Why why = reasons.get(path);
    return why != null
        && RULES.documents.stream().noneMatch(glob -> glob.matches(path))
        && (path.isWithin(ImagePath.of("/etc"))
            || why.rule().equals("service")
            || why.rule().equals("argument")
            || why.rule().equals("named-in")
            || why.rule().equals("script-names")
            || why.rule().equals("link"));
  }

  private void configuration(ImagePath path, String text) throws IOException {
    if (text.substring(0, Math.min(text.length(), 4096)).indexOf('\0') >= 0
        || path.equals(LoaderFiles.CACHE)
        || path.isWithin(ImagePath.of("/var/lib/dpkg"))
        || path.isWithin(ImagePath.of("/etc/ssl/certs"))
        || LoaderFiles.isAccounts(path)) {
      return;
    }
    for (String line : text.split("\n", -1)) {
      String plain = line.strip();
      if (plain.startsWith("#") || plain.startsWith(";") || plain.startsWith("//")) {
        continue;
      }
      names(plain, Optional.of(path), "named-in", path.toString());
      Matcher matcher = RELATIVE.matcher(plain);
      while (matcher.find()) {
        Optional<ImagePath> folder = path.parent();
        for (int up = 0; up < 2 && folder.isPresent() && !folder.get().isRoot(); up++) {
          if (!isShared(folder.get())) {
            String full = text(folder.get()) + "/" + matcher.group();
            for (ImagePath found : existing(full)) {
              named(found, Optional.of(path), "named-in", path.toString());
            }
          }
          folder = folder.get().parent();
        }
      }
    }
  }

  private List<ImagePath> existing(String text) {
    if (text.indexOf('*') >= 0) {
      try {
        return text.startsWith("/**") || text.startsWith("/*") ? List.of() : matching(text);
      } catch (IllegalArgumentException e) {
        return List.of();
      }
    }
    return ProgramFinder.path(text).filter(path -> !path.isRoot()).stream().toList();
  }

  /** Keeps what the absolute paths of a text lead to. */
  private void names(String text, Optional<ImagePath> from, String rule, String by)
      throws IOException {
    if (text.indexOf('/') < 0) {
      return;
    }
    Matcher matcher = NAMED.matcher(text);
    while (matcher.find()) {
      for (String part : matcher.group().split(":", -1)) {
        if (part.startsWith("/") && part.length() > 1) {
          for (ImagePath path : existing(part)) {
            named(path, from, rule, by);
          }
        }
      }
    }
  }

  private void named(ImagePath path, Optional<ImagePath> from, String rule, String by)
      throws IOException {
    if (!done.add(List.of(path, from.map(this::sources).orElse(Set.of()), rule))) {
      return;
    }
    Why why = new Why(rule, by + " names " + path, from);
    Optional<FileNode> node = files.follow(path);
    if (node.isEmpty()) {
      // It may be made there.
      Optional<ImagePath> parent = path.parent();
      if (parent.filter(each -> each.depth() > 1).isPresent()
          && files.follow(parent.get()).filter(FileNode::isDirectory).isPresent()) {
        keep(parent.get(), new Why(rule, by + " names " + path + ", which is not there", from));
      }
      return;
    }
    keep(path, why);
    if (node.get().isDirectory() && !isShared(path)) {
      Optional<ImagePath> real = files.resolve(path);
      if (real.isPresent() && (from.isEmpty() || isOwn(real.get(), from.get()))) {
        keepBelow(path, why, List.of());
      }
    }
  }

  private boolean isShared(ImagePath path) {
    if (path.isRoot() || RULES.shared.stream().anyMatch(glob -> glob.matches(path))) {
      return true;
    }
    Optional<ImagePath> real = files.resolve(path);
    return real.isPresent()
        && (real.get().isRoot()
            || RULES.shared.stream().anyMatch(glob -> glob.matches(real.get())));
  }

  /** Says whether what is in a directory is of the file's package, of its source, or of none. */
  private boolean isOwn(ImagePath directory, ImagePath file) {
    if (isShared(directory)) {
      return false;
    }
    Set<String> own = sources(file);
    if (own.isEmpty()) {
      return true;
    }
    int count = 0;
    for (Map.Entry<ImagePath, FileNode> entry : files.subtree(directory).entrySet()) {
      if (++count > MAX_OWN) {
        return false;
      }
      if (!entry.getValue().isDirectory()) {
        Set<String> theirs = sources(entry.getKey());
        if (!theirs.isEmpty() && theirs.stream().noneMatch(own::contains)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns the packages that a path is of. */
  Set<String> owners(ImagePath path) {
    Set<String> owners = new HashSet<>();
    for (PackageDatabase database : databases) {
      database.owners(path).forEach(owner -> owners.add(owner.id()));
    }
    return owners;
  }

  /** Says whether a directory has more than a program's own data. */
  boolean isLarge(ImagePath directory) {
    return files.subtree(directory).size() > MAX_OWN;
  }

  /** Says whether a path is of a package. */
  boolean isPackaged(ImagePath path) {
    return files.subtree(path).keySet().stream().limit(3).anyMatch(each -> !owners(each).isEmpty());
  }

  /** Says whether two paths are of no common source package. */
  boolean sharesNothingWith(ImagePath path, ImagePath other) {
    Set<String> own = sources(path);
    return own.isEmpty() || sources(other).stream().noneMatch(own::contains);
  }

  /** Reads a file once more, since it is now known what reads it. */
  void again(ImagePath path) {
    work.add(path);
  }

  /** A command of a shell is run. */
  void shell(String text, ImagePath directory, String by) throws IOException {
    use(shell.read(text, "sh", List.of(), directory), Optional.empty(), by);
  }

  // -- what a language's text says

  /**
   * A constant of a script: a path, a library, or a command.
   *
   * @param own whether it is no part of the language's own library
   * @param runs whether the script starts programs
   */
  void languageText(String text, ImagePath path, boolean own, boolean runs) throws IOException {
    Optional<ImagePath> from = Optional.of(path);
    if (text.startsWith("/") && !text.startsWith("//")) {
      Optional<ImagePath> at = ProgramFinder.path(text);
      // The library's own texts are about every system; a file of them is data.
      boolean counts =
          own
              || (!path.name().toLatin1().startsWith("_sysconfigdata")
                  && at.flatMap(files::follow).filter(FileNode::isRegular).isPresent()
                  && !isProgram(at.get()));
      if (at.isPresent() && !at.get().isRoot() && counts) {
        named(at.get(), from, "named-in", path.toString());
      }
    }
    if (own && text.contains(".so") && LIBRARY.matcher(text).matches()) {
      open(text, path, from);
    }
    if (runs && text.length() < 4096) {
      int space = text.indexOf(' ');
      Optional<ImagePath> program =
          !RULES.words.contains(text) && text.matches("[a-z/][\\w.+/-]*( .*)?")
              ? finder.find(space < 0 ? text : text.substring(0, space), workingDirectory)
              : Optional.empty();
      if (program.isPresent() && space < 0) {
        keep(program.get(), new Why("executed", path + " has the text " + text, from));
      } else if (program.isPresent()) {
        use(shell.read(text, "sh", List.of(), workingDirectory), from, path.toString());
      }
    }
  }

  private void open(String name, ImagePath path, Optional<ImagePath> from) throws IOException {
    Optional<LoadedObject> opener = opener();
    if (opener.isPresent()) {
      ByteString bytes = ByteString.copyOf(name.getBytes(StandardCharsets.ISO_8859_1));
      library(bytes, opener.get(), new Why("opened", path + " has the name " + name, from), false);
    }
  }

  /** Keeps what a library may be called whose name has no version, such as {@code crypto}. */
  void libraryNamed(String name, ImagePath path) {
    Optional<LoadedObject> opener = opener();
    if (opener.isEmpty()) {
      return;
    }
    for (ImagePath directory : resolver.directories(opener.get().header().machine())) {
      for (ImagePath child : files.children(directory)) {
        if (child.name().toLatin1().startsWith("lib" + name + ".so")) {
          keep(child, new Why("opened", path + " has the name " + name, Optional.of(path)));
        }
      }
    }
  }

  // Whatever opens a library for a script: an interpreter, or what there is.
  private Optional<LoadedObject> opener() {
    return objects.entrySet().stream()
        .min(
            Comparator.comparing(
                    (Map.Entry<ImagePath, LoadedObject> each) -> !isInterpreter(each.getKey()))
                .thenComparing(Map.Entry::getKey))
        .map(Map.Entry::getValue);
  }

  /** Keeps a program. */
  void program(String name, ImagePath path, String why) {
    finder
        .find(name, workingDirectory)
        .ifPresent(at -> keep(at, new Why("executed", why, Optional.of(path))));
  }

  private Set<String> sources(ImagePath path) {
    Set<String> sources = new HashSet<>();
    for (PackageDatabase database : databases) {
      for (InstalledPackage owner : database.owners(path)) {
        sources.add(owner.sourceName());
      }
    }
    return sources;
  }

  // -- programs and libraries

  private void elf(ImagePath path, FileNode node) throws IOException {
    if (node.size() > MAX_PROGRAM) {
      find(path, "too-large", "a program of " + node.size() + " bytes is not read");
      return;
    }
    Scans.Program program = scans.program(path, node, MAX_PROGRAM);
    if (program.object().isEmpty()) {
      find(path, "malformed-program", program.fault());
      return;
    }
    LoadedObject object = program.object().get();
    Set<String> imports = program.imports();
    objects.put(path, object);
    Optional<ImagePath> from = Optional.of(path);
    object
        .interpreter()
        .flatMap(text -> ProgramFinder.path(text.toLatin1()))
        .ifPresent(loader -> keep(loader, new Why("loader", "of " + path, from)));
    for (ByteString name : object.needed()) {
      library(name, object, new Why("needed", path + " needs " + name, from), true);
    }
    String name = path.name().toLatin1();
    interpreter(path, name);
    if (PythonModules.isInterpreter(name)) {
      python.interpreter(path);
    } else if (NodeReach.isInterpreter(name) || name.startsWith("libnode.so")) {
      this.node.interpreter(path);
    } else if (name.endsWith(".so") && python.manages(path)) {
      python.binary(path);
    }
    if (C_LIBRARY.matcher(name).matches()) {
      nameService(object);
      return; // its texts are those of functions that others call, or do not
    }
    if (name.startsWith("libpam.so")) {
      pam(object);
    }
    for (ReachRules.Rule rule : RULES.withImport) {
      if (rule.when().stream().anyMatch(imports::contains)
          && rule.unless().stream().noneMatch(name::startsWith)) {
        apply(rule, "with-import", from);
      }
    }
    texts(path, object, program);
  }

  private boolean library(ByteString name, LoadedObject object, Why why, boolean needed)
      throws IOException {
    List<LoadedObject> chain = new ArrayList<>();
    Optional<ImagePath> at = Optional.of(object.path());
    while (at.isPresent() && chain.size() < MAX_CHAIN) {
      LoadedObject each = objects.get(at.get());
      if (each == null || chain.contains(each)) {
        break;
      }
      chain.add(each);
      at = Optional.ofNullable(loadedBy.get(at.get()));
    }
    Optional<ImagePath> opened = resolver.opened(name, chain);
    if (opened.isEmpty()) {
      if (needed) {
        find(object.path(), "missing-library", "it needs " + name + ", which is not there");
      }
      return false;
    }
    files.resolve(opened.get()).ifPresent(real -> loadedBy.putIfAbsent(real, object.path()));
    keep(opened.get(), why);
    String text = name.toLatin1();
    for (ReachRules.Rule rule : RULES.withLibrary) {
      if (rule.when().stream().anyMatch(text::startsWith)) {
        apply(rule, "with-library", Optional.of(object.path()));
      }
    }
    return true;
  }

  // nsswitch.conf(5); what it names is loaded by name.
  private void nameService(LoadedObject libc) throws IOException {
    Set<String> modules = new LinkedHashSet<>();
    Optional<FileNode> node =
        files.follow(ImagePath.of("/etc/nsswitch.conf")).filter(FileNode::isRegular);
    if (node.isPresent() && node.get().size() <= MAX_TEXT) {
      for (String line : latin1(node.get()).split("\n", -1)) {
        String plain = line.replaceAll("#.*", "").replaceAll("\\[[^\\]]*\\]", " ");
        int colon = plain.indexOf(':');
        for (String word : plain.substring(colon + 1).strip().split("\\s+", -1)) {
          if (colon > 0 && word.matches("[a-z0-9_]+")) {
            modules.add(word);
          }
        }
      }
    } else {
      modules.addAll(List.of("files", "dns"));
    }
    for (String module : modules) {
      ByteString name = ByteString.utf8("libnss_" + module + ".so.2");
      Why why = new Why("name-service", "nsswitch.conf names " + module, Optional.of(libc.path()));
      library(name, libc, why, false);
    }
  }

  private static final Pattern PAM_MODULE = Pattern.compile("\\bpam_\\w+\\.so\\b");

  private void pam(LoadedObject libpam) throws IOException {
    Set<String> modules = new LinkedHashSet<>();
    for (String place : List.of("/etc/pam.d/*", "/etc/pam.conf")) {
      for (ImagePath path : matching(place)) {
        Optional<FileNode> node = files.follow(path).filter(FileNode::isRegular);
        if (node.isPresent() && node.get().size() <= MAX_TEXT) {
          Matcher matcher = PAM_MODULE.matcher(latin1(node.get()));
          while (matcher.find()) {
            modules.add(matcher.group());
          }
        }
      }
    }
    Optional<ImagePath> folder = libpam.path().parent();
    for (String module : modules) {
      for (ImagePath at : resolver.directories(libpam.header().machine())) {
        keep(
            at.resolve("security").resolve(module),
            new Why("pam", "a configuration of PAM names it", Optional.of(libpam.path())));
      }
      folder.ifPresent(
          each ->
              keep(
                  each.resolve("security").resolve(module),
                  new Why("pam", "a configuration of PAM names it", Optional.of(libpam.path()))));
    }
  }

  private void interpreter(ImagePath path, String name) throws IOException {
    String program =
        name.replaceFirst("^lib(python|perl|ruby|php)", "$1").replaceFirst("\\.so.*", "");
    for (ReachRules.Interpreter each : RULES.interpreters) {
      Matcher matcher = each.program().matcher(program);
      if (!matcher.matches()) {
        continue;
      }
      for (String glob : each.keep()) {
        String full = glob;
        for (int i = 1; i <= matcher.groupCount(); i++) {
          String group = matcher.group(i);
          full = full.replace("{" + i + "}", group == null ? "*" : group);
        }
        for (ImagePath found : matching(full)) {
          if (each.leave().stream().noneMatch(leave -> leave.matches(found))) {
            keep(found, new Why("modules", name + " loads modules by name", Optional.of(path)));
          }
        }
      }
      List<ImagePath> loads = new ArrayList<>();
      for (String glob : each.load()) {
        loads.addAll(matching(glob));
      }
      if (PerlReach.isInterpreter(program)) {
        perl.interpreter(path, loads);
      }
    }
  }

  // -- texts in programs

  private void texts(ImagePath path, LoadedObject object, Scans.Program program)
      throws IOException {
    if (program.callsShell()) {
      Why why = new Why("calls-shell", path + " calls a shell", Optional.of(path));
      finder.find("sh", ImagePath.root()).ifPresent(sh -> keep(sh, why));
    }
    boolean starts = program.executes() && !isInterpreter(path);
    for (String text : program.texts()) {
      text(path, object, text, program, starts);
    }
  }

  private void text(
      ImagePath path, LoadedObject object, String text, Scans.Program program, boolean starts)
      throws IOException {
    Optional<ImagePath> from = Optional.of(path);
    if (text.indexOf('/') >= 0 && text.length() < 4096 && !BUILT.matcher(text).find()) {
      Matcher matcher = NAMED.matcher(text);
      while (matcher.find()) {
        for (String part : matcher.group().split(":", -1)) {
          Optional<ImagePath> at =
              part.length() > 3 && part.indexOf('*') < 0
                  ? ProgramFinder.path(part)
                  : Optional.empty();
          if (at.isPresent()
              && !at.get().isRoot()
              && (program.executes() || !isProgram(at.get()))) {
            named(at.get(), from, "named-in", path.toString());
          }
        }
      }
    }
    if (program.opens() && text.contains(".so") && LIBRARY.matcher(text).matches()) {
      Why why = new Why("opened", path + " has the name " + text, from);
      library(ByteString.copyOf(text.getBytes(StandardCharsets.ISO_8859_1)), object, why, false);
    }
    if (starts && text.length() < 200) {
      int space = text.indexOf(' ');
      String first = space < 0 ? text : text.substring(0, space);
      // "git", where programs are started by name; "rm -f %s", where a shell is.
      boolean wanted =
          space < 0
              ? first.length() > 2
              : program.calls()
                  && space + 1 < text.length()
                  && "-/%\"'$".indexOf(text.charAt(space + 1)) >= 0;
      if (wanted && first.matches("[a-z][\\w.+-]*") && !RULES.words.contains(first)) {
        Optional<ImagePath> found =
            programs.computeIfAbsent(first, name -> finder.find(name, ImagePath.root()));
        if (found.isPresent() && sharesSource(found.get(), path, space >= 0)) {
          keep(found.get(), new Why("executed", path + " has the text " + text, from));
        }
      }
    }
  }

  // A word alone may be anything; a program of the same source is meant.
  private boolean sharesSource(ImagePath program, ImagePath path, boolean isCommand) {
    if (isCommand) {
      return true;
    }
    Set<String> own = sources(path);
    Optional<ImagePath> real = files.resolve(program);
    return real.isPresent() && sources(real.get()).stream().anyMatch(own::contains);
  }

  private boolean isInterpreter(ImagePath path) {
    String name = path.name().toLatin1();
    return ShellReader.isShell(name)
        || RULES.interpreters.stream().anyMatch(each -> each.program().matcher(name).matches());
  }

  private boolean isProgram(ImagePath path) {
    String folder = path.parent().map(each -> each.name().toLatin1()).orElse("");
    return folder.endsWith("bin")
        && files
            .follow(path)
            .filter(node -> node.isRegular() && (node.attributes().mode() & 0111) != 0)
            .isPresent();
  }

  // -- the rest

  private void keepOwnFiles() throws IOException {
    for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
      ImagePath path = entry.getKey();
      if (entry.getValue().isDirectory()
          || reasons.containsKey(path)
          || RULES.generated.stream().anyMatch(glob -> glob.matches(path))
          || isManaged(path)
          || databases.stream().anyMatch(database -> !database.owners(path).isEmpty())) {
        continue;
      }
      Why why =
          new Why("of-no-package", "what no package brought is the services'", Optional.empty());
      if (keep(path, why).isEmpty()) {
        add(path, why);
      }
    }
  }

  private void keepDirectories() {
    for (String directory : RULES.directories) {
      keep(
          ImagePath.of(directory),
          new Why("standard-directory", "of every system", Optional.empty()));
    }
    for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
      ImagePath path = entry.getKey();
      if (entry.getValue().isDirectory()
          && !path.isWithin(ImagePath.of("/usr"))
          && !path.isWithin(ImagePath.of("/etc"))
          && files.isEmptyDirectory(path)) {
        add(path, new Why("empty-directory", "something may be put there", Optional.empty()));
      }
    }
  }

  private void keepLicences() throws IOException {
    Set<InstalledPackage> kept = new LinkedHashSet<>();
    for (ImagePath path : reasons.keySet()) {
      if (!files.follow(path).map(FileNode::isDirectory).orElse(true)) {
        databases.forEach(database -> kept.addAll(database.owners(path)));
      }
    }
    for (InstalledPackage each : kept) {
      ImagePath folder = ImagePath.of("/usr/share/doc").resolve(each.name());
      Why why =
          new Why("licence", "of " + each.id() + ", of which something stays", Optional.empty());
      keep(folder.resolve("copyright"), why);
      keepBelow(ImagePath.of("/usr/share/licenses").resolve(each.name()), why, List.of());
    }
  }
}
