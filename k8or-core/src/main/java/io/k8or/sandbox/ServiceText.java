package io.k8or.sandbox;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import io.k8or.services.Service;
import io.k8or.services.Service.Kind;
import io.k8or.shell.ScriptUse;
import io.k8or.shell.ShellReader;
import io.k8or.transform.ImageSnapshot;
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

/** What a service's commands, environment and configuration files say. */
final class ServiceText {
  private static final int MAX_FILE = 1 << 18;
  private static final int MAX_FILES = 500;

  private final List<List<String>> commands = new ArrayList<>();
  private final Map<String, String> environment = new LinkedHashMap<>();
  private final Map<String, String> files = new LinkedHashMap<>();

  /**
   * Something that is declared.
   *
   * @param value its text
   * @param evidence where
   */
  record Said(String value, String evidence) {}

  ServiceText(ImageSnapshot image, Service service) throws IOException {
    FileTree tree = image.files();
    ShellReader shell = ShellReader.of(tree, image.config().env());
    ImagePath directory =
        service.value(Kind.WORKING_DIRECTORY).flatMap(ProgramFinder::path).orElse(ImagePath.root());
    commands.add(service.command());
    List<String> words = service.command();
    for (int i = 0; i < words.size(); i++) {
      Optional<ImagePath> program = shell.find(words.get(i), directory).flatMap(tree::resolve);
      if (program.isPresent()
          && ShellReader.isShellScript(
              program.get(), tree.get(program.get()).orElseThrow().content())) {
        shell.read(program.get(), words.subList(i + 1, words.size())).runs().stream()
            .map(ScriptUse.Run::words)
            .forEach(commands::add);
      }
    }
    for (String each : service.values(Kind.ENVIRONMENT)) {
      String[] parts = each.split("=", 2);
      environment.putIfAbsent(parts[0], parts.length > 1 ? parts[1] : "");
    }
    Set<String> places = new LinkedHashSet<>(service.values(Kind.CONFIGURATION));
    for (String word : service.command()) {
      if (word.startsWith("/etc/") || word.endsWith(".py") || word.contains("conf")) {
        places.add(word.startsWith("/") ? word : directory + "/" + word);
      }
    }
    places.add(directory + "/gunicorn.conf.py");
    for (String place : places) {
      Optional<ImagePath> at = ProgramFinder.path(place).flatMap(tree::resolve);
      if (at.isPresent()) {
        for (ImagePath path : tree.subtree(at.get()).keySet()) {
          read(tree, path);
        }
      }
    }
  }

  private void read(FileTree tree, ImagePath path) throws IOException {
    Optional<FileNode> node = tree.follow(path).filter(FileNode::isRegular);
    if (node.isPresent() && node.get().size() <= MAX_FILE && files.size() < MAX_FILES) {
      byte[] bytes = node.get().content().readAll(MAX_FILE);
      files.put(path.toString(), new String(bytes, StandardCharsets.ISO_8859_1));
    }
  }

  /** Says whether one of the commands runs a program of this name. */
  boolean runs(String name) {
    Pattern pattern = Pattern.compile("(?:.*/)?(?:" + name + ")");
    return commands.stream()
        .flatMap(List::stream)
        .anyMatch(each -> pattern.matcher(each).matches());
  }

  /**
   * Returns the value of an option.
   *
   * @param names such as {@code -m|--memory-limit}; a pattern
   */
  Optional<Said> option(String names) {
    Pattern joined = Pattern.compile("(?:" + names + ")=?(\\d.*)");
    Pattern alone = Pattern.compile(names);
    for (List<String> words : commands) {
      for (int i = 0; i < words.size(); i++) {
        Matcher matcher = joined.matcher(words.get(i));
        String evidence = "the command's " + words.get(i);
        if (matcher.matches()) {
          return Optional.of(new Said(matcher.group(1), evidence));
        }
        if (alone.matcher(words.get(i)).matches() && i + 1 < words.size()) {
          return Optional.of(new Said(words.get(i + 1), evidence + " " + words.get(i + 1)));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Returns the first group of a pattern in a word of the commands or a variable of these names.
   */
  Optional<Said> word(String pattern, String... variables) {
    Pattern compiled = Pattern.compile(pattern);
    for (List<String> words : commands) {
      for (String word : words) {
        Matcher matcher = compiled.matcher(word);
        if (matcher.matches()) {
          return Optional.of(new Said(matcher.group(1), "the command's " + word));
        }
      }
    }
    for (String variable : variables) {
      for (String word : environment.getOrDefault(variable, "").split("\\s+", -1)) {
        Matcher matcher = compiled.matcher(word);
        if (matcher.matches()) {
          return Optional.of(new Said(matcher.group(1), variable + " has " + word));
        }
      }
    }
    return Optional.empty();
  }

  /** Returns a variable's value. */
  Optional<Said> variable(String name) {
    return Optional.ofNullable(environment.get(name))
        .map(value -> new Said(value, "the variable " + name + "=" + value));
  }

  /** Returns the value of the first line {@code NAME VALUE}, with blanks, a colon or = between. */
  Optional<Said> line(String name) {
    Pattern pattern =
        Pattern.compile("(?m)^[ \\t]*(?:" + name + ")[ \\t]*[=: \\t][ \\t]*['\"]?([^\\s;#'\"]+)");
    for (Map.Entry<String, String> file : files.entrySet()) {
      Matcher matcher = pattern.matcher(file.getValue());
      if (matcher.find()) {
        return Optional.of(
            new Said(matcher.group(1), file.getKey() + ": " + matcher.group().strip()));
      }
    }
    return Optional.empty();
  }
}
