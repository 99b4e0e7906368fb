package io.k8or.users;

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
import java.nio.charset.StandardCharsets;

/** Images of a few lines of text each. */
final class TestImages {
  static final String PASSWD =
      """
      root:x:0:0:root:/root:/bin/bash
      daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
      mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
      www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
      nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
      """;

  static final String GROUP =
      """
      root:x:0:
      daemon:x:1:
      mail:x:8:www-data,daemon
      www-data:x:33:
      audio:x:29:www-data
      nogroup:x:65534:
      """;

  static final String SHADOW =
      """
      root:*:19000:0:99999:7:::
      daemon:*:19000:0:99999:7:::
      mail:*:19000:0:99999:7:::
      www-data:*:19000:0:99999:7:::
      nobody:*:19000:0:99999:7:::
      """;

  static final String GSHADOW =
      """
      root:*::
      daemon:*::
      mail:*:daemon:www-data,daemon
      www-data:*::
      audio:*::www-data
      nogroup:*::
      """;

  private TestImages() {}

  static FileTree.Editor debian() {
    FileTree.Editor files = FileTree.builder();
    text(files, "/etc/passwd", PASSWD);
    text(files, "/etc/group", GROUP);
    text(files, "/etc/shadow", SHADOW);
    text(files, "/etc/gshadow", GSHADOW);
    return files;
  }

  static FileTree.Editor text(FileTree.Editor files, String path, String text) {
    return files.put(ImagePath.of(path), file(text));
  }

  static FileNode file(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    return FileNode.regular(FileAttributes.ofMode(0644), Content.of(bytes));
  }

  static FileTree.Editor owned(FileTree.Editor files, String path, long uid, long gid) {
    FileAttributes attributes = FileAttributes.ofMode(0755).withOwner(uid, gid);
    return files.put(ImagePath.of(path), FileNode.directory(attributes));
  }

  static FileTree.Editor link(FileTree.Editor files, String path, String target) {
    FileAttributes attributes = FileAttributes.ofMode(0777);
    return files.put(ImagePath.of(path), FileNode.symlink(attributes, ByteString.utf8(target)));
  }

  static ImageSnapshot image(FileTree.Editor files) {
    return ImageSnapshot.of(ImageConfig.of(Platform.parse("linux/amd64")), files.build());
  }

  static ImageSnapshot image(FileTree.Editor files, String pointer, String json) {
    ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64")).with(pointer, json);
    return ImageSnapshot.of(config, files.build());
  }

  static String read(ImageSnapshot image, String path) throws IOException {
    FileNode node = image.files().get(ImagePath.of(path)).orElseThrow();
    byte[] bytes = node.content().readAll(1 << 24);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
