package io.k8or.shell;

import java.util.List;
import java.util.Optional;

/** The parts of a script, as far as they say what it can run. */
final class Syntax {
  private Syntax() {}

  /** A command of any kind. */
  sealed interface Command {}

  /** A program, function or builtin with its arguments; or assignments alone. */
  record Simple(int line, List<Assignment> assignments, List<Word> words, List<Redirect> redirects)
      implements Command {}

  /**
   * Commands one after the other, or one or the other: lists, branches, loops, subshells.
   *
   * @param tested words that are looked at, but not run: of case, and of [[ ]]
   */
  record Group(List<Word> tested, List<Command> parts, List<Redirect> redirects)
      implements Command {}

  /** Commands of which each reads what the one before it writes. */
  record Pipeline(List<Command> stages) implements Command {}

  /**
   * A loop over words.
   *
   * @param words empty for the script's arguments
   */
  record For(String name, Optional<List<Word>> words, Command body) implements Command {}

  /** The definition of a function. */
  record Function(String name, Command body) implements Command {}

  /** NAME=VALUE, or NAME+=VALUE. */
  record Assignment(String name, boolean append, Word value) {}

  /** What is to become one word, several or none. */
  record Word(List<Part> parts) {}

  /** A part of a word. */
  sealed interface Part {}

  /** Literal text. */
  record Text(String text, boolean quoted) implements Part {}

  /**
   * A parameter.
   *
   * @param operator such as {@code :-}; empty without one; {@code length} and {@code indirect} for
   *     those before the name
   * @param argument what follows the operator
   */
  record Parameter(String name, String operator, Word argument, boolean quoted) implements Part {}

  /** What a command writes. */
  record Substitution(Command body, boolean quoted) implements Part {}

  /** A number that is computed. */
  record Arithmetic(Word inner) implements Part {}

  /** The name of a pipe to a command: {@code <(command)}. */
  record Pipe(Command body) implements Part {}

  /** The elements of an array that is assigned. */
  record Elements(List<Word> words) implements Part {}

  /** A redirection; a here-document has its text as its target. */
  static final class Redirect {
    final String operator;
    Word target;

    Redirect(String operator, Word target) {
      this.operator = operator;
      this.target = target;
    }

    boolean reads() {
      return operator.equals("<") || operator.equals("<>");
    }

    boolean writes() {
      return operator.equals(">")
          || operator.equals(">>")
          || operator.equals(">|")
          || operator.equals("<>")
          || operator.equals("&>")
          || operator.equals("&>>");
    }
  }
}
