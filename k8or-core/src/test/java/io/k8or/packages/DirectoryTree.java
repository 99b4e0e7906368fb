package io.k8or.packages;

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
import java.util.Map;
import java.util.stream.Stream;

/** A tree of the files below a directory, read and written; names in UTF-8. */
final class DirectoryTree {
  private DirectoryTree() {}

  static FileTree read(Path root) throws IOException {
    FileTree.Editor editor = FileTree.builder();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        if (path.equals(root)) {
          continue;
        }
        Map<String, Object> unix =
            Files.readAttributes(path, "unix:mode,uid,gid", LinkOption.NOFOLLOW_LINKS);
        int mode = (Integer) unix.get("mode");
        FileAttributes attributes =
            FileAttributes.ofMode(mode & 07777)
                .withOwner((Integer) unix.get("uid"), (Integer) unix.get("gid"));
        FileNode node =
            switch (mode & 0170000) {
              case 0040000 -> FileNode.directory(attributes);
              case 0100000 -> FileNode.regular(attributes, Content.of(path));
              case 0120000 ->
                  FileNode.symlink(
                      attributes, ByteString.utf8(Files.readSymbolicLink(path).toString()));
              default -> FileNode.fifo(attributes);
            };
        editor.put(ImagePath.of("/" + root.relativize(path)), node);
      }
    }
    return editor.build();
  }

  /** Writes the directories, regular files and symbolic links of a tree, without their owners. */
  static void write(FileTree files, Path root) throws IOException {
    for (Map.Entry<ImagePath, FileNode> entry : files.nodes().entrySet()) {
      Path path = root.resolve(entry.getKey().toRelativeBytes().toUtf8());
      FileNode node = entry.getValue();
      if (node.isDirectory()) {
        Files.createDirectories(path);
      } else if (node.isSymlink()) {
        Files.createSymbolicLink(path, Path.of(node.target().toUtf8()));
      } else if (node.isRegular()) {
        Files.write(path, node.content().readAll(1 << 28));
      }
    }
  }
}
