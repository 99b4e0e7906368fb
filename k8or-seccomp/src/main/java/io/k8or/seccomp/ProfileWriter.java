package io.k8or.seccomp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.ByteString;
import io.k8or.content.Content;
import java.math.BigInteger;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Profiles as JSON. Names are sorted, so that equal profiles have equal bytes. */
final class ProfileWriter {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ProfileWriter() {}

  static Content oci(SyscallProfile profile) {
    ObjectNode json = JSON.createObjectNode();
    addDefault(json, profile);
    json.putArray("architectures").add(profile.architecture().seccompName());
    addRules(json.putArray("syscalls"), profile);
    return print(json);
  }

  static Content docker(SyscallProfile profile) {
    ObjectNode json = JSON.createObjectNode();
    addDefault(json, profile);
    ObjectNode map = json.putArray("archMap").addObject();
    map.put("architecture", profile.architecture().seccompName());
    map.putArray("subArchitectures");
    addRules(json.putArray("syscalls"), profile);
    return print(json);
  }

  static Content resource(SyscallProfile profile, String name) {
    ObjectNode json = JSON.createObjectNode();
    json.put("apiVersion", "security-profiles-operator.x-k8s.io/v1");
    json.put("kind", "SeccompProfile");
    json.putObject("metadata").put("name", name);
    ObjectNode spec = json.putObject("spec");
    // The resource has no number of its own for the default: EPERM it is.
    spec.put("defaultAction", profile.otherwise().action().seccompName());
    spec.putArray("architectures").add(profile.architecture().seccompName());
    addRules(spec.putArray("syscalls"), profile);
    return print(json);
  }

  private static void addDefault(ObjectNode json, SyscallProfile profile) {
    Verdict verdict = profile.otherwise();
    json.put("defaultAction", verdict.action().seccompName());
    if (hasNumber(verdict)) {
      json.put("defaultErrnoRet", verdict.data());
    }
  }

  // crun takes errnoRet with no other action.
  private static boolean hasNumber(Verdict verdict) {
    return verdict.action() == Verdict.Action.ERRNO || verdict.action() == Verdict.Action.TRACE;
  }

  private static void addRules(ArrayNode json, SyscallProfile profile) {
    TreeMap<Verdict, SortedSet<String>> always =
        new TreeMap<>(
            Comparator.comparing(Verdict::action).reversed().thenComparing(Verdict::data));
    profile
        .rules()
        .forEach(
            (name, rules) -> {
              if (rules.get(0).isUnconditional()) {
                always.computeIfAbsent(rules.get(0).verdict(), v -> new TreeSet<>()).add(name);
              }
            });
    always.forEach((verdict, names) -> addRule(json, names, List.of(), verdict));
    profile
        .rules()
        .forEach(
            (name, rules) -> {
              for (SyscallRule rule : rules) {
                if (!rule.isUnconditional()) {
                  addRule(json, new TreeSet<>(List.of(name)), rule.conditions(), rule.verdict());
                }
              }
            });
  }

  private static void addRule(
      ArrayNode json,
      SortedSet<String> names,
      List<ArgumentCondition> conditions,
      Verdict verdict) {
    ObjectNode rule = json.addObject();
    names.forEach(rule.putArray("names")::add);
    rule.put("action", verdict.action().seccompName());
    if (hasNumber(verdict)) {
      rule.put("errnoRet", verdict.data());
    }
    if (!conditions.isEmpty()) {
      ArrayNode arguments = rule.putArray("args");
      for (ArgumentCondition condition : conditions) {
        ObjectNode argument = arguments.addObject();
        boolean masked = condition.operator() == ArgumentCondition.Operator.MASKED_EQUAL;
        argument.put("index", condition.index());
        argument.put("value", unsigned(masked ? condition.mask() : condition.value()));
        if (masked) {
          argument.put("valueTwo", unsigned(condition.value()));
        }
        argument.put("op", condition.operator().seccompName());
      }
    }
  }

  private static BigInteger unsigned(long value) {
    return new BigInteger(Long.toUnsignedString(value));
  }

  private static Content print(ObjectNode json) {
    try {
      DefaultPrettyPrinter printer =
          new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
      return Content.of(ByteString.utf8(JSON.writer(printer).writeValueAsString(json) + "\n"));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree of plain nodes can always be written
    }
  }
}
