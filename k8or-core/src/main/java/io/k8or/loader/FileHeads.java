package io.k8or.loader;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The first bytes of files, each read once: in a compressed layer, twenty bytes cost as much as
 * what stands before them. Shared by what looks at several trees of one image. Not for several
 * threads.
 */
public final class FileHeads {
  private static final int SIZE = 20;
  private static final int IDENTIFICATION = 16;
  private static final ByteString MAGIC = ByteString.utf8("\u007fELF");

  private final Map<FileNode, ByteString> heads = new IdentityHashMap<>();

  /** Creates one that knows no file. */
  public FileHeads() {}

  /**
   * Returns at most the first 20 bytes of a regular file; none of another node.
   *
   * @throws IOException if it cannot be read
   */
  public ByteString of(FileNode node) throws IOException {
    ByteString known = heads.get(node);
    if (known == null) {
      known = ByteString.empty();
      if (node.isRegular()) {
        try (InputStream in = node.content().open()) {
          known = ByteString.copyOf(in.readNBytes(SIZE));
        }
      }
      heads.put(node, known);
    }
    return known;
  }

  /**
   * Says whether a file begins as ELF files do.
   *
   * @throws IOException if it cannot be read
   */
  public boolean isElf(FileNode node) throws IOException {
    ByteString head = of(node);
    return head.length() >= IDENTIFICATION && head.startsWith(MAGIC);
  }
}
