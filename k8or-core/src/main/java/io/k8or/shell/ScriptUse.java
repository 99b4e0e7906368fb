package io.k8or.shell;

import io.k8or.filesystem.ImagePath;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a script can do, as far as its text tells. The commands are in the order in which they were
 * found, the paths in their own order; nothing is there twice.
 *
 * <p>A part of a word that only a run can tell is {@link #UNKNOWN}, one that stands for any name
 * within a directory {@link #ANY}.
 *
 * @param runs the commands that are not the shell's own
 * @param sources the scripts of the image that are read into this one
 * @param names what is there in the image, and named by an argument, a redirection or a test
 * @param writes paths that are written, made or given to another owner; they need not be there
 * @param unknown what could not be told
 */
public record ScriptUse(
    List<Run> runs,
    Set<ImagePath> sources,
    Set<ImagePath> names,
    Set<ImagePath> writes,
    List<Unknown> unknown) {
  /** Text of any length that is not known. */
  public static final char UNKNOWN = '\uffff';

  /** A name, or a part of one, of something in a directory. */
  public static final char ANY = '\ufffe';

  /** Copies the collections. */
  public ScriptUse {
    runs = List.copyOf(runs);
    sources = ordered(sources);
    names = ordered(names);
    writes = ordered(writes);
    unknown = List.copyOf(unknown);
  }

  /**
   * A command.
   *
   * @param line where, from 1 on
   * @param words its name and arguments
   * @param program the path that is started; empty if there is nothing in the image
   */
  public record Run(int line, List<String> words, Optional<ImagePath> program) {
    /** Copies the words. */
    public Run {
      words = List.copyOf(words);
    }

    @Override
    public String toString() {
      return "line " + line + ": " + readable(String.join(" ", words));
    }
  }

  /**
   * Something that the text does not tell.
   *
   * @param line where, from 1 on
   * @param rule {@code unknown-command}, {@code unknown-source}, {@code unknown-eval}, {@code
   *     malformed-script}
   * @param text what is there
   */
  public record Unknown(int line, String rule, String text) {
    @Override
    public String toString() {
      return "line " + line + ": " + rule + ": " + text;
    }
  }

  /** Returns the paths of all programs, in the order in which they were found. */
  public Set<ImagePath> programs() {
    Set<ImagePath> programs = new LinkedHashSet<>();
    runs.forEach(run -> run.program().ifPresent(programs::add));
    return programs;
  }

  static String readable(String text) {
    return text.replace(UNKNOWN, '?').replace(ANY, '*');
  }

  private static Set<ImagePath> ordered(Collection<ImagePath> paths) {
    return Collections.unmodifiableSet(new TreeSet<>(paths));
  }
}
