package io.k8or.shell;

import static io.k8or.shell.Expansions.isKnown;
import static io.k8or.shell.ScriptUse.UNKNOWN;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import io.k8or.shell.Syntax.Command;
import io.k8or.shell.Syntax.Redirect;
import io.k8or.shell.Syntax.Word;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One script, with what it sources: every command with the words that it may have. The order of
 * commands plays no part: rounds are made until no variable gets another value.
 */
final class Evaluation {
  private static final int MAX_VALUES = 48;
  private static final int MAX_FIELDS = 64;
  private static final int MAX_TEXT = 8192;
  private static final int MAX_ROUNDS = 5;
  private static final int MAX_SOURCES = 200;
  // A script of a thousand lines takes some ten thousand.
  private static final int MAX_STEPS = 200_000;
  private static final int MAX_DEPTH = 12;
  private static final Pattern ASSIGNED =
      Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)\\+?=(.*)", Pattern.DOTALL);

  /** What a shell does itself. */
  private static final Set<String> BUILTINS =
      Set.of(
          (": break cd continue echo exit false getopts hash printf pwd read return shift test ["
                  + " times true type ulimit umask unalias alias unset wait let shopt bg fg jobs"
                  + " kill enable help history logout mapfile readarray popd pushd dirs suspend"
                  + " caller compgen complete disown set export readonly local declare typeset"
                  + " command builtin eval exec . source trap")
              .split(" "));

  /** Programs that run another one, which stands among their arguments. */
  static final Set<String> RUNNERS =
      Set.of(
          ("env nice nohup setsid ionice chrt taskset timeout stdbuf time unshare tini tini-static"
                  + " dumb-init catatonit gosu su-exec setpriv chpst s6-setuidgid xargs runuser su"
                  + " sudo doas chroot flock start-stop-daemon find parallel watch numactl prlimit"
                  + " strace script run-parts s6-envuidgid softlimit envdir s6-softlimit fakeroot"
                  + " cgexec capsh setarch linux64 nsenter busybox daemon daemonize jemalloc.sh")
              .split(" "));

  /** Programs whose arguments are made or changed. */
  private static final Set<String> WRITERS =
      Set.of("mkdir", "touch", "chown", "chmod", "chgrp", "install", "tee", "mkfifo", "rm");

  private final FileTree files;
  private final ProgramFinder finder;
  private final Map<String, String> environment;
  private final String scriptName;
  private final Map<String, Set<List<String>>> variables = new HashMap<>();
  private final Map<String, Set<Command>> functions = new HashMap<>();
  private final Map<String, Frame> calls = new TreeMap<>();
  private final Map<String, Optional<Command>> parsed = new HashMap<>();
  private final NamedPaths paths;
  private final Deque<ImagePath> sourcing = new ArrayDeque<>();
  private final Map<String, Optional<ImagePath>> found = new HashMap<>();
  private boolean changed;
  private int depth;
  private int steps;

  // Of one round.
  private final Set<ScriptUse.Run> runs = new LinkedHashSet<>();
  private final Set<ImagePath> sources = new TreeSet<>();
  private final Set<ScriptUse.Unknown> unknown = new LinkedHashSet<>();

  /** The arguments that a script or a function may have, and what it may read. */
  private static final class Frame {
    final Set<List<String>> arguments = new LinkedHashSet<>();
    final Set<String> input = new LinkedHashSet<>();
  }

  Evaluation(
      FileTree files,
      ProgramFinder finder,
      Map<String, String> environment,
      String scriptName,
      ImagePath directory) {
    this.files = files;
    this.finder = finder;
    this.environment = environment;
    this.scriptName = scriptName;
    this.paths = new NamedPaths(files, directory);
  }

  ScriptUse run(Command script, List<String> arguments) throws IOException {
    Frame frame = new Frame();
    frame.arguments.add(List.copyOf(arguments));
    int round = 0;
    do {
      changed = false;
      runs.clear();
      sources.clear();
      unknown.clear();
      evaluate(script, frame);
      for (String function : List.copyOf(calls.keySet())) {
        for (Command body : List.copyOf(functions.getOrDefault(function, Set.of()))) {
          Frame called = calls.get(function);
          if (called != null) {
            evaluate(body, called);
          }
        }
      }
    } while (changed && ++round < MAX_ROUNDS);
    return new ScriptUse(
        List.copyOf(runs), sources, paths.names(), paths.writes(), List.copyOf(unknown));
  }

  /** Returns the words of a script's first command. */
  List<String> words(Command script) throws IOException {
    Command first = script;
    while (first instanceof Syntax.Group group && !group.parts().isEmpty()) {
      first = group.parts().get(0);
    }
    if (!(first instanceof Syntax.Simple simple)) {
      return List.of();
    }
    List<List<String>> all = product(simple.words(), new Frame());
    return all.isEmpty() ? List.of() : all.get(0);
  }

  // -- commands: each gives the texts that it may write

  private Set<String> evaluate(Command command, Frame frame) throws IOException {
    if (++depth > MAX_DEPTH * 20) {
      depth--;
      return Set.of(String.valueOf(UNKNOWN));
    }
    try {
      if (command instanceof Syntax.Simple simple) {
        return simple(simple, frame);
      } else if (command instanceof Syntax.Group group) {
        return group(group, frame);
      } else if (command instanceof Syntax.Pipeline pipeline) {
        return pipeline(pipeline, frame);
      } else if (command instanceof Syntax.For loop) {
        for (List<String> fields : over(loop, frame)) {
          for (String field : fields) {
            assign(loop.name(), List.of(field));
          }
        }
        return evaluate(loop.body(), frame);
      } else if (command instanceof Syntax.Function function) {
        Set<Command> bodies =
            functions.computeIfAbsent(function.name(), name -> new LinkedHashSet<>());
        changed |= bodies.add(function.body());
      }
      return Set.of();
    } finally {
      depth--;
    }
  }

  private Set<List<String>> over(Syntax.For loop, Frame frame) throws IOException {
    if (loop.words().isEmpty()) {
      return frame.arguments;
    }
    Set<List<String>> all = new LinkedHashSet<>();
    for (Word word : loop.words().get()) {
      Set<List<String>> values = expand(word, frame, true);
      values.forEach(fields -> fields.forEach(paths::name));
      all.addAll(values);
    }
    return all;
  }

  private Set<String> group(Syntax.Group group, Frame frame) throws IOException {
    for (Word word : group.tested()) {
      expand(word, frame, false).forEach(fields -> fields.forEach(paths::name));
    }
    boolean silent = redirect(group.redirects(), frame);
    Set<String> output = new LinkedHashSet<>();
    for (Command part : group.parts()) {
      output.addAll(evaluate(part, frame));
    }
    return silent ? Set.of() : bounded(output);
  }

  private Set<String> pipeline(Syntax.Pipeline pipeline, Frame frame) throws IOException {
    Set<String> output = Set.of();
    for (Command stage : pipeline.stages()) {
      Set<String> before = Set.copyOf(frame.input);
      frame.input.addAll(output);
      Set<String> next = evaluate(stage, frame);
      if (!passesThrough(stage)) {
        output = next;
      }
      frame.input.clear();
      frame.input.addAll(before);
    }
    return output;
  }

  // What such a program writes are lines that it has read.
  private static boolean passesThrough(Command stage) {
    if (stage instanceof Syntax.Simple simple && !simple.words().isEmpty()) {
      List<Syntax.Part> parts = simple.words().get(0).parts();
      return parts.size() == 1
          && parts.get(0) instanceof Syntax.Text text
          && Set.of("sort", "head", "tail", "uniq", "grep", "tac").contains(text.text());
    }
    return false;
  }

  /** Says whether standard output goes elsewhere. */
  private boolean redirect(List<Redirect> redirects, Frame frame) throws IOException {
    boolean silent = false;
    for (Redirect redirect : redirects) {
      for (List<String> fields : expand(redirect.target, frame, !redirect.operator.equals("<<"))) {
        if (fields.size() == 1 && redirect.writes()) {
          paths.write(fields.get(0));
        } else if (fields.size() == 1 && redirect.reads()) {
          paths.name(fields.get(0));
        }
      }
      silent |= redirect.writes() || redirect.operator.equals(">&");
    }
    return silent;
  }

  private Set<String> simple(Syntax.Simple simple, Frame frame) throws IOException {
    for (Syntax.Assignment assignment : simple.assignments()) {
      assign(assignment, frame);
    }
    boolean silent = redirect(simple.redirects(), frame);
    Set<String> output = new LinkedHashSet<>();
    if (!simple.words().isEmpty()) {
      List<List<String>> all = product(simple.words(), frame);
      for (List<String> words : all) {
        output.addAll(run(words, simple.line(), frame));
      }
      if (all.stream().allMatch(List::isEmpty)) {
        note(simple.line(), "unknown-command", describe(simple.words().get(0)));
      }
    }
    return silent ? Set.of() : bounded(output);
  }

  private static String describe(Word word) {
    StringBuilder text = new StringBuilder();
    for (Syntax.Part part : word.parts()) {
      if (part instanceof Syntax.Text literal) {
        text.append(literal.text());
      } else if (part instanceof Syntax.Parameter parameter) {
        text.append('$').append(parameter.name());
      } else {
        text.append("$(...)");
      }
    }
    return text.toString();
  }

  private void assign(Syntax.Assignment assignment, Frame frame) throws IOException {
    boolean array =
        assignment.value().parts().size() == 1
            && assignment.value().parts().get(0) instanceof Syntax.Elements;
    Set<List<String>> values = expand(assignment.value(), frame, array);
    for (List<String> value : values) {
      List<String> fields = array || !value.isEmpty() ? value : List.of("");
      if (!assignment.append()) {
        assign(assignment.name(), fields);
        continue;
      }
      Set<List<String>> old = variables.getOrDefault(assignment.name(), Set.of());
      assign(assignment.name(), fields);
      for (List<String> before : List.copyOf(old)) {
        List<String> both = new ArrayList<>(before);
        if (array) {
          // Each round would append it again.
          if (before.containsAll(fields)) {
            continue;
          }
          both.addAll(fields);
        } else if (before.size() == 1 && !before.get(0).endsWith(fields.get(0))) {
          both.set(0, before.get(0) + fields.get(0));
        }
        assign(assignment.name(), both);
      }
    }
  }

  private void assign(String name, List<String> value) {
    Set<List<String>> values = variables.computeIfAbsent(name, key -> new LinkedHashSet<>());
    if (add(values, value)) {
      changed = true;
      if (name.equals("PATH")) {
        found.clear();
      }
    }
  }

  private static boolean add(Set<List<String>> values, List<String> value) {
    if (values.size() >= MAX_VALUES) {
      return values.size() == MAX_VALUES && values.add(List.of(String.valueOf(UNKNOWN)));
    }
    List<String> fields = new ArrayList<>();
    for (String field : value) {
      if (fields.size() == MAX_FIELDS) {
        fields.set(MAX_FIELDS - 1, String.valueOf(UNKNOWN));
        break;
      }
      fields.add(field.length() > MAX_TEXT ? String.valueOf(UNKNOWN) : field);
    }
    return values.add(List.copyOf(fields));
  }

  private List<List<String>> product(List<Word> words, Frame frame) throws IOException {
    List<List<String>> all = new ArrayList<>();
    all.add(List.of());
    for (Word word : words) {
      Set<List<String>> values = expand(word, frame, true);
      if (values.size() * all.size() > MAX_VALUES) {
        values.forEach(fields -> fields.forEach(paths::name));
        values = Set.of(List.of(String.valueOf(UNKNOWN)));
      }
      List<List<String>> longer = new ArrayList<>();
      for (List<String> before : all) {
        for (List<String> fields : values) {
          List<String> both = new ArrayList<>(before);
          both.addAll(fields);
          longer.add(both.size() > 4 * MAX_FIELDS ? both.subList(0, 4 * MAX_FIELDS) : both);
        }
      }
      all = longer;
    }
    return all;
  }

  private static Set<String> bounded(Set<String> values) {
    return values.size() > MAX_VALUES ? Set.of(String.valueOf(UNKNOWN)) : values;
  }

  private void note(int line, String rule, String text) {
    unknown.add(new ScriptUse.Unknown(line, rule, ScriptUse.readable(text)));
  }

  // -- what a command does

  private Set<String> run(List<String> words, int line, Frame frame) throws IOException {
    if (words.isEmpty()) {
      return Set.of();
    }
    if (++steps > MAX_STEPS) {
      note(line, "unknown-command", "there are more commands than are followed");
      return Set.of(String.valueOf(UNKNOWN));
    }
    String name = words.get(0);
    List<String> arguments = words.subList(1, words.size());
    if (functions.containsKey(name)) {
      Frame called = calls.get(name);
      if (called == null) {
        called = new Frame();
        calls.put(name, called);
        changed = true;
      }
      changed |= add(called.arguments, arguments);
      called.input.addAll(frame.input);
      arguments.forEach(paths::name);
      return Set.of(String.valueOf(UNKNOWN));
    }
    switch (name) {
      case ".", "source" -> {
        source(arguments, line, frame);
        return Set.of(String.valueOf(UNKNOWN));
      }
      case "eval" -> {
        return nested(String.join(" ", arguments), line, frame, "unknown-eval");
      }
      case "exec" -> {
        return run(withoutOptions(arguments, "a"), line, frame);
      }
      case "command", "builtin" -> {
        if (!arguments.isEmpty() && arguments.get(0).matches("-[vV]+")) {
          return located(arguments.subList(1, arguments.size()));
        }
        return run(withoutOptions(arguments, ""), line, frame);
      }
      case "trap" -> {
        if (arguments.size() > 1 && !arguments.get(0).equals("-")) {
          nested(arguments.get(0), line, frame, "unknown-eval");
        }
        return Set.of();
      }
      case "set" -> {
        setArguments(arguments, frame);
        return Set.of();
      }
      case "shift" -> {
        int by =
            !arguments.isEmpty() && arguments.get(0).matches("\\d{1,2}")
                ? Integer.parseInt(arguments.get(0))
                : 1;
        for (List<String> each : List.copyOf(frame.arguments)) {
          if (each.size() >= by) {
            changed |= add(frame.arguments, each.subList(by, each.size()));
          }
        }
        return Set.of();
      }
      case "export", "readonly", "local", "declare", "typeset" -> {
        declare(arguments);
        return Set.of();
      }
      case "read", "mapfile", "readarray" -> {
        for (String variable : arguments) {
          if (variable.matches("[A-Za-z_]\\w*")) {
            if (frame.input.isEmpty()) {
              assign(variable, List.of(String.valueOf(UNKNOWN)));
            }
            frame.input.forEach(text -> assign(variable, List.of(text)));
          }
        }
        return Set.of();
      }
      case "getopts" -> {
        if (arguments.size() > 1) {
          assign(arguments.get(1), List.of(String.valueOf(UNKNOWN)));
          assign("OPTARG", List.of(String.valueOf(UNKNOWN)));
        }
        return Set.of();
      }
      case "cd", "pushd" -> {
        for (String argument : arguments) {
          if (isKnown(argument)) {
            paths.absolute(argument).forEach(this::enter);
          }
          paths.name(argument);
        }
        return Set.of();
      }
      case "echo" -> {
        arguments.forEach(paths::name);
        return Set.of(String.join(" ", withoutOptions(arguments, "")));
      }
      case "printf" -> {
        arguments.forEach(paths::name);
        return Expansions.printed(arguments);
      }
      case "pwd" -> {
        Set<String> all = new LinkedHashSet<>();
        paths.directories().forEach(directory -> all.add(NamedPaths.text(directory)));
        return all;
      }
      default -> {
        if (BUILTINS.contains(name)) {
          arguments.forEach(paths::name);
          return Set.of();
        }
        program(words, line, frame);
        return output(words);
      }
    }
  }

  private void enter(ImagePath directory) {
    if (paths.enter(directory)) {
      found.clear();
      changed = true;
    }
  }

  private static List<String> withoutOptions(List<String> words, String withValue) {
    int i = 0;
    while (i < words.size() && words.get(i).startsWith("-") && words.get(i).length() > 1) {
      String option = words.get(i++);
      if (option.equals("--")) {
        break;
      }
      if (option.length() == 2 && withValue.indexOf(option.charAt(1)) >= 0) {
        i++;
      }
    }
    return words.subList(Math.min(i, words.size()), words.size());
  }

  private void setArguments(List<String> arguments, Frame frame) {
    int i = 0;
    while (i < arguments.size() && arguments.get(i).matches("[-+][a-zA-Z]+")) {
      i += arguments.get(i).endsWith("o") ? 2 : 1;
    }
    boolean marked = i < arguments.size() && arguments.get(i).equals("--");
    if (marked || (i < arguments.size() && i == 0)) {
      changed |= add(frame.arguments, arguments.subList(marked ? i + 1 : i, arguments.size()));
    }
  }

  private void declare(List<String> arguments) {
    for (String argument : arguments) {
      Matcher assigned = ASSIGNED.matcher(argument);
      if (assigned.matches()) {
        assign(assigned.group(1), List.of(assigned.group(2)));
      }
    }
  }

  private Set<String> nested(String text, int line, Frame frame, String rule) throws IOException {
    if (depth > MAX_DEPTH) {
      note(line, rule, text);
      return Set.of(String.valueOf(UNKNOWN));
    }
    if (text.strip().isEmpty()) {
      return Set.of();
    }
    char first = text.strip().charAt(0);
    if (first == UNKNOWN) {
      note(line, rule, text);
      return Set.of(String.valueOf(UNKNOWN));
    }
    Optional<Command> command = parsed.get(text);
    if (command == null) {
      try {
        command = Optional.of(ShellParser.parse(text, scriptName));
      } catch (MalformedContentException e) {
        command = Optional.empty();
      }
      parsed.put(text, command);
    }
    if (command.isEmpty()) {
      note(line, rule, text);
      return Set.of(String.valueOf(UNKNOWN));
    }
    depth += MAX_DEPTH / 4;
    try {
      return evaluate(command.get(), frame);
    } finally {
      depth -= MAX_DEPTH / 4;
    }
  }

  private void source(List<String> arguments, int line, Frame frame) throws IOException {
    if (arguments.isEmpty()) {
      return;
    }
    String name = arguments.get(0);
    Set<ImagePath> found = new LinkedHashSet<>();
    if (isKnown(name)) {
      if (name.indexOf('/') < 0) {
        for (ImagePath directory : finder.directories()) {
          ProgramFinder.path(NamedPaths.text(directory) + "/" + name).ifPresent(found::add);
        }
      }
      found.addAll(paths.absolute(name));
      found.removeIf(path -> files.follow(path).filter(FileNode::isRegular).isEmpty());
    } else {
      found.addAll(paths.matching(name));
      if (found.isEmpty() && !isGuardedPattern(name)) {
        note(line, "unknown-source", name);
      }
    }
    for (ImagePath path : found) {
      source(path, arguments.subList(1, arguments.size()), line, frame);
    }
  }

  // A directory that is known, and has nothing of the kind.
  private static boolean isGuardedPattern(String name) {
    return name.startsWith("/") && name.indexOf(UNKNOWN) < 0;
  }

  private void source(ImagePath path, List<String> arguments, int line, Frame frame)
      throws IOException {
    if (sourcing.contains(path)) {
      return;
    }
    sources.add(path);
    Optional<Command> command = parsed.get(path.toString());
    if (command == null) {
      FileNode node = files.follow(path).orElseThrow();
      command = Optional.empty();
      if (node.size() <= ShellReader.MAX_SCRIPT && parsed.size() < MAX_SOURCES) {
        byte[] bytes = node.content().readAll(ShellReader.MAX_SCRIPT);
        try {
          String text = new String(bytes, StandardCharsets.ISO_8859_1);
          command = Optional.of(ShellParser.parse(text, path.toString()));
        } catch (MalformedContentException e) {
          command = Optional.empty();
        }
      }
      parsed.put(path.toString(), command);
    }
    if (command.isEmpty()) {
      note(line, "unknown-source", path + " is not by the grammar");
      return;
    }
    sourcing.push(path);
    try {
      if (arguments.isEmpty()) {
        evaluate(command.get(), frame);
      } else {
        Frame own = new Frame();
        own.arguments.add(List.copyOf(arguments));
        evaluate(command.get(), own);
      }
    } finally {
      sourcing.pop();
    }
  }

  private void program(List<String> words, int line, Frame frame) throws IOException {
    String name = words.get(0);
    List<String> arguments = words.subList(1, words.size());
    arguments.forEach(paths::name);
    if (!isKnown(name)) {
      boolean any = false;
      for (ImagePath path : paths.matching(name)) {
        Optional<ImagePath> found = finder.find(NamedPaths.text(path), ImagePath.root());
        if (found.isPresent()) {
          any = true;
          List<String> known = new ArrayList<>(words);
          known.set(0, NamedPaths.text(path));
          runs.add(new ScriptUse.Run(line, known, found));
        }
      }
      if (!any && !isGuardedPattern(name)) {
        note(line, "unknown-command", String.join(" ", words));
      }
      return;
    }
    runs.add(new ScriptUse.Run(line, words, find(name)));
    String plain = name.substring(name.lastIndexOf('/') + 1);
    if (WRITERS.contains(plain)) {
      arguments.forEach(paths::write);
    }
    if (ShellReader.isShell(plain)) {
      shell(arguments, line, frame);
    } else if (RUNNERS.contains(plain)) {
      inner(arguments, line, frame);
    }
  }

  // sh -c TEXT NAME ARGUMENTS; sh FILE is a program that reads its argument.
  private void shell(List<String> arguments, int line, Frame frame) throws IOException {
    for (int i = 0; i < arguments.size() && arguments.get(i).startsWith("-"); i++) {
      if (arguments.get(i).matches("-[a-z]*c") && i + 1 < arguments.size()) {
        Frame own = new Frame();
        own.arguments.add(
            List.copyOf(arguments.subList(Math.min(i + 3, arguments.size()), arguments.size())));
        own.input.addAll(frame.input);
        nested(arguments.get(i + 1), line, own, "unknown-eval");
        return;
      }
    }
  }

  private void inner(List<String> arguments, int line, Frame frame) throws IOException {
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("-c") && i + 1 < arguments.size() && argument(arguments.get(i + 1))) {
        nested(arguments.get(i + 1), line, frame, "unknown-eval"); // su -c, runuser -c
      }
      if (argument.isEmpty() || argument.startsWith("-")) {
        continue;
      }
      boolean runs =
          isKnown(argument)
              ? functions.containsKey(argument) || find(argument).isPresent()
              : argument.charAt(0) == UNKNOWN && i == arguments.size() - 1;
      if (runs) {
        if (depth < MAX_DEPTH * 10) {
          depth += MAX_DEPTH;
          run(arguments.subList(i, arguments.size()), line, frame);
          depth -= MAX_DEPTH;
        }
        return;
      }
    }
  }

  private static boolean argument(String text) {
    return !text.startsWith("-");
  }

  private Optional<ImagePath> find(String name) {
    Optional<ImagePath> known = found.get(name);
    if (known == null) {
      known = search(name);
      found.put(name, known);
    }
    return known;
  }

  private Optional<ImagePath> search(String name) {
    for (List<String> path : variables.getOrDefault("PATH", Set.of())) {
      if (path.size() == 1) {
        for (String directory : path.get(0).split(":", -1)) {
          if (isKnown(directory) && directory.startsWith("/") && name.indexOf('/') < 0) {
            Optional<ImagePath> found = finder.find(directory + "/" + name, ImagePath.root());
            if (found.isPresent()) {
              return found;
            }
          }
        }
      }
    }
    for (ImagePath directory : paths.directories()) {
      Optional<ImagePath> found = finder.find(name, directory);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  // -- what a command writes

  private Set<String> located(List<String> arguments) {
    Set<String> found = new LinkedHashSet<>();
    for (String argument : arguments) {
      if (isKnown(argument)) {
        find(argument).ifPresent(path -> found.add(NamedPaths.text(path)));
      }
    }
    return found;
  }

  private Set<String> output(List<String> words) throws IOException {
    String name = words.get(0);
    List<String> arguments = withoutOptions(words.subList(1, words.size()), "");
    Set<String> unknownText = Set.of(String.valueOf(UNKNOWN));
    switch (name) {
      case "which" -> {
        return located(arguments);
      }
      case "dirname", "basename" -> {
        if (arguments.isEmpty()) {
          return unknownText;
        }
        String path = arguments.get(0);
        int slash = path.lastIndexOf('/');
        if (name.equals("dirname")) {
          return Set.of(slash < 0 ? "." : slash == 0 ? "/" : path.substring(0, slash));
        }
        String last = path.substring(slash + 1);
        if (arguments.size() > 1 && last.endsWith(arguments.get(1))) {
          last = last.substring(0, last.length() - arguments.get(1).length());
        }
        return Set.of(last);
      }
      case "readlink", "realpath" -> {
        Set<String> found = new LinkedHashSet<>();
        for (String argument : arguments) {
          if (isKnown(argument)) {
            for (ImagePath path : paths.absolute(argument)) {
              files.resolve(path).ifPresent(real -> found.add(NamedPaths.text(real)));
            }
          }
        }
        return found.isEmpty() ? unknownText : found;
      }
      case "cat" -> {
        Set<String> found = new LinkedHashSet<>();
        for (String argument : arguments) {
          found.add(isKnown(argument) ? paths.content(argument) : String.valueOf(UNKNOWN));
        }
        return found;
      }
      case "find" -> {
        Set<String> found = new LinkedHashSet<>();
        for (String argument : words.subList(1, words.size())) {
          if (argument.startsWith("/")) {
            found.add(argument.replaceFirst("/+$", "") + "/" + UNKNOWN);
          }
        }
        return found.isEmpty() ? unknownText : found;
      }
      case "mkdir", "chmod", "chown", "touch", "rm", "ln", "cp", "mv", "sleep" -> {
        return Set.of();
      }
      default -> {
        return unknownText;
      }
    }
  }

  // -- words

  private record Partial(List<String> done, String current, boolean present) {}

  private record Piece(List<String> fragments, boolean present) {}

  private Set<List<String>> expand(Word word, Frame frame, boolean split) throws IOException {
    List<Partial> all = new ArrayList<>();
    all.add(new Partial(List.of(), "", false));
    boolean first = true;
    for (Syntax.Part part : word.parts()) {
      Set<Piece> pieces = pieces(part, frame, split, first, word.parts().size() == 1);
      first = false;
      if (pieces.size() * all.size() > MAX_VALUES) {
        pieces = Set.of(new Piece(List.of(String.valueOf(UNKNOWN)), true));
      }
      List<Partial> longer = new ArrayList<>();
      for (Partial before : all) {
        for (Piece piece : pieces) {
          longer.add(join(before, piece));
        }
      }
      all = longer;
    }
    Set<List<String>> values = new LinkedHashSet<>();
    for (Partial partial : all) {
      List<String> fields = new ArrayList<>(partial.done());
      if (partial.present() || !partial.current().isEmpty()) {
        fields.add(partial.current());
      }
      add(values, fields);
    }
    return values;
  }

  private static Partial join(Partial before, Piece piece) {
    List<String> done = before.done();
    String current = before.current();
    for (int i = 0; i < piece.fragments().size(); i++) {
      if (i > 0) {
        List<String> longer = new ArrayList<>(done);
        longer.add(current);
        done = longer;
        current = "";
      }
      current += piece.fragments().get(i);
    }
    return new Partial(done, current, before.present() || piece.present());
  }

  private Set<Piece> pieces(
      Syntax.Part part, Frame frame, boolean split, boolean first, boolean alone)
      throws IOException {
    Set<Piece> pieces = new LinkedHashSet<>();
    if (part instanceof Syntax.Text text) {
      String literal = text.text();
      if (text.quoted()) {
        return Set.of(new Piece(List.of(literal), true));
      }
      if (first && (literal.equals("~") || literal.startsWith("~/"))) {
        literal = environment.getOrDefault("HOME", "/root") + literal.substring(1);
      }
      if (!split) {
        return Set.of(new Piece(List.of(literal), false));
      }
      return Set.of(
          new Piece(
              alone ? Expansions.braces(literal) : List.of(Expansions.pattern(literal)), false));
    } else if (part instanceof Syntax.Parameter parameter) {
      boolean list = Expansions.isList(parameter.name());
      for (List<String> value : values(parameter, frame)) {
        if (!parameter.quoted()) {
          pieces.add(
              new Piece(split ? Expansions.split(value) : List.of(String.join(" ", value)), false));
        } else if (list && !parameter.name().equals("*") && !parameter.name().endsWith("[*]")) {
          pieces.add(new Piece(value, !value.isEmpty()));
        } else {
          pieces.add(new Piece(List.of(String.join(" ", value)), true));
        }
      }
    } else if (part instanceof Syntax.Substitution substitution) {
      Set<String> outputs = evaluate(substitution.body(), frame);
      for (String output : outputs.isEmpty() ? Set.of("") : outputs) {
        List<String> fields = List.of(output.stripTrailing());
        pieces.add(
            substitution.quoted() || !split
                ? new Piece(fields, substitution.quoted())
                : new Piece(Expansions.split(fields), false));
      }
    } else if (part instanceof Syntax.Arithmetic arithmetic) {
      expand(arithmetic.inner(), frame, false);
      pieces.add(new Piece(List.of(String.valueOf(UNKNOWN)), true));
    } else if (part instanceof Syntax.Pipe pipe) {
      evaluate(pipe.body(), frame);
      pieces.add(new Piece(List.of(String.valueOf(UNKNOWN)), true));
    } else if (part instanceof Syntax.Elements elements) {
      for (List<String> value : product(elements.words(), frame)) {
        pieces.add(new Piece(value, !value.isEmpty()));
      }
    }
    return pieces;
  }

  private Set<List<String>> values(Syntax.Parameter parameter, Frame frame) throws IOException {
    Set<List<String>> values = look(parameter.name(), frame);
    Set<List<String>> result = new LinkedHashSet<>();
    switch (parameter.operator()) {
      case "", ":?", "?", "@" -> result.addAll(values);
      case ":-", "-", ":=", "=" -> {
        for (List<String> value : values) {
          if (!String.join("", value).isEmpty()) {
            add(result, value);
          }
        }
        for (List<String> value : expand(parameter.argument(), frame, false)) {
          List<String> fields = value.isEmpty() ? List.of("") : value;
          add(result, fields);
          if (parameter.operator().endsWith("=")) {
            assign(parameter.name(), fields);
          }
        }
      }
      case ":+", "+" -> {
        result.add(List.of(""));
        expand(parameter.argument(), frame, false).forEach(value -> add(result, value));
      }
      case "indirect" -> {
        for (List<String> value : values) {
          for (String name : value) {
            if (name.matches("[A-Za-z_]\\w*")) {
              look(name, frame).forEach(each -> add(result, each));
            } else {
              add(result, List.of(String.valueOf(UNKNOWN)));
            }
          }
        }
      }
      case "length" -> result.add(List.of(String.valueOf(UNKNOWN)));
      default -> {
        for (List<String> argument : expand(parameter.argument(), frame, true)) {
          for (List<String> value : values) {
            add(result, Expansions.changed(parameter, value, String.join(" ", argument)));
          }
        }
      }
    }
    return result;
  }

  private Set<List<String>> look(String name, Frame frame) {
    Set<List<String>> found = new LinkedHashSet<>();
    if (name.equals("@") || name.equals("*")) {
      return new LinkedHashSet<>(frame.arguments);
    }
    if (name.equals("0") || name.equals("BASH_SOURCE")) {
      found.add(List.of(sourcing.isEmpty() ? scriptName : NamedPaths.text(sourcing.peek())));
      return found;
    }
    if (name.matches("\\d+")) {
      int index = Integer.parseInt(name.substring(0, Math.min(name.length(), 4)));
      for (List<String> arguments : frame.arguments) {
        found.add(List.of(index <= arguments.size() ? arguments.get(index - 1) : ""));
      }
      return found;
    }
    if (name.length() == 1 && "#?$!-".indexOf(name.charAt(0)) >= 0) {
      found.add(List.of(String.valueOf(UNKNOWN)));
      return found;
    }
    boolean list = name.endsWith("]");
    String plain = list ? name.substring(0, name.indexOf('[')) : name;
    for (List<String> value : variables.getOrDefault(plain, Set.of())) {
      if (list || value.size() == 1) {
        found.add(value);
      } else {
        value.forEach(element -> found.add(List.of(element)));
      }
    }
    if (environment.containsKey(plain)) {
      found.add(List.of(environment.getOrDefault(plain, "")));
    } else if (found.isEmpty()) {
      found.add(
          switch (plain) {
            case "HOME" -> List.of("/root");
            case "PWD" -> List.of(NamedPaths.text(paths.directories().iterator().next()));
            case "RANDOM", "HOSTNAME", "UID", "EUID", "PPID", "SECONDS", "LINENO", "OSTYPE" ->
                List.of(String.valueOf(UNKNOWN));
            default -> list ? List.of() : List.of("");
          });
    }
    return found;
  }
}
