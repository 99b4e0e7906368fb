package io.k8or.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Small programs of our own in C, C++, Rust and Go, built in many ways, against what strace sees
 * them do; those for aarch64 run under qemu, which tells the same.
 *
 * <p>Twenty are built in any case, chosen by hand so that each source, language and libc, and of C
 * each linkage, is among them; {@code -Dk8or.matrix=true} builds a larger sample, {@code
 * -Dk8or.oracle.all=true} each in each way.
 */
@Tag("oracle")
class MatrixOracleTest {
  private static final boolean ALL = Boolean.getBoolean("k8or.oracle.all");
  private static final boolean SAMPLED = Boolean.getBoolean("k8or.matrix");
  private static final int SAMPLE = 12; // of so many one
  private static final Path CROSS = Path.of("/usr/aarch64-linux-gnu/lib");

  private static final List<String> C_SOURCES =
      List.of("files", "threads", "sockets", "signals", "opens", "wrapper", "table", "timers");

  @TempDir static Path folder;

  private final Map<String, Path> built = new HashMap<>();

  /**
   * One way to build one program.
   *
   * @param source its file
   * @param way the language, libc and linkage
   * @param options of the optimizer
   * @param stripped whether its symbols are taken away
   * @param arm whether it is for aarch64
   */
  private record Combination(
      String source, String way, String options, boolean stripped, boolean arm) {
    @Override
    public String toString() {
      return source + " " + way + " " + options + (stripped ? " stripped" : "");
    }
  }

  private static List<Combination> combinations() {
    List<Combination> all = new ArrayList<>();
    for (boolean stripped : new boolean[] {false, true}) {
      for (String options : List.of("-O0", "-O2", "-O2 -flto")) {
        for (String source : C_SOURCES) {
          for (String way :
              List.of(
                  "gcc",
                  "gcc -no-pie",
                  "gcc -static",
                  "gcc -static-pie",
                  "musl-gcc",
                  "musl-gcc -static",
                  "aarch64-linux-gnu-gcc",
                  "aarch64-linux-gnu-gcc -static",
                  "aarch64-linux-gnu-gcc -static-pie")) {
            if (!source.equals("opens") || !way.contains("-static")) {
              boolean arm = way.startsWith("aarch64");
              all.add(new Combination(source + ".c", way, options, stripped, arm));
            }
          }
        }
        for (String way : List.of("g++", "g++ -static", "g++ -static-pie")) {
          all.add(new Combination("classes.cc", way, options, stripped, false));
        }
      }
      for (String options : List.of("-Copt-level=0", "-Copt-level=3", "-Copt-level=3 -Clto")) {
        for (String source : List.of("files.rs", "threads.rs")) {
          for (String way : List.of("rustc", "rustc -Ctarget-feature=+crt-static")) {
            all.add(new Combination(source, way, options, stripped, false));
          }
        }
      }
      for (String source : List.of("files.go", "threads.go")) {
        all.add(new Combination(source, "go CGO_ENABLED=0", "", stripped, false));
        all.add(new Combination(source, "go CGO_ENABLED=0", "-buildmode=pie", stripped, false));
        all.add(new Combination(source, "go CGO_ENABLED=1", "", stripped, false));
        all.add(new Combination(source, "go CGO_ENABLED=0 GOARCH=arm64", "", stripped, true));
      }
    }
    return all;
  }

  private static List<Combination> few() {
    return List.of(
        new Combination("files.c", "gcc", "-O2", false, false),
        new Combination("opens.c", "gcc", "-O2", true, false),
        new Combination("wrapper.c", "gcc", "-O2 -flto", false, false),
        new Combination("threads.c", "gcc -no-pie", "-O0", true, false),
        new Combination("sockets.c", "gcc -static", "-O2", false, false),
        new Combination("signals.c", "gcc -static-pie", "-O2 -flto", true, false),
        new Combination("timers.c", "musl-gcc", "-O2", false, false),
        new Combination("opens.c", "musl-gcc", "-O0", true, false),
        new Combination("table.c", "musl-gcc -static", "-O0", false, false),
        new Combination("threads.c", "musl-gcc -static", "-O2", true, false),
        new Combination("sockets.c", "aarch64-linux-gnu-gcc", "-O2", false, true),
        new Combination("opens.c", "aarch64-linux-gnu-gcc", "-O2", true, true),
        new Combination("table.c", "aarch64-linux-gnu-gcc -static", "-O2", true, true),
        new Combination("signals.c", "aarch64-linux-gnu-gcc -static-pie", "-O0", false, true),
        new Combination("classes.cc", "g++", "-O2", true, false),
        new Combination("classes.cc", "g++ -static", "-O0", false, false),
        new Combination("files.rs", "rustc", "-Copt-level=3", false, false),
        new Combination(
            "threads.rs", "rustc -Ctarget-feature=+crt-static", "-Copt-level=3", true, false),
        new Combination("threads.go", "go CGO_ENABLED=0", "", true, false),
        new Combination("files.go", "go CGO_ENABLED=0 GOARCH=arm64", "", false, true));
  }

