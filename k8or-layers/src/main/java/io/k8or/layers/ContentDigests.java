package io.k8or.layers;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The digests of the files' bytes. To read one file after the other would begin to decompress anew
 * for each; this reads each layer once, from its first byte to its last.
 */
public final class ContentDigests {
  private static final int BUFFER = 1 << 16;

  private ContentDigests() {}

  /**
   * Returns the SHA-256 digest of the bytes of every regular file that is not empty and that a
   * container would see.
   *
   * @throws MalformedContentException if a layer is malformed
   * @throws IOException if a layer cannot be read
   */
  public static Map<FileNode, Digest> of(LayeredImage image) throws IOException {
    Set<FileNode> wanted = new HashSet<>();
    for (FileNode node : image.files().nodes().values()) {
      if (node.isRegular() && node.size() > 0) {
        wanted.add(node);
      }
    }
    Map<FileNode, Digest> digests = new HashMap<>();
    for (LayerIndex index : image.indexes()) {
      add(index, wanted, digests);
    }
    return Collections.unmodifiableMap(digests);
  }

  private static void add(LayerIndex index, Set<FileNode> wanted, Map<FileNode, Digest> digests)
      throws IOException {
    List<LayerEntry> plain = new ArrayList<>();
    for (LayerEntry entry : index.entries()) {
      if (entry.kind() != LayerEntry.Kind.NODE || !wanted.contains(entry.node())) {
        continue;
      }
      if (entry.storedSize() == entry.node().size()) {
        plain.add(entry);
      } else {
        // A sparse file: what is stored is not what is read.
        digests.put(entry.node(), Digest.sha256(entry.node().content()));
      }
    }
    if (plain.isEmpty()) {
      return;
    }
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = index.tar().openAll()) {
      long at = 0;
      for (LayerEntry entry : plain) {
        in.skipNBytes(entry.dataOffset() - at);
        digests.put(entry.node(), digest(in, entry, buffer));
        at = entry.dataOffset() + entry.storedSize();
      }
    }
  }

  private static Digest digest(InputStream in, LayerEntry entry, byte[] buffer) throws IOException {
    MessageDigest function = Digest.newSha256();
    long left = entry.storedSize();
    while (left > 0) {
      int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (n < 0) {
        throw new MalformedContentException(
            "layer", "entry " + entry.path(), "expected " + left + " bytes more, found the end");
      }
      function.update(buffer, 0, n);
      left -= n;
    }
    return Digest.of(function.digest());
  }
}
