package io.k8or.python;

import java.util.List;
import java.util.Set;

/**
 * What a Python source uses, as far as its text tells. In the order of the text.
 *
 * @param imports statements, wherever they are, and calls with a constant name
 * @param texts string constants, escapes not resolved
 * @param unknown imports whose name only a run knows
 * @param names identifiers
 */
public record PythonUse(
    List<Import> imports, List<String> texts, List<Unknown> unknown, Set<String> names) {
  /** Copies the collections. */
  public PythonUse {
    imports = List.copyOf(imports);
    texts = List.copyOf(texts);
    unknown = List.copyOf(unknown);
    names = Set.copyOf(names);
  }

  /**
   * An import.
   *
   * @param line where, from 1 on
   * @param level the number of dots in front, 0 for an absolute one
   * @param module the dotted name; empty after dots alone
   * @param names what is taken from the module, which may be modules too; {@code *} for all
   */
  public record Import(int line, int level, String module, List<String> names) {
    /** Copies the names. */
    public Import {
      names = List.copyOf(names);
    }

    @Override
    public String toString() {
      String from = ".".repeat(level) + module;
      return "line "
          + line
          + ": "
          + (names.isEmpty() ? "import " + from : "from " + from + " import " + names);
    }
  }

  /**
   * An import by a name that is made when it runs.
   *
   * @param line where, from 1 on
   * @param call the function
   * @param prefix what the name begins with, as far as it is constant
   */
  public record Unknown(int line, String call, String prefix) {
    @Override
    public String toString() {
      return "line " + line + ": " + call + (prefix.isEmpty() ? "" : " of " + prefix + "...");
    }
  }
}
