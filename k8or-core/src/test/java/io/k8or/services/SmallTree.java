package io.k8or.services;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.List;

/** A tree of a few files, and what a service of it reaches. */
final class SmallTree {
  private final FileTree.Editor tree = FileTree.builder();

  /** Adds a text that can be run. */
  void file(String path, String text) {
    file(path, ByteString.utf8(text).toByteArray());
  }

  /** Adds a program of nothing but a header: what it needs is told, not loaded. */
  void program(String path) {
    file(path, MinimalElf.program());
  }

  void link(String path, String target) {
    tree.put(
        ImagePath.of(path), FileNode.symlink(FileAttributes.ofMode(0777), ByteString.utf8(target)));
  }

  private void file(String path, byte[] bytes) {
    tree.put(
        ImagePath.of(path),
        FileNode.regular(FileAttributes.ofMode(0755), Content.of(ByteString.copyOf(bytes))));
  }

  /** Returns an image of it whose working directory is this one. */
  ImageSnapshot image(String directory) {
    ImageConfig config =
        ImageConfig.of(Platform.parse("linux/amd64"))
            .with("/config/WorkingDir", "\"" + directory + "\"");
    return ImageSnapshot.of(config, tree.build());
  }

  /** Returns what a command reaches that begins in a directory. */
  ReachableFiles reach(String directory, List<String> command) throws IOException {
    return ServiceOptimizer.forEntrypoint().withService("web", command).reachable(image(directory));
  }

  static void assertReached(ReachableFiles reached, String... paths) {
    for (String path : paths) {
      assertThat(reached.contains(ImagePath.of(path))).as(path).isTrue();
    }
  }

  static void assertGone(ReachableFiles reached, String... paths) {
    for (String path : paths) {
      assertThat(reached.contains(ImagePath.of(path))).as(path).isFalse();
    }
  }
}
