package io.k8or.image;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.util.Optional;

/** JSON of the image model: strict where it is read, unknown fields and numbers kept. */
final class Json {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(200).build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          // 1.10 stays 1.10.
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private Json() {}

  /**
   * Parses an object.
   *
   * @param what the document in its specification's words, for the error
   * @param where its place, for the error
   */
  static ObjectNode parseObject(byte[] json, String what, String where)
      throws MalformedContentException {
    JsonNode node;
    try {
      node = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new MalformedContentException(what, where, "not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException | NumberFormatException e) {
      // Of an exponent with too many digits Jackson says so in the second way.
      throw new MalformedContentException(what, where, "not JSON: " + e.getMessage(), e);
    }
    if (node instanceof ObjectNode object) {
      return object;
    }
    throw new MalformedContentException(
        what, where, "expected a JSON object, found " + (node == null ? "nothing" : kind(node)));
  }

  static JsonNode parseValue(String json) {
    try {
      JsonNode node = MAPPER.readTree(json);
      if (node == null || node.isMissingNode()) {
        throw new IllegalArgumentException("not a JSON value: " + json);
      }
      return node;
    } catch (JsonProcessingException | NumberFormatException e) {
      throw new IllegalArgumentException("not a JSON value: " + json, e);
    }
  }

  static byte[] toBytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a tree of plain nodes can always be written
    }
  }

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static ArrayNode array() {
    return MAPPER.createArrayNode();
  }

  /** Returns a text; empty where the field is missing or null. */
  static Optional<String> text(ObjectNode object, String field, String what, String where)
      throws MalformedContentException {
    JsonNode value = object.get(field);
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw wrong(field, "a string", value, what, where);
    }
    return Optional.of(value.textValue());
  }

  /** Returns a text that must be there. */
  static String requireText(ObjectNode object, String field, String what, String where)
      throws MalformedContentException {
    return text(object, field, what, where)
        .orElseThrow(
            () -> new MalformedContentException(what, where, "no field \"" + field + "\""));
  }

  /** Returns an array; an empty one where the field is missing or null. */
  static ArrayNode items(ObjectNode object, String field, String what, String where)
      throws MalformedContentException {
    JsonNode value = object.get(field);
    if (value == null || value.isNull()) {
      return array();
    }
    if (value instanceof ArrayNode items) {
      return items;
    }
    throw wrong(field, "an array", value, what, where);
  }

  /** Returns an object; an empty one where the field is missing or null. */
  static ObjectNode child(ObjectNode object, String field, String what, String where)
      throws MalformedContentException {
    JsonNode value = object.get(field);
    if (value == null || value.isNull()) {
      return object();
    }
    if (value instanceof ObjectNode child) {
      return child;
    }
    throw wrong(field, "an object", value, what, where);
  }

  static MalformedContentException wrong(
      String field, String expected, JsonNode found, String what, String where) {
    return new MalformedContentException(
        what, where, "field \"" + field + "\": expected " + expected + ", found " + kind(found));
  }

  private static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case ARRAY -> "an array";
      case BOOLEAN -> "a boolean";
      case MISSING -> "nothing";
      case NULL -> "null";
      case NUMBER -> "the number " + node.asText();
      case OBJECT -> "an object";
      case STRING -> "a string";
      default -> node.getNodeType().toString();
    };
  }
}
