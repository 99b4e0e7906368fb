package io.k8or.shell;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads shell scripts of an image, without running them: which commands they can run, which files
 * they name, and what cannot be told.
 *
 * <p>Every branch counts, and a variable has each value that is assigned to it anywhere in the
 * script, in what it sources, or by the image's environment; so too much is found rather than too
 * little. A variable that nothing assigns is empty. Immutable; not bound to one script.
 */
public final class ShellReader {
  static final int MAX_SCRIPT = 4 << 20;
  private static final Set<String> SHELLS =
      Set.of("sh", "bash", "dash", "ash", "ksh", "ksh93", "mksh", "zsh", "with-contenv");

  private final FileTree files;
  private final ProgramFinder finder;
  private final Map<String, String> environment;

  private ShellReader(FileTree files, ProgramFinder finder, Map<String, String> environment) {
    this.files = files;
    this.finder = finder;
    this.environment = Map.copyOf(environment);
  }

  /**
   * Returns a reader of an image's scripts.
   *
   * @param environment {@code NAME=VALUE}, as the image's configuration has it
   */
  public static ShellReader of(FileTree files, List<String> environment) {
    Map<String, String> variables = new HashMap<>();
    for (String variable : environment) {
      int equals = variable.indexOf('=');
      if (equals > 0) {
        variables.put(variable.substring(0, equals), variable.substring(equals + 1));
      }
    }
    return new ShellReader(files, ProgramFinder.of(files, environment), variables);
  }

  /** Says whether programs of this name, without a directory, read shell scripts. */
  public static boolean isShell(String name) {
    return SHELLS.contains(name);
  }

  /**
   * Says whether programs of this name, without a directory, run another one that stands among
   * their arguments, such as env; {@link ScriptUse#runs} has both.
   */
  public static boolean runsItsArguments(String name) {
    return Evaluation.RUNNERS.contains(name);
  }

  /**
   * Says whether a file is a script that a shell runs: by its first line, or by its name where it
   * has none.
   *
   * @throws IOException if it cannot be read
   */
  public static boolean isShellScript(ImagePath path, Content content) throws IOException {
    List<String> interpreter = interpreter(content);
    if (interpreter.isEmpty()) {
      String name = path.name().toLatin1();
      return name.endsWith(".sh") || name.endsWith(".envsh");
    }
    return interpreter.stream()
        .anyMatch(word -> isShell(word.substring(word.lastIndexOf('/') + 1)));
  }

  /**
   * Returns the words of a file's first line after {@code #!}; none if it does not begin so.
   *
   * @throws IOException if it cannot be read
   */
  public static List<String> interpreter(Content content) throws IOException {
    byte[] head;
    try (InputStream in = content.open()) {
      head = in.readNBytes(256);
    }
    if (head.length < 3 || head[0] != '#' || head[1] != '!') {
      return List.of();
    }
    String text = new String(head, 2, head.length - 2, StandardCharsets.ISO_8859_1);
    int feed = text.indexOf('\n');
    List<String> words = new ArrayList<>();
    for (String word : (feed < 0 ? text : text.substring(0, feed)).split("[ \t\r]+", -1)) {
      if (!word.isEmpty()) {
        words.add(word);
      }
    }
    return List.copyOf(words);
  }

  /**
   * Reads a script. A script that is not by the grammar gives a use with that alone as unknown.
   *
   * @param script its path; symbolic links are followed
   * @param arguments what it is called with
   * @throws IllegalArgumentException if there is no regular file
   * @throws IOException if it cannot be read
   */
  public ScriptUse read(ImagePath script, List<String> arguments) throws IOException {
    FileNode node =
        files
            .follow(script)
            .filter(FileNode::isRegular)
            .orElseThrow(() -> new IllegalArgumentException("no script at " + script));
    ImagePath directory = script.parent().orElse(ImagePath.root());
    if (node.size() > MAX_SCRIPT) {
      return failed("more than " + MAX_SCRIPT + " bytes");
    }
    byte[] bytes = node.content().readAll(MAX_SCRIPT);
    return read(
        new String(bytes, StandardCharsets.ISO_8859_1), script.toString(), arguments, directory);
  }

  /**
   * Reads a text as {@link #read(ImagePath, List)} reads a script.
   *
   * @param text such as the argument of {@code sh -c}; a char a byte
   * @param name what {@code $0} is
   * @param arguments {@code $1} and so on
   * @param directory where relative paths begin
   * @throws IOException if a script that it sources cannot be read
   */
  public ScriptUse read(String text, String name, List<String> arguments, ImagePath directory)
      throws IOException {
    Syntax.Command script;
    try {
      script = ShellParser.parse(text, name);
    } catch (MalformedContentException e) {
      return failed(String.valueOf(e.getMessage()));
    }
    return new Evaluation(files, finder, environment, name, directory).run(script, arguments);
  }

  /**
   * Returns the words of a command line, quotes and the environment's variables taken away; what
   * comes after the first command is left out.
   *
   * @throws MalformedContentException if it is not by the grammar
   * @throws IOException if a file that it reads cannot be read
   */
  public List<String> words(String text) throws IOException {
    return new Evaluation(files, finder, environment, "sh", ImagePath.root())
        .words(ShellParser.parse(text, text));
  }

  private static ScriptUse failed(String why) {
    return new ScriptUse(
        List.of(),
        Set.of(),
        Set.of(),
        Set.of(),
        List.of(new ScriptUse.Unknown(1, "malformed-script", why)));
  }

  /** Returns the path of a program that the image's PATH leads to. */
  public Optional<ImagePath> find(String program, ImagePath directory) {
    return finder.find(program, directory);
  }

  @Override
  public String toString() {
    return "reader of shell scripts of a " + files;
  }
}
