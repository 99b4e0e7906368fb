package io.k8or.seccomp;

import io.k8or.content.Content;
import io.k8or.elf.ElfFile;
import io.k8or.elf.ElfHeader;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.LibraryResolver;
import io.k8or.seccomp.program.ObjectStore;
import io.k8or.seccomp.program.ProgramAnalysis;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Finds the system calls of services of one image. Nothing is run: programs are read, with the
 * libraries that their loader would load.
 *
 * <p>A command's program is looked up in PATH; where it is a script, its interpreter is taken, and
 * each word of the script that names a program of the image. Arguments that name a program count
 * too, since entrypoints start what they are given.
 *
 * <p>Keeps the analyses of libraries for the next service. Not for use by several threads at once.
 */
public final class ServiceAnalyzer {
  private static final String DEFAULT_PATH =
      "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  private static final int MAX_SCRIPT = 1 << 20;

  private final FileTree files;
  private final LibraryResolver resolver;
  private final ObjectStore store;
  private final Map<ImagePath, ProgramAnalysis.Result> programs = new HashMap<>();

  private ServiceAnalyzer(FileTree files, LibraryResolver resolver, ObjectStore store) {
    this.files = files;
    this.resolver = resolver;
    this.store = store;
  }

  /**
   * Returns an analyzer of an image's files.
   *
   * @throws IOException if the loader's configuration cannot be read
   */
  public static ServiceAnalyzer of(FileTree files) throws IOException {
    return new ServiceAnalyzer(files, new LibraryResolver(files), new ObjectStore());
  }

  /**
   * Returns an analyzer that looks in a store for what was learnt of programs and libraries before;
   * {@link #keepSummaries} adds to it.
   *
   * @throws IOException if the loader's configuration cannot be read
   */
  public static ServiceAnalyzer of(FileTree files, SummaryStore summaries) throws IOException {
    ObjectStore store = new ObjectStore(summaries::find);
    return new ServiceAnalyzer(files, new LibraryResolver(files), store);
  }

  /**
   * Keeps what was learnt of programs and libraries since this was called last, for the next
   * analyzer. Only for one that was made with a store.
   *
   * @throws IOException if the store cannot be written
   */
  public void keepSummaries(SummaryStore summaries) throws IOException {
    store.keep(summaries::keep);
  }

  /** What was gathered for one service. */
  private final class Gathering {
    final Map<String, String> chains = new TreeMap<>();
    final Set<ServiceSyscalls.Unresolved> unresolved = new LinkedHashSet<>();
    final Set<ImagePath> objects = new LinkedHashSet<>();
    final Set<ImagePath> seen = new LinkedHashSet<>();
    final Deque<ImagePath> work = new ArrayDeque<>();
    final List<String> search;
    Architecture architecture = Architecture.X86_64; // until a program is seen

    Gathering(List<String> search) {
      this.search = search;
    }

    void run() throws IOException {
      while (!work.isEmpty()) {
        ImagePath path = work.poll();
        if (!seen.add(path)) {
          continue;
        }
        objects.add(path);
        Content content = files.get(path).map(FileNode::content).orElse(Content.empty());
        if (ElfFile.isElf(content)) {
          program(path);
        } else {
          script(path, content);
        }
      }
    }

    private void program(ImagePath path) throws IOException {
      ProgramAnalysis.Result result = programs.get(path);
      if (result == null) {
        result = ProgramAnalysis.of(path, resolver, store);
        programs.put(path, result);
      }
      architecture = architecture(path);
      SyscallTable table = SyscallTable.of(architecture);
      new TreeMap<>(result.numbers())
          .forEach(
              (number, chain) ->
                  table
                      .name(number)
                      .ifPresentOrElse(
                          name -> chains.putIfAbsent(name, chain),
                          () -> unresolved.add(unnamed(path, number, chain))));
      for (ProgramAnalysis.Unresolved u : result.unresolved()) {
        boolean open = u.kind() != ProgramAnalysis.Kind.ASSUMED;
        unresolved.add(new ServiceSyscalls.Unresolved(u.object(), u.function(), u.reason(), open));
      }
      objects.addAll(result.objects());
    }

    // A profile holds names alone, so it cannot allow such a call.
    private ServiceSyscalls.Unresolved unnamed(ImagePath path, int number, String chain) {
      String reason =
          String.format(
              "the system call %#x (%d) is none of %s: %s",
              number, number, architecture.kernelName(), chain);
      return new ServiceSyscalls.Unresolved(path.toString(), "", reason, true);
    }

