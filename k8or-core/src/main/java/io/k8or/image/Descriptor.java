package io.k8or.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A reference to a blob: media type, digest, size, and whatever else its JSON says (OCI image
 * specification, "Content Descriptors"). Immutable; fields that it does not know are kept.
 */
public final class Descriptor {
  private static final String WHAT = "descriptor";

  private final ObjectNode json;
  private final MediaType mediaType;
  private final Digest digest;
  private final long size;
  private final Optional<Platform> platform;
  private final Map<String, String> annotations;

  private Descriptor(
      ObjectNode json,
      MediaType mediaType,
      Digest digest,
      long size,
      Optional<Platform> platform,
      Map<String, String> annotations) {
    this.json = json;
    this.mediaType = mediaType;
    this.digest = digest;
    this.size = size;
    this.platform = platform;
    this.annotations = annotations;
  }

  /**
   * Returns a descriptor.
   *
   * @param size the blob's length in bytes
   * @throws IllegalArgumentException if the size is negative
   */
  public static Descriptor of(MediaType mediaType, Digest digest, long size) {
    if (size < 0) {
      throw new IllegalArgumentException("a negative size: " + size);
    }
    ObjectNode json = Json.object();
    json.put("mediaType", mediaType.value());
    json.put("digest", digest.toString());
    json.put("size", size);
    return new Descriptor(json, mediaType, digest, size, Optional.empty(), Map.of());
  }

  /** Returns the descriptor of bytes in memory. */
  public static Descriptor of(MediaType mediaType, byte[] blob) {
    return of(mediaType, Digest.sha256(blob), blob.length);
  }

  static Descriptor parse(JsonNode node, String where) throws MalformedContentException {
    if (!(node instanceof ObjectNode json)) {
      throw new MalformedContentException(WHAT, where, "expected a JSON object");
    }
    MediaType mediaType = new MediaType(Json.text(json, "mediaType", WHAT, where).orElse(""));
    Digest digest = parseDigest(Json.requireText(json, "digest", WHAT, where), WHAT, where);
    JsonNode size = json.get("size");
    if (size == null || !size.isIntegralNumber() || !size.canConvertToLong() || size.asLong() < 0) {
      throw new MalformedContentException(
          WHAT, where, "field \"size\": expected a whole number from 0 on, found " + size);
    }
    Optional<Platform> platform = Optional.empty();
    if (json.get("platform") instanceof ObjectNode given) {
      platform =
          Optional.of(
              new Platform(
                  Json.text(given, "os", WHAT, where).orElse(""),
                  Json.text(given, "architecture", WHAT, where).orElse(""),
                  Json.text(given, "variant", WHAT, where).orElse("")));
    }
    return new Descriptor(
        json.deepCopy(),
        mediaType,
        digest,
        size.asLong(),
        platform,
        annotations(json, WHAT, where));
  }

  static Digest parseDigest(String text, String what, String where)
      throws MalformedContentException {
    try {
      return Digest.parse(text);
    } catch (IllegalArgumentException e) {
      throw new MalformedContentException(what, where, String.valueOf(e.getMessage()), e);
    }
  }

  static Map<String, String> annotations(ObjectNode json, String what, String where)
      throws MalformedContentException {
    ObjectNode given = Json.child(json, "annotations", what, where);
    if (given.isEmpty()) {
      return Map.of();
    }
    Map<String, String> annotations = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : given.properties()) {
      if (!entry.getValue().isTextual()) {
        throw Json.wrong(entry.getKey(), "a string", entry.getValue(), what, where);
      }
      annotations.put(entry.getKey(), entry.getValue().textValue());
    }
    return Collections.unmodifiableMap(annotations);
  }

  /** Returns the blob's media type; of no text where the JSON has none. */
  public MediaType mediaType() {
    return mediaType;
  }

  /** Returns the blob's digest. */
  public Digest digest() {
    return digest;
  }

  /** Returns the blob's length in bytes. */
  public long size() {
    return size;
  }

  /** Returns the platform of the image that it refers to, where the JSON has one. */
  public Optional<Platform> platform() {
    return platform;
  }

  /** Returns the annotations, in the JSON's order. */
  public Map<String, String> annotations() {
    return annotations;
  }

  /** Returns the places from which the blob may be fetched, in the JSON's order. */
  public List<String> urls() {
    if (!json.path("urls").isArray()) {
      return List.of();
    }
    return json.path("urls").valueStream().map(JsonNode::asText).toList();
  }

  /**
   * Returns the blob that is embedded in the JSON ("data"), where there is one.
   *
   * @throws MalformedContentException if it is not base64, or not of the digest and size
   */
  public Optional<Content> data() throws MalformedContentException {
    Optional<String> text = Json.text(json, "data", WHAT, digest.toString());
    if (text.isEmpty()) {
      return Optional.empty();
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text.get());
    } catch (IllegalArgumentException e) {
      throw new MalformedContentException(WHAT, digest.toString(), "\"data\" is not base64", e);
    }
    Content data = Content.of(bytes);
    try {
      verified(data).readAll(Integer.MAX_VALUE - 8);
    } catch (MalformedContentException e) {
      throw e;
    } catch (IOException e) {
      throw new IllegalStateException(e); // bytes in memory
    }
    return Optional.of(data);
  }

  /**
   * Returns the content, checked while it is read: whoever reads the stream to its end has the
   * bytes of this digest and size, or an error. Costs the digest; content that is verified against
   * the same digest and size already is returned as it is.
   */
  public Content verified(Content content) {
    if (content instanceof VerifiedContent already
        && already.descriptor().digest.equals(digest)
        && already.descriptor().size == size) {
      return content;
    }
    return new VerifiedContent(this, content);
  }

  /** Returns this descriptor of another blob: media type, digest and size, the rest as it is. */
  public Descriptor withBlob(MediaType newMediaType, Digest newDigest, long newSize) {
    ObjectNode patched = json.deepCopy();
    patched.put("mediaType", newMediaType.value());
    patched.put("digest", newDigest.toString());
    patched.put("size", newSize);
    // They say where the old blob is, and what it is.
    patched.remove(List.of("urls", "data"));
    return new Descriptor(patched, newMediaType, newDigest, newSize, platform, annotations);
  }

  /** Returns this descriptor with these annotations in place of all earlier ones. */
  public Descriptor withAnnotations(Map<String, String> newAnnotations) {
    ObjectNode patched = json.deepCopy();
    patched.remove("annotations");
    if (!newAnnotations.isEmpty()) {
      ObjectNode values = patched.putObject("annotations");
      newAnnotations.forEach(values::put);
    }
    return new Descriptor(
        patched,
        mediaType,
        digest,
        size,
        platform,
        Collections.unmodifiableMap(new LinkedHashMap<>(newAnnotations)));
  }

  /** Returns this descriptor with the platform of the image that it refers to. */
  public Descriptor withPlatform(Platform newPlatform) {
    ObjectNode patched = json.deepCopy();
    ObjectNode value = patched.putObject("platform");
    value.put("architecture", newPlatform.architecture());
    value.put("os", newPlatform.os());
    if (!newPlatform.variant().isEmpty()) {
      value.put("variant", newPlatform.variant());
    }
    return new Descriptor(patched, mediaType, digest, size, Optional.of(newPlatform), annotations);
  }

  ObjectNode json() {
    return json.deepCopy();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Descriptor that && json.equals(that.json);
  }

  @Override
  public int hashCode() {
    return json.hashCode();
  }

  @Override
  public String toString() {
    return digest + " (" + mediaType + ", " + size + " bytes)";
  }
}
