package io.k8or.seccomp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Profiles from JSON: the flat form of the OCI runtime specification, and Moby's with {@code
 * includes} and {@code excludes}, which are resolved as Moby does for a container of an
 * architecture with capabilities. What stays is taken as runc hands it to libseccomp.
 */
final class ProfileReader {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final int MAX_SIZE = 4 << 20;
  private static final BigInteger MAX_VALUE = BigInteger.ONE.shiftLeft(64);

  private final Architecture architecture;
  private final Collection<String> capabilities;
  private final Map<String, List<SyscallRule>> rules = new LinkedHashMap<>();
  private Verdict otherwise = Verdict.KILL_PROCESS;

  private ProfileReader(Architecture architecture, Collection<String> capabilities) {
    this.architecture = architecture;
    this.capabilities = capabilities;
  }

  static SyscallProfile read(
      Content content, Architecture architecture, Collection<String> capabilities)
      throws IOException {
    if (content.size() > MAX_SIZE) {
      throw malformed("/", "expected at most " + MAX_SIZE + " bytes, found " + content.size());
    }
    JsonNode json;
    try {
      json = JSON.readTree(content.readAll(MAX_SIZE));
    } catch (JsonProcessingException e) {
      throw new MalformedContentException(
          "seccomp profile", "/", "not JSON: " + e.getOriginalMessage(), e);
    }
    ProfileReader reader = new ProfileReader(architecture, capabilities);
    reader.profile(json);
    return SyscallProfile.of(architecture, reader.otherwise, reader.rules);
  }

  private void profile(JsonNode json) throws MalformedContentException {
    if (!json.isObject()) {
      throw malformed("/", "expected an object, found " + json.getNodeType());
    }
    otherwise = verdict(json.path("defaultAction"), json.path("defaultErrnoRet"), "/defaultAction");
    JsonNode syscalls = json.path("syscalls");
    if (!absent(syscalls) && !syscalls.isArray()) {
      throw malformed("/syscalls", "expected an array, found " + syscalls.getNodeType());
    }
    for (int i = 0; i < syscalls.size(); i++) {
      rule(syscalls.get(i), "/syscalls/" + i);
    }
  }

  private void rule(JsonNode json, String where) throws MalformedContentException {
    if (!json.isObject()) {
      throw malformed(where, "expected an object, found " + json.getNodeType());
    }
    Verdict verdict = verdict(json.path("action"), json.path("errnoRet"), where + "/action");
    List<ArgumentCondition> conditions = new ArrayList<>();
    JsonNode arguments = json.path("args");
    if (!absent(arguments) && !arguments.isArray()) {
      throw malformed(where + "/args", "expected an array, found " + arguments.getNodeType());
    }
    for (int i = 0; i < arguments.size(); i++) {
      conditions.add(condition(arguments.get(i), where + "/args/" + i));
    }
    List<String> names = names(json, where);
    if (!applies(json, where) || verdict.equals(otherwise)) {
      return;
    }
    Set<Integer> indexes = new HashSet<>();
    conditions.forEach(condition -> indexes.add(condition.index()));
    boolean any = indexes.size() < conditions.size();
    for (String name : names) {
      if (SyscallTable.of(architecture).number(name).isEmpty()) {
        continue; // of another architecture, or newer than the table
      }
      List<SyscallRule> all = rules.computeIfAbsent(name, n -> new ArrayList<>());
      if (any) {
        // Two conditions on one argument: each holds for itself, as in runc's matchCall.
        conditions.forEach(condition -> all.add(new SyscallRule(List.of(condition), verdict)));
      } else {
        all.add(new SyscallRule(conditions, verdict));
      }
    }
  }

