package io.k8or.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.Content;
import io.k8or.filesystem.ImagePath;
import io.k8or.seccomp.Architecture;
import io.k8or.seccomp.ContainerRuntime;
import io.k8or.seccomp.RiskySyscalls;
import io.k8or.seccomp.ServiceAnalyzer;
import io.k8or.seccomp.ServiceSyscalls;
import io.k8or.seccomp.SyscallProfile;
import io.k8or.seccomp.SyscallProfileGenerator;
import io.k8or.seccomp.SyscallProfileGenerator.OnUnresolved;
import io.k8or.seccomp.SyscallTable;
import io.k8or.seccomp.UnknownPrograms;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code k8or profile}. */
@Command(
    name = "profile",
    description = {
      "Makes a seccomp profile for each service, from its programs alone; runs nothing.",
      "Without --service and --binary, the service is what the image's entrypoint and command"
          + " start."
    })
final class ProfileCommand implements Callable<Integer> {
  private final Session session;

  @Mixin final CommonOptions common = new CommonOptions();
  @Mixin private final InputOptions input = new InputOptions();

  @Option(
      names = "--service",
      paramLabel = "NAME=COMMAND",
      description = "A service and the command that starts it.")
  private List<String> services = new ArrayList<>();

  @Option(
      names = "--binary",
      paramLabel = "PATH",
      description = "A program in the image, by its path; not what it starts.")
  private List<String> binaries = new ArrayList<>();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "text (the default), oci, docker, spo, names, json or bpf.")
  private String format = "text";

  @Option(
      names = "--runtime",
      paramLabel = "RUNTIME",
      description = {
        "What starts the container: runc (the default), crun or none (the default with --binary).",
        "A version can be named: runc-1.1, runc-1.2, crun-1.8."
      })
  private @Nullable String runtime;

  @Option(
      names = "--no-new-privs",
      paramLabel = "true|false",
      arity = "1",
      description = "Whether processes run with no_new_privs; the runtime needs fewer calls then.")
  private boolean noNewPrivileges;

  @Option(
      names = "--on-unresolved",
      paramLabel = "widen|refuse",
      description = "What is done where a service may make calls that were not found.")
  private String onUnresolved = "widen";

  @Option(
      names = "--unknown-programs",
      paramLabel = "reached|all|unresolved",
      description = {
        "What counts where a service starts a program whose name is not constant: the programs that",
        "its files name (the default), all programs of the image, or none, so that calls may be"
            + " missing."
      })
  private String unknownPrograms = "reached";

  @Option(
      names = "--audit",
      description = "Makes profiles that log what they would else refuse, and refuse nothing.")
  private boolean audit;

  @Option(
      names = "--argument-rules",
      description = {
        "Allows socket, socketpair, personality and clone with the first arguments that were found"
            + " alone,",
        "where all are constant and nothing is unresolved."
      })
  private boolean argumentRules;

  @Option(
      names = "--explain",
      paramLabel = "SYSCALL",
      description = "Prints how each service comes to make this call.")
  private @Nullable String explain;

  @Option(
      names = "--beyond",
      paramLabel = "FILE",
      description = "Prints what each profile allows and this one (OCI or Docker) does not.")
  private @Nullable Path beyond;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Writes a file for each service, seccomp-NAME.*, and prints nothing.")
  private @Nullable Path out;

  @Option(
      names = "--chains",
      description = "With --format json: how each call that was found comes to be made.")
  private boolean chains;

  @Option(
      names = "--summaries",
      paramLabel = "DIR",
      description = {
        "Where what is learnt of programs and libraries is kept for the next run, which is faster.",
        "Whoever can write there can change the profiles."
      })
  private @Nullable Path summaries;

  @Parameters(paramLabel = "IMAGE", description = "The image.")
  private String image = "";

  ProfileCommand(Session session) {
    this.session = session;
  }

  /** A service with its profile, which is empty where it was refused. */
  private record Profiled(
      String name, ServiceSyscalls found, Optional<SyscallProfile> profile, double seconds) {}

  @Override
  public Integer call() throws IOException {
    ProfileFormat chosen = ProfileFormat.parse(format);
    SyscallProfileGenerator generator =
        SyscallProfileGenerator.killing()
            .forRuntime(runtime(), noNewPrivileges)
            .onUnresolved(unresolved());
    if (argumentRules) {
      generator = generator.withArgumentRules();
    }
    Map<String, List<String>> commands = ServiceWords.parse(services);
    checkOptions(chosen);
    ImageArgument argument = ImageArgument.parse(image);
    ImageSnapshot snapshot = Input.open(argument, input.platform(), session).snapshot();
    Architecture architecture = architecture(snapshot);
    if (explain != null && SyscallTable.of(architecture).number(explain).isEmpty()) {
      throw new UsageException(
          "--explain " + explain, "no system call of " + architecture.kernelName());
    }
    Optional<SyscallProfile> other = readOther(architecture);
    List<Profiled> profiled = analyze(snapshot, commands, generator);
    if (explain != null) {
      session.print(explained(profiled, explain));
    } else if (other.isPresent()) {
      session.print(difference(profiled, other.get()));
    } else {
      write(profiled, chosen);
    }
    return profiled.stream().allMatch(p -> p.profile().isPresent())
        ? ExitStatus.DONE
        : ExitStatus.FOUND;
  }

  private void checkOptions(ProfileFormat chosen) {
    if (out != null && !chosen.isDocument()) {
      throw new UsageException("--out " + out, "it needs --format oci, docker, spo, names or bpf");
    }
    if (out != null && !Files.isDirectory(out)) {
      Outputs.requireFree("--out", out);
    }
    if (explain != null && beyond != null) {
      throw new UsageException("--beyond " + beyond, "--explain prints something else");
    }
  }

  private ContainerRuntime runtime() {
    String name = runtime != null ? runtime : binaries.isEmpty() ? "runc" : "none";
    return switch (name) {
      case "none" -> ContainerRuntime.NONE;
      case "runc", "runc-1.2", "runc-1.3" -> ContainerRuntime.RUNC_1_2;
      case "runc-1.1" -> ContainerRuntime.RUNC_1_1;
      case "crun", "crun-1.8" -> ContainerRuntime.CRUN_1_8;
      default -> throw new UsageException("--runtime " + name, "expected runc, crun or none");
    };
  }

  private OnUnresolved unresolved() {
    return switch (onUnresolved) {
      case "widen" -> OnUnresolved.WIDEN;
      case "refuse" -> OnUnresolved.REFUSE;
      default ->
          throw new UsageException("--on-unresolved " + onUnresolved, "expected widen or refuse");
    };
  }

  private UnknownPrograms unknownPrograms() {
    return switch (unknownPrograms) {
      case "reached" -> UnknownPrograms.REACHED;
      case "all" -> UnknownPrograms.ALL;
      case "unresolved" -> UnknownPrograms.UNRESOLVED;
      default ->
          throw new UsageException(
              "--unknown-programs " + unknownPrograms, "expected reached, all or unresolved");
    };
  }

  private static Architecture architecture(ImageSnapshot snapshot) {
    String name = snapshot.platform().architecture();
    return Architecture.ofPlatform(name)
        .orElseThrow(() -> new UsageException("--platform " + name, "programs of it are not read"));
  }

  private Optional<SyscallProfile> readOther(Architecture architecture) throws IOException {
    if (beyond == null) {
      return Optional.empty();
    }
    // Docker's capabilities unlock nothing in its profile; a container with more has more.
    return Optional.of(SyscallProfile.read(Content.of(beyond), architecture, List.of()));
  }

  private List<Profiled> analyze(
      ImageSnapshot snapshot, Map<String, List<String>> commands, SyscallProfileGenerator generator)
      throws IOException {
    Map<String, List<String>> all = new LinkedHashMap<>(commands);
    for (String binary : binaries) {
      requireProgram(snapshot, binary);
      all.put(binary, List.of(binary));
    }
    if (all.isEmpty()) {
      List<String> command = new ArrayList<>(snapshot.config().entrypoint());
      command.addAll(snapshot.config().cmd());
      if (command.isEmpty()) {
        throw new UsageException(
            image, "it has no entrypoint and no command; name a --service or a --binary");
      }
      all.put("main", command);
    }
    Optional<SummaryFolder> kept = Optional.ofNullable(summaries).map(SummaryFolder::new);
    ServiceAnalyzer analyzer =
        (kept.isPresent() ? ServiceAnalyzer.of(snapshot, kept.get()) : ServiceAnalyzer.of(snapshot))
            .unknownPrograms(unknownPrograms());
    List<Profiled> profiled = new ArrayList<>();
    for (Map.Entry<String, List<String>> service : all.entrySet()) {
      long start = System.nanoTime();
      ServiceSyscalls found =
          binaries.contains(service.getKey())
              ? analyzer.analyzeProgram(service.getKey(), ImagePath.of(service.getKey()))
              : analyzer.analyze(service.getKey(), service.getValue(), snapshot.config().env());
      Optional<SyscallProfile> profile = generator.profile(found);
      if (audit) {
        profile = profile.map(SyscallProfile::audit);
      }
      profiled.add(
          new Profiled(service.getKey(), found, profile, (System.nanoTime() - start) / 1e9));
    }
    if (kept.isPresent()) {
      analyzer.keepSummaries(kept.get());
    }
    return profiled;
  }

  private static void requireProgram(ImageSnapshot snapshot, String binary) {
    ImagePath path;
    try {
      path = ImagePath.of(binary);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--binary " + binary, "expected an absolute path in the image");
    }
    if (snapshot.files().follow(path).filter(node -> node.isRegular()).isEmpty()) {
      throw new UsageException("--binary " + binary, "there is no such file in the image");
    }
  }

  // -- what is printed

  private void write(List<Profiled> profiled, ProfileFormat chosen) throws IOException {
    if (out != null) {
      try (Outputs outputs = new Outputs()) {
        outputs.directory(out);
        for (Profiled p : profiled) {
          if (p.profile().isPresent()) {
            String name = fileName(p.name());
            Path file = out.resolve(chosen.fileName(name));
            Outputs.requireFree("--out", file);
            outputs.stage(file, chosen.print(p.profile().get(), name));
          }
        }
        outputs.commit();
        outputs.keep();
      }
      return;
    }
    switch (chosen) {
      case TEXT -> session.print(text(profiled));
      case JSON -> session.print(Json.text(json(profiled)));
      case NAMES -> {
        SortedSet<String> names = new TreeSet<>();
        profiled.forEach(p -> p.profile().ifPresent(profile -> names.addAll(profile.allowed())));
        session.print(List.copyOf(names));
      }
      default -> {
        if (chosen == ProfileFormat.BPF && profiled.size() != 1) {
          throw new UsageException("--format bpf", "several services need --out DIR");
        }
        for (Profiled p : profiled) {
          if (p.profile().isPresent()) {
            Content content = chosen.print(p.profile().get(), fileName(p.name()));
            try (InputStream in = content.open()) {
              in.transferTo(session.out());
            }
          }
        }
      }
    }
  }

  /** A binary's name is its path. */
  private static String fileName(String service) {
    String name = service.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.-]+", "-");
    return name.replaceAll("^[.-]+|[.-]+$", "");
  }

  private ObjectNode json(List<Profiled> profiled) {
    ObjectNode json = Json.object();
    ArrayNode services = json.putArray("services");
    for (Profiled p : profiled) {
      ObjectNode service = services.addObject();
      SortedSet<String> allowed = p.profile().map(SyscallProfile::allowed).orElse(new TreeSet<>());
      service.put("name", p.name());
      service.set("command", Json.strings(p.found().command()));
      service.set("allowed", Json.strings(List.copyOf(allowed)));
      service.put("count", allowed.size());
      service.set("found", Json.strings(List.copyOf(p.found().syscalls())));
      if (chains) {
        ObjectNode why = service.putObject("chains");
        for (String syscall : p.found().syscalls()) {
          p.found().explain(syscall).ifPresent(chain -> why.put(syscall, chain));
        }
      }
      ArrayNode unresolved = service.putArray("unresolved");
      for (ServiceSyscalls.Unresolved u : p.found().unresolved()) {
        if (u.open()) {
          unresolved
              .addObject()
              .put("object", u.object())
              .put("function", u.function())
              .put("reason", u.reason());
        }
      }
      service.put("seconds", p.seconds());
    }
    return json;
  }

  private List<String> text(List<Profiled> profiled) {
    List<String> lines = new ArrayList<>();
    for (Profiled p : profiled) {
      lines.add(p.name() + ": " + Text.command(p.found().command()));
      lines.add(
          String.format(
              Locale.ROOT,
              "  %s found in %s, %.1f s",
              Text.count(p.found().syscalls().size(), "system call"),
              Text.count(p.found().objects().size(), "file"),
              p.seconds()));
      for (ServiceSyscalls.Unresolved u : p.found().unresolved()) {
        String where = u.function().isEmpty() ? u.object() : u.object() + " " + u.function();
        lines.add(
            "  " + (u.open() ? "unresolved: " : "taken for granted: ") + where + ": " + u.reason());
      }
      if (p.profile().isEmpty()) {
        lines.add("  no profile: calls may be missing");
        continue;
      }
      SyscallProfile profile = p.profile().get();
      lines.add(
          "  "
              + Text.count(profile.allowed().size(), "call")
              + " allowed with those of "
              + runtime()
              + (p.found().isOpen() ? ", widened because calls may be missing" : "")
              + "; on any other: "
              + profile.otherwise());
      lines.add("  " + String.join(" ", profile.allowed()));
      lines.add("  gone, of those that break-outs used: " + words(RiskySyscalls.gone(profile)));
      lines.add("  still there: " + words(RiskySyscalls.left(profile)));
    }
    return lines.stream().map(Text::printable).toList();
  }

  private static String words(SortedSet<String> names) {
    return names.isEmpty() ? "none" : String.join(" ", names);
  }

  private List<String> explained(List<Profiled> profiled, String syscall) {
    List<String> lines = new ArrayList<>();
    for (Profiled p : profiled) {
      Optional<String> chain = p.found().explain(syscall);
      boolean allowed =
          p.profile().filter(profile -> profile.allowed().contains(syscall)).isPresent();
      if (chain.isPresent()) {
        lines.add(p.name() + ": " + syscall + " is called");
        for (String hop : chain.get().split(" > ", -1)) {
          lines.add("  " + hop);
        }
      } else if (!allowed) {
        lines.add(p.name() + ": " + syscall + " is not called, and not allowed");
      } else if (runtime().syscalls(noNewPrivileges).contains(syscall)) {
        lines.add(p.name() + ": " + syscall + " is not called; allowed for " + runtime());
      } else {
        lines.add(
            p.name() + ": " + syscall + " was not found; allowed because calls may be missing");
      }
    }
    return lines.stream().map(Text::printable).toList();
  }

  private static List<String> difference(List<Profiled> profiled, SyscallProfile other) {
    List<String> lines = new ArrayList<>();
    for (Profiled p : profiled) {
      if (p.profile().isPresent()) {
        SyscallProfile profile = p.profile().get();
        lines.add(p.name() + " allows beyond it: " + words(profile.beyond(other)));
        lines.add(
            "  and lacks " + Text.count(other.beyond(profile).size(), "call") + " that it allows");
      }
    }
    return lines;
  }
}
