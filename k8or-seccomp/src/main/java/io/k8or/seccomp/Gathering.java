package io.k8or.seccomp;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.elf.ElfFile;
import io.k8or.elf.ElfHeader;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import io.k8or.seccomp.program.ProgramAnalysis;
import io.k8or.seccomp.program.Started;
import io.k8or.services.Service;
import io.k8or.services.Service.Kind;
import io.k8or.shell.ScriptUse;
import io.k8or.shell.ShellReader;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What is gathered for one service: a search from its commands over the programs and scripts that
 * they lead to, each program analysed once.
 *
 * <p>Of a program that starts others it matters how it was started itself: a shell whose script was
 * read, or a runner such as env whose arguments were, starts what the script and the arguments
 * tell. It is <em>explained</em>; of any other program the analysis says what it starts.
 */
final class Gathering {
  private static final String ANY_ARGUMENT = String.valueOf(ScriptUse.UNKNOWN);
  private static final int MAX_SCRIPT = 4 << 20;
  // The different arguments that a script is read with.
  private static final int MAX_READINGS = 500;
  private static final int BINARY = 1024;

  /** What runs what its users ask for; an image cannot know that. */
  private static final Set<String> FOR_USERS =
      Set.of(
          ("sshd sshd-session dropbear telnetd in.telnetd rshd in.rshd login su sudo doas runuser"
                  + " cron crond atd anacron screen tmux script expect agetty getty")
              .split(" ", -1));

  /** What runs code that is read as text only. */
  private static final Pattern RUNTIME =
      Pattern.compile(
          "(python|pypy|perl|ruby|php|lua|luajit|node|nodejs|java|tclsh|guile|Rscript|deno|bun"
              + "|mawk|gawk|awk|execlineb)[0-9.-]*(-fpm|-cgi)?");

  /** How a program is analysed. */
  interface Programs {
    /**
     * Analyses a program, or returns what is known of it.
     *
     * @throws IOException if it cannot be read
     */
    ProgramAnalysis.Result analyze(ImagePath program) throws IOException;
  }

  private record Item(ImagePath program, boolean explained) {}

  private final FileTree files;
  private final Programs programs;
  private final UnknownPrograms choice;
  private final ShellReader shell;
  private final ProgramFinder finder;
  private final NamedPrograms named;
  private final List<Service> services;
  private final ImagePath directory;
  private final Set<ImagePath> seen = new HashSet<>();
  private final Set<ImagePath> unexplained = new LinkedHashSet<>();
  private final Set<ImagePath> filesRead = new HashSet<>();
  private final Set<List<Object>> textsRead = new HashSet<>();
  private final Set<ImagePath> configured = new HashSet<>();
  private final Map<ImagePath, List<ImagePath>> loaded = new LinkedHashMap<>();
  private final Set<List<Object>> readings = new HashSet<>();
  private final Deque<Item> work = new ArrayDeque<>();
  private final Set<ImagePath> scripts = new LinkedHashSet<>();
  private boolean unknown;
  private boolean alone;
  private boolean expanding;

  final Map<String, String> chains = new TreeMap<>();
  final Set<ServiceSyscalls.Unresolved> unresolved = new LinkedHashSet<>();
  final Set<ImagePath> objects = new LinkedHashSet<>();
  final Map<String, Set<Long>> arguments = new TreeMap<>();
  private final Set<String> anyArgument = new HashSet<>();
  Architecture architecture = Architecture.X86_64; // until a program is seen

  Gathering(
      ImageSnapshot image, List<Service> services, Programs programs, UnknownPrograms choice) {
    this.files = image.files();
    this.services = services;
    this.programs = programs;
    this.choice = choice;
    this.shell = ShellReader.of(files, image.config().env());
    this.finder = ProgramFinder.of(files, image.config().env());
    this.named = new NamedPrograms(image);
    this.directory =
        image.config().workingDir().flatMap(ProgramFinder::path).orElse(ImagePath.root());
  }

  /** Takes one program, without what it starts. */
  void alone(ImagePath program) {
    alone = true;
    work.add(new Item(program, true));
  }

  void run() throws IOException {
    for (Service service : services) {
      ImagePath in =
          service.value(Kind.WORKING_DIRECTORY).flatMap(ProgramFinder::path).orElse(directory);
      command(service.command(), in);
      for (String check : service.values(Kind.HEALTH_CHECK)) {
        use(shell.read(check, "sh", List.of(), in), "the health check");
        finder.find("sh", in).ifPresent(sh -> add(sh, true));
      }
    }
    drain();
    while (unknown && expand()) {
      drain();
    }
  }

