package io.k8or.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.services.Service;
import io.k8or.services.Service.Fact;
import io.k8or.services.Service.Kind;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The NetworkPolicy of a service: its own ports are all that can be reached. */
final class NetworkRules {
  /** A port of a policy: a number, and a protocol where it is not TCP. */
  static final Pattern PORT = Pattern.compile("([1-9]\\d{0,4})(?:/(tcp|udp|sctp))?");

  private NetworkRules() {}

  /**
   * Returns the policy.
   *
   * @param labels of the pods
   * @param egress ports that the service may connect to; anything where it is not said
   */
  static Explained of(
      Service service, String name, ObjectNode labels, Optional<List<String>> egress) {
    Explained policy = new Explained();
    policy.set("/apiVersion", "networking.k8s.io/v1", "").set("/kind", "NetworkPolicy", "");
    policy.set("/metadata/name", name, "");
    policy.set("/metadata/labels", labels, "");
    policy.set("/spec/podSelector/matchLabels", labels.deepCopy(), "the Deployment's pods");
    List<String> types = egress.isPresent() ? List.of("Ingress", "Egress") : List.of("Ingress");
    policy.set(
        "/spec/policyTypes",
        types,
        egress.isPresent()
            ? "as asked for"
            : "what it connects to is not known, so that is not limited");
    Set<String> seen = new TreeSet<>();
    int i = 0;
    for (Fact fact : service.facts()) {
      if (fact.kind() == Kind.PORT
          && PORT.matcher(fact.value()).matches()
          && seen.add(fact.value().replace("/tcp", ""))) {
        port(policy, "/spec/ingress/0/ports/" + i++, fact.value(), fact.evidence());
      }
    }
    if (i == 0) {
      policy.set("/spec/ingress", JsonNodeFactory.instance.arrayNode(), "no port is known");
    }
    if (egress.isPresent()) {
      egress(policy, egress.get());
    }
    return policy;
  }

  private static void egress(Explained policy, List<String> ports) {
    if (ports.isEmpty()) {
      ArrayNode none = JsonNodeFactory.instance.arrayNode();
      policy.set("/spec/egress", none, "it connects to nothing");
      return;
    }
    int i = 0;
    for (String each : ports) {
      port(policy, "/spec/egress/0/ports/" + i++, each, "as asked for");
    }
    for (String each : List.of("53/udp", "53/tcp")) {
      if (!ports.contains(each) && !ports.contains(each.replace("/tcp", ""))) {
        port(policy, "/spec/egress/0/ports/" + i++, each, "names are looked up first");
      }
    }
  }

  private static void port(Explained policy, String at, String port, String reason) {
    String[] parts = port.split("/", 2);
    policy.set(at + "/port", Integer.parseInt(parts[0]), reason);
    String protocol = parts.length > 1 ? parts[1].toUpperCase(Locale.ROOT) : "TCP";
    policy.set(at + "/protocol", protocol, "");
  }
}
