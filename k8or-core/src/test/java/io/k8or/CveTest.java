package io.k8or;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Digest;
import io.k8or.image.ImageConfig;
import io.k8or.image.ImageIndex;
import io.k8or.image.Manifest;
import io.k8or.image.MediaType;
import io.k8or.image.Platform;
import io.k8or.transform.ImageSnapshot;
import io.k8or.users.AccountDecision;
import io.k8or.users.KubernetesUser;
import io.k8or.users.UidRegistry;
import io.k8or.users.UserPruner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attacks that others were found open to. Those on tars are in {@code TarReaderTest}. */
class CveTest {
  private static final String PASSWD = "root:x:0:0::/:\nmarker:x:4711:0::/:\n";
  private static final String HEX = "ab".repeat(32);

  private static ImageSnapshot image(FileTree.Editor files, String user) {
    ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64"));
    return ImageSnapshot.of(
        user.isEmpty() ? config : config.with("/config/User", "\"" + user + "\""), files.build());
  }

  private static FileNode file(String text) {
    return FileNode.regular(
        FileAttributes.ofMode(0644), Content.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static FileNode link(String target) {
    return FileNode.symlink(FileAttributes.ofMode(0777), ByteString.utf8(target));
  }

  /** Podman followed a link at /etc/passwd out of the container, and read the host's file. */
  @Test
  void cve20249676_linkToAnAbsolutePath_isResolvedInsideTheImage() throws IOException {
    // The machine that runs this test has an /etc/hostname or an /etc/passwd; the image's is read.
    FileTree.Editor files = FileTree.builder();
    files.put(ImagePath.of("/etc/passwd"), link("/srv/accounts"));
    files.put(ImagePath.of("/srv/accounts"), file(PASSWD));
    List<AccountDecision> decisions = UserPruner.defaults().decide(image(files, ""));
    assertThat(decisions).extracting(AccountDecision::name).containsExactly("root", "marker");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../../../etc/passwd", "/../etc/passwd", "/srv/../../etc/passwd"})
  void cve20249676_linkOutOfTheImage_isRefused(String target) {
    FileTree.Editor files = FileTree.builder();
    files.put(ImagePath.of("/etc/passwd"), link(target));
    files.put(ImagePath.of("/srv"), FileNode.directory(FileAttributes.ofMode(0755)));
    assertThatThrownBy(() -> UserPruner.defaults().decide(image(files, "")))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("leaves the image");
  }

  /** containers/image took the digest of a manifest for the name of a file, unchecked. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "sha256:../../../../etc/passwd",
        "sha256:/etc/passwd",
        "../../etc:" + "passwd",
        "sha256:",
        "sha256:abc",
        "sha256:ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB",
        "md5:abababababababababababababababab",
        "/:x"
      })
  void cve20243727_digestThatIsAPath_isRefused(String digest) {
    assertThatThrownBy(() -> Digest.parse(digest)).isInstanceOf(IllegalArgumentException.class);
    String blob = "{\"mediaType\":\"a/b\",\"digest\":\"" + digest + "\",\"size\":1}";
    assertThatThrownBy(
            () ->
                Manifest.parse(
                    bytes("{\"schemaVersion\":2,\"config\":" + blob + ",\"layers\":[]}"),
                    MediaType.OCI_MANIFEST,
                    "here"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining(digest);
    assertThatThrownBy(
            () ->
                ImageIndex.parse(
                    bytes("{\"manifests\":[" + blob + "]}"), MediaType.OCI_INDEX, "here"))
        .isInstanceOf(MalformedContentException.class);
    assertThatThrownBy(
            () ->
                ImageConfig.parse(
                    bytes("{\"rootfs\":{\"diff_ids\":[\"" + digest + "\"]}}"), "here"))
        .isInstanceOf(MalformedContentException.class);
  }

  /** One document was a manifest to one reader and an index to another. */
  @Test
  void cve202141190_documentThatIsManifestAndIndex_isRefused() {
    String blob = "{\"mediaType\":\"a/b\",\"digest\":\"sha256:" + HEX + "\",\"size\":1}";
    byte[] both =
        bytes("{\"config\":" + blob + ",\"layers\":[" + blob + "],\"manifests\":[" + blob + "]}");
    for (MediaType type : List.of(MediaType.OCI_MANIFEST, MediaType.OCI_INDEX, new MediaType(""))) {
      assertThatThrownBy(() -> Manifest.parse(both, type, "here"))
          .isInstanceOf(MalformedContentException.class);
      assertThatThrownBy(() -> ImageIndex.parse(both, type, "here"))
          .isInstanceOf(MalformedContentException.class);
    }
    byte[] manifest =
        bytes(
            "{\"mediaType\":\""
                + MediaType.OCI_MANIFEST.value()
                + "\",\"config\":"
                + blob
                + ",\"layers\":[]}");
    assertThatThrownBy(() -> Manifest.parse(manifest, MediaType.OCI_INDEX, "here"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("expected media type " + MediaType.OCI_INDEX);
    // Of two fields of one name, two readers take different ones.
    assertThatThrownBy(
            () ->
                Manifest.parse(
                    bytes("{\"config\":" + blob + ",\"layers\":[],\"layers\":[" + blob + "]}"),
                    MediaType.OCI_MANIFEST,
                    "here"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("Duplicate field");
  }

  /** containerd cut a number above 2^31 to 32 bits, which made it root. */
  @ParameterizedTest
  @ValueSource(strings = {"2147483648", "4294967296", "4294967296:0", "1:4294967296"})
  void cve202440635_userBeyond31Bits_isRefused(String user) {
    refused(user);
  }

  /** The same with numbers that do not fit 64 bits either, or with zeros before them. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "18446744073709551616",
        "99999999999999999999999999999999",
        "0000000000004294967296",
        "1000:18446744073709551616"
      })
  void cve202646680_userBeyond64Bits_isRefused(String user) {
    refused(user);
  }

  private static void refused(String user) {
    FileTree.Editor files = FileTree.builder();
    files.put(ImagePath.of("/etc/passwd"), file(PASSWD));
    assertThatThrownBy(() -> UserPruner.defaults().plan(image(files, user)))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("expected a number of 0 to 2147483647, found ");
    String first = user.substring(0, (user + ":").indexOf(':'));
    if (first.length() > 4) {
      assertThatThrownBy(() -> KubernetesUser.parse("web:" + first, UidRegistry.inMemory()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
