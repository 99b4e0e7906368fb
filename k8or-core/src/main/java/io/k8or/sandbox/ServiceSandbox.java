package io.k8or.sandbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.services.Service;
import io.k8or.services.Service.Fact;
import io.k8or.services.Service.Kind;
import io.k8or.transform.Artifact;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import io.k8or.transform.Transform;
import io.k8or.users.KubernetesUser;
import io.k8or.users.UidRegistry;
import io.k8or.users.UserNumbers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How one service of an image is confined in Kubernetes: its security context at the level {@code
 * restricted} of the Pod Security Standards and beyond, a read-only root with volumes where it
 * writes, requests and limits, probes. Immutable.
 *
 * <p>It edits nothing. Its artifacts are a Deployment ({@code deployment-NAME}), a strategic merge
 * patch for one that is there ({@code patch-NAME}) and a NetworkPolicy that lets in what comes to
 * its ports ({@code networkpolicy-NAME}), each as JSON and as YAML in which a comment gives the
 * reason of each value. What a person should look at is a finding: files that the account cannot
 * read, data that a volume hides or loses, figures that are assumed.
 */
public final class ServiceSandbox implements Transform {
  private static final String NAME = "sandbox";
  private static final String ASKED = "as asked for";
  private static final Set<String> RESOURCES = Set.of("memory", "cpu", "ephemeral-storage");
  private static final long SCRATCH = 64 * Quantity.MIB;
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Service service;
  private final String image;
  private final Optional<String> profile;
  private final SortedMap<String, String> limits;
  private final SortedMap<String, String> requests;
  private final SortedMap<String, String> capabilities;
  private final Optional<List<String>> egress;

  private ServiceSandbox(
      Service service,
      String image,
      Optional<String> profile,
      SortedMap<String, String> limits,
      SortedMap<String, String> requests,
      SortedMap<String, String> capabilities,
      Optional<List<String>> egress) {
    this.service = service;
    this.image = image;
    this.profile = profile;
    this.limits = limits;
    this.requests = requests;
    this.capabilities = capabilities;
    this.egress = egress;
  }

  /** Returns the sandbox of a service, for an image at a place that is nowhere yet. */
  public static ServiceSandbox of(Service service) {
    return new ServiceSandbox(
        service,
        "registry.invalid/" + label(service.name()) + ":split",
        Optional.empty(),
        new TreeMap<>(),
        new TreeMap<>(),
        new TreeMap<>(),
        Optional.empty());
  }

  /**
   * Returns this, but for an image of this name.
   *
   * @param reference as Kubernetes takes it, best with a digest
   * @throws IllegalArgumentException if it is empty or has blanks
   */
  public ServiceSandbox withImage(String reference) {
    if (!reference.matches("\\S+")) {
      throw new IllegalArgumentException("not the name of an image: \"" + reference + "\"");
    }
    return new ServiceSandbox(service, reference, profile, limits, requests, capabilities, egress);
  }

  /**
   * Returns this, but with a seccomp profile of the node's instead of the runtime's own.
   *
   * @param path below the kubelet's folder for them
   * @throws IllegalArgumentException if it is absolute, or has a part {@code ..}
   */
  public ServiceSandbox withSeccompProfile(String path) {
    if (!path.matches("[A-Za-z0-9][A-Za-z0-9._/-]*") || List.of(path.split("/")).contains("..")) {
      throw new IllegalArgumentException("not a path below the kubelet's folder: " + path);
    }
    return new ServiceSandbox(
        service, image, Optional.of(path), limits, requests, capabilities, egress);
  }

  /**
   * Returns this, but with a limit of the caller's, which wins over what is declared.
   *
   * @param resource {@code memory}, {@code cpu} or {@code ephemeral-storage}
   * @param quantity as Kubernetes writes it, such as {@code 256Mi} or {@code 500m}
   * @throws IllegalArgumentException if one of them has another form
   */
  public ServiceSandbox withLimit(String resource, String quantity) {
    return new ServiceSandbox(
        service, image, profile, with(limits, resource, quantity), requests, capabilities, egress);
  }

