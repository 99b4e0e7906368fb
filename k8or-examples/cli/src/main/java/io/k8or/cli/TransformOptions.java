package io.k8or.cli;

import io.k8or.files.FilePruner;
import io.k8or.files.FileRule;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.jvm.JarTrimmer;
import io.k8or.jvm.JavaTrimmer;
import io.k8or.jvm.LoadedClasses;
import io.k8or.seccomp.SyscallProfileGenerator;
import io.k8or.services.Level;
import io.k8or.services.Service;
import io.k8or.services.ServiceImage;
import io.k8or.services.ServiceOptimizer;
import io.k8or.services.ServiceSplitter;
import io.k8or.services.Trace;
import io.k8or.strip.NativeStripper;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Transform;
import io.k8or.users.KubernetesUser;
import io.k8or.users.UidRegistry;
import io.k8or.users.UserPruner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which transforms run, and what steers them. */
final class TransformOptions {
  private static final String ALL = "all";

  @Option(names = "--users", description = "Removes accounts that nothing in the image needs.")
  private boolean users;

  @Option(
      names = "--packages",
      description = {
        "Removes packages that the services do not need.",
        "Not among the transforms that run by themselves."
      })
  private boolean packages;

  @Option(
      names = "--files",
      description = {
        "Removes files that nothing needs to run, by named rules, and what --remove-path names."
      })
  private boolean files;

  @Option(
      names = "--syscalls",
      description = {
        "Makes a seccomp profile for each service, as an artifact.",
        "Not among the transforms that run by themselves."
      })
  private boolean syscalls;

  @Option(
      names = "--service",
      paramLabel = "NAME=COMMAND",
      description = "A service and the command that starts it, instead of the entrypoint's.")
  private List<String> services = new ArrayList<>();

  @Option(
      names = "--services",
      description = {
        "Removes what the services do not reach, file by file.",
        "Not among the transforms that run by themselves."
      })
  private boolean reach;

  @Option(
      names = "--level",
      paramLabel = "safe|balanced|minimal",
      description = "How much --services removes: packages; files; files of no package too.")
  private @Nullable String level;

  @Option(
      names = "--java",
      description = {
        "Removes unused jars, and modules of the runtime that nothing names.",
        "Not among the transforms that run by themselves, but part of --level minimal."
      })
  private boolean java;

  @Option(
      names = "--keep-module",
      paramLabel = "NAME",
      split = ",",
      description = "Keeps this module of Java runtimes.")
  private List<String> keepModules = new ArrayList<>();

  @Option(
      names = "--remove-classes",
      description = {
        "Removes single classes that nothing reaches from jars that stay.",
        "Never by itself; with --java, or --services --level minimal."
      })
  private boolean removeClasses;

  @Option(
      names = "--keep-class",
      paramLabel = "PATTERN",
      split = ",",
      description = "Keeps these classes, such as com.acme.Plugin, com.acme.*, com.acme.**")
  private List<String> keepClasses = new ArrayList<>();

