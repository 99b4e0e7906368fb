package io.k8or.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.report.Accounting;
import io.k8or.report.Amount;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.Reason;
import java.io.IOException;
import java.util.List;

/** What {@code --json} prints. Names and units are a contract; see docs/architecture.md. */
final class Json {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Reads a document that k8or made itself. */
  static JsonNode read(byte[] bytes) throws IOException {
    return MAPPER.readTree(bytes);
  }

  static ArrayNode strings(List<?> values) {
    ArrayNode array = MAPPER.createArrayNode();
    values.forEach(value -> array.add(value.toString()));
    return array;
  }

  static String text(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree of plain nodes can always be written
    }
  }

  static ObjectNode amount(Amount amount) {
    return object().put("paths", amount.paths()).put("bytes", amount.bytes());
  }

  static ObjectNode totals(Accounting accounting) {
    ObjectNode totals = object();
    totals.set("input", amount(accounting.input()));
    totals.set("removed", amount(accounting.removed()));
    totals.set("kept", amount(accounting.kept()));
    totals.set("added", amount(accounting.added()));
    totals.put("changedPaths", accounting.changedPaths());
    totals.put("growthBytes", accounting.growth());
    totals.set("output", amount(accounting.output()));
    return totals;
  }

  static ArrayNode rules(Accounting accounting) {
    ArrayNode rules = MAPPER.createArrayNode();
    for (Accounting.RuleSum sum : accounting.rules()) {
      ObjectNode rule = rules.addObject();
      rule.put("transform", sum.transform());
      rule.put("rule", sum.rule());
      rule.put("edits", sum.edits());
      rule.set("removed", amount(sum.removed()));
      rule.set("added", amount(sum.added()));
    }
    return rules;
  }

  static ArrayNode edits(EditPlan plan) {
    ArrayNode edits = MAPPER.createArrayNode();
    for (Edit edit : plan.edits()) {
      ObjectNode json = edits.addObject();
      json.put("edit", kind(edit));
      if (edit instanceof Edit.FileEdit file) {
        json.put("path", file.path().toString());
      } else if (edit instanceof Edit.EditConfig config) {
        json.put("pointer", config.pointer());
        json.put("value", config.json());
      }
      reason(json, edit.reason());
    }
    return edits;
  }

  static String kind(Edit edit) {
    if (edit instanceof Edit.RemovePath) {
      return "remove";
    } else if (edit instanceof Edit.ReplaceContent) {
      return "replace";
    } else if (edit instanceof Edit.AddFile) {
      return "add";
    } else if (edit instanceof Edit.SetAttributes) {
      return "attributes";
    }
    return "config";
  }

  static ArrayNode findings(EditPlan plan) {
    ArrayNode findings = MAPPER.createArrayNode();
    for (Finding finding : plan.findings()) {
      ObjectNode json = findings.addObject();
      json.put("transform", finding.reason().transform());
      json.put("path", finding.path().map(Object::toString).orElse(""));
      json.put("rule", finding.reason().rule());
      json.put("evidence", finding.reason().evidence());
    }
    return findings;
  }

  private static void reason(ObjectNode json, Reason reason) {
    json.put("transform", reason.transform());
    json.put("rule", reason.rule());
    json.put("evidence", reason.evidence());
  }
}
