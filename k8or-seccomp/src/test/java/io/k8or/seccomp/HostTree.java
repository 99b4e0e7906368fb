package io.k8or.seccomp;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The programs and libraries of this machine, and what its loader reads of {@code /etc}. */
final class HostTree {
  private HostTree() {}

  static FileTree read() throws IOException {
    FileTree.Editor editor = FileTree.builder();
    for (String link : List.of("/bin", "/sbin", "/lib", "/lib64")) {
      add(editor, Path.of(link), 1);
    }
    for (String folder : List.of("/usr/bin", "/usr/sbin", "/usr/lib64", "/etc/ld.so.conf.d")) {
      add(editor, Path.of(folder), 1);
    }
    add(editor, Path.of("/usr/lib"), 3);
    add(editor, Path.of("/etc/alternatives"), 1);
    add(editor, Path.of("/etc/ld.so.conf"), 0);
    add(editor, Path.of("/etc/nsswitch.conf"), 0);
    return editor.build();
  }

  private static void add(FileTree.Editor editor, Path root, int depth) throws IOException {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(root, depth)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        ImagePath at = ImagePath.of(path.toString());
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
  }
}
