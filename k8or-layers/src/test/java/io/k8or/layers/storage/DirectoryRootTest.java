package io.k8or.layers.storage;

import static io.k8or.layers.storage.Fixtures.AMD64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.FileType;
import io.k8or.filesystem.ImagePath;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryRootTest {
  @TempDir Path temp;

  @Test
  void files_directory_areAsTheFileSystemSays() throws IOException {
    Path etc = Files.createDirectory(temp.resolve("etc"));
    Path file = Files.writeString(etc.resolve("motd"), "welcome");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    Instant time = Instant.parse("2001-02-03T04:05:06.123456789Z");
    Files.setLastModifiedTime(file, FileTime.from(time));
    Files.createLink(temp.resolve("a"), file);
    Files.createSymbolicLink(temp.resolve("link"), Path.of("etc/motd"));
    Files.createSymbolicLink(temp.resolve("outside"), Path.of("/nowhere"));

    FileTree tree = DirectoryRoot.files(temp);
    assertThat(tree.nodes().keySet())
        .map(ImagePath::toString)
        .containsExactly("/", "/a", "/etc", "/etc/motd", "/link", "/outside");
    FileNode motd = tree.get(ImagePath.of("/etc/motd")).orElseThrow();
    assertThat(motd.type()).isEqualTo(FileType.REGULAR);
    assertThat(motd.content().readAll(100)).asString().isEqualTo("welcome");
    assertThat(motd.attributes().mode()).isEqualTo(0640);
    assertThat(motd.attributes().modified()).isEqualTo(time);
    assertThat(motd.attributes().uid())
        .isEqualTo(((Integer) Files.getAttribute(file, "unix:uid")).longValue());
    assertThat(tree.links(ImagePath.of("/a")))
        .containsExactly(ImagePath.of("/a"), ImagePath.of("/etc/motd"));
    assertThat(tree.get(ImagePath.of("/link")).orElseThrow().target())
        .isEqualTo(ByteString.utf8("etc/motd"));
    assertThat(tree.get(ImagePath.of("/outside")).orElseThrow().target())
        .isEqualTo(ByteString.utf8("/nowhere"));
    assertThat(DirectoryRoot.open(temp, AMD64).platform()).isEqualTo(AMD64);
  }

  @Test
  void files_nameThatIsNotUtf8_keepsItsBytes() throws IOException {
    Path name = Path.of(URI.create(temp.toUri() + "caf%E9%FF"));
    Files.write(name, new byte[] {1});
    Path target = Path.of(URI.create("file:///t%FEr"));
    Files.createSymbolicLink(temp.resolve("absolute"), target);
    Path relative = Path.of(URI.create(Path.of("").toAbsolutePath().toUri() + "x/%FDy"));
    Files.createSymbolicLink(
        temp.resolve("relative"), Path.of("").toAbsolutePath().relativize(relative));

    FileTree tree = DirectoryRoot.files(temp);
    ByteString bytes = ByteString.copyOf(new byte[] {'c', 'a', 'f', (byte) 0xe9, (byte) 0xff});
    assertThat(tree.get(ImagePath.of(bytes)).orElseThrow().content().readAll(10)).hasSize(1);
    assertThat(tree.get(ImagePath.of("/absolute")).orElseThrow().target())
        .isEqualTo(ByteString.copyOf(new byte[] {'/', 't', (byte) 0xfe, 'r'}));
    assertThat(tree.get(ImagePath.of("/relative")).orElseThrow().target())
        .isEqualTo(ByteString.copyOf(new byte[] {'x', '/', (byte) 0xfd, 'y'}));
  }

  @Test
  void files_userAttributes_areSeen() throws IOException {
    Path file = Files.writeString(temp.resolve("a"), "");
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
    try {
      view.write("k8or.test", ByteBuffer.wrap(new byte[] {0, (byte) 0xff}));
    } catch (IOException e) {
      Assumptions.abort("no extended attributes here: " + e.getMessage());
    }
    assertThat(
            DirectoryRoot.files(temp).get(ImagePath.of("/a")).orElseThrow().attributes().xattrs())
        .isEqualTo(
            Map.of(
                ByteString.utf8("user.k8or.test"), ByteString.copyOf(new byte[] {0, (byte) 0xff})));
  }

  @Test
  void files_noUnixFileSystem_isRefused() throws IOException {
    URI zip = URI.create("jar:" + temp.resolve("a.zip").toUri());
    try (FileSystem fileSystem = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
      assertThatThrownBy(() -> DirectoryRoot.files(fileSystem.getPath("/")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("no Unix owners and modes on the file system of /");
    }
  }

  @Test
  void files_noDirectory_isRefused() throws IOException {
    Path file = Files.writeString(temp.resolve("a"), "");
    assertThatThrownBy(() -> DirectoryRoot.files(file)).isInstanceOf(NotDirectoryException.class);
  }

  @Test
  @Tag("oracle")
  void files_devicesAndOwners_areAsMadeByTools() throws IOException {
    Tools.require("mknod", "mkfifo", "chown");
    Tools.requireRoot();
    // Java itself sets no time before 1970.
    Path old = Files.writeString(temp.resolve("old"), "");
    Tools.output("touch", "-d", "1969-12-31T23:59:58.123456789Z", old.toString());
    Tools.output("mknod", temp.resolve("null").toString(), "c", "1", "3");
    Tools.output("mknod", temp.resolve("big").toString(), "b", "4000", "1000000");
    Tools.output("mkfifo", "-m", "755", temp.resolve("pipe").toString());
    Tools.output("chown", "4000000000:3000000000", temp.resolve("pipe").toString());
    FileTree tree = DirectoryRoot.files(temp);
    assertThat(tree.get(ImagePath.of("/old")).orElseThrow().attributes().modified())
        .isEqualTo(Instant.parse("1969-12-31T23:59:58.123456789Z"));
    List<String> nodes =
        List.of("null", "big", "pipe").stream()
            .map(name -> tree.get(ImagePath.of("/" + name)).orElseThrow())
            .map(node -> node.toString().replaceAll(" [0-9TZ:.-]+$", ""))
            .toList();
    assertThat(nodes.get(0)).startsWith("character device 1,3 ");
    assertThat(nodes.get(1)).startsWith("block device 4000,1000000 ");
    assertThat(nodes.get(2)).contains(" 4000000000:3000000000").startsWith("fifo ");
  }
}
