package io.k8or.users;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class UserNumbersTest {
  private static FileTree tree() {
    return FileTree.builder()
        .put(ImagePath.of("/etc/passwd"), text("root:x:0:0::/:/bin/sh\nweb:x:33:34::/:/bin/sh\n"))
        .put(ImagePath.of("/etc/group"), text("root:x:0:\nadm:x:4:\n"))
        .build();
  }

  private static FileNode text(String text) {
    return FileNode.regular(FileAttributes.ofMode(0644), Content.of(ByteString.utf8(text)));
  }

  @Test
  void of_nameOrNumber_givesBothNumbers() throws IOException {
    assertThat(UserNumbers.of(tree(), "web")).contains(new UserNumbers(33, 34));
    assertThat(UserNumbers.of(tree(), "web:adm")).contains(new UserNumbers(33, 4));
    assertThat(UserNumbers.of(tree(), "33")).contains(new UserNumbers(33, 34));
    assertThat(UserNumbers.of(tree(), "5000")).contains(new UserNumbers(5000, 0));
    assertThat(UserNumbers.of(tree(), "5000:7")).contains(new UserNumbers(5000, 7));
  }

  @Test
  void of_unknownName_isEmpty() throws IOException {
    assertThat(UserNumbers.of(tree(), "nobody")).isEmpty();
    assertThat(UserNumbers.of(tree(), "web:nogroup")).isEmpty();
    assertThat(UserNumbers.of(FileTree.builder().build(), "web")).isEmpty();
  }
}
