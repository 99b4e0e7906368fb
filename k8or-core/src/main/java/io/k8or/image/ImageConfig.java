package io.k8or.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An image's configuration: platform, what a container runs, the layers' diffIDs, the history (OCI
 * image specification, "Image Configuration"). Immutable.
 *
 * <p>It is read once and keeps its bytes. A change patches the JSON: every field that the change
 * does not name, known or not, stays as it is. A configuration that nothing changed has the bytes,
 * and so the digest, that it was read from.
 */
public final class ImageConfig {
  private static final String WHAT = "image configuration";

  private final ByteString bytes;
  private final ObjectNode json;
  private final List<Digest> diffIds;
  private final List<History> history;

  private ImageConfig(
      ByteString bytes, ObjectNode json, List<Digest> diffIds, List<History> history) {
    this.bytes = bytes;
    this.json = json;
    this.diffIds = diffIds;
    this.history = history;
  }

  /**
   * Parses a configuration.
   *
   * @param where its place for the error, such as its digest
   * @throws MalformedContentException if it is not JSON of the form that the specification asks for
   */
  public static ImageConfig parse(byte[] bytes, String where) throws MalformedContentException {
    return of(ByteString.copyOf(bytes), Json.parseObject(bytes, WHAT, where), where);
  }

  /** Returns the least configuration of a platform: no layers, nothing to run. */
  public static ImageConfig of(Platform platform) {
    ObjectNode json = Json.object();
    json.put("architecture", platform.architecture());
    json.put("os", platform.os());
    if (!platform.variant().isEmpty()) {
      json.put("variant", platform.variant());
    }
    json.putObject("config");
    ObjectNode rootfs = json.putObject("rootfs");
    rootfs.put("type", "layers");
    rootfs.putArray("diff_ids");
    return patched(json);
  }

  private static ImageConfig of(ByteString bytes, ObjectNode json, String where)
      throws MalformedContentException {
    ObjectNode rootfs = Json.child(json, "rootfs", WHAT, where);
    List<Digest> diffIds = new ArrayList<>();
    for (JsonNode item : Json.items(rootfs, "diff_ids", WHAT, where)) {
      diffIds.add(Descriptor.parseDigest(item.asText(), WHAT, where));
    }
    List<History> history = new ArrayList<>();
    for (JsonNode item : Json.items(json, "history", WHAT, where)) {
      history.add(History.parse(item, where));
    }
    for (String field : List.of("os", "architecture", "variant", "created")) {
      Json.text(json, field, WHAT, where);
    }
    ObjectNode config = Json.child(json, "config", WHAT, where);
    for (String field : List.of("User", "WorkingDir", "StopSignal")) {
      Json.text(config, field, WHAT, where);
    }
    for (String field : List.of("Env", "Entrypoint", "Cmd", "Shell")) {
      for (JsonNode item : Json.items(config, field, WHAT, where)) {
        if (!item.isTextual()) {
          throw Json.wrong("config." + field, "an array of strings", item, WHAT, where);
        }
      }
    }
    for (String field : List.of("ExposedPorts", "Volumes", "Labels")) {
      Json.child(config, field, WHAT, where);
    }
    return new ImageConfig(bytes, json, List.copyOf(diffIds), List.copyOf(history));
  }

