package io.k8or.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.k8or.elf.ElfFile;
import io.k8or.elf.ElfHeader;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What was found, against what strace sees this machine's programs do, asked for their version or
 * their help; and the libraries that were found, against ldd's.
 *
 * <p>{@code -Dk8or.oracle.all=true} tries 400 programs of the machine, else a few.
 */
@Tag("oracle")
class StraceOracleTest {
  private static final boolean ALL = Boolean.getBoolean("k8or.oracle.all");
  private static final int PROGRAMS = 400;
  // Without -Dk8or.oracle.all=true: programs that the CI's machine has.
  private static final Set<String> SOME =
      Set.of(
          "bash", "bsdtar", "cat", "cp", "curl", "dash", "date", "df", "dpkg", "find", "getent",
          "gpgv", "grep", "id", "jq", "ls", "mount", "perl", "pigz", "readelf", "sed", "sort",
          "strace", "tar", "useradd", "xz", "zstd");
  private static final int MAX_SIZE = 4 << 20;
  private static final Set<String> NOT_HERE =
      Set.of("halt", "init", "poweroff", "reboot", "runlevel", "shutdown", "telinit");
  private static final Pattern CALL =
      Pattern.compile("^\\d+\\s+(?:<\\.\\.\\. )?([a-z0-9_]+)(?:\\(| resumed)");

  @TempDir static Path folder;
  private static FileTree files = FileTree.builder().build();

  @BeforeAll
  static void readHost() throws IOException {
    Tools.require("strace", "ldd", "timeout");
    Tools.Result tried = Tools.run(Path.of("/"), Map.of(), List.of("strace", "-f", "true"));
    assumeTrue(tried.status() == 0, "strace cannot trace here: " + tried.stderr());
    files = HostTree.read();
  }

  @Test
  void syscalls_ofPrograms_areAllThatStraceSees() throws IOException {
    ServiceAnalyzer analyzer = ServiceAnalyzer.of(files);
    Map<String, Set<String>> misses = new TreeMap<>();
    Map<String, Set<String>> told = new TreeMap<>();
    List<Integer> sizes = new ArrayList<>();
    int open = 0;
    int runs = 0;
    for (ImagePath program : programs()) {
      ServiceSyscalls found = analyzer.analyzeProgram("x", program);
      sizes.add(found.syscalls().size());
      open += found.isOpen() ? 1 : 0;
      Set<String> allowed = new TreeSet<>(found.syscalls());
      allowed.addAll(ContainerRuntime.NONE.syscalls(true));
      for (String option : List.of("--version", "--help")) {
        Set<String> missing = traced(program.toString(), option);
        runs++;
        missing.removeAll(allowed);
        if (!missing.isEmpty()) {
          // What is unresolved is said so, and the profile is widened for it.
          (found.isOpen() ? told : misses).put(program + " " + option, missing);
          missing = new TreeSet<>(missing);
          missing.removeAll(profile(found).allowed());
          if (found.isOpen() && !missing.isEmpty()) {
            misses.put(program + " " + option, missing);
          }
        }
      }
    }
    sizes.sort(null);
    System.out.printf(
        "%d programs, %d runs under strace, %d with calls missed %s, %d more where something is"
            + " unresolved %s; system calls found: mean %.1f, median %d, least %d, most %d; %d"
            + " programs with something unresolved%n",
        sizes.size(),
        runs,
        misses.size(),
        misses,
        told.size(),
        told,
        sizes.stream().mapToInt(Integer::intValue).average().orElse(0),
        sizes.get(sizes.size() / 2),
        sizes.get(0),
        sizes.get(sizes.size() - 1),
        open);
    assertThat(misses).isEmpty();
  }

  @Test
  void objects_ofPrograms_holdWhatLddFinds() throws IOException {
    ServiceAnalyzer analyzer = ServiceAnalyzer.of(files);
    List<ImagePath> programs = programs();
    Pattern line = Pattern.compile("(?:=> )?(/\\S+) \\(0x");
    for (ImagePath program : programs.subList(0, Math.min(10, programs.size()))) {
      String ldd = Tools.run(Path.of("/"), Map.of(), List.of("ldd", program.toString())).stdout();
      Set<ImagePath> expected = new TreeSet<>();
      Matcher matcher = line.matcher(ldd);
      while (matcher.find()) {
        expected.add(files.resolve(ImagePath.of(matcher.group(1))).orElseThrow());
      }
      ServiceSyscalls found = analyzer.analyzeProgram("x", program);
      assertThat(found.objects()).as("%s", program).containsAll(expected);
    }
  }

  private static SyscallProfile profile(ServiceSyscalls found) {
    return SyscallProfileGenerator.killing()
        .forRuntime(ContainerRuntime.NONE, true)
        .profile(found)
        .orElseThrow();
  }

  /** Programs of the distribution, evenly spread over their names. */
  private static List<ImagePath> programs() throws IOException {
    List<ImagePath> all = new ArrayList<>();
    for (String directory : List.of("/usr/bin", "/usr/sbin")) {
      for (ImagePath path : files.children(ImagePath.of(directory))) {
        FileNode node = files.get(path).orElseThrow();
        if ((ALL || SOME.contains(path.name().toLatin1()))
            && node.isRegular()
            && node.size() < MAX_SIZE
            && !NOT_HERE.contains(path.name().toLatin1())
            && ElfFile.isElf(node.content())
            && ElfFile.open(node.content(), path.toString()).header().machine()
                == ElfHeader.EM_X86_64) {
          all.add(path);
        }
      }
    }
    List<ImagePath> some = new ArrayList<>();
    int count = Math.min(PROGRAMS, all.size());
    for (int i = 0; i < count; i++) {
      some.add(all.get((int) ((long) i * all.size() / count)));
    }
    return some;
  }

  private static Set<String> traced(String program, String option) throws IOException {
    Path trace = folder.resolve("trace");
    Tools.run(
        folder,
        Map.of(),
        List.of("timeout", "10", "strace", "-f", "-qq", "-o", trace.toString(), program, option));
    Set<String> seen = new TreeSet<>();
    // What a process does after it has become another program is that program's.
    Set<String> others = new TreeSet<>();
    Set<String> started = new TreeSet<>();
    for (String line : Files.readAllLines(trace, StandardCharsets.ISO_8859_1)) {
      Matcher call = CALL.matcher(line);
      if (!call.find()) {
        continue;
      }
      String process = line.substring(0, line.indexOf(' '));
      if (!others.contains(process)) {
        seen.add(call.group(1));
      }
      boolean first = started.isEmpty() && call.group(1).equals("execve");
      started.add(process);
      if (!first && call.group(1).equals("execve") && line.endsWith(" = 0")) {
        others.add(process);
      }
    }
    return seen;
  }
}