  /**
   * Returns this, but with a request of the caller's.
   *
   * @param resource as for {@link #withLimit}
   * @param quantity as for {@link #withLimit}
   * @throws IllegalArgumentException if one of them has another form
   */
  public ServiceSandbox withRequest(String resource, String quantity) {
    return new ServiceSandbox(
        service, image, profile, limits, with(requests, resource, quantity), capabilities, egress);
  }

  /**
   * Returns this, but with a capability that its system calls need. All others are dropped. The
   * level {@code restricted} allows {@code NET_BIND_SERVICE} alone; another one is a finding.
   *
   * @param capability without {@code CAP_}
   * @param evidence which call needs it
   * @throws IllegalArgumentException if it has another form
   */
  public ServiceSandbox withCapability(String capability, String evidence) {
    if (!capability.matches("[A-Z][A-Z_]*") || capability.startsWith("CAP_")) {
      throw new IllegalArgumentException("not a capability without CAP_: " + capability);
    }
    SortedMap<String, String> more = new TreeMap<>(capabilities);
    more.put(capability, evidence);
    return new ServiceSandbox(service, image, profile, limits, requests, more, egress);
  }

  /**
   * Returns this, but its network policy allows connections to these ports alone, wherever they
   * are, and to name servers (port 53). Without, what it connects to is not limited.
   *
   * @param ports such as {@code 5432} or {@code 123/udp}; none for no connection at all
   * @throws IllegalArgumentException if one of them has another form
   */
  public ServiceSandbox withEgress(List<String> ports) {
    for (String port : ports) {
      if (!NetworkRules.PORT.matcher(port).matches()
          || Integer.parseInt(port.split("/", 2)[0]) > 65535) {
        throw new IllegalArgumentException("not a port such as 5432 or 123/udp: " + port);
      }
    }
    return new ServiceSandbox(
        service,
        image,
        profile,
        limits,
        requests,
        capabilities,
        Optional.of(ports.stream().distinct().toList()));
  }

  private static SortedMap<String, String> with(
      SortedMap<String, String> figures, String resource, String quantity) {
    if (!RESOURCES.contains(resource)) {
      throw new IllegalArgumentException(
          "expected memory, cpu or ephemeral-storage, not " + resource);
    }
    if (!Quantity.KUBERNETES.matcher(quantity).matches()) {
      throw new IllegalArgumentException("not a quantity such as 256Mi or 500m: " + quantity);
    }
    SortedMap<String, String> more = new TreeMap<>(figures);
    more.put(resource, quantity);
    return more;
  }

