package io.k8or.layers;

import io.k8or.image.Digest;
import io.k8or.image.Image;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a {@link LayerRewriter} made.
 *
 * @param image the new image; the given instance where nothing changed
 * @param layers what became of each layer, the lowest first; a layer that was added has no digest
 *     before, one that was dropped none after
 * @param removed how many paths of the old image are not in the new one
 * @param replaced how many paths are in both, with other attributes, bytes or type
 * @param added how many paths are in the new image alone
 */
public record Rewritten(
    Image image, List<LayerChange> layers, int removed, int replaced, int added) {
  /** Copies the list. */
  public Rewritten {
    layers = List.copyOf(layers);
  }

  /** What was done with a layer. */
  public enum Action {
    /** It is as it was, to the byte. */
    KEPT,
    /** It was written anew, with changes. */
    REWRITTEN,
    /** It is gone: nothing of it was left, or it was squashed. */
    DROPPED,
    /** It is new. */
    ADDED;

    /** Returns the name in lower case. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What became of one layer.
   *
   * @param from the digest of the old blob, if there was one
   * @param to the digest of the new blob, if there is one
   * @param action what was done
   * @param uncompressedBytes the size of the new blob's tar; 0 where nothing was written
   * @param reusedBytes bytes of the new blob that were copied from the old one as they were
   * @param encodedBytes bytes of the new blob that were compressed anew; both are 0 where nothing
   *     was written
   */
  public record LayerChange(
      Optional<Digest> from,
      Optional<Digest> to,
      Action action,
      long uncompressedBytes,
      long reusedBytes,
      long encodedBytes) {}
}
