package io.k8or.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.loader.ProgramFinder;
import io.k8or.services.Service;
import io.k8or.services.Service.Fact;
import io.k8or.services.Service.Kind;
import io.k8or.transform.ImageSnapshot;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The probes of a service: its health check, else whether its port takes connections. */
final class Probes {
  // A call of curl or wget that asks one page of the container itself, and no more.
  private static final Pattern ASKS =
      Pattern.compile(
          "(?:\\S*/)?(?:curl|wget)(?:\\s+-\\S+|\\s+/dev/null)*\\s+[\"']?http://"
              + "(?:localhost|127\\.0\\.0\\.1|\\[::1\\])(?::(\\d{1,5}))?(/[^\\s\"'|&;<>$`]*)?[\"']?"
              + "(?:\\s+-\\S+|\\s+>?\\s*/dev/null|\\s+2>&1)*\\s*(?:\\|\\|\\s*(?:exit|false)\\s*1?)?");
  private static final long SECOND = 1_000_000_000L;

  private final ImageSnapshot image;
  private final Service service;

  Probes(ImageSnapshot image, Service service) {
    this.image = image;
    this.service = service;
  }

  /** What is asked, and why so. */
  private record Question(String kind, JsonNode value, String reason) {}

  /** Adds the probes to a container; says whether there are any. */
  boolean addTo(Explained pod, String container) {
    Optional<Question> question = healthCheck().or(this::port);
    if (question.isEmpty()) {
      return false;
    }
    Question q = question.get();
    long period = Math.max(1, Math.min(300, nanos("Interval", 10)));
    long timeout = Math.max(1, Math.min(period, nanos("Timeout", 3)));
    long retries = number("/config/Healthcheck/Retries").filter(n -> n > 0).orElse(3L);
    long start = Math.max(60, nanos("StartPeriod", 60));
    String why = "as the image's health check; " + period + " s are usual where it has none";
    add(pod, container + "/startupProbe", q, 2, timeout, (start + 1) / 2, "time to start");
    add(pod, container + "/readinessProbe", q, Math.max(1, period / 2), timeout, retries, why);
    // A restart costs more than a pause: later than the loss of readiness.
    add(pod, container + "/livenessProbe", q, period, timeout, retries * 2, why);
    return true;
  }

  private static void add(
      Explained pod,
      String at,
      Question question,
      long period,
      long timeout,
      long failures,
      String why) {
    pod.set(at + "/" + question.kind(), question.value(), question.reason());
    pod.set(at + "/periodSeconds", period, why);
    pod.set(at + "/timeoutSeconds", timeout, "");
    pod.set(at + "/failureThreshold", failures, "");
  }

  private Optional<Question> healthCheck() {
    Optional<Fact> check =
        service.facts().stream().filter(fact -> fact.kind() == Kind.HEALTH_CHECK).findFirst();
    if (check.isEmpty()) {
      return Optional.empty();
    }
    String text = check.get().value();
    String reason = "health check of " + check.get().evidence();
    Matcher asks = ASKS.matcher(text.strip());
    if (asks.matches()) {
      ObjectNode get = JsonNodeFactory.instance.objectNode();
      get.put("path", asks.group(2) == null ? "/" : asks.group(2));
      get.put("port", asks.group(1) == null ? 80 : Integer.parseInt(asks.group(1)));
      return Optional.of(new Question("httpGet", get, reason + ", asked by the kubelet itself"));
    }
    ArrayNode words = JsonNodeFactory.instance.arrayNode();
    boolean plain = image.config().get("/config/Healthcheck/Test/0").equals(Optional.of("\"CMD\""));
    if (plain) {
      List.of(text.split(" ", -1)).forEach(words::add);
      for (int i = 1; ; i++) {
        Optional<String> word = image.config().get("/config/Healthcheck/Test/" + i);
        if (word.isEmpty()) {
          break;
        }
        if (i == 1) {
          words.removeAll();
        }
        words.add(unquoted(word.get()));
      }
    } else {
      words.add("/bin/sh").add("-c").add(text);
    }
    ProgramFinder finder = ProgramFinder.of(image.files(), image.config().env());
    if (finder.find(words.get(0).asText(), ImagePath.root()).isEmpty()) {
      return Optional.empty(); // nothing there that could run it
    }
    ObjectNode exec = JsonNodeFactory.instance.objectNode();
    exec.set("command", words);
    return Optional.of(new Question("exec", exec, reason));
  }

  private static String unquoted(String json) {
    return json.startsWith("\"")
        ? json.substring(1, json.length() - 1).replace("\\\"", "\"").replace("\\\\", "\\")
        : json;
  }

  private Optional<Question> port() {
    for (Fact fact : service.facts()) {
      if (fact.kind() == Kind.PORT && !fact.value().endsWith("/udp")) {
        ObjectNode socket = JsonNodeFactory.instance.objectNode();
        socket.put("port", Integer.parseInt(fact.value().split("/", 2)[0]));
        return Optional.of(
            new Question("tcpSocket", socket, "the first port, of " + fact.evidence()));
      }
    }
    return Optional.empty();
  }

  private long nanos(String name, long otherwise) {
    return number("/config/Healthcheck/" + name)
        .filter(n -> n > 0)
        .map(n -> (n + SECOND - 1) / SECOND)
        .orElse(otherwise);
  }

  private Optional<Long> number(String pointer) {
    return image
        .config()
        .get(pointer)
        .filter(text -> text.matches("\\d{1,17}"))
        .map(Long::parseLong);
  }
}