  private static String label(String name) {
    String label = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]+", "-");
    label = label.substring(0, Math.min(label.length(), 50)).replaceAll("^-+|-+$", "");
    return label.isEmpty() ? "service" : label;
  }

  @Override
  public EditPlan plan(ImageSnapshot snapshot) throws IOException {
    List<Finding> findings = new ArrayList<>();
    Explained pod = pod(snapshot, findings);
    String name = label(service.name());
    List<Artifact> artifacts = new ArrayList<>();
    artifacts(artifacts, "deployment-" + name, deployment(name, pod));
    Explained patch = new Explained().include("/spec/template/spec", pod);
    patch.remove("/spec/template/spec/containers/0/image");
    patch.remove("/spec/template/spec/containers/0/imagePullPolicy");
    artifacts(artifacts, "patch-" + name, patch);
    artifacts(
        artifacts, "networkpolicy-" + name, NetworkRules.of(service, name, labels(name), egress));
    return EditPlan.of(List.of(), artifacts, findings);
  }

  private static void artifacts(List<Artifact> artifacts, String name, Explained document) {
    artifacts.add(new Artifact(name + ".json", "application/json", json(document.root())));
    artifacts.add(
        new Artifact(
            name + ".yaml", "application/yaml", Content.of(ByteString.utf8(Yaml.of(document)))));
  }

  private static Content json(JsonNode node) {
    try {
      String text = MAPPER.writeValueAsString(node).replace("\r\n", "\n");
      return Content.of(ByteString.utf8(text + "\n"));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree of plain nodes can always be written
    }
  }

  private static Explained deployment(String name, Explained pod) {
    Explained deployment = new Explained();
    deployment.set("/apiVersion", "apps/v1", "").set("/kind", "Deployment", "");
    deployment.set("/metadata/name", name, "");
    labels(deployment, "/metadata/labels", name);
    deployment.set("/spec/replicas", 1, "more only if it shares no state");
    deployment.set(
        "/spec/strategy/type", "RollingUpdate", "Recreate where two at once would share a volume");
    labels(deployment, "/spec/selector/matchLabels", name);
    labels(deployment, "/spec/template/metadata/labels", name);
    deployment.include("/spec/template/spec", pod);
    return deployment.set(
        "/spec/template/spec/restartPolicy", "Always", "the only one that a Deployment may have");
  }

  private static void labels(Explained deployment, String at, String name) {
    deployment.set(at, labels(name), "");
  }

  private static ObjectNode labels(String name) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("app.kubernetes.io/name", name)
        .put("app.kubernetes.io/instance", name);
  }

  private Explained pod(ImageSnapshot snapshot, List<Finding> findings) throws IOException {
    Explained pod = new Explained();
    Account account = account(snapshot);
    pod.set("/automountServiceAccountToken", false, "it is not known to call Kubernetes");
    pod.set("/enableServiceLinks", false, "no variable for each other service");
    pod.set("/hostUsers", false, "its uids are others on the node (user namespaces)");
    String context = "/securityContext";
    pod.set(context + "/runAsNonRoot", true, "level restricted");
    pod.set(context + "/runAsUser", account.ids().uid(), account.reason());
    pod.set(context + "/runAsGroup", account.ids().gid(), account.reason());
    pod.set(context + "/fsGroup", account.ids().gid(), "volumes are writable for its group");
    pod.set(context + "/seccompProfile/type", "RuntimeDefault", "for whatever joins the pod");
    Optional<Fact> low = lowPort();
    if (low.isPresent()) {
      String sysctl = context + "/sysctls/0";
      pod.set(sysctl + "/name", "net.ipv4.ip_unprivileged_port_start", "port " + low.get().value());
      pod.set(sysctl + "/value", "0", "a capability alone does not reach a user that is not root");
    }
    String container = "/containers/0";
    pod.set(container + "/name", label(service.name()), "");
    pod.set(
        container + "/image", image, image.contains(".invalid/") ? "where it is pushed to" : "");
    pod.set(container + "/imagePullPolicy", "Always", "so that the node's copy is no way around");
    ports(pod, container);
    context(pod, container + "/securityContext", account, low, findings);
    Map<ImagePath, WritablePaths.Writable> writable = WritablePaths.of(snapshot.files(), service);
    resources(pod, container + "/resources", snapshot, writable, findings);
    if (!new Probes(snapshot, service).addTo(pod, container)) {
      find(findings, "no-probe", "neither a health check that can run nor a port is known");
    }
    volumes(pod, container, writable, findings);
    unreadable(snapshot, account.ids(), findings);
    service.values(Kind.WRITABLE).stream()
        .filter(path -> (path + "/").startsWith("/etc/"))
        .forEach(path -> find(findings, "read-only", path + " stays as the image has it"));
    return pod;
  }

  private void find(List<Finding> findings, String rule, String evidence) {
    findings.add(Finding.of(new Reason(NAME, rule, service.name() + ": " + evidence)));
  }

  // -- the account

  /** Who it runs as. */
  private record Account(UserNumbers ids, String reason) {}

  private Account account(ImageSnapshot snapshot) throws IOException {
    Map<String, String> users = new LinkedHashMap<>();
    snapshot.config().user().ifPresent(user -> users.put(user, "USER of the image"));
    for (Fact fact : service.facts()) {
      if (fact.kind() == Kind.USER) {
        users.putIfAbsent(fact.value(), fact.evidence());
      }
    }
    KubernetesUser own = KubernetesUser.forService(service.name(), UidRegistry.inMemory());
    users.put(own.accountName(), "the image's account of the service's name");
    for (Map.Entry<String, String> user : users.entrySet()) {
      Optional<UserNumbers> ids = UserNumbers.of(snapshot.files(), user.getKey());
      if (ids.isPresent() && ids.get().uid() != 0) {
        // Group 0 may write what root's group may.
        UserNumbers some = ids.get();
        long gid = some.gid() == 0 ? some.uid() : some.gid();
        return new Account(
            new UserNumbers(some.uid(), gid), user.getKey() + ", " + user.getValue());
      }
    }
    boolean taken = UserNumbers.of(snapshot.files(), own.accountName()).isPresent();
    KubernetesUser fresh =
        taken
            ? KubernetesUser.forService(service.name() + "-sandbox", UidRegistry.inMemory())
            : own;
    for (Edit edit : fresh.plan(snapshot).edits()) {
      if (edit instanceof Edit.EditConfig config && config.pointer().equals("/config/User")) {
        Optional<UserNumbers> ids =
            UserNumbers.of(snapshot.files(), config.json().replace("\"", ""));
        if (ids.isPresent()) {
          return new Account(ids.get(), "the service runs as root; a number of its own");
        }
      }
    }
    throw new IllegalStateException("no account for " + service.name()); // plan gives one to root
  }

  private void unreadable(ImageSnapshot snapshot, UserNumbers ids, List<Finding> findings) {
    for (Map.Entry<ImagePath, FileNode> entry : snapshot.files().nodes().entrySet()) {
      FileNode node = entry.getValue();
      String name = entry.getKey().toString();
      if (!node.isRegular() || name.matches("/etc/g?shadow-?|/var/lib/dpkg/.*")) {
        continue;
      }
      int mode = node.attributes().mode();
      int shift =
          node.attributes().uid() == ids.uid() ? 6 : node.attributes().gid() == ids.gid() ? 3 : 0;
      if ((mode >> shift & 4) == 0) {
        findings.add(
            Finding.at(
                entry.getKey(),
                new Reason(
                    NAME,
                    "unreadable",
                    service.name()
                        + " as "
                        + ids
                        + " cannot read this: it is of "
                        + node.attributes().uid()
                        + ":"
                        + node.attributes().gid()
                        + ", mode "
                        + Integer.toOctalString(mode & 07777))));
      }
    }
  }

  // -- what it may do

  private Optional<Fact> lowPort() {
    return service.facts().stream()
        .filter(fact -> fact.kind() == Kind.PORT && number(fact) > 0 && number(fact) < 1024)
        .findFirst();
  }

  private static int number(Fact port) {
    String digits = port.value().split("/", 2)[0];
    int number = digits.matches("\\d{1,5}") ? Integer.parseInt(digits) : 0;
    return number > 65535 ? 0 : number;
  }

  private void ports(Explained pod, String container) {
    int i = 0;
    Set<String> seen = new HashSet<>();
    for (Fact fact : service.facts()) {
      if (fact.kind() != Kind.PORT || number(fact) == 0) {
        continue;
      }
      String protocol = fact.value().endsWith("/udp") ? "UDP" : "TCP";
      if (seen.add(number(fact) + protocol)) {
        String at = container + "/ports/" + i++;
        pod.set(at + "/containerPort", number(fact), fact.evidence());
        pod.set(at + "/protocol", protocol, "");
      }
    }
  }

  private void context(
      Explained pod, String at, Account account, Optional<Fact> low, List<Finding> findings) {
    pod.set(at + "/runAsNonRoot", true, "level restricted");
    pod.set(at + "/runAsUser", account.ids().uid(), account.reason());
    pod.set(at + "/runAsGroup", account.ids().gid(), account.reason());
    pod.set(at + "/privileged", false, "");
    pod.set(at + "/allowPrivilegeEscalation", false, "setuid and file capabilities do nothing");
    pod.set(at + "/readOnlyRootFilesystem", true, "it writes to volumes alone");
    pod.set(at + "/capabilities/drop", List.of("ALL"), "level restricted");
    SortedMap<String, String> added = new TreeMap<>(capabilities);
    low.ifPresent(port -> added.put("NET_BIND_SERVICE", "port " + port.value()));
    if (!added.isEmpty()) {
      pod.set(at + "/capabilities/add", List.copyOf(added.keySet()), added.toString());
    }
    added.keySet().stream()
        .filter(each -> !each.equals("NET_BIND_SERVICE"))
        .forEach(
            each ->
                find(
                    findings,
                    "beyond-restricted",
                    each + " is needed (" + added.get(each) + "); level restricted forbids it"));
    if (profile.isPresent()) {
      pod.set(at + "/seccompProfile/type", "Localhost", "the profile of this service");
      pod.set(
          at + "/seccompProfile/localhostProfile",
          profile.get(),
          "below the kubelet's folder for seccomp");
    } else {
      pod.set(at + "/seccompProfile/type", "RuntimeDefault", "no profile of its own was made");
    }
    pod.set(at + "/appArmorProfile/type", "RuntimeDefault", "as restrictive as nodes have it");
  }

  // -- resources and volumes

  private void resources(
      Explained pod,
      String at,
      ImageSnapshot snapshot,
      Map<ImagePath, WritablePaths.Writable> writable,
      List<Finding> findings)
      throws IOException {
    Declared declared = Declared.of(snapshot, service);
    long storage =
        writable.values().stream().mapToLong(WritablePaths.Writable::limit).sum() + SCRATCH;
    long fraction = Math.max(Math.min(50, declared.millis()), declared.millis() / 10);
    String sum = "the volumes' limits together, and 64Mi for logs";
    figure(pod, at, "limits", "cpu", Quantity.millis(declared.millis()), declared.cpuReason());
    figure(
        pod,
        at,
        "limits",
        "memory",
        Quantity.mebibytes(declared.memory()),
        declared.memoryReason());
    figure(pod, at, "limits", "ephemeral-storage", Quantity.mebibytes(storage), sum);
    figure(pod, at, "requests", "cpu", Quantity.millis(fraction), "a tenth of the limit");
    figure(
        pod,
        at,
        "requests",
        "memory",
        Quantity.mebibytes(declared.memory()),
        "the limit, so that the node has what it promises");
    figure(pod, at, "requests", "ephemeral-storage", Quantity.mebibytes(SCRATCH), "for logs");
    for (String each : service.values(Kind.LIMIT)) {
      if (each.startsWith("LimitNOFILE=") || each.startsWith("TasksMax=")) {
        find(
            findings,
            "node-limit",
            each + " of its unit has no field in a Pod; nodes and their runtime set it");
      }
    }
    if (declared.assumed() && !limits.containsKey("memory")) {
      find(findings, "assumed", "no memory is declared; the limit of 256Mi is a guess");
    }
  }

  // The caller's figures win, and no request is above its limit.
  private void figure(
      Explained pod, String at, String kind, String resource, String quantity, String reason) {
    boolean limit = kind.equals("limits");
    Optional<String> asked = Optional.ofNullable((limit ? limits : requests).get(resource));
    Optional<String> other = Optional.ofNullable((limit ? requests : limits).get(resource));
    int compared =
        other.map(each -> Quantity.amount(each).compareTo(Quantity.amount(quantity))).orElse(0);
    String pointer = at + "/" + kind + "/" + resource;
    if (asked.isPresent()) {
      pod.set(pointer, asked.get(), ASKED);
    } else if (limit ? compared > 0 : compared < 0) {
      pod.set(pointer, other.orElseThrow(), "the " + (limit ? "request" : "limit") + " " + ASKED);
    } else {
      pod.set(pointer, quantity, reason);
    }
  }

  private void volumes(
      Explained pod,
      String container,
      Map<ImagePath, WritablePaths.Writable> writable,
      List<Finding> findings) {
    int i = 0;
    for (WritablePaths.Writable each : writable.values()) {
      String name = "w" + i + "-" + label(each.text());
      String mount = container + "/volumeMounts/" + i;
      pod.set(mount + "/name", name, "");
      pod.set(mount + "/mountPath", each.text(), each.reason());
      String volume = "/volumes/" + i;
      pod.set(volume + "/name", name, "");
      pod.set(
          volume + "/emptyDir/sizeLimit",
          Quantity.mebibytes(each.limit()),
          "usual for " + each.text());
      if (each.files() > 0) {
        find(
            findings,
            "hidden-by-volume",
            each.text() + " has " + each.files() + " files in the image, which the volume hides");
      }
      if (each.lasting()) {
        find(
            findings,
            "state",
            "what it writes to "
                + each.text()
                + " goes with the pod; claim a volume if it matters");
      }
      i++;
    }
  }

  /** Returns the service's name, and what was asked for. */
  @Override
  public String toString() {
    return "ServiceSandbox["
        + service.name()
        + (limits.isEmpty() ? "" : ", limits " + limits)
        + (requests.isEmpty() ? "" : ", requests " + requests)
        + (capabilities.isEmpty() ? "" : ", capabilities " + capabilities.keySet())
        + "]";
  }
}