  private static List<Combination> sample(List<Combination> all) {
    List<Combination> some = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      // Of Rust and Go, which take longer to build, only two and three.
      String way = all.get(i).way();
      boolean slow = way.startsWith("go") || way.startsWith("rustc");
      boolean chosen = all.get(i).stripped() && all.get(i).source().startsWith("files");
      boolean plain =
          all.get(i).options().isEmpty() || all.get(i).options().equals("-Copt-level=3");
      if (slow ? chosen && plain : i % SAMPLE == i / SAMPLE % SAMPLE) {
        some.add(all.get(i));
      }
    }
    return some;
  }

  private static Path goCache() {
    return folder.resolve("go");
  }

  /** What is added up over programs. */
  private static final class Sums {
    int programs;
    int traced;
    int found;
    int open;
    double f1;

    void add(Set<String> seen, Set<String> told, boolean isOpen) {
      programs++;
      traced += seen.size();
      found += told.size();
      open += isOpen ? 1 : 0;
      Set<String> both = new HashSet<>(seen);
      both.retainAll(told);
      f1 += 2.0 * both.size() / (seen.size() + told.size());
    }

    @Override
    public String toString() {
      return String.format(
          "%d programs, mean found %.1f, mean traced %.1f, mean F1 %.2f, %d with something"
              + " unresolved",
          programs, (double) found / programs, (double) traced / programs, f1 / programs, open);
    }
  }

  @Test
  void syscalls_ofSmallPrograms_areAllThatStraceSees() throws IOException {
    Tools.require("strace", "gcc", "g++", "musl-gcc", "strip", "timeout");
    Tools.require("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-strip", "qemu-aarch64-static");
    Tools.Result tried = Tools.run(Path.of("/"), Map.of(), List.of("strace", "-f", "true"));
    assumeTrue(tried.status() == 0, "strace cannot trace here: " + tried.stderr());
    List<Combination> combinations = few();
    if (ALL || SAMPLED) {
      combinations = ALL ? combinations() : sample(combinations());
    }
    Map<Combination, Path> programs = new HashMap<>();
    for (Combination combination : combinations) {
      programs.put(combination, build(combination, programs.size()));
    }
    ServiceAnalyzer here = ServiceAnalyzer.of(with(HostTree.read().edit()));
    ServiceAnalyzer there = ServiceAnalyzer.of(with(crossTree()));
    Map<String, Sums> sums = new TreeMap<>();
    Map<String, Set<String>> misses = new TreeMap<>();
    Map<String, Set<String>> told = new TreeMap<>();
    for (Combination combination : combinations) {
      Path program = Objects.requireNonNull(programs.get(combination));
      ServiceSyscalls found =
          (combination.arm() ? there : here).analyzeProgram("x", ImagePath.of(program.toString()));
      Set<String> seen = traced(program, combination.arm());
      Set<String> allowed = new TreeSet<>(found.syscalls());
      allowed.addAll(ContainerRuntime.NONE.syscalls(true));
      Set<String> missing = new TreeSet<>(seen);
      missing.removeAll(allowed);
      if (!missing.isEmpty()) {
        // What is unresolved is said so, and the profile is widened for it.
        (found.isOpen() ? told : misses).put(combination.toString(), missing);
        Set<String> refused = new TreeSet<>(missing);
        refused.removeAll(SyscallProfileGenerator.fallback(architecture(combination)));
        if (!refused.isEmpty()) {
          misses.put(combination.toString(), refused);
        }
      }
      seen.removeAll(ContainerRuntime.NONE.syscalls(true));
      Set<String> counted = new TreeSet<>(found.syscalls());
      counted.removeAll(ContainerRuntime.NONE.syscalls(true));
      sums.computeIfAbsent(combination.way(), way -> new Sums()).add(seen, counted, found.isOpen());
      sums.computeIfAbsent("", way -> new Sums()).add(seen, counted, found.isOpen());
    }
    sums.forEach((way, sum) -> System.out.println((way.isEmpty() ? "all" : way) + ": " + sum));
    System.out.println(
        misses.size()
            + " with calls missed "
            + misses
            + ", "
            + told.size()
            + " more where something is unresolved "
            + told);
    assertThat(misses).isEmpty();
    Sums all = Objects.requireNonNull(sums.get(""));
    assertThat(all.f1 / all.programs).as("mean F1").isGreaterThanOrEqualTo(0.6);
  }

  private static Architecture architecture(Combination combination) {
    return combination.arm() ? Architecture.AARCH64 : Architecture.X86_64;
  }

  private static FileTree with(FileTree.Editor editor) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (Files.isRegularFile(file)) {
          RootTree.add(editor, file, file.toString());
        }
      }
    }
    return editor.build();
  }

  private static FileTree.Editor crossTree() throws IOException {
    FileTree.Editor editor = FileTree.builder();
    try (Stream<Path> files = Files.list(CROSS)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        RootTree.add(editor, file, "/lib/" + file.getFileName());
      }
    }
    return editor;
  }

  private Path build(Combination combination, int number) throws IOException {
    if (combination.way().startsWith("go") && combination.stripped()) {
      Path stripped = folder.resolve("s" + number);
      compile(combination, stripped); // as one does with Go, without strip
      return stripped;
    }
    String key = combination.source() + combination.way() + combination.options();
    Path whole = built.get(key);
    if (whole == null) {
      whole = folder.resolve("p" + number);
      compile(combination, whole);
      built.put(key, whole);
    }
    if (!combination.stripped()) {
      return whole;
    }
    Path stripped = folder.resolve("s" + number);
    String strip = combination.arm() ? "aarch64-linux-gnu-strip" : "strip";
    Tools.output(strip, "-o", stripped.toString(), whole.toString());
    return stripped;
  }

  private static void compile(Combination combination, Path to) throws IOException {
    Path source = folder.resolve(combination.source());
    copy(combination.source());
    List<String> command = new ArrayList<>();
    Map<String, String> environment = new HashMap<>();
    for (String word : (combination.way() + " " + combination.options()).strip().split(" +", -1)) {
      if (word.contains("=") && !word.startsWith("-")) {
        environment.put(
            word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
      } else {
        command.add(word);
      }
    }
    String tool = command.get(0);
    if (tool.equals("go")) {
      command.set(0, find("go", "/usr/local/go/bin").toString());
      command.add(1, "build");
      if (combination.stripped()) {
        command.add("-ldflags=-s -w");
      }
      environment.put("GOCACHE", goCache().toString());
      environment.put("GOFLAGS", "-mod=mod");
    } else if (tool.equals("rustc")) {
      command.set(0, find("rustc", System.getProperty("user.home") + "/.cargo/bin").toString());
    } else {
      if (combination.source().equals("opens.c")) {
        command.add("-Wl,-rpath,$ORIGIN");
        copy("library.c");
        Tools.output(
            tool,
            "-shared",
            "-fPIC",
            "-o",
            libraryOf(tool).toString(),
            folder.resolve("library.c").toString());
        command.add("-DLIBRARY=\"" + libraryOf(tool).getFileName() + "\"");
      }
    }
    command.addAll(List.of("-o", to.toString(), source.toString()));
    if (tool.contains("gcc")) {
      command.addAll(List.of("-pthread"));
    }
    if (tool.equals("rustc")) {
      command.add(1, "--edition=2021");
    }
    Tools.Result result = Tools.run(folder, environment, command);
    if (result.status() != 0) {
      fail(combination + ": " + command + "\n" + result.stderr());
    }
  }

  private static Path libraryOf(String compiler) {
    return folder.resolve("lib-" + compiler + ".so");
  }

  private static Path find(String tool, String otherwise) {
    for (String path : (System.getenv("PATH") + ":" + otherwise).split(":", -1)) {
      if (Files.isExecutable(Path.of(path, tool))) {
        return Path.of(path, tool);
      }
    }
    Tools.require(tool); // which tells that it is missing
    throw new IllegalStateException("no " + tool);
  }

  private static void copy(String source) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(MatrixOracleTest.class.getResourceAsStream("matrix/" + source))) {
      Files.write(folder.resolve(source), in.readAllBytes());
    }
  }

  private static Set<String> traced(Path program, boolean arm) throws IOException {
    Path trace = folder.resolve("trace");
    Files.deleteIfExists(trace);
    List<String> command = new ArrayList<>(List.of("timeout", "120"));
    command.addAll(
        arm
            ? List.of(
                "qemu-aarch64-static",
                "-L",
                CROSS.getParent().toString(),
                "-strace",
                "-D",
                trace.toString())
            : List.of("strace", "-f", "-qq", "-o", trace.toString()));
    command.add(program.toString());
    Tools.Result result = Tools.run(folder, Map.of(), command);
    assertThat(result.status()).as("%s: %s%s", program, result.stdout(), result.stderr()).isZero();
    Set<String> seen = Traces.read(trace, arm ? Architecture.AARCH64 : Architecture.X86_64, 0);
    assertThat(seen).as("%s", program).isNotEmpty();
    return seen;
  }
}