    private void script(ImagePath path, Content content) throws IOException {
      if (content.size() > MAX_SCRIPT) {
        unresolved.add(
            new ServiceSyscalls.Unresolved(path.toString(), "", "neither ELF nor a script", true));
        return;
      }
      String text = new String(content.readAll(MAX_SCRIPT), StandardCharsets.ISO_8859_1);
      String interpreter = "/bin/sh"; // as execvp does
      if (text.startsWith("#!")) {
        int end = text.indexOf('\n');
        interpreter = text.substring(2, end < 0 ? text.length() : end).strip();
      }
      for (String word : interpreter.split("\\s+", -1)) {
        if (!word.isEmpty() && !word.startsWith("-") && !add(word)) {
          unresolved.add(
              new ServiceSyscalls.Unresolved(
                  path.toString(), "", "the interpreter " + word + " is not in the image", true));
        }
      }
      words(text);
      unresolved.add(
          new ServiceSyscalls.Unresolved(
              path.toString(),
              "",
              "a script: each program of the image that one of its words names is counted",
              false));
    }

    void words(String text) throws IOException {
      for (String line : text.split("\n", -1)) {
        if (line.strip().startsWith("#")) {
          continue;
        }
        for (String word : line.split("[^A-Za-z0-9_./+\\[-]+", -1)) {
          if (!word.isEmpty() && !word.equals(".") && !word.contains("..")) {
            add(word);
          }
        }
      }
    }

    /** Adds the program or script that a word names; says whether there is one. */
    boolean add(String word) throws IOException {
      Optional<ImagePath> found = find(word);
      if (found.isPresent() && !seen.contains(found.get())) {
        work.add(found.get());
      }
      return found.isPresent();
    }

    private Optional<ImagePath> find(String word) throws IOException {
      if (word.startsWith("/")) {
        return executable(word);
      }
      if (word.contains("/")) {
        return Optional.empty();
      }
      for (String directory : search) {
        Optional<ImagePath> found = executable(directory + "/" + word);
        if (found.isPresent()) {
          return found;
        }
      }
      return Optional.empty();
    }

    private Optional<ImagePath> executable(String path) throws IOException {
      if (!path.startsWith("/") || path.contains("..") || path.indexOf('\0') >= 0) {
        return Optional.empty();
      }
      Optional<ImagePath> real = files.resolve(ImagePath.of(path));
      if (real.isEmpty()) {
        return real;
      }
      Optional<FileNode> node = files.get(real.get());
      boolean runs =
          node.isPresent()
              && node.get().isRegular()
              && (node.get().attributes().mode() & 0111) != 0
              && (ElfFile.isElf(node.get().content()) || isScript(node.get().content()));
      return runs ? real : Optional.empty();
    }
  }

  private Architecture architecture(ImagePath program) throws IOException {
    Content content = files.get(program).map(FileNode::content).orElse(Content.empty());
    int machine = ElfFile.open(content, program.toString()).header().machine();
    return machine == ElfHeader.EM_AARCH64 ? Architecture.AARCH64 : Architecture.X86_64;
  }

  private static boolean isScript(Content content) throws IOException {
    try (InputStream in = content.open()) {
      return in.read() == '#' && in.read() == '!';
    }
  }

  /**
   * Analyses a service.
   *
   * @param name its name
   * @param command its program and arguments
   * @param environment {@code NAME=VALUE}, of which PATH counts
   * @throws IllegalArgumentException if the command is empty
   * @throws io.k8or.content.MalformedContentException if a program or library is not well-formed,
   *     or of an architecture that is not known
   * @throws IOException if a file cannot be read
   */
  public ServiceSyscalls analyze(String name, List<String> command, List<String> environment)
      throws IOException {
    if (command.isEmpty()) {
      throw new IllegalArgumentException("a service without a command: " + name);
    }
    String path = DEFAULT_PATH;
    for (String variable : environment) {
      if (variable.startsWith("PATH=")) {
        path = variable.substring(5);
      }
    }
    Gathering gathering = new Gathering(new ArrayList<>(List.of(path.split(":", -1))));
    if (!gathering.add(command.get(0))) {
      gathering.unresolved.add(
          new ServiceSyscalls.Unresolved(
              command.get(0), "", "the program is not in the image", true));
    }
    for (String argument : command.subList(1, command.size())) {
      if (argument.indexOf(' ') >= 0) {
        gathering.words(argument); // sh -c "..."
      } else if (!argument.startsWith("-")) {
        gathering.add(argument);
      }
    }
    gathering.run();
    return new ServiceSyscalls(
        name,
        command,
        gathering.architecture,
        gathering.chains,
        gathering.unresolved,
        gathering.objects);
  }

  @Override
  public String toString() {
    return "analyzer of services in a " + files;
  }
}