  @Option(
      names = "--strip",
      description = {
        "Takes symbols and debug information out of programs and libraries.",
        "Not among the transforms that run by themselves, but part of --level minimal."
      })
  private boolean strip;

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = {
        "Compares with a run: what strace -f printed, a list of paths, or the lines of java",
        "-Xlog:class+load. The findings say what it used and --services or --java removes."
      })
  private @Nullable Path trace;

  @Option(
      names = "--split-services",
      description = {
        "Makes an image of each service, with --services.",
        "Each has the service's name, and its artifacts are in a folder of that name."
      })
  private boolean split;

  @Option(
      names = "--limit",
      paramLabel = "SERVICE:memory=256Mi,cpu=500m",
      description = {
        "A limit in the Kubernetes documents that --services makes as artifacts:",
        "memory, cpu, ephemeral-storage. Without, what the service declares."
      })
  private List<String> limits = new ArrayList<>();

  @Option(
      names = "--request",
      paramLabel = "SERVICE:memory=128Mi",
      description = "A request, as --limit.")
  private List<String> requests = new ArrayList<>();

  @Option(
      names = "--egress",
      paramLabel = "SERVICE:5432,123/udp",
      description = {
        "The ports that the service may connect to, for its NetworkPolicy; \"none\" for",
        "no port. Without, what it connects to is not limited."
      })
  private List<String> egress = new ArrayList<>();

  @Option(
      names = "--image-name",
      paramLabel = "SERVICE=IMAGE",
      description = "Where the service's image is pushed to, for its Deployment.")
  private List<String> imageNames = new ArrayList<>();

  @Option(
      names = "--keep-user",
      paramLabel = "NAME",
      description = "Keeps the user and the group of this name.")
  private List<String> keepUsers = new ArrayList<>();

  @Option(
      names = "--keep-package",
      paramLabel = "NAME",
      description = "Keeps this package with what it needs, and what the services need; no other.")
  private List<String> keepPackages = new ArrayList<>();

  @Option(
      names = "--remove-package",
      paramLabel = "NAME",
      description = "Removes this package, and none that is not named.")
  private List<String> removePackages = new ArrayList<>();

  @Option(
      names = "--force-depends",
      description = "Removes the packages that are named even where others need them.")
  private boolean forceDepends;

  @Option(
      names = "--minimal",
      description = "Keeps essential packages only where what stays uses them.")
  private boolean minimal;

  @Option(
      names = "--rule",
      paramLabel = "NAME",
      description = "Turns on a rule of --files, or all of them.")
  private List<String> rules = new ArrayList<>();

  @Option(
      names = "--no-rule",
      paramLabel = "NAME",
      description = "Turns off a rule of --files, or all of them but those of --rule.")
  private List<String> noRules = new ArrayList<>();

  @Option(
      names = "--keep-locale",
      paramLabel = "LOCALE",
      split = ",",
      description = "Keeps the translations of these languages, such as de,pt_BR.")
  private List<String> keepLocales = new ArrayList<>();

  @Option(
      names = "--remove-path",
      paramLabel = "GLOB",
      description = "Removes what this absolute path matches: * within a segment, ** across.")
  private List<String> removePaths = new ArrayList<>();

  @Option(
      names = "--keep-path",
      paramLabel = "GLOB",
      description = "Keeps what this matches, whatever is to be removed.")
  private List<String> keepPaths = new ArrayList<>();

  @Option(
      names = "--add-user",
      paramLabel = "NAME[:UID[:GID]]",
      description = "Adds an account for a service and makes it the image's USER.")
  private @Nullable String addUser;

  @Option(
      names = "--own",
      paramLabel = "PATH",
      description = "Gives this path, with all below it, to the account of --add-user.")
  private List<String> owned = new ArrayList<>();

  /**
   * The transforms that were chosen.
   *
   * @param packages the first, if it is chosen
   * @param java the next: what of a runtime goes leads services nowhere
   * @param services the next, if it is chosen
   * @param others those after it
   */
  record Chosen(
      Optional<PackageChoice> packages,
      Transform java,
      Optional<ServiceOptimizer> services,
      Transform others) {
    Transform inOrder() {
      Transform rest =
          java.andThen(services.<Transform>map(next -> next.andThen(others)).orElse(others));
      return packages.<Transform>map(first -> first.andThen(rest)).orElse(rest);
    }
  }

  /**
   * Returns the transforms in their order.
   *
   * @throws IllegalArgumentException if an option has another form, or its transform is not chosen
   * @throws IOException if the trace of a run cannot be read
   */
  Transform toTransform() throws IOException {
    return choose(false).inOrder();
  }

  /**
   * Returns the transforms in their order: packages first, because their files go with them; an
   * account whose files are gone, or given to another, may go as well.
   *
   * <p>Where none is named, those of files and accounts run, and that of packages if an option
   * steers it: what a program loads by name is not seen, so to remove packages is to be asked for.
   *
   * @param all whether that of packages is among them where none is named
   * @throws IllegalArgumentException if an option has another form, or its transform is not chosen
   * @throws IOException if the trace of a run cannot be read
   */
  Chosen choose(boolean all) throws IOException {
    if (split) {
      throw new UsageException("--split-services", "only plan and apply make several images");
    }
    boolean none = !users && !files && !packages && !syscalls && !reach && !java && !strip;
    return new Chosen(
        packageChoice(none, all),
        javaTransform(ServiceWords.parse(services)),
        serviceTransform(),
        stripTransform()
            .andThen(fileTransform(none || files))
            .andThen(userTransform(none || users, Optional.empty()))
            .andThen(syscallTransform()));
  }

  /**
   * Returns what confines the services in Kubernetes, after all other transforms; nothing where
   * services are not chosen.
   */
  Transform sandbox() throws IOException {
    Optional<ServiceOptimizer> optimizer = serviceTransform();
    Sandboxes sandboxes = sandboxes();
    return optimizer.isEmpty()
        ? Transform.identity()
        : image -> sandboxes.ofAll(optimizer.get().services(image)).plan(image);
  }

  private Sandboxes sandboxes() {
    return new Sandboxes(limits, requests, egress, imageNames, syscalls);
  }

  boolean isSplit() {
    return split;
  }

  /**
   * Checks what a split needs.
   *
   * @throws UsageException if an option does not go with it
   */
  void checkSplit() {
    if (!reach) {
      throw needs("--split-services", "--services");
    }
    if (trace != null) {
      throw new UsageException(
          "--trace " + trace, "with --split-services there is no one image to compare with");
    }
  }

  /**
   * Returns an image for each service of one, with all that was chosen.
   *
   * @throws UsageException if the image has no service, or an option has another form
   * @throws IOException if the image cannot be read
   */
  List<ServiceImage> split(ImageSnapshot image) throws IOException {
    ServiceOptimizer optimizer = serviceTransform().orElseThrow();
    Optional<PackageChoice> first = packageChoice(false, false);
    EditPlan before = first.isPresent() ? first.get().plan(image) : EditPlan.empty();
    List<ServiceImage> images = new ArrayList<>();
    List<ServiceImage> parts = ServiceSplitter.split(image.with(before), optimizer);
    if (parts.isEmpty()) {
      throw new UsageException(
          "--split-services", "the image names no service; name them with --service");
    }
    if (addUser != null) {
      String name = addUser.split(":", 2)[0];
      if (parts.stream().noneMatch(part -> part.service().name().equals(name))) {
        throw new UsageException(
            "--add-user " + addUser, "with --split-services it is for the service of its name");
      }
    }
    for (ServiceImage part : parts) {
      EditPlan plan = before.then(part.plan());
      Transform others =
          javaTransform(Map.of(part.service().name(), part.service().command()))
              .andThen(stripTransform())
              .andThen(fileTransform(files))
              .andThen(userTransform(users, Optional.of(part.service().name())))
              .andThen(syscallTransform(part.service()))
              .andThen(sandboxes().of(part.service()));
      images.add(new ServiceImage(part.service(), plan.then(others.plan(image.with(plan)))));
    }
    return images;
  }

  private Transform syscallTransform(Service service) {
    return syscalls
        ? SyscallProfileGenerator.killing()
            .withService(ServiceWords.label(service.name()), service.command())
        : Transform.identity();
  }

  /** Returns the transform of services, if it is chosen. */
  private Optional<ServiceOptimizer> serviceTransform() throws IOException {
    if (!reach) {
      if (level != null || (trace != null && !java)) {
        throw needs(level != null ? "--level" : "--trace", "--services");
      }
      if (!limits.isEmpty()) {
        throw needs("--limit", "--services");
      } else if (!requests.isEmpty()) {
        throw needs("--request", "--services");
      } else if (!egress.isEmpty()) {
        throw needs("--egress", "--services");
      } else if (!imageNames.isEmpty()) {
        throw needs("--image-name", "--services");
      }
      return Optional.empty();
    }
    ServiceOptimizer optimizer = ServiceOptimizer.forEntrypoint().at(level());
    if (trace != null) {
      optimizer = optimizer.checkedAgainst(Trace.parse(traced()));
    }
    for (Map.Entry<String, List<String>> service : ServiceWords.parse(services).entrySet()) {
      optimizer = optimizer.withService(service.getKey(), service.getValue());
    }
    return Optional.of(optimizer);
  }

  private boolean isMinimal() {
    return reach && level() == Level.MINIMAL;
  }

  private String traced() throws IOException {
    return trace == null ? "" : Files.readString(trace, StandardCharsets.ISO_8859_1);
  }

  private Transform javaTransform(Map<String, List<String>> told) throws IOException {
    if (!java && !isMinimal()) {
      if (!keepModules.isEmpty()) {
        throw needs("--keep-module", "--java");
      }
      if (removeClasses || !keepClasses.isEmpty()) {
        throw needs(removeClasses ? "--remove-classes" : "--keep-class", "--java");
      }
      return Transform.identity();
    }
    JavaTrimmer modules = JavaTrimmer.forEntrypoint().keeping(keepModules);
    for (Map.Entry<String, List<String>> service : told.entrySet()) {
      modules = modules.withService(service.getKey(), service.getValue());
    }
    return jars(told).andThen(modules);
  }

  /**
   * Returns what decides which classes and jars stay, for the services that are told.
   *
   * @throws UsageException if an option has another form
   * @throws IOException if the trace of a run cannot be read
   */
  JarTrimmer jars() throws IOException {
    return jars(ServiceWords.parse(services));
  }

  private JarTrimmer jars(Map<String, List<String>> told) throws IOException {
    JarTrimmer jars =
        JarTrimmer.forEntrypoint()
            .keeping(globs("--keep-path", keepPaths))
            .checkedAgainst(LoadedClasses.parse(traced()));
    try {
      jars = jars.keepingClasses(keepClasses);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--keep-class", String.valueOf(e.getMessage()));
    }
    if (removeClasses) {
      jars = jars.removingClasses();
    } else if (!keepClasses.isEmpty()) {
      throw needs("--keep-class", "--remove-classes");
    }
    for (Map.Entry<String, List<String>> service : told.entrySet()) {
      jars = jars.withService(service.getKey(), service.getValue());
    }
    return jars;
  }

  private Transform stripTransform() {
    return strip || isMinimal()
        ? new NativeStripper(globs("--keep-path", keepPaths))
        : Transform.identity();
  }

  private Level level() {
    if (level == null) {
      return Level.BALANCED;
    }
    for (Level each : Level.values()) {
      if (each.name().toLowerCase(Locale.ROOT).equals(level)) {
        return each;
      }
    }
    throw new UsageException("--level " + level, "expected safe, balanced or minimal");
  }

  private Optional<PackageChoice> packageChoice(boolean none, boolean all) {
    List<String> steering = new ArrayList<>();
    if (!keepPackages.isEmpty()) {
      steering.add("--keep-package");
    }
    if (!removePackages.isEmpty()) {
      steering.add("--remove-package");
    }
    if (forceDepends) {
      steering.add("--force-depends");
    }
    if (minimal) {
      steering.add("--minimal");
    }
    boolean steered = !steering.isEmpty();
    if (steered && !none && !packages) {
      throw needs(steering.get(0), "--packages");
    }
    if (minimal && !removePackages.isEmpty()) {
      throw new UsageException(
          "--minimal", "with --remove-package nothing goes but the packages that are named");
    }
    if (forceDepends && removePackages.isEmpty()) {
      throw new UsageException("--force-depends", "it needs --remove-package, which it is about");
    }
    for (String name : keepPackages) {
      if (removePackages.contains(name)) {
        throw new UsageException("--keep-package " + name, "--remove-package names it too");
      }
    }
    return packages || (none && (all || steered))
        ? Optional.of(new PackageChoice(keepPackages, removePackages, forceDepends, minimal))
        : Optional.empty();
  }

  private Transform fileTransform(boolean chosen) {
    List<PathGlob> remove = globs("--remove-path", removePaths);
    List<PathGlob> keep = globs("--keep-path", keepPaths);
    if (!chosen) {
      List<String> steering = steeringFiles();
      if (!steering.isEmpty()) {
        throw needs(steering.get(0), "--files");
      }
      return Transform.identity();
    }
    return new FilePruner(fileRules(), remove, keep, keepLocales);
  }

  private List<String> steeringFiles() {
    List<String> steering = new ArrayList<>();
    if (!removePaths.isEmpty()) {
      steering.add("--remove-path");
    }
    if (!keepPaths.isEmpty()) {
      steering.add("--keep-path");
    }
    if (!rules.isEmpty()) {
      steering.add("--rule");
    }
    if (!noRules.isEmpty()) {
      steering.add("--no-rule");
    }
    if (!keepLocales.isEmpty()) {
      steering.add("--keep-locale");
    }
    return steering;
  }

  private List<FileRule> fileRules() {
    Set<FileRule> on = new LinkedHashSet<>(named("--rule", rules));
    Set<FileRule> off = new LinkedHashSet<>(named("--no-rule", noRules));
    boolean allOn = rules.contains(ALL);
    boolean allOff = noRules.contains(ALL);
    if (allOn && allOff) {
      throw new UsageException("--rule all", "--no-rule names them too");
    }
    for (FileRule rule : on) {
      if (off.contains(rule)) {
        throw new UsageException("--rule " + rule, "--no-rule names it too");
      }
    }
    return FileRule.all().stream()
        .filter(rule -> on.contains(rule) || allOn || (rule.isDefault() && !allOff))
        .filter(rule -> !off.contains(rule))
        .toList();
  }

  private static List<FileRule> named(String option, List<String> names) {
    List<FileRule> found = new ArrayList<>();
    for (String name : names) {
      try {
        if (!name.equals(ALL)) {
          found.add(FileRule.named(name));
        }
      } catch (IllegalArgumentException e) {
        throw new UsageException(option + " " + name, String.valueOf(e.getMessage()));
      }
    }
    return found;
  }

  /** The account is for one service where there are several. */
  private Transform userTransform(boolean chosen, Optional<String> service) {
    if (!chosen) {
      if (!keepUsers.isEmpty() || !owned.isEmpty() || addUser != null) {
        throw needs(
            !keepUsers.isEmpty() ? "--keep-user" : addUser != null ? "--add-user" : "--own",
            "--users");
      }
      return Transform.identity();
    }
    boolean own =
        addUser != null && (service.isEmpty() || service.get().equals(addUser.split(":", 2)[0]));
    if (addUser != null && own) {
      return account(addUser).andThen(new UserPruner(keepUsers));
    }
    if (addUser == null && !owned.isEmpty()) {
      throw new UsageException("--own", "it needs --add-user, whose account it gives the path");
    }
    return new UserPruner(keepUsers);
  }

  private Transform account(String text) {
    List<ImagePath> paths = new ArrayList<>();
    for (String path : owned) {
      try {
        paths.add(ImagePath.of(path));
      } catch (IllegalArgumentException e) {
        throw new UsageException("--own " + path, String.valueOf(e.getMessage()));
      }
    }
    try {
      return KubernetesUser.parse(text, UidRegistry.inMemory()).owning(paths);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--add-user " + text, String.valueOf(e.getMessage()));
    }
  }

  /** Last, because it looks at what is left. */
  private Transform syscallTransform() {
    if (!syscalls) {
      if (!services.isEmpty() && !reach && !java) {
        throw needs("--service", "--services or --syscalls");
      }
      return Transform.identity();
    }
    SyscallProfileGenerator generator = SyscallProfileGenerator.killing();
    for (Map.Entry<String, List<String>> service : ServiceWords.parse(services).entrySet()) {
      generator = generator.withService(service.getKey(), service.getValue());
    }
    return generator;
  }

  private static UsageException needs(String option, String transform) {
    return new UsageException(
        option, "it steers " + transform + ", which is not among the transforms that are chosen");
  }

  private static List<PathGlob> globs(String option, List<String> texts) {
    List<PathGlob> globs = new ArrayList<>();
    for (String text : texts) {
      try {
        globs.add(PathGlob.of(text));
      } catch (IllegalArgumentException e) {
        throw new UsageException(option + " " + text, String.valueOf(e.getMessage()));
      }
    }
    return globs;
  }
}
