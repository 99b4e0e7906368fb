package io.k8or.packages.dpkg;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A generic name and the programs that can stand for it: a file of {@code
 * var/lib/dpkg/alternatives} (update-alternatives(1)). Paths are ISO 8859-1 texts, a char a byte.
 *
 * @param mode {@code auto}: the choice of the highest priority stands; or {@code manual}
 * @param link the generic path, such as {@code /usr/bin/editor}
 * @param slaves further links that follow the master's choice
 * @param choices what can stand for it
 */
public record Alternative(String mode, String link, List<Slave> slaves, List<Choice> choices) {
  /** Copies the lists. */
  public Alternative {
    slaves = List.copyOf(slaves);
    choices = List.copyOf(choices);
  }

  /**
   * A link that follows the master's choice.
   *
   * @param name its name in {@code /etc/alternatives}
   * @param link its generic path
   */
  public record Slave(String name, String link) {}

  /**
   * What can stand for the generic name.
   *
   * @param path of the program
   * @param priority the highest stands in automatic mode
   * @param slavePaths one for each slave, in their order; empty where this choice has none
   */
  public record Choice(String path, int priority, List<String> slavePaths) {
    /** Copies the list. */
    public Choice {
      slavePaths = List.copyOf(slavePaths);
    }
  }

  /**
   * Parses a file.
   *
   * @param where its path, for the error; the line is added
   * @throws MalformedContentException if it has another form
   */
  public static Alternative parse(ByteString file, String where) throws MalformedContentException {
    Lines lines = new Lines(file.toLatin1().split("\n", -1), where);
    String mode = lines.next("auto or manual");
    if (!mode.equals("auto") && !mode.equals("manual")) {
      throw lines.wrong("expected auto or manual, found \"" + mode + "\"");
    }
    String link = lines.next("the link");
    List<Slave> slaves = new ArrayList<>();
    for (String name = lines.next("a slave"); !name.isEmpty(); name = lines.next("a slave")) {
      slaves.add(new Slave(name, lines.next("a slave's link")));
    }
    List<Choice> choices = new ArrayList<>();
    for (String path = lines.next("a choice"); !path.isEmpty(); path = lines.next("a choice")) {
      String priority = lines.next("a priority");
      List<String> paths = new ArrayList<>();
      int number;
      try {
        number = Integer.parseInt(priority);
      } catch (NumberFormatException e) {
        throw lines.wrong("expected a priority, found \"" + priority + "\"");
      }
      for (int i = 0; i < slaves.size(); i++) {
        paths.add(lines.next("a slave's path"));
      }
      choices.add(new Choice(path, number, paths));
    }
    return new Alternative(mode, link, slaves, choices);
  }

  /** Returns the choice that stands in automatic mode: the first of the highest priority. */
  public Optional<Choice> best() {
    Choice best = null;
    for (Choice choice : choices) {
      if (best == null || choice.priority() > best.priority()) {
        best = choice;
      }
    }
    return Optional.ofNullable(best);
  }

  /** Returns this with other choices. */
  public Alternative withChoices(List<Choice> newChoices) {
    return new Alternative(mode, link, slaves, newChoices);
  }

  /** Returns this in another mode, {@code auto} or {@code manual}. */
  public Alternative withMode(String newMode) {
    return new Alternative(newMode, link, slaves, choices);
  }

  /** Returns the file. */
  public ByteString print() {
    StringBuilder text = new StringBuilder();
    text.append(mode).append('\n').append(link).append('\n');
    slaves.forEach(s -> text.append(s.name()).append('\n').append(s.link()).append('\n'));
    text.append('\n');
    for (Choice choice : choices) {
      text.append(choice.path()).append('\n').append(choice.priority()).append('\n');
      choice.slavePaths().forEach(path -> text.append(path).append('\n'));
    }
    text.append('\n');
    return ByteString.copyOf(text.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  private static final class Lines {
    private final String[] lines;
    private final String where;
    private int at;

    Lines(String[] lines, String where) {
      this.lines = lines;
      this.where = where;
    }

    String next(String expected) throws MalformedContentException {
      // What is behind the last line feed is no line.
      if (at >= lines.length - 1) {
        at++;
        throw wrong("expected " + expected + ", found the end of the file");
      }
      return lines[at++];
    }

    MalformedContentException wrong(String why) {
      return new MalformedContentException("alternative", where + ", line " + at, why);
    }
  }
}
