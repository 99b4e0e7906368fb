package io.k8or.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An index of manifests and of further indexes (OCI image specification, "Image Index"; Docker's
 * manifest list has the same form). Immutable; keeps its bytes and its unknown fields.
 */
public final class ImageIndex {
  private static final String WHAT = "image index";

  private final ByteString bytes;
  private final ObjectNode json;
  private final MediaType mediaType;
  private final List<Descriptor> manifests;
  private final Map<String, String> annotations;

  private ImageIndex(
      ByteString bytes,
      ObjectNode json,
      MediaType mediaType,
      List<Descriptor> manifests,
      Map<String, String> annotations) {
    this.bytes = bytes;
    this.json = json;
    this.mediaType = mediaType;
    this.manifests = manifests;
    this.annotations = annotations;
  }

  /**
   * Parses an index.
   *
   * @param referredAs the media type by which something refers to it; the index's own must be the
   *     same, or missing
   * @param where its place for the error, such as its digest
   * @throws MalformedContentException if it is not JSON of the form that the specification asks
   *     for, or could be taken for a manifest as well
   */
  public static ImageIndex parse(byte[] bytes, MediaType referredAs, String where)
      throws MalformedContentException {
    ObjectNode json = Json.parseObject(bytes, WHAT, where);
    MediaType own = Manifest.ownMediaType(json, referredAs, WHAT, where);
    // One document must not be two things, depending on who reads it.
    if (json.has("config") || json.has("layers") || json.has("fsLayers")) {
      throw new MalformedContentException(
          WHAT, where, "it has the fields of another kind of document as well");
    }
    if (!json.has("manifests")) {
      throw new MalformedContentException(WHAT, where, "no field \"manifests\"");
    }
    return of(ByteString.copyOf(bytes), json, own, where);
  }

  private static ImageIndex of(ByteString bytes, ObjectNode json, MediaType mediaType, String where)
      throws MalformedContentException {
    List<Descriptor> manifests = new ArrayList<>();
    for (JsonNode item : Json.items(json, "manifests", WHAT, where)) {
      manifests.add(Descriptor.parse(item, where + ", manifest " + manifests.size()));
    }
    return new ImageIndex(
        bytes, json, mediaType, List.copyOf(manifests), Descriptor.annotations(json, WHAT, where));
  }

  /** Returns an OCI index of manifests. */
  public static ImageIndex of(List<Descriptor> manifests) {
    ObjectNode json = Json.object();
    json.put("schemaVersion", 2);
    json.put("mediaType", MediaType.OCI_INDEX.value());
    return patched(json, MediaType.OCI_INDEX, manifests);
  }

  private static ImageIndex patched(
      ObjectNode json, MediaType mediaType, List<Descriptor> manifests) {
    ArrayNode items = json.putArray("manifests");
    manifests.forEach(manifest -> items.add(manifest.json()));
    try {
      return of(ByteString.copyOf(Json.toBytes(json)), json, mediaType, "patched");
    } catch (MalformedContentException e) {
      throw new IllegalStateException(e); // made of descriptors that were parsed
    }
  }

  /** Returns the bytes of the index's JSON. */
  public ByteString bytes() {
    return bytes;
  }

  /** Returns its media type: its own, or else the one by which it is referred to. */
  public MediaType mediaType() {
    return mediaType;
  }

  /** Returns the descriptor of this index. */
  public Descriptor descriptor() {
    return Descriptor.of(mediaType, bytes.toByteArray());
  }

  /** Returns what it refers to, in its order. */
  public List<Descriptor> manifests() {
    return manifests;
  }

  /** Returns the annotations, in the JSON's order. */
  public Map<String, String> annotations() {
    return annotations;
  }

  /**
   * Returns the index with these manifests. Where they are as they were, this index is returned.
   */
  public ImageIndex withManifests(List<Descriptor> newManifests) {
    return newManifests.equals(manifests)
        ? this
        : patched(json.deepCopy(), mediaType, newManifests);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ImageIndex that
        && bytes.equals(that.bytes)
        && mediaType.equals(that.mediaType);
  }

  @Override
  public int hashCode() {
    return bytes.hashCode();
  }

  @Override
  public String toString() {
    return "index " + descriptor().digest() + ", " + manifests.size() + " manifests";
  }
}
