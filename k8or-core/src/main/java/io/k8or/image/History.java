package io.k8or.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.MalformedContentException;
import java.util.Optional;

/**
 * One step of how an image was made (OCI image configuration, "history"). Immutable; unknown fields
 * are kept.
 */
public final class History {
  private final ObjectNode json;

  private History(ObjectNode json) {
    this.json = json;
  }

  static History parse(JsonNode node, String where) throws MalformedContentException {
    if (node instanceof ObjectNode object) {
      return new History(object.deepCopy());
    }
    throw new MalformedContentException(
        "image configuration", where, "field \"history\": expected an array of objects");
  }

  /**
   * Returns a step that made a layer.
   *
   * @param createdBy the command, or what else made it
   */
  public static History of(String createdBy) {
    ObjectNode json = Json.object();
    json.put("created_by", createdBy);
    return new History(json);
  }

  /** Returns what made it, where the JSON says so. */
  public Optional<String> createdBy() {
    return Optional.ofNullable(json.path("created_by").textValue());
  }

  /** Returns when, as the JSON writes it (RFC 3339). */
  public Optional<String> created() {
    return Optional.ofNullable(json.path("created").textValue());
  }

  /** Says whether the step made no layer. */
  public boolean isEmptyLayer() {
    return json.path("empty_layer").asBoolean(false);
  }

  /** Returns the step as one that made no layer, or one that made one. */
  public History withEmptyLayer(boolean empty) {
    ObjectNode patched = json.deepCopy();
    if (empty) {
      patched.put("empty_layer", true);
    } else {
      patched.remove("empty_layer");
    }
    return new History(patched);
  }

  /** Returns the step with a comment in place of any earlier one. */
  public History withComment(String comment) {
    ObjectNode patched = json.deepCopy();
    patched.put("comment", comment);
    return new History(patched);
  }

  ObjectNode json() {
    return json.deepCopy();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof History that && json.equals(that.json);
  }

  @Override
  public int hashCode() {
    return json.hashCode();
  }

  @Override
  public String toString() {
    return createdBy().orElse("(unknown)") + (isEmptyLayer() ? " (no layer)" : "");
  }
}
