package io.k8or.cli;

import java.io.PrintStream;
import java.util.List;

/**
 * Where a command speaks to.
 *
 * @param out results alone
 * @param err errors
 * @param progress what moves while one waits
 */
record Session(PrintStream out, PrintStream err, Progress progress) {
  void print(String line) {
    out.println(line);
  }

  void print(List<String> lines) {
    lines.forEach(out::println);
  }
}