  private static List<String> names(JsonNode json, String where) throws MalformedContentException {
    List<String> names = new ArrayList<>();
    JsonNode one = json.path("name");
    if (one.isTextual() && !one.asText().isEmpty()) {
      names.add(one.asText());
    }
    JsonNode array = json.path("names");
    if (!absent(array) && !array.isArray()) {
      throw malformed(where + "/names", "expected an array, found " + array.getNodeType());
    }
    for (JsonNode name : array) {
      if (!name.isTextual()) {
        throw malformed(where + "/names", "expected names, found " + name.getNodeType());
      }
      names.add(name.asText());
    }
    if (names.isEmpty()) {
      throw malformed(where, "expected the names of system calls, found none");
    }
    return names;
  }

  /** Says whether Moby's filters let the rule apply. The kernel is taken for the newest. */
  private boolean applies(JsonNode json, String where) throws MalformedContentException {
    Set<String> caps = texts(json.path("includes").path("caps"), where + "/includes/caps");
    Set<String> arches = texts(json.path("includes").path("arches"), where + "/includes/arches");
    Set<String> notCaps = texts(json.path("excludes").path("caps"), where + "/excludes/caps");
    Set<String> notArches = texts(json.path("excludes").path("arches"), where + "/excludes/arches");
    return capabilities.containsAll(caps)
        && (arches.isEmpty() || arches.contains(architecture.platformName()))
        && notCaps.stream().noneMatch(capabilities::contains)
        && !notArches.contains(architecture.platformName())
        && absent(json.path("excludes").path("minKernel"));
  }

  private static Set<String> texts(JsonNode json, String where) throws MalformedContentException {
    Set<String> texts = new HashSet<>();
    if (!absent(json) && !json.isArray()) {
      throw malformed(where, "expected an array, found " + json.getNodeType());
    }
    json.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private static Verdict verdict(JsonNode name, JsonNode number, String where)
      throws MalformedContentException {
    String text = name.asText();
    if (text.equals("SCMP_ACT_KILL")) {
      return new Verdict(Verdict.Action.KILL_THREAD, 0);
    }
    for (Verdict.Action action : Verdict.Action.values()) {
      if (!action.seccompName().equals(text)) {
        continue;
      }
      if (action != Verdict.Action.ERRNO && action != Verdict.Action.TRACE) {
        return new Verdict(action, 0);
      }
      if (absent(number)) {
        return new Verdict(action, Verdict.NOT_PERMITTED.data());
      }
      if (!number.isIntegralNumber() || number.asLong() < 0 || number.asLong() > 0xffff) {
        throw malformed(where, "expected an error number, found " + number);
      }
      return new Verdict(action, number.asInt());
    }
    throw malformed(where, "expected an action, found " + name);
  }

  private static ArgumentCondition condition(JsonNode json, String where)
      throws MalformedContentException {
    JsonNode index = json.path("index");
    if (!index.isIntegralNumber()
        || index.asLong() < 0
        || index.asLong() >= ArgumentCondition.ARGUMENTS) {
      throw malformed(where + "/index", "expected a number from 0 to 5, found " + index);
    }
    long value = value(json.path("value"), where + "/value");
    String name = json.path("op").asText();
    for (ArgumentCondition.Operator operator : ArgumentCondition.Operator.values()) {
      if (operator.seccompName().equals(name)) {
        return operator == ArgumentCondition.Operator.MASKED_EQUAL
            ? ArgumentCondition.masked(
                index.asInt(), value, value(json.path("valueTwo"), where + "/valueTwo"))
            : ArgumentCondition.of(index.asInt(), operator, value);
      }
    }
    throw malformed(where + "/op", "expected an operator, found " + json.path("op"));
  }

  private static long value(JsonNode json, String where) throws MalformedContentException {
    if (absent(json)) {
      return 0;
    }
    BigInteger value = json.isIntegralNumber() ? json.bigIntegerValue() : BigInteger.ONE.negate();
    if (value.signum() < 0 || value.compareTo(MAX_VALUE) >= 0) {
      throw malformed(where, "expected an unsigned number of 64 bits, found " + json);
    }
    return value.longValue();
  }

  private static boolean absent(JsonNode json) {
    return json.isMissingNode() || json.isNull();
  }

  private static MalformedContentException malformed(String where, String why) {
    return new MalformedContentException("seccomp profile", where, why);
  }
}
