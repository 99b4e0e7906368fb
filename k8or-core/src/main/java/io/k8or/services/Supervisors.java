package io.k8or.services;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import io.k8or.services.Service.Fact;
import io.k8or.services.Service.Kind;
import io.k8or.shell.ShellReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what supervisors are configured to run, each in its own form. */
final class Supervisors {
  /** How the evidence begins of what a supervisor runs at the start, and that ends then. */
  static final String ONCE = "runs once: ";

  private static final int MAX_FILE = 1 << 20;
  private static final List<String> LIMITS =
      List.of("MemoryMax", "MemoryHigh", "MemoryLimit", "CPUQuota", "TasksMax", "LimitNOFILE");
  // start-stop-daemon(8) and kill(1) in ExecStop.
  private static final Pattern STOPS =
      Pattern.compile(
          "--retry[= ](?:-)?([A-Z]{2,9}[0-9]*)/|(?:^|/|\\s)kill\\s+-(?:s\\s+)?([A-Z]{2,9}[0-9]*)\\b");
  // systemd.exec(5): assignments, each perhaps in quotes.
  private static final Pattern ASSIGNED = Pattern.compile("\"[^\"]*\"|'[^']*'|\\S+");
  private static final List<String> UNITS =
      List.of(
          "/etc/systemd/system",
          "/usr/local/lib/systemd/system",
          "/usr/lib/systemd/system",
          "/lib/systemd/system");

  private final FileTree files;
  private final ShellReader shell;

  Supervisors(FileTree files, ShellReader shell) {
    this.files = files;
    this.shell = shell;
  }

  /** A service that a supervisor starts. */
  record Supervised(String name, List<String> command, String evidence, List<Fact> facts) {}

  /** Returns what a command starts, if its program is a supervisor. */
  List<Supervised> of(List<String> command, ImagePath workingDirectory) throws IOException {
    String first = command.get(0);
    Optional<ImagePath> program = shell.find(first, workingDirectory);
    if (program.isEmpty()) {
      return List.of();
    }
    String name = files.resolve(program.get()).map(path -> path.name().toLatin1()).orElse(first);
    String called = program.get().name().toLatin1();
    if (called.equals("supervisord")) {
      return supervisord(command);
    } else if (name.equals("systemd")) {
      return systemd();
    } else if (called.equals("s6-svscan") || called.equals("runsvdir") || called.equals("svscan")) {
      return scanned(command);
    } else if (called.startsWith("runsvinit")
        || called.equals("runit-init")
        || called.equals("runit")
        || called.equals("my_init")) {
      return directories(List.of("/etc/service", "/service"), "runit");
    } else if (program.get().equals(ImagePath.of("/init"))
        || called.equals("s6-overlay")
        || called.equals("rc.init")) {
      return overlay();
    } else if (called.equals("service") && command.size() > 1) {
      return script("/etc/init.d/" + command.get(1), command.get(1));
    } else if (program.get().toString().startsWith("/etc/init.d/")) {
      return script(program.get().toString(), called);
    }
    return List.of();
  }

  // -- supervisord (supervisor's manual, "Configuration File")

  private List<Supervised> supervisord(List<String> command) throws IOException {
    List<String> places = new ArrayList<>();
    for (int i = 1; i < command.size(); i++) {
      String word = command.get(i);
      if ((word.equals("-c") || word.equals("--configuration")) && i + 1 < command.size()) {
        places.add(command.get(i + 1));
      } else if (word.startsWith("--configuration=")) {
        places.add(word.substring(16));
      }
    }
    if (places.isEmpty()) {
      places.addAll(
          List.of(
              "/usr/etc/supervisord.conf",
              "/usr/local/etc/supervisord.conf",
              "/etc/supervisord.conf",
              "/etc/supervisor/supervisord.conf"));
    }
    for (String place : places) {
      Optional<ImagePath> path = ProgramFinder.path(place);
      if (path.isPresent() && text(path.get()).isPresent()) {
        List<Supervised> all = new ArrayList<>();
        supervisordFile(path.get(), all, new LinkedHashSet<>());
        return all;
      }
    }
    return List.of();
  }

