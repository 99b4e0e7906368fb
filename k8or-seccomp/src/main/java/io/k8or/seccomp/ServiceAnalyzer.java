package io.k8or.seccomp;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.k8or.elf.ElfFile;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.loader.LibraryResolver;
import io.k8or.seccomp.program.ObjectStore;
import io.k8or.seccomp.program.ProgramAnalysis;
import io.k8or.services.Service;
import io.k8or.services.ServiceFinder;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Finds the system calls of services of one image. Nothing is run: programs are read, with the
 * libraries that their loader would load, and with the programs that they start.
 *
 * <p>A service is all that its command leads to: scripts of the shell (each command that they can
 * run), what wrappers such as tini and env are given, what a supervisor starts, the image's health
 * check, and the programs that programs start by constant names. What is started by another name is
 * a finding, and {@link UnknownPrograms} says what is counted for it.
 *
 * <p>Keeps the analyses of libraries for the next service. Not for use by several threads at once.
 */
public final class ServiceAnalyzer {
  private final ImageSnapshot image;
  private final UnknownPrograms unknown;
  private final LibraryResolver resolver;
  private final ObjectStore store;
  // By path and by the variables that the loader knows.
  private final Map<ProgramKey, ProgramAnalysis.Result> programs = new HashMap<>();

  private ServiceAnalyzer(
      ImageSnapshot image, UnknownPrograms unknown, LibraryResolver resolver, ObjectStore store) {
    this.image = image;
    this.unknown = Objects.requireNonNull(unknown);
    this.resolver = resolver;
    this.store = store;
  }

  /**
   * Returns an analyzer of an image's files, without a configuration.
   *
   * @throws IOException if the loader's configuration cannot be read
   */
  public static ServiceAnalyzer of(FileTree files) throws IOException {
    return of(withoutConfiguration(files));
  }

  /**
   * Returns an analyzer of an image, of whose configuration the working directory and the health
   * check count.
   *
   * @throws IOException if the loader's configuration cannot be read
   */
  public static ServiceAnalyzer of(ImageSnapshot image) throws IOException {
    return of(image, new ObjectStore());
  }

  /**
   * Returns an analyzer of an image's files that looks in a store for what was learnt of programs
   * and libraries before; {@link #keepSummaries} adds to it.
   *
   * @throws IOException if the loader's configuration cannot be read
   */
  public static ServiceAnalyzer of(FileTree files, SummaryStore summaries) throws IOException {
    return of(withoutConfiguration(files), summaries);
  }

  /**
   * Returns an analyzer of an image that looks in a store for what was learnt of programs and
   * libraries before; {@link #keepSummaries} adds to it.
   *
   * @throws IOException if the loader's configuration cannot be read
   */
  public static ServiceAnalyzer of(ImageSnapshot image, SummaryStore summaries) throws IOException {
    return of(image, new ObjectStore(summaries::find));
  }

  private static ServiceAnalyzer of(ImageSnapshot image, ObjectStore store) throws IOException {
    return new ServiceAnalyzer(
        image, UnknownPrograms.REACHED, new LibraryResolver(image.files()), store);
  }

  private static ImageSnapshot withoutConfiguration(FileTree files) {
    return ImageSnapshot.of(ImageConfig.of(new Platform("linux", "amd64", "")), files);
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

  /** Returns this analyzer with another answer to programs whose names are not constant. */
  public ServiceAnalyzer unknownPrograms(UnknownPrograms choice) {
    return new ServiceAnalyzer(image, choice, resolver, store);
  }

  private record ProgramKey(ImagePath program, List<String> variables) {}

  /** Analyses programs that are started with an environment. */
  private Gathering.Programs startedWith(List<String> environment) {
    List<String> variables = ProgramAnalysis.variables(environment);
    return program -> {
      ProgramKey key = new ProgramKey(program, variables);
      ProgramAnalysis.Result result = programs.get(key);
      if (result == null) {
        result = ProgramAnalysis.of(program, resolver, store, variables);
        programs.put(key, result);
      }
      return result;
    };
  }

  /**
   * Analyses a service.
   *
   * @param name its name
   * @param command its program and arguments
   * @param environment {@code NAME=VALUE}, of which PATH, what scripts use, and what the loader and
   *     the C library know counts
   * @throws IllegalArgumentException if the command is empty
   * @throws io.k8or.content.MalformedContentException if its program or a library is not
   *     well-formed, or of an architecture that is not known
   * @throws IOException if a file cannot be read
   */
  public ServiceSyscalls analyze(String name, List<String> command, List<String> environment)
      throws IOException {
    if (command.isEmpty()) {
      throw new IllegalArgumentException("a service without a command: " + name);
    }
    ImageConfig config =
        image
            .config()
            .with("/config/Env", json(environment))
            .with("/config/Entrypoint", json(command))
            .with("/config/Cmd", "null");
    ImageSnapshot told = ImageSnapshot.of(config, image.files());
    List<Service> services = ServiceFinder.find(told);
    if (services.isEmpty()) {
      services = List.of(new Service("main", command, "told", List.of()));
    }
    return gathered(
        name, command, new Gathering(told, services, startedWith(environment), unknown));
  }

  /**
   * Analyses one program alone: neither its arguments nor the programs that it starts count. A
   * script is analysed as a service.
   *
   * @param name of the service that it is taken for
   * @param program its path; symbolic links are followed
   * @throws IllegalArgumentException if there is no such file
   * @throws io.k8or.content.MalformedContentException if it or a library is not well-formed, or of
   *     an architecture that is not known
   * @throws IOException if a file cannot be read
   */
  public ServiceSyscalls analyzeProgram(String name, ImagePath program) throws IOException {
    Optional<ImagePath> real = image.files().resolve(program).filter(image.files()::contains);
    if (real.isEmpty()) {
      throw new IllegalArgumentException("no program at " + program);
    }
    if (!ElfFile.isElf(image.files().get(real.get()).orElseThrow().content())) {
      return analyze(name, List.of(program.toString()), image.config().env());
    }
    Gathering gathering =
        new Gathering(image, List.of(), startedWith(image.config().env()), unknown);
    gathering.alone(real.get());
    return gathered(name, List.of(program.toString()), gathering);
  }

  private static ServiceSyscalls gathered(String name, List<String> command, Gathering gathering)
      throws IOException {
    gathering.run();
    return new ServiceSyscalls(
        name,
        command,
        gathering.architecture,
        gathering.chains,
        gathering.unresolved,
        gathering.objects);
  }

  private static String json(List<String> words) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    words.forEach(array::add);
    return array.toString();
  }

  @Override
  public String toString() {
    return "analyzer of services in a " + image.files();
  }
}
