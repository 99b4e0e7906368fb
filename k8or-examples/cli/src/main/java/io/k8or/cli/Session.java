package io.k8or.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Where a command speaks to, and what works for it.
 *
 * @param out results alone
 * @param err errors
 * @param progress what moves while one waits
 * @param workers threads for what takes long
 */
record Session(PrintStream out, PrintStream err, Progress progress, Executor workers) {
  void print(String line) {
    out.println(line);
  }

  void print(List<String> lines) {
    lines.forEach(out::println);
  }
}
