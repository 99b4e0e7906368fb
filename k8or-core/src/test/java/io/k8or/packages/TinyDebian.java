package io.k8or.packages;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.ImageSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A small Debian image, built in code. */
final class TinyDebian {
  private final FileTree.Editor editor = FileTree.builder();
  private final StringBuilder status = new StringBuilder();
  private ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64"));

  static TinyDebian create() {
    return new TinyDebian();
  }

  /** Adds a package with its stanza's further lines, and the paths that it lists. */
  TinyDebian add(String name, String fields, String... listed) {
    stanza(name, fields);
    list(name, listed);
    return this;
  }

  /** Adds to the status file. */
  TinyDebian raw(String stanzas) {
    status.append(stanzas);
    return this;
  }

  TinyDebian stanza(String name, String fields) {
    status
        .append("Package: ")
        .append(name)
        .append("\nStatus: install ok installed\n")
        .append(fields.contains("Architecture:") ? "" : "Architecture: amd64\n")
        .append(fields.contains("Version:") ? "" : "Version: 1.0\n")
        .append(fields)
        .append(fields.isEmpty() || fields.endsWith("\n") ? "" : "\n")
        .append("\n");
    return this;
  }

  /**
   * Writes the list of a package, and makes what it lists: those with a slash at the end are
   * directories. What would be behind a symbolic link is for the test to make.
   */
  TinyDebian list(String stem, String... listed) {
    List<String> lines = new ArrayList<>(List.of("/."));
    for (String path : listed) {
      lines.add(path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
      ImagePath at = ImagePath.of(path);
      if (editor.get(at).isPresent() || isBehindLink(at)) {
        continue;
      }
      if (path.endsWith("/")) {
        editor.put(at, FileNode.directory(FileAttributes.ofMode(0755)));
      } else {
        file(path, path);
      }
    }
    return file("/var/lib/dpkg/info/" + stem + ".list", String.join("\n", lines) + "\n");
  }

  private boolean isBehindLink(ImagePath path) {
    Optional<ImagePath> at = path.parent();
    while (at.isPresent()) {
      if (editor.get(at.get()).filter(FileNode::isSymlink).isPresent()) {
        return true;
      }
      at = at.get().parent();
    }
    return false;
  }

  /** Writes the list of a package, and makes nothing of what it lists. */
  TinyDebian listOnly(String stem, Iterable<String> listed) {
    return file("/var/lib/dpkg/info/" + stem + ".list", "/.\n" + String.join("\n", listed) + "\n");
  }

  /**
   * Makes a file where the links of the directories above lead; nothing where they lead nowhere.
   */
  TinyDebian fileBehindLinks(String path, String content) {
    behindLinks(path).ifPresent(at -> file(at.toString(), content));
    return this;
  }

  TinyDebian linkBehindLinks(String path, String target) {
    behindLinks(path).ifPresent(at -> link(at.toString(), target));
    return this;
  }

  TinyDebian directoryBehindLinks(String path) {
    behindLinks(path).ifPresent(at -> directory(at.toString()));
    return this;
  }

  TinyDebian directory(String path) {
    editor.put(ImagePath.of(path), FileNode.directory(FileAttributes.ofMode(0755)));
    return this;
  }

  private Optional<ImagePath> behindLinks(String path) {
    FileTree now = editor.build();
    return now.resolveParent(ImagePath.of(path)).filter(at -> now.get(at).isEmpty());
  }

  TinyDebian file(String path, String content) {
    editor.put(
        ImagePath.of(path),
        FileNode.regular(
            FileAttributes.ofMode(path.contains("/bin/") ? 0755 : 0644),
            Content.of(ByteString.utf8(content))));
    return this;
  }

  TinyDebian link(String path, String target) {
    editor.put(
        ImagePath.of(path), FileNode.symlink(FileAttributes.ofMode(0777), ByteString.utf8(target)));
    return this;
  }

  TinyDebian entrypoint(String... words) {
    config = config.with("/config/Entrypoint", "[\"" + String.join("\",\"", words) + "\"]");
    return this;
  }

  ImageSnapshot build() {
    if (status.length() > 0) {
      file("/var/lib/dpkg/status", status.toString());
    }
    return ImageSnapshot.of(config, editor.build());
  }
}