  // -- commands and scripts

  private void command(List<String> words, ImagePath in) throws IOException {
    Optional<ImagePath> program = finder.find(words.get(0), in);
    if (program.isEmpty()) {
      report(words.get(0), "", "the program is not in the image", true);
    } else {
      start(program.get(), words.subList(1, words.size()));
    }
    // What env, tini, sh -c and the like run is told by their words.
    use(shell.read("\"$@\"", "sh", words, in), "the command");
    for (int i = 1; i < words.size(); i++) {
      // An entrypoint starts what it is given.
      if (!words.get(i).startsWith("-")) {
        List<String> rest = words.subList(i + 1, words.size());
        Optional<ImagePath> found = finder.find(words.get(i), in);
        if (found.isPresent()) {
          start(found.get(), rest);
        }
      }
    }
  }

  /** Counts what a script or a command of the shell can run. */
  private void use(ScriptUse use, String by) throws IOException {
    for (ScriptUse.Run run : use.runs()) {
      if (run.program().isPresent()) {
        start(run.program().get(), run.words().subList(1, run.words().size()));
      }
    }
    for (ImagePath path : use.sources()) {
      files.resolve(path).ifPresent(objects::add);
    }
    for (ScriptUse.Unknown each : use.unknown()) {
      String reason = "line " + each.line() + ": " + each.rule() + ": " + readable(each.text());
      if (each.rule().equals("unknown-command")) {
        startsUnknown(by, "", reason, true);
      } else {
        report(by, "", reason, true);
      }
    }
  }

  private static String readable(String text) {
    return text.replace(ScriptUse.UNKNOWN, '?').replace(ScriptUse.ANY, '*');
  }

  private static boolean isKnown(String word) {
    return word.indexOf(ScriptUse.UNKNOWN) < 0 && word.indexOf(ScriptUse.ANY) < 0;
  }

  /** Starts a file with arguments. */
  private void start(ImagePath path, List<String> arguments) throws IOException {
    Optional<ImagePath> real = files.resolve(path);
    if (real.isEmpty()) {
      return;
    }
    Content content = files.get(real.get()).map(FileNode::content).orElse(Content.empty());
    if (!ElfFile.isElf(content)) {
      script(real.get(), content, arguments, false);
      return;
    }
    String name = path.name().toLatin1();
    List<String> rest = arguments;
    if (name.startsWith("busybox") && !arguments.isEmpty()) {
      name = arguments.get(0); // one program, called by the names of many
      rest = arguments.subList(1, arguments.size());
    }
    if (ShellReader.isShell(name)) {
      shell(path, rest);
      add(real.get(), true);
    } else if (ShellReader.runsItsArguments(name)) {
      add(real.get(), rest.stream().allMatch(Gathering::isKnown));
    } else {
      add(real.get(), false);
      for (String argument : RUNTIME.matcher(name).matches() ? rest : List.<String>of()) {
        for (ImagePath each : named.inWords(readable(argument))) {
          addFound(each); // such as awk 'BEGIN { system("date") }'
        }
      }
    }
  }

  /** What a shell that is started with these arguments reads. */
  private void shell(ImagePath path, List<String> arguments) throws IOException {
    int i = 0;
    boolean login = false;
    while (i < arguments.size() && arguments.get(i).matches("[-+].+")) {
      String option = arguments.get(i++);
      login |= option.equals("--login") || option.matches("-[a-z]*l[a-z]*");
      if (option.equals("--")) {
        break;
      } else if (option.equals("--version") || option.equals("--help")) {
        return;
      } else if (option.matches("-[a-z]*c[a-z]*")) {
        while (i < arguments.size() && arguments.get(i).matches("[-+].+")) {
          i++;
        }
        if (i < arguments.size()) {
          text(path, arguments.get(i), arguments.subList(i + 1, arguments.size()));
        }
        profile(login);
        return;
      } else if (option.matches("[-+][oO]|--rcfile|--init-file")) {
        i++;
      } else if (option.matches("-[a-z]*s[a-z]*")) {
        i = arguments.size();
      }
    }
    profile(login);
    if (i >= arguments.size() || arguments.get(i).equals("-")) {
      report(
          path.toString(),
          "",
          "a shell that reads commands from its input",
          choice != UnknownPrograms.ALL);
      unknown |= choice == UnknownPrograms.ALL;
      return;
    }
    String operand = arguments.get(i);
    List<String> rest = arguments.subList(i + 1, arguments.size());
    Optional<ImagePath> script =
        ProgramFinder.path(operand.startsWith("/") ? operand : text(directory) + "/" + operand)
            .or(() -> finder.find(operand, directory))
            .filter(each -> files.follow(each).filter(FileNode::isRegular).isPresent())
            .or(() -> finder.find(operand, directory));
    if (!isKnown(operand) || script.isEmpty()) {
      report(
          path.toString(),
          "",
          "a shell whose script " + readable(operand) + " is not in the image",
          true);
      return;
    }
    ImagePath real = files.resolve(script.get()).orElseThrow();
    script(real, files.get(real).orElseThrow().content(), rest, true);
  }

