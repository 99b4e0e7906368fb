package io.k8or.seccomp;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Unpacked root file systems. */
final class RootTree {
  private RootTree() {}

  /** Returns what is below a folder, as an image would have it. */
  static FileTree read(Path root) throws IOException {
    FileTree.Editor editor = FileTree.builder();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        add(editor, path, "/" + root.relativize(path));
      }
    }
    return editor.build();
  }

  /** Adds one file, folder or link. */
  static void add(FileTree.Editor editor, Path path, String as) throws IOException {
    if (as.equals("/")) {
      return;
    }
    ImagePath at = ImagePath.of(as);
    if (Files.isSymbolicLink(path)) {
      ByteString target = ByteString.utf8(Files.readSymbolicLink(path).toString());
      editor.put(at, FileNode.symlink(FileAttributes.ofMode(0777), target));
    } else if (Files.isDirectory(path)) {
      editor.put(at, FileNode.directory(FileAttributes.ofMode(0755)));
    } else if (Files.isRegularFile(path)) {
      int mode = Files.isExecutable(path) ? 0755 : 0644;
      editor.put(at, FileNode.regular(FileAttributes.ofMode(mode), Content.of(path)));
    }
  }
}