  private void supervisordFile(ImagePath path, List<Supervised> all, Set<ImagePath> seen)
      throws IOException {
    Optional<String> text = text(path);
    if (text.isEmpty() || !seen.add(path)) {
      return;
    }
    for (Map.Entry<String, Map<String, List<String>>> section :
        sections(text.get(), true).entrySet()) {
      Map<String, List<String>> values = section.getValue();
      if (section.getKey().equals("include")) {
        for (String pattern : joined(values, "files").split("\\s+", -1)) {
          String full =
              pattern.startsWith("/") ? pattern : path.parent().orElseThrow() + "/" + pattern;
          for (ImagePath included : matching(full)) {
            supervisordFile(included, all, seen);
          }
        }
      }
      String name = section.getKey();
      if (name.startsWith("program:") && !joined(values, "command").isEmpty()) {
        List<Fact> facts = new ArrayList<>();
        String where = path.toString();
        fact(values, "user", Kind.USER, where, facts);
        fact(values, "directory", Kind.WORKING_DIRECTORY, where, facts);
        fact(values, "stopsignal", Kind.STOP_SIGNAL, where, facts);
        for (String each : joined(values, "environment").split(",", -1)) {
          if (each.contains("=")) {
            String value = each.strip().replaceFirst("=[\"'](.*)[\"']$", "=$1");
            facts.add(new Fact(Kind.ENVIRONMENT, value, where));
          }
        }
        String command = joined(values, "command").replaceAll("%\\(\\w+\\)[sd]", "_");
        add(name.substring(8), command, where, facts, all);
      }
    }
  }

  // -- s6, runit: a directory for each service, with a program "run"

  private List<Supervised> scanned(List<String> command) throws IOException {
    List<String> places = new ArrayList<>();
    for (String word : command.subList(1, command.size())) {
      if (word.startsWith("/")) {
        places.add(word);
      }
    }
    return directories(places, command.get(0));
  }

  private List<Supervised> overlay() throws IOException {
    List<Supervised> all =
        new ArrayList<>(directories(List.of("/etc/services.d", "/run/service"), "s6-overlay"));
    for (String place : List.of("/etc/s6-overlay/s6-rc.d", "/package/admin/s6-overlay/etc/s6-rc")) {
      Optional<ImagePath> at = files.resolve(ImagePath.of(place));
      for (ImagePath folder : at.map(files::children).orElse(List.of())) {
        Optional<String> type = text(folder.resolve("type"));
        if (type.filter(text -> text.strip().equals("longrun")).isPresent()) {
          run(folder, "s6-overlay", all);
        }
        Optional<String> up = text(folder.resolve("up"));
        if (up.isPresent()) {
          add(folder.name().toLatin1(), up.get().strip(), ONCE + folder + "/up", List.of(), all);
        }
      }
    }
    for (String place : List.of("/etc/cont-init.d", "/etc/s6-overlay/scripts")) {
      Optional<ImagePath> at = files.resolve(ImagePath.of(place));
      for (ImagePath script : at.map(files::children).orElse(List.of())) {
        if (files.follow(script).filter(FileNode::isRegular).isPresent()) {
          String name = script.name().toLatin1();
          all.add(new Supervised(name, List.of(script.toString()), ONCE + place, List.of()));
        }
      }
    }
    return all;
  }

  private List<Supervised> directories(List<String> places, String by) throws IOException {
    List<Supervised> all = new ArrayList<>();
    for (String place : places) {
      Optional<ImagePath> at = ProgramFinder.path(place).flatMap(files::resolve);
      for (ImagePath folder : at.map(files::children).orElse(List.of())) {
        run(folder, by, all);
      }
    }
    return all;
  }

  private void run(ImagePath folder, String by, List<Supervised> all) {
    Optional<ImagePath> run =
        files.resolve(folder).map(real -> real.resolve("run")).filter(files::contains);
    if (run.isPresent()) {
      String path = "/" + run.get().toRelativeBytes().toLatin1();
      // s6-supervise and runsv change into the directory first.
      String directory = "/" + run.get().parent().orElseThrow().toRelativeBytes().toLatin1();
      all.add(
          new Supervised(
              folder.name().toLatin1(),
              List.of(path),
              by + " finds " + path,
              List.of(new Fact(Kind.WORKING_DIRECTORY, directory, by))));
    }
  }

