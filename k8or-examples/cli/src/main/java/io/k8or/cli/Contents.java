package io.k8or.cli;

import io.k8or.filesystem.FileNode;
import io.k8or.image.Digest;
import io.k8or.layers.ContentDigests;
import io.k8or.report.TreeComparison.ContentEquality;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Compares file contents by digests, so that each layer is read once and not once a file. */
final class Contents implements ContentEquality {
  private final Side before;
  private final Side after;

  private Contents(Side before, Side after) {
    this.before = before;
    this.after = after;
  }

  static Contents of(Input before, Input after) {
    return new Contents(new Side(before), new Side(after));
  }

  @Override
  public boolean same(FileNode old, FileNode young) throws IOException {
    return before.digest(old).equals(after.digest(young));
  }

  private static final class Side {
    private final Input input;
    private @Nullable Map<FileNode, Digest> digests;

    Side(Input input) {
      this.input = input;
    }

    Digest digest(FileNode node) throws IOException {
      Map<FileNode, Digest> known = digests;
      if (known == null) {
        known = input.layers().isPresent() ? ContentDigests.of(input.layers().get()) : Map.of();
        digests = known;
      }
      Digest digest = known.get(node);
      return digest == null ? Digest.sha256(node.content()) : digest;
    }
  }
}
