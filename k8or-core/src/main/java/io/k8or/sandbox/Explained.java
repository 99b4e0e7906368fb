package io.k8or.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A JSON document with a reason for each of its values. Not for several threads. */
final class Explained {
  private final ObjectNode root = JsonNodeFactory.instance.objectNode();
  private final Map<String, String> reasons = new LinkedHashMap<>();

  ObjectNode root() {
    return root;
  }

  /** Returns the reasons by JSON pointer. */
  Map<String, String> reasons() {
    return reasons;
  }

  Explained set(String pointer, String value, String reason) {
    return set(pointer, TextNode.valueOf(value), reason);
  }

  Explained set(String pointer, long value, String reason) {
    return set(pointer, LongNode.valueOf(value), reason);
  }

  Explained set(String pointer, boolean value, String reason) {
    return set(pointer, BooleanNode.valueOf(value), reason);
  }

  Explained set(String pointer, List<String> values, String reason) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    values.forEach(array::add);
    return set(pointer, array, reason);
  }

  /**
   * Sets a value. What is missing on the way is made: an array where the next part is a number.
   *
   * @param pointer of plain names and numbers; the next number of an array at most
   * @param reason empty for none
   */
  Explained set(String pointer, JsonNode value, String reason) {
    String[] parts = pointer.substring(1).split("/", -1);
    JsonNode at = root;
    for (int i = 0; i < parts.length; i++) {
      boolean last = i == parts.length - 1;
      JsonNode next = last ? value : child(at, parts[i]);
      if (!last && next.isMissingNode()) {
        next =
            parts[i + 1].matches("\\d+")
                ? JsonNodeFactory.instance.arrayNode()
                : JsonNodeFactory.instance.objectNode();
      } else if (!last) {
        at = next;
        continue;
      }
      if (at instanceof ArrayNode array) {
        int index = Integer.parseInt(parts[i]);
        if (index == array.size()) {
          array.add(next);
        } else {
          array.set(index, next);
        }
      } else {
        ((ObjectNode) at).set(parts[i], next);
      }
      at = next;
    }
    if (!reason.isEmpty()) {
      reasons.put(pointer, reason);
    }
    return this;
  }

  private static JsonNode child(JsonNode node, String part) {
    return node.isArray() ? node.path(Integer.parseInt(part)) : node.path(part);
  }

  /** Puts another document here, with its reasons. */
  Explained include(String pointer, Explained other) {
    set(pointer, other.root.deepCopy(), "");
    other.reasons.forEach((inner, reason) -> reasons.put(pointer + inner, reason));
    return this;
  }

  /** Takes a value away, if it is there. */
  Explained remove(String pointer) {
    int slash = pointer.lastIndexOf('/');
    if (root.at(pointer.substring(0, slash)) instanceof ObjectNode parent) {
      parent.remove(pointer.substring(slash + 1));
    }
    reasons.keySet().removeIf(key -> key.equals(pointer) || key.startsWith(pointer + "/"));
    return this;
  }
}