  private static String text(ImagePath path) {
    return "/" + path.toRelativeBytes().toLatin1();
  }

  private void profile(boolean login) throws IOException {
    ImagePath path = ImagePath.of("/etc/profile");
    if (login && files.follow(path).filter(FileNode::isRegular).isPresent()) {
      script(path, files.follow(path).orElseThrow().content(), List.of(), true);
    }
  }

  private void text(ImagePath by, String text, List<String> words) throws IOException {
    if (isFirst(List.of(text, words, directory))) {
      List<String> arguments = words.isEmpty() ? words : words.subList(1, words.size());
      String name = words.isEmpty() ? "sh" : words.get(0);
      if (!text.isEmpty() && !isKnown(text.substring(0, 1))) {
        report(by.toString(), "", "a shell whose commands are not constant", true);
        return;
      }
      use(shell.read(text, name, arguments, directory), by + " -c");
    }
  }

  private boolean isFirst(List<Object> reading) {
    return readings.size() < MAX_READINGS && readings.add(reading);
  }

  private void script(ImagePath path, Content content, List<String> arguments, boolean forShell)
      throws IOException {
    if (readings.size() >= MAX_READINGS) {
      report(path.toString(), "", "there are more scripts than are read", true);
      return;
    }
    if (!isFirst(List.of(path, List.copyOf(arguments)))) {
      return;
    }
    objects.add(path);
    List<String> interpreter = ShellReader.interpreter(content);
    boolean isText = interpreter.isEmpty() && isText(content);
    if (content.size() > MAX_SCRIPT || (interpreter.isEmpty() && !isText)) {
      report(path.toString(), "", "neither ELF nor a script", true);
      return;
    }
    boolean isShell = forShell || isText || ShellReader.isShellScript(path, content);
    if (interpreter.isEmpty()) {
      interpreter = List.of("/bin/sh"); // as execvp does
    }
    interpreter(path, interpreter, isShell, arguments);
    if (isShell) {
      use(shell.read(path, arguments), path.toString());
    } else {
      scripts.add(path);
    }
  }

  private static boolean isText(Content content) throws IOException {
    byte[] head = content.readAll(MAX_SCRIPT + 1);
    for (int i = 0; i < Math.min(head.length, BINARY); i++) {
      if (head[i] == 0) {
        return false;
      }
    }
    return head.length > 0;
  }