  // -- init scripts

  private List<Supervised> script(String path, String name) {
    Optional<ImagePath> at = ProgramFinder.path(path);
    return at.isPresent() && files.follow(at.get()).filter(FileNode::isRegular).isPresent()
        ? List.of(new Supervised(name, List.of(path, "start"), "a script of init", List.of()))
        : List.of();
  }

  // -- systemd (systemd.service(5), systemd.exec(5))

  private List<Supervised> systemd() throws IOException {
    List<Supervised> all = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    for (String place : UNITS) {
      Optional<ImagePath> at = files.resolve(ImagePath.of(place));
      for (ImagePath wants : at.map(files::children).orElse(List.of())) {
        if (wants.name().toLatin1().endsWith(".wants")) {
          for (ImagePath unit : files.children(files.resolve(wants).orElse(wants))) {
            if (unit.name().toLatin1().endsWith(".service") && names.add(unit.name().toLatin1())) {
              unit(unit, all);
            }
          }
        }
      }
    }
    return all;
  }

  private void unit(ImagePath path, List<Supervised> all) throws IOException {
    Map<String, List<String>> service = service(path);
    for (String start : service.getOrDefault("ExecStart", List.of())) {
      String command = start.replaceFirst("^[-@:+!]+", "");
      String name = path.name().toLatin1().replaceFirst("\\.service$", "");
      add(name, command, path.toString(), facts(path, service), all);
    }
  }

  /** Returns what a unit says of a program that a service runs. */
  List<Fact> unitFacts(String program) throws IOException {
    List<Fact> facts = new ArrayList<>();
    for (String place : UNITS) {
      Optional<ImagePath> at = files.resolve(ImagePath.of(place));
      for (ImagePath unit : at.map(files::children).orElse(List.of())) {
        String name = unit.name().toLatin1();
        if (name.endsWith(".service") && !name.contains("@")) {
          Map<String, List<String>> service = service(unit);
          for (String start : service.getOrDefault("ExecStart", List.of())) {
            String first = start.strip().split("\\s+", 2)[0];
            if (first.endsWith("/" + program) || name.equals(program + ".service")) {
              facts.addAll(facts(unit, service));
            }
          }
        }
      }
    }
    return facts;
  }

  private Map<String, List<String>> service(ImagePath path) throws IOException {
    Optional<String> text = text(path);
    return text.isEmpty()
        ? Map.of()
        : sections(text.get(), false).getOrDefault("Service", Map.of());
  }

  private static List<Fact> facts(ImagePath path, Map<String, List<String>> service) {
    List<Fact> facts = new ArrayList<>();
    String where = path.toString();
    String user = joined(service, "User");
    if (!user.isEmpty()) {
      String group = joined(service, "Group");
      facts.add(new Fact(Kind.USER, user + (group.isEmpty() ? "" : ":" + group), where));
    }
    fact(service, "WorkingDirectory", Kind.WORKING_DIRECTORY, where, facts);
    fact(service, "KillSignal", Kind.STOP_SIGNAL, where, facts);
    for (String name : LIMITS) {
      String value = joined(service, name);
      if (!value.isEmpty()) {
        facts.add(new Fact(Kind.LIMIT, name + "=" + value, where));
      }
    }
    Matcher stop = STOPS.matcher(joined(service, "ExecStop"));
    if (stop.find()) {
      String signal = stop.group(1) == null ? stop.group(2) : stop.group(1);
      facts.add(new Fact(Kind.STOP_SIGNAL, "SIG" + signal.replaceFirst("^SIG", ""), where));
    }
    String pid = joined(service, "PIDFile");
    if (pid.startsWith("/") && pid.lastIndexOf('/') > 0) {
      facts.add(new Fact(Kind.WRITABLE, pid.substring(0, pid.lastIndexOf('/')), where));
    }
    for (String name : List.of("ReadWritePaths", "ReadWriteDirectories")) {
      for (String value : joined(service, name).split("\\s+", -1)) {
        String plain = value.replaceFirst("^[-+]+", "");
        if (plain.startsWith("/")) {
          facts.add(new Fact(Kind.WRITABLE, plain, where));
        }
      }
    }
    Map<String, String> folders = new LinkedHashMap<>();
    folders.put("StateDirectory", "/var/lib/");
    folders.put("RuntimeDirectory", "/run/");
    folders.put("LogsDirectory", "/var/log/");
    folders.put("CacheDirectory", "/var/cache/");
    folders.forEach(
        (name, folder) -> {
          for (String value : joined(service, name).split("\\s+", -1)) {
            if (!value.isEmpty()) {
              facts.add(new Fact(Kind.WRITABLE, folder + value, where));
            }
          }
        });
    for (String value : service.getOrDefault("EnvironmentFile", List.of())) {
      facts.add(new Fact(Kind.CONFIGURATION, value.replaceFirst("^-", ""), where));
    }
    for (String value : service.getOrDefault("Environment", List.of())) {
      Matcher assigned = ASSIGNED.matcher(value);
      while (assigned.find()) {
        String plain = assigned.group().replaceAll("^[\"']|[\"']$", "");
        if (plain.indexOf('=') > 0) {
          facts.add(new Fact(Kind.ENVIRONMENT, plain, where));
        }
      }
    }
    return facts;
  }

