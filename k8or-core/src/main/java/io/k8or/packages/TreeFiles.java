package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads small files of a tree as a whole. */
final class TreeFiles {
  /** More than any package database has; a limit against hostile images. */
  private static final int LIMIT = 512 << 20;

  private TreeFiles() {}

  /** A regular file: where it is, links followed, and its bytes. */
  record Read(ImagePath path, FileNode node, ByteString bytes) {}

  /** Returns the regular file at a path, links followed; empty where there is none. */
  static Optional<Read> read(FileTree files, ImagePath path) throws IOException {
    Optional<ImagePath> real = files.resolve(path);
    if (real.isEmpty()) {
      return Optional.empty();
    }
    FileNode node = files.get(real.get()).orElseThrow();
    if (!node.isRegular()) {
      return Optional.empty();
    }
    return Optional.of(new Read(real.get(), node, bytes(real.get(), node)));
  }

  static ByteString bytes(ImagePath path, FileNode node) throws IOException {
    try {
      return ByteString.copyOf(node.content().readAll(LIMIT));
    } catch (MalformedContentException e) {
      throw e.within(path.toString());
    }
  }

  /** Returns the path of an ISO 8859-1 text, a char a byte. */
  static ImagePath latin1(String text) {
    return ImagePath.of(latin1Bytes(text));
  }

  static ByteString latin1Bytes(String text) {
    return ByteString.copyOf(text.getBytes(StandardCharsets.ISO_8859_1));
  }
}
