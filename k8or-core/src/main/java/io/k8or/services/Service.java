package io.k8or.services;

import java.util.List;
import java.util.Optional;

/**
 * A program that an image is there to run, with what the image tells of it. Immutable.
 *
 * @param name letters, digits, dots, dashes and underscores; unique within an image
 * @param command the program and its arguments; one word at least
 * @param evidence where the image says that it runs this
 * @param facts what else is known, in a fixed order
 */
public record Service(String name, List<String> command, String evidence, List<Fact> facts) {
  /**
   * Checks the name and the command.
   *
   * @throws IllegalArgumentException if the name has other letters, or the command no word
   */
  public Service {
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw new IllegalArgumentException("not a service's name: " + name);
    }
    command = List.copyOf(command);
    facts = List.copyOf(facts);
    if (command.isEmpty()) {
      throw new IllegalArgumentException("a service without a command: " + name);
    }
  }

  /** What a fact is about. */
  public enum Kind {
    /** The account that it runs as: a name or number, and a group after a colon. */
    USER,
    /** A port that it listens at: a number and a protocol, such as {@code 80/tcp}. */
    PORT,
    /** The directory that it begins in. */
    WORKING_DIRECTORY,
    /** A variable: {@code NAME=VALUE}. */
    ENVIRONMENT,
    /** A path that it is to be able to write. */
    WRITABLE,
    /** A file or directory of its configuration. */
    CONFIGURATION,
    /** The signal that stops it. */
    STOP_SIGNAL,
    /** A command that says whether it is well; a shell's where it has one word. */
    HEALTH_CHECK,
    /**
     * What a supervisor limits it to: {@code NAME=VALUE} with the names of systemd
     * (systemd.resource-control(5), systemd.exec(5)), such as {@code MemoryMax=512M}.
     */
    LIMIT
  }

  /**
   * One thing that is known.
   *
   * @param evidence where the image says so
   */
  public record Fact(Kind kind, String value, String evidence) {
    @Override
    public String toString() {
      return kind + " " + value + " (" + evidence + ")";
    }
  }

  /** Returns the values of a kind, in order. */
  public List<String> values(Kind kind) {
    return facts.stream().filter(fact -> fact.kind() == kind).map(Fact::value).distinct().toList();
  }

  /** Returns the first value of a kind. */
  public Optional<String> value(Kind kind) {
    return values(kind).stream().findFirst();
  }

  @Override
  public String toString() {
    return name + ": " + String.join(" ", command) + " (" + evidence + ")";
  }
}