  // #!/usr/bin/env -S NAME=VALUE bash -e
  private void interpreter(
      ImagePath path, List<String> words, boolean isShell, List<String> arguments)
      throws IOException {
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      if (i > 0 && (word.startsWith("-") || word.contains("="))) {
        continue;
      }
      Optional<ImagePath> found = finder.find(word, directory);
      Optional<ImagePath> real = found.flatMap(files::resolve);
      if (found.isEmpty() || real.isEmpty()) {
        // What is only named may be left over from something else.
        boolean open = !expanding;
        report(path.toString(), "", "the interpreter " + word + " is not in the image", open);
        return;
      }
      if (word.endsWith("/env")) {
        add(real.get(), true);
        continue;
      }
      Content content = files.get(real.get()).map(FileNode::content).orElse(Content.empty());
      if (ElfFile.isElf(content)) {
        boolean isReader = ShellReader.isShell(word.substring(word.lastIndexOf('/') + 1));
        add(real.get(), isShell && isReader);
      } else {
        List<String> all = new ArrayList<>(words.subList(i + 1, words.size()));
        all.add(text(path));
        all.addAll(arguments);
        start(found.get(), all);
      }
      return;
    }
  }

  // -- programs

  private void add(ImagePath path, boolean explained) {
    // What was added for being named leads to no more names: else all would lead to all.
    boolean told = explained || expanding;
    files.resolve(path).ifPresent(real -> work.add(new Item(real, told)));
  }

  private void drain() throws IOException {
    while (!work.isEmpty()) {
      Item item = work.remove();
      if (seen.add(item.program)) {
        program(item.program);
      }
      if (!item.explained && loaded.containsKey(item.program) && unexplained.add(item.program)) {
        startsMore(item.program);
      }
    }
  }

  private void program(ImagePath path) throws IOException {
    objects.add(path);
    Optional<ProgramAnalysis.Result> analysis = analysis(path);
    if (analysis.isEmpty()) {
      return;
    }
    ProgramAnalysis.Result result = analysis.get();
    loaded.put(path, result.objects());
    SyscallTable table = SyscallTable.of(architecture);
    new TreeMap<>(result.numbers())
        .forEach(
            (number, chain) ->
                table
                    .name(number)
                    .ifPresentOrElse(
                        name -> chains.putIfAbsent(name, chain),
                        () -> unnamed(path, number, chain)));
    for (int number : result.numbers().keySet()) {
      String name = table.name(number).orElse("");
      Set<Long> values = result.arguments().getOrDefault(number, Set.of());
      if (values.isEmpty() || anyArgument.contains(name)) {
        anyArgument.add(name);
        arguments.remove(name);
      } else {
        arguments.computeIfAbsent(name, n -> new TreeSet<>()).addAll(values);
      }
    }
    for (ProgramAnalysis.Unresolved u : result.unresolved()) {
      report(u.object(), u.function(), u.reason(), u.kind() != ProgramAnalysis.Kind.ASSUMED);
    }
    objects.addAll(result.objects());
    for (Started started : alone ? List.<Started>of() : result.started()) {
      if (started.text().isPresent()) {
        startsConstant(started, started.text().get());
      }
    }
  }

  /** What the service's own program throws is the caller's to see; of another it is a finding. */
  private Optional<ProgramAnalysis.Result> analysis(ImagePath path) throws IOException {
    try {
      Architecture own = architecture(path);
      if (!loaded.isEmpty() && own != architecture) {
        report(path.toString(), "", "a program of another architecture", true);
        return Optional.empty();
      }
      architecture = own;
      return Optional.of(programs.analyze(path));
    } catch (MalformedContentException e) {
      if (loaded.isEmpty()) {
        throw e;
      }
      report(path.toString(), "", "it cannot be read: " + e.getMessage(), true);
      return Optional.empty();
    }
  }

  private Architecture architecture(ImagePath program) throws IOException {
    Content content = files.get(program).map(FileNode::content).orElse(Content.empty());
    int machine = ElfFile.open(content, program.toString()).header().machine();
    return machine == ElfHeader.EM_AARCH64 ? Architecture.AARCH64 : Architecture.X86_64;
  }

  // A profile holds names alone, so it cannot allow such a call.
  private void unnamed(ImagePath path, int number, String chain) {
    String reason =
        String.format(
            "the system call %#x (%d) is none of %s: %s",
            number, number, architecture.kernelName(), chain);
    report(path.toString(), "", reason, true);
  }

  private void startsConstant(Started started, String text) throws IOException {
    if (started.isShellText()) {
      finder.find("/bin/sh", directory).ifPresent(sh -> add(sh, true));
      if (isFirst(List.of(text, List.of(), started.object()))) {
        use(shell.read(text, "sh", List.of(), directory), started.object());
      }
      return;
    }
    Optional<ImagePath> program = finder.find(text, directory);
    Optional<ImagePath> real = program.flatMap(files::resolve);
    if (program.isEmpty() || real.isEmpty()) {
      return; // it fails, as it does today
    }
    addFound(program.get());
  }

  /** Adds a program or script whose arguments are not known. */
  private void addFound(ImagePath path) throws IOException {
    Optional<ImagePath> real = files.resolve(path);
    if (real.isEmpty() || seen.contains(real.get())) {
      return;
    }
    Content content = files.get(real.get()).map(FileNode::content).orElse(Content.empty());
    if (ElfFile.isElf(content)) {
      String name = path.name().toLatin1();
      boolean told = ShellReader.isShell(name) || ShellReader.runsItsArguments(name);
      add(real.get(), told); // what tells of it counts too
    } else {
      script(real.get(), content, List.of(ANY_ARGUMENT), false);
    }
  }

  /** The places where a program starts what is not constant. */
  private void startsMore(ImagePath path) throws IOException {
    for (Started started : programs.analyze(path).started()) {
      String text = started.text().orElse("");
      String name = text.substring(text.lastIndexOf('/') + 1);
      boolean runs = ShellReader.isShell(name) || ShellReader.runsItsArguments(name);
      if (!started.isShellText() && runs && finder.find(text, directory).isPresent()) {
        String what = "it starts " + text + ", whose arguments are";
        startsUnknown(started.object(), started.function(), what, true);
      }
      if (started.isShellText() && started.text().isEmpty()) {
        finder.find("/bin/sh", directory).ifPresent(sh -> add(sh, true));
      }
      if (started.text().isEmpty()) {
        String what = started.isShellText() ? "commands of the shell" : "programs";
        startsUnknown(
            started.object(),
            started.function(),
            "it starts " + what + " whose names are",
            !FOR_USERS.contains(path.name().toLatin1()));
      }
    }
  }

  // -- what is not known

  private void report(String object, String function, String reason, boolean open) {
    unresolved.add(new ServiceSyscalls.Unresolved(object, function, reason, open));
  }

  private void startsUnknown(String object, String function, String what, boolean inImage) {
    boolean scriptLine = what.startsWith("line ");
    String reason = scriptLine ? what : what + " not constant";
    switch (choice) {
      case REACHED -> {
        if (expanding && inImage) {
          return; // the same assumption as for what named it
        }
        report(
            object,
            function,
            inImage
                ? reason + "; those count that the service's files name"
                : reason + ", but what its users ask for",
            !inImage);
        unknown = true;
      }
      case ALL -> {
        report(object, function, reason + "; all programs of the image count", false);
        unknown = true;
      }
      case UNRESOLVED -> report(object, function, reason, true);
    }
  }

  /** Adds what is named; says whether that is more than was known. */
  private boolean expand() throws IOException {
    expanding = true;
    if (choice == UnknownPrograms.ALL) {
      for (ImagePath path : named.all()) {
        addFound(path);
      }
      return !work.isEmpty();
    }
    for (ImagePath program : List.copyOf(unexplained)) {
      Set<String> starters = new HashSet<>();
      Set<String> searchers = new HashSet<>();
      for (Started started : programs.analyze(program).started()) {
        if (started.text().isEmpty()) {
          starters.add(started.object());
          if (started.isSearched()) {
            searchers.add(started.object());
          }
        }
      }
      if (starters.isEmpty()) {
        continue;
      }
      for (ImagePath object : loaded.getOrDefault(program, List.of())) {
        boolean starts = starters.contains(object.toString());
        // A library starts what it is asked to, and asks itself in one program and not in another.
        boolean isSearched =
            searchers.contains(object.toString())
                || (object.equals(program) && !searchers.isEmpty());
        if (!NamedPrograms.isCLibrary(object)
            && textsRead.add(List.of(object, starts, isSearched))) {
          for (ImagePath path : named.inTexts(object, starts, isSearched)) {
            addFound(path);
          }
        }
      }
      if (configured.add(program)) {
        for (ImagePath text : named.configuration(services, program)) {
          for (ImagePath path : named.inConfiguration(text)) {
            addFound(path);
          }
        }
      }
      if (RUNTIME.matcher(program.name().toLatin1()).matches()) {
        application();
      }
    }
    for (Service service : services) {
      for (String word : service.command()) {
        for (ImagePath path : named.inWords(word)) {
          addFound(path);
        }
      }
    }
    return !work.isEmpty();
  }

  /** What a language's programs start stands in their own files. */
  private void application() throws IOException {
    for (ImagePath path : named.application(services, scripts)) {
      if (filesRead.add(path)) {
        if (named.isPacked(path)) {
          report(path.toString(), "", "it may name programs, and is not read", true);
          continue;
        }
        for (ImagePath found : named.inFile(path)) {
          addFound(found);
        }
      }
    }
  }

  @Override
  public String toString() {
    return services + ": " + seen.size() + " programs";
  }
}
