package io.k8or.cli;

import io.k8or.sandbox.ServiceSandbox;
import io.k8or.services.Service;
import io.k8or.services.Service.Fact;
import io.k8or.services.Service.Kind;
import io.k8or.transform.Transform;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code --limit}, {@code --request}, {@code --egress} and {@code --image-name} say of
 * services.
 *
 * @param limits each {@code SERVICE:RESOURCE=QUANTITY,...}
 * @param requests as the limits
 * @param egress each {@code SERVICE:PORT,...}, or {@code SERVICE:none}
 * @param images each {@code SERVICE=IMAGE}
 * @param profiles whether each service gets a seccomp profile
 */
record Sandboxes(
    List<String> limits,
    List<String> requests,
    List<String> egress,
    List<String> images,
    boolean profiles) {
  /** Where the profiles of {@code --syscalls} are to be put on the nodes. */
  private static final String FOLDER = "k8or/";

  /** Returns the sandbox of one service. */
  Transform of(Service service) {
    ServiceSandbox sandbox = ServiceSandbox.of(service);
    for (String limit : limits) {
      sandbox = figures("--limit", limit, service, sandbox);
    }
    for (String request : requests) {
      sandbox = figures("--request", request, service, sandbox);
    }
    for (String ports : egress) {
      sandbox = ports(ports, service, sandbox);
    }
    for (String image : images) {
      int equals = image.indexOf('=');
      if (equals < 1 || equals == image.length() - 1) {
        throw new UsageException("--image-name " + image, "expected SERVICE=IMAGE");
      }
      if (image.substring(0, equals).equals(service.name())) {
        sandbox = sandbox.withImage(image.substring(equals + 1));
      }
    }
    return profiles
        ? sandbox.withSeccompProfile(
            FOLDER + "seccomp-" + ServiceWords.label(service.name()) + ".json")
        : sandbox;
  }

  /** Returns the sandbox of one container with all services: what one of them needs, it needs. */
  Transform ofAll(List<Service> services) {
    if (services.isEmpty()) {
      return Transform.identity();
    }
    Service first = services.get(0);
    List<Fact> facts = new ArrayList<>(first.facts());
    for (Service other : services.subList(1, services.size())) {
      other.facts().stream()
          .filter(
              fact ->
                  fact.kind() == Kind.WRITABLE
                      || fact.kind() == Kind.PORT
                      || fact.kind() == Kind.CONFIGURATION)
          .forEach(facts::add);
    }
    return of(
        new Service(
            first.name(), first.command(), first.evidence(), facts.stream().distinct().toList()));
  }

  private static ServiceSandbox ports(String text, Service service, ServiceSandbox sandbox) {
    int colon = text.indexOf(':');
    if (colon < 1 || colon == text.length() - 1) {
      throw new UsageException("--egress " + text, "expected SERVICE:PORT,... or SERVICE:none");
    }
    String ports = text.substring(colon + 1);
    try {
      ServiceSandbox with =
          sandbox.withEgress(ports.equals("none") ? List.of() : List.of(ports.split(",", -1)));
      return text.substring(0, colon).equals(service.name()) ? with : sandbox;
    } catch (IllegalArgumentException e) {
      throw new UsageException("--egress " + text, String.valueOf(e.getMessage()));
    }
  }

  private static ServiceSandbox figures(
      String option, String text, Service service, ServiceSandbox sandbox) {
    int colon = text.indexOf(':');
    if (colon < 1) {
      throw new UsageException(option + " " + text, "expected SERVICE:RESOURCE=QUANTITY,...");
    }
    ServiceSandbox result = sandbox;
    for (String each : text.substring(colon + 1).split(",", -1)) {
      String[] parts = each.split("=", 2);
      try {
        ServiceSandbox with =
            option.equals("--limit")
                ? result.withLimit(parts[0], parts.length < 2 ? "" : parts[1])
                : result.withRequest(parts[0], parts.length < 2 ? "" : parts[1]);
        result = text.substring(0, colon).equals(service.name()) ? with : result;
      } catch (IllegalArgumentException e) {
        throw new UsageException(option + " " + text, String.valueOf(e.getMessage()));
      }
    }
    return result;
  }
}
