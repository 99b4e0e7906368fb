package io.k8or.loader;

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

  private final Map<FileNode, byte[]> heads = new IdentityHashMap<>();

  /** Creates one that knows no file. */
  public FileHeads() {}

  /**
   * Returns at most the first 20 bytes of a regular file, which are not to be changed; none of
   * another node.
   *
   * @throws IOException if it cannot be read
   */
  public byte[] of(FileNode node) throws IOException {
    byte[] known = heads.get(node);
    if (known == null) {
      known = new byte[0];
      if (node.isRegular()) {
        try (InputStream in = node.content().open()) {
          known = in.readNBytes(SIZE);
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
    byte[] head = of(node);
    return head.length >= 16
        && head[0] == 0x7f
        && head[1] == 'E'
        && head[2] == 'L'
        && head[3] == 'F';
  }
}
