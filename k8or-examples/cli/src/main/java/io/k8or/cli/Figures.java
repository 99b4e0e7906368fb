package io.k8or.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.k8or.image.Digest;
import io.k8or.layers.LayerIndex;
import io.k8or.layers.LayeredImage;
import io.k8or.layers.Rewritten;
import io.k8or.layers.Rewritten.LayerChange;
import io.k8or.transform.ImageSnapshot;
import io.k8or.users.AccountDecision;
import io.k8or.users.UserPruner;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * An image in numbers.
 *
 * @param manifestDigest what names it
 * @param compressedBytes the sum of the layers' blobs
 * @param uncompressedBytes the sum of the layers' tars
 * @param files paths that a container sees, directories and the root among them
 * @param users lines of {@code /etc/passwd}
 * @param groups lines of {@code /etc/group}
 * @param packages what the package database calls installed; 0 if it cannot be read
 */
record Figures(
    String manifestDigest,
    long compressedBytes,
    long uncompressedBytes,
    long files,
    long users,
    long groups,
    long packages) {
  static Figures of(LayeredImage image) throws IOException {
    return of(image, PackageCensus.of(image.files()));
  }

  static Figures of(LayeredImage image, PackageCensus packages) throws IOException {
    return new Figures(
        image.image().digest().toString(),
        image.image().layers().stream().mapToLong(layer -> layer.descriptor().size()).sum(),
        image.indexes().stream().mapToLong(LayerIndex::uncompressedSize).sum(),
        image.files().size(),
        UserPruner.count(image.files(), AccountDecision.Kind.USER),
        UserPruner.count(image.files(), AccountDecision.Kind.GROUP),
        packages.count());
  }

  /** Returns the numbers of what was written, from what is known without reading it again. */
  static Figures of(Rewritten rewritten, ImageSnapshot files, LayeredImage before)
      throws IOException {
    Map<Digest, Long> sizes = new HashMap<>();
    before.indexes().forEach(index -> sizes.put(index.digest(), index.uncompressedSize()));
    long uncompressed = 0;
    for (LayerChange change : rewritten.layers()) {
      if (change.action() == Rewritten.Action.KEPT) {
        uncompressed += sizes.getOrDefault(change.to().orElseThrow(), 0L);
      } else {
        uncompressed += change.uncompressedBytes();
      }
    }
    return new Figures(
        rewritten.image().digest().toString(),
        rewritten.image().layers().stream().mapToLong(layer -> layer.descriptor().size()).sum(),
        uncompressed,
        files.files().size(),
        UserPruner.count(files.files(), AccountDecision.Kind.USER),
        UserPruner.count(files.files(), AccountDecision.Kind.GROUP),
        PackageCensus.of(files.files()).count());
  }

  ObjectNode json() {
    return Json.object()
        .put("manifestDigest", manifestDigest)
        .put("compressedBytes", compressedBytes)
        .put("uncompressedBytes", uncompressedBytes)
        .put("files", files)
        .put("users", users)
        .put("groups", groups)
        .put("packages", packages);
  }
}
