package io.k8or.services;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.loader.ProgramFinder;
import io.k8or.services.Service.Fact;
import io.k8or.services.Service.Kind;
import io.k8or.shell.ScriptUse;
import io.k8or.shell.ShellReader;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the services of an image: what its configuration runs, and what the supervisor runs that
 * this leads to (supervisord, s6 and s6-overlay, runit, systemd, scripts of {@code /etc/init.d}).
 */
public final class ServiceFinder {
  private static final Set<String> WRAPPERS =
      Set.of(
          "sh",
          "bash",
          "dash",
          "ash",
          "env",
          "tini",
          "tini-static",
          "dumb-init",
          "catatonit",
          "gosu",
          "su-exec",
          "setpriv",
          "exec",
          "nice",
          "busybox");

  private final ImageSnapshot image;
  private final FileTree files;
  private final ShellReader shell;
  private final ImagePath workingDirectory;
  private final Supervisors supervisors;
  private final Map<String, Service> found = new LinkedHashMap<>();

  private ServiceFinder(ImageSnapshot image) throws IOException {
    this.image = image;
    this.files = image.files();
    this.shell = ShellReader.of(files, image.config().env());
    this.workingDirectory =
        image.config().workingDir().flatMap(ProgramFinder::path).orElse(ImagePath.root());
    this.supervisors = new Supervisors(files, shell);
  }

  /**
   * Returns the services of an image, in the order in which the image names them; none where it has
   * neither an entrypoint nor a command.
   *
   * @throws IOException if a file of the image cannot be read
   */
  public static List<Service> find(ImageSnapshot image) throws IOException {
    ServiceFinder finder = new ServiceFinder(image);
    List<String> command = new ArrayList<>(image.config().entrypoint());
    command.addAll(image.config().cmd());
    if (!command.isEmpty()) {
      finder.addAll(finder.nameOf(command), command, "the image's configuration");
    }
    return List.copyOf(finder.found.values());
  }

  /**
   * Returns a service that a person tells of, with what the image tells of it.
   *
   * @param command the program and its arguments
   * @throws IllegalArgumentException if the name has other letters than a service's, or the command
   *     no word
   * @throws IOException if a file of the image cannot be read
   */
  public static Service told(ImageSnapshot image, String name, List<String> command)
      throws IOException {
    Service plain = new Service(name, command, "told", List.of());
    List<String> configured = new ArrayList<>(image.config().entrypoint());
    configured.addAll(image.config().cmd());
    boolean main = plain.command().equals(configured);
    List<Fact> facts = new ServiceFinder(image).facts(name, plain.command(), main);
    return new Service(name, command, "told", facts);
  }

  private void addAll(String name, List<String> command, String evidence) throws IOException {
    add(name, command, evidence, List.of(), true);
    for (Supervisors.Supervised each : supervised(command)) {
      add(each.name(), each.command(), each.evidence(), each.facts(), false);
    }
  }

  private void add(String name, List<String> command, String evidence, List<Fact> own, boolean main)
      throws IOException {
    String plain = name.replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^[^A-Za-z0-9]+", "");
    if (plain.isEmpty() || command.isEmpty()) {
      return;
    }
    String unique = plain;
    for (int i = 2; found.containsKey(unique); i++) {
      unique = plain + "-" + i;
    }
    List<Fact> facts = new ArrayList<>(own);
    facts.addAll(facts(plain, command, main));
    found.put(unique, new Service(unique, command, evidence, facts));
  }

  /** What a supervisor runs that the command starts, by itself or through scripts. */
  private List<Supervisors.Supervised> supervised(List<String> command) throws IOException {
    List<List<String>> commands = new ArrayList<>(List.of(command));
    Set<ImagePath> seen = new LinkedHashSet<>();
    List<Supervisors.Supervised> all = new ArrayList<>();
    for (int i = 0; i < commands.size() && i < 200; i++) {
      List<String> words = commands.get(i);
      all.addAll(supervisors.of(words, workingDirectory));
      for (int j = 0; j < words.size(); j++) {
        Optional<ImagePath> program = shell.find(words.get(j), workingDirectory);
        if (program.isPresent() && seen.add(program.get())) {
          if (j > 0) {
            all.addAll(supervisors.of(words.subList(j, words.size()), workingDirectory));
          }
          scripts(program.get(), words.subList(j + 1, words.size()), commands);
        } else if (j > 0 && words.get(j).indexOf(' ') > 0 && words.get(j - 1).equals("-c")) {
          uses(shell.read(words.get(j), "sh", List.of(), workingDirectory), commands);
        }
      }
    }
    return all.stream().distinct().toList();
  }