  private static ImageConfig patched(ObjectNode json) {
    try {
      return of(ByteString.copyOf(Json.toBytes(json)), json, "patched");
    } catch (MalformedContentException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** Returns the bytes of the configuration's JSON. */
  public ByteString bytes() {
    return bytes;
  }

  /** Returns the platform; its parts are empty where the JSON has none. */
  public Platform platform() {
    return new Platform(
        json.path("os").asText(""),
        json.path("architecture").asText(""),
        json.path("variant").asText(""));
  }

  /** Returns the digests of the layers' uncompressed bytes, the lowest layer first. */
  public List<Digest> diffIds() {
    return diffIds;
  }

  /** Returns the history, the oldest step first. */
  public List<History> history() {
    return history;
  }

  /** Returns the user that a container runs as, {@code USER[:GROUP]}; empty where none is set. */
  public Optional<String> user() {
    return Optional.of(config().path("User").asText("")).filter(user -> !user.isEmpty());
  }

  /** Returns the environment as {@code NAME=VALUE}, in order. */
  public List<String> env() {
    return strings(config().path("Env"));
  }

  /** Returns the entrypoint; empty where none is set. */
  public List<String> entrypoint() {
    return strings(config().path("Entrypoint"));
  }

  /** Returns the command, which follows the entrypoint; empty where none is set. */
  public List<String> cmd() {
    return strings(config().path("Cmd"));
  }

  /** Returns the working directory; empty where none is set. */
  public Optional<String> workingDir() {
    return Optional.of(config().path("WorkingDir").asText("")).filter(dir -> !dir.isEmpty());
  }

  /** Returns the ports as {@code NUMBER[/PROTOCOL]}, in the JSON's order. */
  public List<String> exposedPorts() {
    return names(config().path("ExposedPorts"));
  }

  /** Returns the paths of the volumes, in the JSON's order. */
  public List<String> volumes() {
    return names(config().path("Volumes"));
  }

  /** Returns the labels, in the JSON's order. */
  public Map<String, String> labels() {
    Map<String, String> labels = new LinkedHashMap<>();
    config()
        .path("Labels")
        .properties()
        .forEach(entry -> labels.put(entry.getKey(), entry.getValue().asText()));
    return Collections.unmodifiableMap(labels);
  }

  /**
   * Returns the value at a JSON pointer (RFC 6901) as JSON text; empty where there is none.
   *
   * @throws IllegalArgumentException if it is not a pointer
   */
  public Optional<String> get(String pointer) {
    JsonNode value = json.at(pointer);
    return value.isMissingNode() ? Optional.empty() : Optional.of(value.toString());
  }

  /**
   * Returns the configuration with one value set. Objects on the way are made where they are
   * missing. Where the value is there already, this configuration is returned.
   *
   * @param pointer a JSON pointer (RFC 6901) of field names
   * @param value JSON text; {@code null} removes the field
   * @throws IllegalArgumentException if the pointer is not one or goes through what is no object,
   *     the value is not JSON, or the result is no configuration
   */
  public ImageConfig with(String pointer, String value) {
    if (!pointer.startsWith("/")) {
      throw new IllegalArgumentException("not a JSON pointer below the root: " + pointer);
    }
    JsonNode node = Json.parseValue(value);
    ObjectNode root = json.deepCopy();
    ObjectNode at = root;
    String[] fields = pointer.substring(1).split("/", -1);
    for (int i = 0; i < fields.length; i++) {
      String field = fields[i].replace("~1", "/").replace("~0", "~");
      if (i == fields.length - 1) {
        if (node.isNull()) {
          at.remove(field);
        } else {
          at.set(field, node);
        }
        break;
      }
      JsonNode child = at.get(field);
      if (child == null || child.isNull()) {
        if (node.isNull()) {
          return this;
        }
        at = at.putObject(field);
      } else if (child instanceof ObjectNode object) {
        at = object;
      } else {
        throw new IllegalArgumentException("no object at \"" + field + "\" of " + pointer);
      }
    }
    return root.equals(json) ? this : patched(root);
  }

  /**
   * Returns the configuration with these layers and this history. Where both are as they were, this
   * configuration is returned.
   */
  public ImageConfig withLayers(List<Digest> newDiffIds, List<History> newHistory) {
    if (newDiffIds.equals(diffIds) && newHistory.equals(history)) {
      return this;
    }
    ObjectNode root = json.deepCopy();
    ObjectNode rootfs =
        root.get("rootfs") instanceof ObjectNode given ? given : root.putObject("rootfs");
    if (!rootfs.has("type")) {
      rootfs.put("type", "layers");
    }
    ArrayNode ids = rootfs.putArray("diff_ids");
    newDiffIds.forEach(id -> ids.add(id.toString()));
    if (!newHistory.isEmpty() || root.has("history")) {
      ArrayNode steps = root.putArray("history");
      newHistory.forEach(step -> steps.add(step.json()));
    }
    return patched(root);
  }

  private JsonNode config() {
    return json.path("config");
  }

  private static List<String> strings(JsonNode array) {
    return array.valueStream().map(JsonNode::asText).toList();
  }

  private static List<String> names(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ImageConfig that && bytes.equals(that.bytes);
  }

  @Override
  public int hashCode() {
    return bytes.hashCode();
  }

  @Override
  public String toString() {
    return "configuration for " + platform() + ", " + diffIds.size() + " layers";
  }
}
