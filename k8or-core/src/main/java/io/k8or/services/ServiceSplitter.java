package io.k8or.services;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.loader.ProgramFinder;
import io.k8or.packages.PackageDatabase;
import io.k8or.packages.PackageDatabases;
import io.k8or.services.Service.Fact;
import io.k8or.services.Service.Kind;
import io.k8or.shell.ShellReader;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import io.k8or.users.UserNumbers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Splits an image that runs several services into an image for each: with the files that it
 * reaches, its own command as the entrypoint, and what is known of its user, environment, working
 * directory, ports, stop signal and health check.
 *
 * <p>A supervisor is no service then, nor is what it runs once at the start. Directories that a
 * supervisor would make for a service (systemd's {@code RuntimeDirectory}, the place of a process
 * id's file) are made in its image.
 */
public final class ServiceSplitter {
  private static final String NAME = "split";

  private ServiceSplitter() {}

  /**
   * Returns the services that an image is split into, in order: those that are told, or what the
   * image's supervisor runs, or its only one.
   *
   * @throws IOException if the image cannot be read
   */
  public static List<Service> services(ImageSnapshot image, ServiceOptimizer optimizer)
      throws IOException {
    List<Service> services = optimizer.services(image);
    if (!optimizer.told().isEmpty()) {
      return services;
    }
    List<Service> own = new ArrayList<>();
    for (Service service : services) {
      boolean supervisor = services.size() > 1 && isConfigured(service, image.config());
      if (!supervisor && !service.evidence().startsWith(Supervisors.ONCE)) {
        own.add(service);
      }
    }
    return own.isEmpty() ? services : own;
  }

  /**
   * Splits an image.
   *
   * @param optimizer which services there are, and how much goes of each image; its trace plays no
   *     part
   * @return an image for each service, in order; none if the image has no service
   * @throws IOException if the image cannot be read
   */
  public static List<ServiceImage> split(ImageSnapshot image, ServiceOptimizer optimizer)
      throws IOException {
    List<ServiceImage> images = new ArrayList<>();
    List<Service> services = services(image, optimizer);
    Optional<ReachableFiles> all = Optional.empty();
    Scans scans = new Scans();
    if (services.size() > 1 && optimizer.level() != Level.MINIMAL) {
      List<Service> everything = new ArrayList<>(ServiceFinder.find(image));
      everything.addAll(services);
      all = Optional.of(ReachableFiles.of(image, everything, Level.MINIMAL, scans));
    }
    for (Service service : services) {
      EditPlan plan =
          all.isPresent() ? foreign(image, all.get(), service, scans) : EditPlan.empty();
      plan = plan.then(optimizer.planFor(image.with(plan), List.of(service), scans));
      EditPlan own = own(image.with(plan), service, services);
      images.add(new ServiceImage(service, plan.then(own)));
    }
    return List.copyOf(images);
  }

  // A file of no package stays in each image that it may belong to, with all that it leads to: but
  // not what another service or the supervisor leads to, and this service does not. A script that
  // starts all services would keep them all.
  private static EditPlan foreign(
      ImageSnapshot image, ReachableFiles all, Service service, Scans scans) throws IOException {
    List<PackageDatabase> databases = PackageDatabases.of(image);
    Set<ImagePath> starts = scripts(image, command(image.config()));
    starts.removeAll(scripts(image, service.command()));
    Set<ImagePath> gone = new LinkedHashSet<>();
    List<Edit> edits = new ArrayList<>();
    for (ImagePath start : starts) {
      if (isOfNone(start, databases) && gone.add(start)) {
        edits.add(removed(start, "the image starts with it, and this service does not"));
      }
    }
    ReachableFiles mine =
        ReachableFiles.of(image.with(EditPlan.of(edits)), List.of(service), Level.MINIMAL, scans);
    for (Map.Entry<ImagePath, ReachableFiles.Why> each : all.reasons().entrySet()) {
      ImagePath path = each.getKey();
      Optional<FileNode> node = image.files().get(path);
      if (!mine.contains(path)
          && node.isPresent()
          && !node.get().isDirectory()
          && isOfNone(path, databases)
          && gone.add(path)) {
        edits.add(removed(path, each.getValue().toString()));
      }
    }
    return EditPlan.of(edits);
  }

  private static Edit removed(ImagePath path, String evidence) {
    return new Edit.RemovePath(path, new Reason(NAME, "of-another-service", evidence));
  }

  private static boolean isOfNone(ImagePath path, List<PackageDatabase> databases) {
    return databases.stream().allMatch(database -> database.owners(path).isEmpty());
  }

  // The scripts that a command starts. Those that the image starts with stay in no service's image
  // only for being in a directory that it names, such as that of its pages.
  private static Set<ImagePath> scripts(ImageSnapshot image, List<String> command)
      throws IOException {
    ProgramFinder finder = ProgramFinder.of(image.files(), image.config().env());
    ImagePath directory =
        image.config().workingDir().flatMap(ProgramFinder::path).orElse(ImagePath.root());
    Set<ImagePath> scripts = new LinkedHashSet<>();
    for (String word : command) {
      Optional<ImagePath> path = finder.find(word, directory).flatMap(image.files()::resolve);
      if (path.isPresent()
          && ShellReader.isShellScript(
              path.get(), image.files().get(path.get()).orElseThrow().content())) {
        scripts.add(path.get());
      }
    }
    return scripts;
  }

  private static List<String> command(ImageConfig config) {
    List<String> command = new ArrayList<>(config.entrypoint());
    command.addAll(config.cmd());
    return command;
  }

  private static boolean isConfigured(Service service, ImageConfig config) {
    return service.command().equals(command(config));
  }

  private static EditPlan own(ImageSnapshot image, Service service, List<Service> all)
      throws IOException {
    ImageConfig config = image.config();
    Configuration own = new Configuration(config);
    boolean configured = isConfigured(service, config);
    if (!configured) {
      own.set("/config/Entrypoint", array(service.command()), service.evidence());
      own.set("/config/Cmd", "null", "the command is in the entrypoint");
    }
    Optional<Fact> user = first(service, Kind.USER);
    if (user.isPresent()) {
      own.set("/config/User", text(user.get().value()), user.get().evidence());
    }
    Optional<Fact> directory = first(service, Kind.WORKING_DIRECTORY);
    if (directory.isPresent()) {
      own.set("/config/WorkingDir", text(directory.get().value()), directory.get().evidence());
    }
    environment(service, own);
    List<Finding> findings = new ArrayList<>();
    ports(service, all, own, findings);
    volumes(image, own);
    Optional<Fact> signal = first(service, Kind.STOP_SIGNAL);
    if (signal.isPresent()) {
      own.set("/config/StopSignal", text(signal.get().value()), signal.get().evidence());
    } else if (!configured) {
      own.set("/config/StopSignal", "null", "it is the supervisor's");
    }
    if (!configured) {
      healthCheck(service, own, findings);
    }
    List<Edit> edits = new ArrayList<>(own.edits);
    directories(image, service, edits);
    return EditPlan.of(edits, List.of(), findings);
  }

  // The first wins: what the supervisor says of the service, then what the image says.
  private static void environment(Service service, Configuration own) {
    Map<String, String> variables = new LinkedHashMap<>();
    Set<String> evidence = new LinkedHashSet<>();
    for (Fact fact : service.facts()) {
      String name = fact.value().split("=", 2)[0];
      if (fact.kind() == Kind.ENVIRONMENT && variables.putIfAbsent(name, fact.value()) == null) {
        evidence.add(fact.evidence());
      }
    }
    if (!variables.isEmpty()) {
      // In the order of the image, so that nothing changes where nothing is new.
      List<String> ordered = new ArrayList<>();
      for (String given : own.config.env()) {
        String value = variables.remove(given.split("=", 2)[0]);
        ordered.add(value == null ? given : value);
      }
      ordered.addAll(variables.values());
      own.set("/config/Env", array(ordered), String.join(", ", evidence));
    }
  }

  private static void ports(
      Service service, List<Service> all, Configuration own, List<Finding> findings) {
    ObjectNode ports = JsonNodeFactory.instance.objectNode();
    Set<String> evidence = new LinkedHashSet<>();
    for (Fact fact : service.facts()) {
      if (fact.kind() == Kind.PORT) {
        ports.putObject(fact.value());
        evidence.add(fact.evidence());
      }
    }
    for (String port : own.config.exposedPorts()) {
      String full = port.contains("/") ? port : port + "/tcp";
      if (all.stream().noneMatch(each -> hasPort(each, full))) {
        findings.add(
            Finding.of(
                new Reason(
                    NAME,
                    "port",
                    service.name()
                        + ": the image exposes "
                        + full
                        + ", and no service is known to listen there")));
      }
    }
    own.set(
        "/config/ExposedPorts",
        ports.isEmpty() ? "null" : ports.toString(),
        ports.isEmpty() ? "no port is known" : String.join(", ", evidence));
  }

  private static boolean hasPort(Service service, String port) {
    return service.values(Kind.PORT).stream()
        .anyMatch(each -> (each.contains("/") ? each : each + "/tcp").equals(port));
  }

  private static void volumes(ImageSnapshot image, Configuration own) {
    ObjectNode volumes = JsonNodeFactory.instance.objectNode();
    for (String volume : own.config.volumes()) {
      Optional<ImagePath> path = ProgramFinder.path(volume);
      if (path.isPresent() && image.files().follow(path.get()).isPresent()) {
        volumes.putObject(volume);
      }
    }
    if (volumes.size() < own.config.volumes().size()) {
      own.set(
          "/config/Volumes",
          volumes.isEmpty() ? "null" : volumes.toString(),
          "the service does not reach the others");
    }
  }

  private static void healthCheck(Service service, Configuration own, List<Finding> findings) {
    Optional<String> check = own.config.get("/config/Healthcheck");
    if (check.isEmpty()) {
      return;
    }
    for (String port : service.values(Kind.PORT)) {
      if (check.get().matches(".*[: ]" + port.split("/", 2)[0] + "(?!\\d).*")) {
        return;
      }
    }
    own.set("/config/Healthcheck", "null", "it names no port of the service");
    findings.add(
        Finding.of(
            new Reason(
                NAME,
                "health-check",
                service.name() + ": the image's health check names none of its ports, and goes")));
  }

  private static void directories(ImageSnapshot image, Service service, List<Edit> edits)
      throws IOException {
    FileTree files = image.files();
    String user = service.value(Kind.USER).or(() -> image.config().user()).orElse("0:0");
    UserNumbers owner = UserNumbers.of(files, user).orElse(new UserNumbers(0, 0));
    Set<ImagePath> made = new LinkedHashSet<>();
    for (Fact fact : service.facts()) {
      if (fact.kind() != Kind.WRITABLE) {
        continue;
      }
      Optional<ImagePath> path = ProgramFinder.path(fact.value());
      Optional<ImagePath> real = path.flatMap(files::resolveParent);
      if (path.isEmpty() || path.get().isRoot() || files.follow(path.get()).isPresent()) {
        continue;
      }
      ImagePath place = real.orElse(path.get());
      if (made.add(place)) {
        FileAttributes attributes = FileAttributes.ofMode(0755).withOwner(owner.uid(), owner.gid());
        edits.add(
            new Edit.AddFile(
                place,
                FileNode.directory(attributes),
                new Reason(NAME, "directory", service.name() + " writes there: " + fact)));
      }
    }
  }

  private static Optional<Fact> first(Service service, Kind kind) {
    return service.facts().stream().filter(fact -> fact.kind() == kind).findFirst();
  }

  private static String text(String value) {
    return TextNode.valueOf(value).toString();
  }

  private static String array(List<String> values) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    values.forEach(array::add);
    return array.toString();
  }

  /** Edits of the configuration; none where a value is there already. */
  private static final class Configuration {
    private final ImageConfig config;
    private final List<Edit> edits = new ArrayList<>();

    Configuration(ImageConfig config) {
      this.config = config;
    }

    void set(String pointer, String json, String evidence) {
      boolean same =
          json.equals("null")
              ? config.get(pointer).filter(value -> !value.equals("null")).isEmpty()
              : config.get(pointer).filter(json::equals).isPresent();
      if (!same) {
        edits.add(new Edit.EditConfig(pointer, json, new Reason(NAME, "configuration", evidence)));
      }
    }
  }
}
