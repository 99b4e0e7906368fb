package io.k8or.seccomp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What strace and qemu's own -strace write down. */
final class Traces {
  private static final Pattern CALL =
      Pattern.compile("^\\d+\\s+(?:<\\.\\.\\. )?([a-z0-9_]+)(?:\\(| resumed)");
  private static final Pattern UNKNOWN = Pattern.compile("^\\d+ Unknown syscall (\\d+)");

  private Traces() {}

  /**
   * Returns the names of the calls of a program. What a process does after it has become another
   * program is that program's.
   *
   * @param before how many programs the first process was before it became this one
   */
  static Set<String> read(Path trace, Architecture architecture, int before) throws IOException {
    SyscallTable table = SyscallTable.of(architecture);
    Set<String> seen = new TreeSet<>();
    Set<String> others = new TreeSet<>();
    boolean first = true;
    int toCome = before;
    for (String line : Files.readAllLines(trace, StandardCharsets.ISO_8859_1)) {
      Matcher unknown = UNKNOWN.matcher(line);
      if (unknown.find()) {
        table.name(Integer.parseInt(unknown.group(1))).ifPresent(seen::add);
      }
      Matcher call = CALL.matcher(line);
      if (!call.find()) {
        continue;
      }
      String name = call.group(1);
      boolean becomes = name.equals("execve") && !first && line.endsWith(" = 0");
      first = false;
      if (toCome > 0) {
        toCome -= becomes ? 1 : 0;
        continue;
      }
      String process = line.substring(0, line.indexOf(' '));
      if (!others.contains(process) && table.number(name).isPresent()) {
        seen.add(name);
      }
      if (becomes) {
        others.add(process);
      }
    }
    return seen;
  }
}