  // -- files

  private static void fact(
      Map<String, List<String>> values, String key, Kind kind, String where, List<Fact> facts) {
    String value = joined(values, key);
    if (!value.isEmpty()) {
      facts.add(new Fact(kind, value, where));
    }
  }

  private static String joined(Map<String, List<String>> values, String key) {
    return String.join(" ", values.getOrDefault(key, List.of())).strip();
  }

  private void add(
      String name, String command, String where, List<Fact> facts, List<Supervised> all)
      throws IOException {
    List<String> words;
    try {
      words = shell.words(command);
    } catch (MalformedContentException e) {
      words = List.of(command.strip().split("\\s+", -1));
    }
    if (!words.isEmpty()) {
      all.add(new Supervised(name, words, where, facts));
    }
  }

  /** Returns the values by section and name of a file of [sections] with NAME = VALUE. */
  private static Map<String, Map<String, List<String>>> sections(String text, boolean comments) {
    Map<String, Map<String, List<String>>> sections = new LinkedHashMap<>();
    Map<String, List<String>> section = new LinkedHashMap<>();
    for (String line : text.replace("\\\n", " ").split("\n", -1)) {
      String plain = line.strip();
      if (plain.isEmpty() || plain.startsWith("#") || plain.startsWith(";")) {
        continue;
      }
      if (plain.startsWith("[") && plain.endsWith("]")) {
        section =
            sections.computeIfAbsent(
                plain.substring(1, plain.length() - 1).strip(), key -> new LinkedHashMap<>());
        continue;
      }
      int equals = plain.indexOf('=');
      if (equals > 0) {
        String value = plain.substring(equals + 1).strip();
        int comment = comments ? value.indexOf(" ;") : -1;
        section
            .computeIfAbsent(plain.substring(0, equals).strip(), key -> new ArrayList<>())
            .add(comment < 0 ? value : value.substring(0, comment).strip());
      }
    }
    return sections;
  }

  private Optional<String> text(ImagePath path) throws IOException {
    Optional<FileNode> node =
        files.follow(path).filter(each -> each.isRegular() && each.size() <= MAX_FILE);
    return node.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new String(node.get().content().readAll(MAX_FILE), StandardCharsets.ISO_8859_1));
  }

  private List<ImagePath> matching(String pattern) {
    int slash = pattern.lastIndexOf('/');
    Optional<ImagePath> folder =
        ProgramFinder.path(pattern.substring(0, slash) + "/").flatMap(files::resolve);
    String name = pattern.substring(slash + 1);
    Pattern names = Pattern.compile(Pattern.quote(name).replace("*", "\\E.*\\Q"));
    return folder.map(files::children).orElse(List.of()).stream()
        .filter(path -> names.matcher(path.name().toLatin1()).matches())
        .toList();
  }
}
