package io.k8or.node;

import java.util.List;

/**
 * What a JavaScript module uses, as far as its text tells. In the order of the text.
 *
 * @param requests modules that it loads by constant names
 * @param texts string constants, escapes not resolved
 * @param unknown loads whose name only a run knows
 */
public record NodeUse(List<Request> requests, List<String> texts, List<Unknown> unknown) {
  /** Copies the lists. */
  public NodeUse {
    requests = List.copyOf(requests);
    texts = List.copyOf(texts);
    unknown = List.copyOf(unknown);
  }

  /**
   * A module that is loaded.
   *
   * @param line where, from 1 on
   * @param call {@code require}, {@code import}, {@code from}, {@code resolve}, {@code path} for a
   *     path below the module's directory that need not be a module
   * @param name the specifier
   */
  public record Request(int line, String call, String name) {
    @Override
    public String toString() {
      return "line " + line + ": " + call + " " + name;
    }
  }

  /**
   * A module whose name is made when it is loaded.
   *
   * @param line where, from 1 on
   * @param call {@code require}, {@code import}
   */
  public record Unknown(int line, String call) {
    @Override
    public String toString() {
      return "line " + line + ": " + call + " of a name that only a run knows";
    }
  }
}
