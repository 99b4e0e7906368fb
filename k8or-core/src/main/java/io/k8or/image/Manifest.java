package io.k8or.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The manifest of an image: its configuration and its layers (OCI image specification, "Image
 * Manifest"; Docker's schema 2 has the same form). Immutable.
 *
 * <p>It keeps the bytes that it was read from; a change patches the JSON, and fields that it does
 * not name stay.
 */
public final class Manifest {
  private static final String WHAT = "manifest";

  private final ByteString bytes;
  private final ObjectNode json;
  private final MediaType mediaType;
  private final Descriptor config;
  private final List<Descriptor> layers;
  private final Map<String, String> annotations;

  private Manifest(
      ByteString bytes,
      ObjectNode json,
      MediaType mediaType,
      Descriptor config,
      List<Descriptor> layers,
      Map<String, String> annotations) {
    this.bytes = bytes;
    this.json = json;
    this.mediaType = mediaType;
    this.config = config;
    this.layers = layers;
    this.annotations = annotations;
  }

  /**
   * Parses a manifest.
   *
   * @param referredAs the media type by which something refers to it; the manifest's own must be
   *     the same, or missing
   * @param where its place for the error, such as its digest
   * @throws MalformedContentException if it is not JSON of the form that the specification asks
   *     for, or could be taken for an index as well
   */
  public static Manifest parse(byte[] bytes, MediaType referredAs, String where)
      throws MalformedContentException {
    ObjectNode json = Json.parseObject(bytes, WHAT, where);
    MediaType own = ownMediaType(json, referredAs, WHAT, where);
    // One document must not be two things, depending on who reads it.
    if (json.has("manifests") || json.has("fsLayers")) {
      throw new MalformedContentException(
          WHAT, where, "it has the fields of another kind of document as well");
    }
    if (!json.has("config")) {
      throw new MalformedContentException(WHAT, where, "no field \"config\"");
    }
    return of(ByteString.copyOf(bytes), json, own, where);
  }

  static MediaType ownMediaType(ObjectNode json, MediaType referredAs, String what, String where)
      throws MalformedContentException {
    Optional<String> own = Json.text(json, "mediaType", what, where);
    if (own.isPresent() && !referredAs.value().isEmpty() && !own.get().equals(referredAs.value())) {
      throw new MalformedContentException(
          what, where, "expected media type " + referredAs + ", found " + own.get());
    }
    return own.map(MediaType::new).orElse(referredAs);
  }

  private static Manifest of(ByteString bytes, ObjectNode json, MediaType mediaType, String where)
      throws MalformedContentException {
    Descriptor config = Descriptor.parse(json.path("config"), where + ", config");
    List<Descriptor> layers = new ArrayList<>();
    for (JsonNode item : Json.items(json, "layers", WHAT, where)) {
      layers.add(Descriptor.parse(item, where + ", layer " + layers.size()));
    }
    return new Manifest(
        bytes,
        json,
        mediaType,
        config,
        List.copyOf(layers),
        Descriptor.annotations(json, WHAT, where));
  }

  /** Returns an OCI manifest of a configuration and layers. */
  public static Manifest of(Descriptor config, List<Descriptor> layers) {
    ObjectNode json = Json.object();
    json.put("schemaVersion", 2);
    json.put("mediaType", MediaType.OCI_MANIFEST.value());
    return patched(json, MediaType.OCI_MANIFEST, config, layers);
  }

  private static Manifest patched(
      ObjectNode json, MediaType mediaType, Descriptor config, List<Descriptor> layers) {
    json.set("config", config.json());
    ArrayNode items = json.putArray("layers");
    layers.forEach(layer -> items.add(layer.json()));
    return reparsed(json, mediaType);
  }

  private static Manifest reparsed(ObjectNode json, MediaType mediaType) {
    try {
      return of(ByteString.copyOf(Json.toBytes(json)), json, mediaType, "patched");
    } catch (MalformedContentException e) {
      throw new IllegalStateException(e); // made of descriptors that were parsed
    }
  }

  /** Returns the bytes of the manifest's JSON. */
  public ByteString bytes() {
    return bytes;
  }

  /** Returns its media type: its own, or else the one by which it is referred to. */
  public MediaType mediaType() {
    return mediaType;
  }

  /** Returns the descriptor of this manifest. */
  public Descriptor descriptor() {
    return Descriptor.of(mediaType, bytes.toByteArray());
  }

  /** Returns the descriptor of the configuration. */
  public Descriptor config() {
    return config;
  }

  /** Returns the descriptors of the layers' blobs, the lowest layer first. */
  public List<Descriptor> layers() {
    return layers;
  }

  /** Returns the annotations, in the JSON's order. */
  public Map<String, String> annotations() {
    return annotations;
  }

  /** Returns the type of the artifact, where this is one and says so. */
  public Optional<String> artifactType() {
    return Optional.ofNullable(json.path("artifactType").textValue());
  }

  /**
   * Returns the manifest with this configuration and these layers. Where both are as they were,
   * this manifest is returned.
   */
  public Manifest with(Descriptor newConfig, List<Descriptor> newLayers) {
    if (newConfig.equals(config) && newLayers.equals(layers)) {
      return this;
    }
    return patched(json.deepCopy(), mediaType, newConfig, newLayers);
  }

  /** Returns the manifest with these annotations in place of all earlier ones. */
  public Manifest withAnnotations(Map<String, String> newAnnotations) {
    if (newAnnotations.equals(annotations)) {
      return this;
    }
    ObjectNode patched = json.deepCopy();
    patched.remove("annotations");
    if (!newAnnotations.isEmpty()) {
      ObjectNode values = patched.putObject("annotations");
      newAnnotations.forEach(values::put);
    }
    return reparsed(patched, mediaType);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Manifest that
        && bytes.equals(that.bytes)
        && mediaType.equals(that.mediaType);
  }

  @Override
  public int hashCode() {
    return bytes.hashCode();
  }

  @Override
  public String toString() {
    return "manifest " + descriptor().digest() + ", " + layers.size() + " layers";
  }
}