  private void scripts(ImagePath program, List<String> arguments, List<List<String>> commands)
      throws IOException {
    FileNode node = files.follow(program).orElseThrow();
    if (ShellReader.isShellScript(program, node.content())) {
      uses(shell.read(program, arguments), commands);
    }
  }

  private static void uses(ScriptUse use, List<List<String>> commands) {
    use.runs().forEach(run -> commands.add(run.words()));
  }

  private String nameOf(List<String> command) throws IOException {
    for (String word : command) {
      String plain = word.substring(word.lastIndexOf('/') + 1);
      Optional<ImagePath> program = shell.find(word, workingDirectory);
      if (program.isPresent()
          && !WRAPPERS.contains(plain)
          && !ShellReader.isShellScript(
              program.get(), files.follow(program.get()).orElseThrow().content())) {
        return plain;
      }
    }
    String first = command.get(0);
    String plain = first.substring(first.lastIndexOf('/') + 1).replaceFirst("\\.sh$", "");
    return plain.matches("[A-Za-z0-9].*") ? plain : "service";
  }

  // -- facts

  private List<Fact> facts(String name, List<String> command, boolean main) throws IOException {
    List<Fact> facts = new ArrayList<>();
    ImageConfig config = image.config();
    String evidence = "the image's configuration";
    config.workingDir().ifPresent(d -> facts.add(new Fact(Kind.WORKING_DIRECTORY, d, evidence)));
    config.env().forEach(each -> facts.add(new Fact(Kind.ENVIRONMENT, each, evidence)));
    if (main) {
      config
          .user()
          .filter(user -> !user.isEmpty())
          .ifPresent(user -> facts.add(new Fact(Kind.USER, user, evidence)));
      config.exposedPorts().forEach(port -> facts.add(new Fact(Kind.PORT, port, evidence)));
      config.volumes().forEach(path -> facts.add(new Fact(Kind.WRITABLE, path, evidence)));
      config
          .get("/config/StopSignal")
          .ifPresent(json -> facts.add(new Fact(Kind.STOP_SIGNAL, unquoted(json), evidence)));
      for (String word : healthCheck(config)) {
        facts.add(new Fact(Kind.HEALTH_CHECK, word, evidence));
      }
    }
    Optional<String> program = program(command);
    if (program.isPresent()) {
      facts.addAll(supervisors.unitFacts(program.get()));
    }
    configured(name, program.orElse(name), command, facts);
    return facts.stream().distinct().toList();
  }

  private static String unquoted(String json) {
    return json.startsWith("\"") ? json.substring(1, json.length() - 1) : json;
  }

  // ["CMD", "a", "b"] is one command, ["CMD-SHELL", "a b"] a shell's.
  private static List<String> healthCheck(ImageConfig config) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      Optional<String> word = config.get("/config/Healthcheck/Test/" + i);
      if (word.isEmpty()) {
        break;
      }
      words.add(unquoted(word.get()));
    }
    if (words.size() < 2 || words.get(0).equals("NONE")) {
      return List.of();
    }
    return List.of(String.join(" ", words.subList(1, words.size())));
  }

  private Optional<String> program(List<String> command) {
    for (String word : command) {
      Optional<ImagePath> program = shell.find(word, workingDirectory);
      String plain = word.substring(word.lastIndexOf('/') + 1);
      if (program.isPresent() && !WRAPPERS.contains(plain) && !plain.endsWith(".sh")) {
        return Optional.of(plain);
      }
    }
    return Optional.empty();
  }

  private void configured(String name, String program, List<String> command, List<Fact> facts)
      throws IOException {
    Configurations configurations = new Configurations(files, workingDirectory);
    configurations.command(command, facts);
    configurations.environment(facts);
    Set<String> names = new LinkedHashSet<>(List.of(name, program));
    for (String word : List.of(name, program)) {
      names.add(word.replaceFirst("-(server|daemon)$", ""));
      names.add(word.replaceFirst("^postgres$", "postgresql").replaceFirst("^mysqld$", "mysql"));
    }
    Set<String> places = new LinkedHashSet<>();
    for (String each : names) {
      for (String place : List.of("/etc/" + each, "/etc/" + each + ".conf", "/etc/" + each + "d")) {
        Optional<ImagePath> path = ProgramFinder.path(place);
        if (path.isPresent() && files.follow(path.get()).isPresent() && places.add(place)) {
          facts.add(new Fact(Kind.CONFIGURATION, place, "named as the program"));
          configurations.below(path.get(), facts);
        }
      }
    }
    for (String place : configurations.named(command)) {
      if (places.stream().noneMatch(each -> (place + "/").startsWith(each + "/"))) {
        facts.add(new Fact(Kind.CONFIGURATION, place, "the command names it"));
        configurations.below(ProgramFinder.path(place).orElseThrow(), facts);
      }
    }
    configurations.known(program, facts);
  }
}
