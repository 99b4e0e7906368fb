package io.k8or.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The rules of the Pod Security Standards, level {@code restricted} (which includes {@code
 * baseline}), each as kubernetes.io has it, Kubernetes 1.36.
 */
final class RestrictedRules {
  private static final Set<String> SYSCTLS =
      Set.of(
          "kernel.shm_rmid_forced",
          "net.ipv4.ip_local_port_range",
          "net.ipv4.ip_unprivileged_port_start",
          "net.ipv4.tcp_syncookies",
          "net.ipv4.ping_group_range",
          "net.ipv4.ip_local_reserved_ports",
          "net.ipv4.tcp_keepalive_time",
          "net.ipv4.tcp_fin_timeout",
          "net.ipv4.tcp_keepalive_intvl",
          "net.ipv4.tcp_keepalive_probes");
  private static final Set<String> VOLUMES =
      Set.of(
          "configMap",
          "csi",
          "downwardAPI",
          "emptyDir",
          "ephemeral",
          "persistentVolumeClaim",
          "projected",
          "secret");
  private static final Set<String> SELINUX =
      Set.of("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t");

  private RestrictedRules() {}

  static void check(JsonNode pod) {
    List<String> faults = new ArrayList<>();
    JsonNode context = pod.path("securityContext");
    for (String host : List.of("hostNetwork", "hostPID", "hostIPC")) {
      fault(pod.path(host).asBoolean(), "Host Namespaces", faults);
    }
    for (JsonNode volume : pod.path("volumes")) {
      volume
          .fieldNames()
          .forEachRemaining(
              name -> fault(!name.equals("name") && !VOLUMES.contains(name), "Volumes", faults));
      fault(volume.size() != 2, "Volumes: each of one type", faults);
    }
    for (JsonNode sysctl : context.path("sysctls")) {
      fault(!SYSCTLS.contains(sysctl.path("name").asText()), "Sysctls", faults);
    }
    List<JsonNode> containers = new ArrayList<>();
    for (String kind : List.of("containers", "initContainers", "ephemeralContainers")) {
      pod.path(kind).forEach(containers::add);
    }
    fault(containers.isEmpty(), "no container", faults);
    for (JsonNode container : containers) {
      container(container, context, faults);
    }
    shared(context, faults);
    assertThat(faults).as("%s", pod.toPrettyString()).isEmpty();
  }

  private static void container(JsonNode container, JsonNode pod, List<String> faults) {
    JsonNode own = container.path("securityContext");
    fault(own.at("/windowsOptions/hostProcess").asBoolean(), "HostProcess", faults);
    fault(own.path("privileged").asBoolean(), "Privileged Containers", faults);
    for (JsonNode port : container.path("ports")) {
      fault(port.path("hostPort").asInt() != 0, "Host Ports", faults);
    }
    for (String probe : List.of("startupProbe", "readinessProbe", "livenessProbe")) {
      fault(container.at("/" + probe + "/httpGet").has("host"), "Host Probes", faults);
      fault(container.at("/" + probe + "/tcpSocket").has("host"), "Host Probes", faults);
    }
    fault(!own.path("procMount").asText("Default").equals("Default"), "/proc Mount Type", faults);
    fault(
        !own.path("allowPrivilegeEscalation").isBoolean()
            || own.path("allowPrivilegeEscalation").asBoolean(),
        "Privilege Escalation",
        faults);
    boolean nonRoot =
        own.has("runAsNonRoot")
            ? own.path("runAsNonRoot").asBoolean()
            : pod.path("runAsNonRoot").asBoolean();
    fault(!nonRoot, "Running as Non-root", faults);
    fault(own.path("runAsUser").asLong(1) == 0, "Running as Non-root user", faults);
    String seccomp = own.at("/seccompProfile/type").asText(pod.at("/seccompProfile/type").asText());
    fault(!Set.of("RuntimeDefault", "Localhost").contains(seccomp), "Seccomp", faults);
    boolean all = false;
    for (JsonNode dropped : own.at("/capabilities/drop")) {
      all |= dropped.asText().equals("ALL");
    }
    fault(!all, "Capabilities: drop", faults);
    for (JsonNode added : own.at("/capabilities/add")) {
      fault(!added.asText().equals("NET_BIND_SERVICE"), "Capabilities: add", faults);
    }
    shared(own, faults);
  }

  private static void shared(JsonNode context, List<String> faults) {
    fault(context.path("runAsUser").asLong(1) == 0, "Running as Non-root user", faults);
    fault(context.at("/seccompProfile/type").asText().equals("Unconfined"), "Seccomp", faults);
    fault(
        !Set.of("RuntimeDefault", "Localhost")
            .contains(context.at("/appArmorProfile/type").asText("RuntimeDefault")),
        "AppArmor",
        faults);
    fault(
        !SELINUX.contains(context.at("/seLinuxOptions/type").asText(""))
            || context.path("seLinuxOptions").has("user")
            || context.path("seLinuxOptions").has("role"),
        "SELinux",
        faults);
    String profile = context.at("/seccompProfile/localhostProfile").asText("");
    fault(profile.contains("..") || profile.startsWith("/"), "localhostProfile", faults);
  }

  private static void fault(boolean found, String rule, List<String> faults) {
    if (found) {
      faults.add(rule);
    }
  }
}
