package io.k8or.jvm;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import io.k8or.services.Service;
import io.k8or.shell.ScriptUse;
import io.k8or.shell.ShellReader;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** The commands that services run, by themselves or in shell scripts. */
final class ServiceCommands {
  private static final int MAX_COMMANDS = 10_000;

  private final FileTree files;
  private final ShellReader shell;
  private final ProgramFinder finder;
  private final Map<List<String>, ImagePath> commands = new LinkedHashMap<>();
  private final Set<ImagePath> programs = new TreeSet<>();
  private final Set<String> texts = new TreeSet<>();
  private final Set<List<Object>> read = new HashSet<>();

  /**
   * One command.
   *
   * @param program what is started, links followed
   * @param words its name and arguments; a part that only a run can tell is {@link
   *     ScriptUse#UNKNOWN}
   * @param directory where it begins
   */
  record Command(ImagePath program, List<String> words, ImagePath directory) {}

  private final List<Command> found = new ArrayList<>();

  private ServiceCommands(ImageSnapshot image) {
    this.files = image.files();
    this.shell = ShellReader.of(files, image.config().env());
    this.finder = ProgramFinder.of(files, image.config().env());
  }

  /**
   * Finds the commands.
   *
   * @throws IOException if a script cannot be read
   */
  static ServiceCommands of(ImageSnapshot image, List<Service> services) throws IOException {
    ServiceCommands all = new ServiceCommands(image);
    all.texts.addAll(image.config().env());
    ImagePath directory =
        image.config().workingDir().flatMap(ProgramFinder::path).orElse(ImagePath.root());
    for (Service service : services) {
      ImagePath from =
          service
              .value(Service.Kind.WORKING_DIRECTORY)
              .flatMap(ProgramFinder::path)
              .orElse(directory);
      all.texts.addAll(service.values(Service.Kind.ENVIRONMENT));
      all.command(service.command(), from);
      for (String check : service.values(Service.Kind.HEALTH_CHECK)) {
        all.use(all.shell.read(check, "sh", List.of(), from), from);
      }
    }
    return all;
  }

  private void command(List<String> words, ImagePath directory) throws IOException {
    texts.addAll(words);
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      Optional<ImagePath> program =
          word.isEmpty() ? Optional.empty() : finder.find(word, directory);
      if (program.isPresent()) {
        run(program.get(), words.subList(i, words.size()), directory);
      } else if (i > 0 && words.get(i - 1).matches("-[a-z]*c") && word.indexOf(' ') >= 0) {
        use(shell.read(word, "sh", List.of(), directory), directory);
      }
    }
  }

  private void run(ImagePath program, List<String> words, ImagePath directory) throws IOException {
    Optional<ImagePath> real = files.resolve(program);
    if (real.isEmpty() || found.size() >= MAX_COMMANDS) {
      return;
    }
    programs.add(real.get());
    texts.addAll(words);
    if (commands.putIfAbsent(List.copyOf(words), real.get()) == null) {
      found.add(new Command(real.get(), List.copyOf(words), directory));
    }
    Optional<FileNode> node = files.get(real.get()).filter(FileNode::isRegular);
    if (node.isPresent()
        && ShellReader.isShellScript(program, node.get().content())
        && read.add(List.of(program, List.copyOf(words)))) {
      use(shell.read(program, words.subList(1, words.size())), directory);
    }
  }

  private void use(ScriptUse use, ImagePath directory) throws IOException {
    for (ScriptUse.Run run : use.runs()) {
      texts.addAll(run.words());
      if (run.program().isPresent()) {
        run(run.program().get(), run.words(), directory);
      }
    }
  }

  /** Returns the commands whose program is there, in the order in which they were found. */
  List<Command> commands() {
    return List.copyOf(found);
  }

  /** Returns the programs that are run, links followed. */
  Set<ImagePath> programs() {
    return programs;
  }

  /** Returns all words of commands, and the environment. */
  Set<String> texts() {
    return texts;
  }

  /** Says whether a file's name is a word or the end of a path in one. */
  boolean names(ByteString name) {
    String text = name.toLatin1();
    return texts.stream()
        .anyMatch(
            each ->
                each.equals(text) || each.endsWith("/" + text) || each.contains(" " + text + " "));
  }
}
