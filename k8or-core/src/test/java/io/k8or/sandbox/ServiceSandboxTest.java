package io.k8or.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.services.Service;
import io.k8or.services.ServiceFinder;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServiceSandboxTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final FileTree.Editor tree = FileTree.builder();
  private ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64"));

  private ServiceSandboxTest file(String path, String text) {
    return file(path, text, FileAttributes.ofMode(0755));
  }

  private ServiceSandboxTest file(String path, String text, FileAttributes attributes) {
    tree.put(ImagePath.of(path), FileNode.regular(attributes, Content.of(ByteString.utf8(text))));
    return this;
  }

  private ImageSnapshot image() {
    return ImageSnapshot.of(config, tree.build());
  }

  private Service told(String name, String... command) throws IOException {
    return ServiceFinder.told(image(), name, List.of(command));
  }

  private static String text(EditPlan plan, String artifact) throws IOException {
    return plan.artifacts().stream()
        .filter(each -> each.name().equals(artifact))
        .findFirst()
        .map(
            each -> {
              try {
                return new String(each.content().readAll(1 << 20), StandardCharsets.UTF_8);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            })
        .orElseThrow();
  }

  private JsonNode pod(ServiceSandbox sandbox, String name) throws IOException {
    JsonNode pod =
        MAPPER
            .readTree(text(sandbox.plan(image()), "deployment-" + name + ".json"))
            .at("/spec/template/spec");
    RestrictedRules.check(pod);
    return pod;
  }

  private static List<String> rules(EditPlan plan) {
    return plan.findings().stream().map(finding -> finding.reason().rule()).toList();
  }

  private void accounts() {
    file("/etc/passwd", "root:x:0:0::/root:/bin/sh\nredis:x:101:102::/var/lib/redis:/bin/false\n");
    file("/etc/group", "root:x:0:\nredis:x:102:\n");
  }

  private void redis() {
    accounts();
    file("/usr/bin/redis-server", "x");
    file(
        "/etc/redis/redis.conf",
        "port 6379\nmaxmemory 100mb\n",
        FileAttributes.ofMode(0640).withOwner(101, 102));
    file(
        "/usr/lib/systemd/system/redis-server.service",
        """
        [Service]
        ExecStart=/usr/bin/redis-server /etc/redis/redis.conf
        User=redis
        Group=redis
        RuntimeDirectory=redis
        ReadWritePaths=-/var/lib/redis
        """);
  }

  @Test
  void plan_ofServiceWithAccount_runsAsIt() throws Exception {
    redis();
    Service redis = told("redis", "/usr/bin/redis-server", "/etc/redis/redis.conf");

    EditPlan plan = ServiceSandbox.of(redis).plan(image());

    assertThat(plan.edits()).isEmpty();
    assertThat(plan.artifacts())
        .extracting(artifact -> artifact.name() + " " + artifact.mediaType())
        .containsExactly(
            "deployment-redis.json application/json",
            "deployment-redis.yaml application/yaml",
            "patch-redis.json application/json",
            "patch-redis.yaml application/yaml",
            "networkpolicy-redis.json application/json",
            "networkpolicy-redis.yaml application/yaml");
    JsonNode pod = pod(ServiceSandbox.of(redis), "redis");
    JsonNode container = pod.at("/containers/0");
    assertThat(container.at("/securityContext/runAsUser").asLong()).isEqualTo(101);
    assertThat(container.at("/securityContext/runAsGroup").asLong()).isEqualTo(102);
    assertThat(pod.at("/securityContext/fsGroup").asLong()).isEqualTo(102);
    assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean()).isTrue();
    assertThat(container.at("/securityContext/capabilities").has("add")).isFalse();
    assertThat(container.at("/securityContext/appArmorProfile/type").asText())
        .isEqualTo("RuntimeDefault");
    assertThat(pod.at("/hostUsers").asBoolean(true)).isFalse();
    assertThat(pod.at("/automountServiceAccountToken").asBoolean(true)).isFalse();
    assertThat(container.at("/resources/limits/memory").asText()).isEqualTo("182Mi");
    assertThat(container.at("/readinessProbe/tcpSocket/port").asInt()).isEqualTo(6379);
    assertThat(container.at("/startupProbe")).isNotEqualTo(container.at("/livenessProbe"));
    assertThat(container.at("/volumeMounts").findValuesAsText("mountPath"))
        .containsExactly("/run/redis", "/tmp", "/var/lib/redis");
    assertThat(pod.at("/volumes/0/emptyDir/sizeLimit").asText()).isEqualTo("16Mi");
    assertThat(rules(plan)).contains("state").doesNotContain("unreadable", "assumed");
  }

  private JsonNode policy(ServiceSandbox sandbox, String name) throws IOException {
    return MAPPER.readTree(text(sandbox.plan(image()), "networkpolicy-" + name + ".json"));
  }

  @Test
  void plan_ofServiceWithPort_letsInWhatComesToIt() throws Exception {
    redis();
    ServiceSandbox redis =
        ServiceSandbox.of(told("redis", "/usr/bin/redis-server", "/etc/redis/redis.conf"));

    JsonNode policy = policy(redis, "redis");

    assertThat(policy.at("/spec/podSelector/matchLabels").toString())
        .isEqualTo(
            "{\"app.kubernetes.io/name\":\"redis\",\"app.kubernetes.io/instance\":\"redis\"}");
    assertThat(policy.at("/spec/policyTypes").toString()).isEqualTo("[\"Ingress\"]");
    assertThat(policy.at("/spec/ingress").toString())
        .isEqualTo("[{\"ports\":[{\"port\":6379,\"protocol\":\"TCP\"}]}]");
    assertThat(policy.has("egress")).isFalse();
    assertThat(text(redis.plan(image()), "networkpolicy-redis.yaml"))
        .contains("port: 6379  # /etc/redis/redis.conf");
  }

  @Test
  void plan_withEgress_namesThePortsAndNameServers() throws Exception {
    file("/usr/bin/worker", "x");
    ServiceSandbox worker = ServiceSandbox.of(told("worker", "/usr/bin/worker"));

    assertThat(policy(worker, "worker").at("/spec/ingress").toString()).isEqualTo("[]");
    assertThat(
            policy(worker.withEgress(List.of("5432", "123/udp")), "worker")
                .at("/spec/egress/0/ports")
                .findValuesAsText("port"))
        .containsExactly("5432", "123", "53", "53");
    JsonNode none = policy(worker.withEgress(List.of()), "worker");
    assertThat(none.at("/spec/policyTypes").toString()).isEqualTo("[\"Ingress\",\"Egress\"]");
    assertThat(none.at("/spec/egress").toString()).isEqualTo("[]");
    for (String wrong : List.of("0", "70000", "5432/icmp", "any")) {
      assertThatThrownBy(() -> worker.withEgress(List.of(wrong)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(wrong);
    }
  }

  @Test
  void plan_ofUnitWithLimits_takesThem() throws Exception {
    redis();
    file(
        "/usr/lib/systemd/system/redis-server.service",
        """
        [Service]
        ExecStart=/usr/bin/redis-server /etc/redis/redis.conf
        User=redis
        MemoryMax=1G
        CPUQuota=150%
        LimitNOFILE=65535
        """);
    Service redis = told("redis", "/usr/bin/redis-server", "/etc/redis/redis.conf");

    JsonNode resources = pod(ServiceSandbox.of(redis), "redis").at("/containers/0/resources");

    assertThat(resources.at("/limits/memory").asText()).isEqualTo("1024Mi");
    assertThat(resources.at("/requests/memory").asText()).isEqualTo("1024Mi");
    assertThat(resources.at("/limits/cpu").asText()).isEqualTo("1500m");
    assertThat(resources.at("/requests/cpu").asText()).isEqualTo("150m");
    EditPlan plan = ServiceSandbox.of(redis).plan(image());
    assertThat(rules(plan)).contains("node-limit");
    assertThat(text(plan, "deployment-redis.yaml"))
        .contains("/usr/lib/systemd/system/redis-server.service: MemoryMax=1G");
  }

  @Test
  void plan_ofUnitWithoutLimits_takesWhatIsDeclared() throws Exception {
    redis();
    file(
        "/usr/lib/systemd/system/redis-server.service",
        "[Service]\nExecStart=/usr/bin/redis-server\nMemoryMax=infinity\nCPUQuota=\n");
    Service redis = told("redis", "/usr/bin/redis-server", "/etc/redis/redis.conf");

    JsonNode resources = pod(ServiceSandbox.of(redis), "redis").at("/containers/0/resources");

    assertThat(resources.at("/limits/memory").asText()).isEqualTo("182Mi");
    assertThat(resources.at("/limits/cpu").asText()).isEqualTo("1");
  }

  @Test
  void plan_ofRootService_givesANumberOfItsOwn() throws Exception {
    redis();
    file("/usr/sbin/nginx", "x");
    file("/etc/nginx/nginx.conf", "worker_processes 4;\nworker_connections 768;\nlisten 80;\n");
    Service nginx = told("nginx", "/usr/sbin/nginx");

    JsonNode pod = pod(ServiceSandbox.of(nginx), "nginx");

    JsonNode context = pod.at("/containers/0/securityContext");
    assertThat(context.at("/runAsUser").asLong()).isBetween(10000L, 59999L);
    assertThat(context.at("/runAsGroup")).isEqualTo(context.at("/runAsUser"));
    assertThat(context.at("/capabilities/add/0").asText()).isEqualTo("NET_BIND_SERVICE");
    assertThat(pod.at("/securityContext/sysctls/0/name").asText())
        .isEqualTo("net.ipv4.ip_unprivileged_port_start");
    assertThat(pod.at("/containers/0/resources/limits/cpu").asText()).isEqualTo("4");
    // 4 x (8 MiB + 768 x 16 KiB) + 16 MiB
    assertThat(pod.at("/containers/0/resources/limits/memory").asText()).isEqualTo("96Mi");
    // redis.conf is its own account's alone.
    assertThat(rules(ServiceSandbox.of(nginx).plan(image()))).contains("unreadable");
  }

  @Test
  void plan_withCallersFigures_takesThem() throws Exception {
    redis();
    Service redis = told("redis", "redis-server", "/etc/redis/redis.conf");

    JsonNode resources =
        pod(
                ServiceSandbox.of(redis)
                    .withLimit("memory", "64Mi")
                    .withLimit("cpu", "250m")
                    .withRequest("ephemeral-storage", "4Gi")
                    .withImage("example.org/redis@sha256:00")
                    .withSeccompProfile("k8or/seccomp-redis.json"),
                "redis")
            .at("/containers/0");

    assertThat(resources.at("/image").asText()).isEqualTo("example.org/redis@sha256:00");
    assertThat(resources.at("/resources/limits").toString())
        .isEqualTo("{\"cpu\":\"250m\",\"memory\":\"64Mi\",\"ephemeral-storage\":\"4Gi\"}");
    assertThat(resources.at("/resources/requests").toString())
        .isEqualTo("{\"cpu\":\"100m\",\"memory\":\"64Mi\",\"ephemeral-storage\":\"4Gi\"}");
    assertThat(resources.at("/securityContext/seccompProfile").toString())
        .isEqualTo("{\"type\":\"Localhost\",\"localhostProfile\":\"k8or/seccomp-redis.json\"}");
  }

  @Test
  void plan_ofCapability_isAFindingBeyondRestricted() throws Exception {
    Service service = new Service("a", List.of("/a"), "told", List.of());
    EditPlan plan = ServiceSandbox.of(service).withCapability("SYS_PTRACE", "ptrace").plan(image());
    assertThat(rules(plan)).contains("beyond-restricted", "no-probe", "assumed");
    assertThat(text(plan, "deployment-a.json")).contains("\"SYS_PTRACE\"");
  }

  @Test
  void yaml_hasAReasonForEachValue() throws Exception {
    redis();
    Service redis = told("redis", "redis-server", "/etc/redis/redis.conf");
    String yaml = text(ServiceSandbox.of(redis).plan(image()), "patch-redis.yaml");
    assertThat(yaml)
        .startsWith("spec:\n  template:\n    spec:\n      automountServiceAccountToken: false  # ")
        .contains(
            "        runAsUser: 101  # redis:redis, /usr/lib/systemd/system/redis-server.service\n",
            "      containers:\n      - name: redis\n",
            "            memory: \"182Mi\"  # /etc/redis/redis.conf: maxmemory 100mb, half",
            "          - ALL\n",
            "          mountPath: /run/redis  # ")
        .doesNotContain("registry.invalid");
  }

  @Test
  void probes_ofHealthCheck_areThatOfTheImage() throws Exception {
    file("/bin/sh", "x").file("/usr/bin/check", "x").file("/usr/bin/web", "x");
    config =
        config
            .with("/config/Entrypoint", "[\"/usr/bin/web\"]")
            .with(
                "/config/Healthcheck",
                "{\"Test\":[\"CMD-SHELL\",\"curl -fsS http://localhost:8080/up || exit 1\"],"
                    + "\"Interval\":20000000000,\"Timeout\":2000000000,\"Retries\":5}");
    JsonNode asked = pod(ServiceSandbox.of(ServiceFinder.find(image()).get(0)), "web");
    assertThat(asked.at("/containers/0/livenessProbe").toString())
        .isEqualTo(
            "{\"httpGet\":{\"path\":\"/up\",\"port\":8080},\"periodSeconds\":20,"
                + "\"timeoutSeconds\":2,\"failureThreshold\":10}");

    config = config.with("/config/Healthcheck/Test", "[\"CMD\",\"/usr/bin/check\",\"a b\"]");
    JsonNode run = pod(ServiceSandbox.of(ServiceFinder.find(image()).get(0)), "web");
    assertThat(run.at("/containers/0/readinessProbe/exec/command").toString())
        .isEqualTo("[\"/usr/bin/check\",\"a b\"]");

    config = config.with("/config/Healthcheck/Test", "[\"CMD-SHELL\",\"check | grep ok\"]");
    JsonNode shell = pod(ServiceSandbox.of(ServiceFinder.find(image()).get(0)), "web");
    assertThat(shell.at("/containers/0/readinessProbe/exec/command").toString())
        .isEqualTo("[\"/bin/sh\",\"-c\",\"check | grep ok\"]");
  }

  @Test
  void memory_ofDeclarations_isSaidWithEvidence() throws Exception {
    assertThat(memory("java", "-Xmx256m", "-jar", "/app.jar"))
        .isEqualTo("448Mi: the command's -Xmx256m, and 192Mi beside the heap");
    assertThat(memory("node", "--max-old-space-size=512", "app.js"))
        .isEqualTo("704Mi: the command's --max-old-space-size=512 MiB, a quarter and 64Mi more");
    assertThat(memory("memcached", "-m", "128", "-t", "2"))
        .isEqualTo("192Mi: the command's -m 128 MiB, a quarter and 32Mi more");
    assertThat(memory("gunicorn", "-w", "4", "app:app"))
        .isEqualTo("576Mi: the command's -w 4: 128Mi for each worker and 64Mi");
    assertThat(memory("postgres", "-c", "shared_buffers=256MB", "-c", "max_connections=50"))
        .startsWith("552Mi: the command's shared_buffers=256MB");
    assertThat(memory("other")).isEqualTo("256Mi: nothing is declared; 256Mi are assumed");
    config = config.with("/config/Env", "[\"JAVA_TOOL_OPTIONS=-Xss1m -Xmx1g\"]");
    assertThat(memory("java", "-jar", "/app.jar"))
        .isEqualTo("1312Mi: JAVA_TOOL_OPTIONS has -Xmx1g, and 288Mi beside the heap");
  }

  private String memory(String... command) throws IOException {
    Declared declared = Declared.of(image(), told("service", command));
    return Quantity.mebibytes(declared.memory()) + ": " + declared.memoryReason();
  }

  @Test
  void with_wrongForm_throws() {
    ServiceSandbox sandbox = ServiceSandbox.of(new Service("a", List.of("/a"), "told", List.of()));
    assertThatThrownBy(() -> sandbox.withLimit("disk", "1Gi"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected memory, cpu or ephemeral-storage, not disk");
    assertThatThrownBy(() -> sandbox.withRequest("cpu", "0,5"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not a quantity such as 256Mi or 500m: 0,5");
    assertThatThrownBy(() -> sandbox.withSeccompProfile("../x.json"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not a path below the kubelet's folder: ../x.json");
    assertThatThrownBy(() -> sandbox.withCapability("CAP_CHOWN", ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not a capability without CAP_: CAP_CHOWN");
    assertThatThrownBy(() -> sandbox.withImage("a b"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not the name of an image: \"a b\"");
  }
}
