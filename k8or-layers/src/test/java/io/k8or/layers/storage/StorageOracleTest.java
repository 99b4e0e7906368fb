package io.k8or.layers.storage;

import static io.k8or.layers.storage.Fixtures.AMD64;
import static io.k8or.layers.storage.Fixtures.ARM64;
import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.filesystem.ImagePath;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import io.k8or.layers.compression.Compression;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is written, read by others; what others wrote, read. */
@Tag("oracle")
class StorageOracleTest {
  // Without zstd, which Debian's umoci and Docker's archives do not know.
  private final Image image = Fixtures.image(AMD64, Compression.GZIP);
  private Path temp;

  // Not @TempDir: other tools leave what JUnit cannot remove.
  @BeforeEach
  void createTemp() throws IOException {
    temp = Files.createTempDirectory("k8or-storage");
  }

  @AfterEach
  void removeTemp() {
    Tools.run(Path.of("/"), Map.of(), List.of("rm", "-rf", temp.toString()));
  }

  private Path layout() throws IOException {
    Path layout = temp.resolve("layout");
    try (ImageWriter writer = OciLayout.create(layout)) {
      writer.add(image, "v1");
      writer.add(Fixtures.image(ARM64), "arm");
      writer.commit();
    }
    return layout;
  }

  // Left alone, it compresses layers that are not compressed.
  private static void preserving(String from, String to) {
    Tools.output("skopeo", "--insecure-policy", "copy", "--preserve-digests", from, to);
  }

  private static void skopeo(String from, String to) {
    Tools.output("skopeo", "--insecure-policy", "copy", "--quiet", from, to);
  }

  @Test
  void ociLayout_bySkopeo_isCopiedWithoutAChange() throws IOException {
    Tools.require("skopeo");
    Path layout = layout();
    String raw = Tools.output("skopeo", "inspect", "--raw", "oci:" + layout + ":v1");
    assertThat(raw).isEqualTo(image.manifest().bytes().toLatin1());
    preserving("oci:" + layout + ":v1", "oci:" + temp.resolve("copy") + ":v2");
    OciLayout copy = OciLayout.open(temp.resolve("copy"));
    assertThat(copy.image("v2")).isEqualTo(image);
    assertThat(copy.verify()).isEmpty();
  }

  @Test
  void ociTar_bySkopeo_isCopiedBothWays() throws IOException {
    Tools.require("skopeo");
    Path tar = temp.resolve("image.tar");
    try (ImageWriter writer = OciLayout.createTar(tar)) {
      writer.write(image, "v1");
    }
    preserving("oci-archive:" + tar + ":v1", "oci-archive:" + temp.resolve("copy.tar") + ":v2");
    OciLayout copy = OciLayout.open(temp.resolve("copy.tar"));
    assertThat(copy.image("v2")).isEqualTo(image);
    assertThat(copy.verify()).isEmpty();
  }

  @Test
  void ociLayout_byUmoci_isUnpacked() throws IOException {
    Tools.require("umoci");
    Tools.requireRoot();
    Path bundle = temp.resolve("bundle");
    Tools.output("umoci", "unpack", "--image", layout() + ":v1", bundle.toString());
    assertThat(bundle.resolve("rootfs/etc/os-release")).hasContent("for linux/amd64");
    assertThat(bundle.resolve("rootfs/d")).hasContent("three");
  }

  @Test
  void dockerArchive_bySkopeo_isCopiedToALayout() throws IOException {
    Tools.require("skopeo");
    Path archive = temp.resolve("archive.tar");
    try (ImageWriter writer = DockerArchive.create(archive)) {
      writer.write(image, "app:1");
    }
    skopeo("docker-archive:" + archive + ":app:1", "oci:" + temp.resolve("copy") + ":v1");
    OciLayout copy = OciLayout.open(temp.resolve("copy"));
    assertThat(copy.verify()).isEmpty();
    assertThat(copy.image("v1").config().diffIds()).isEqualTo(image.config().diffIds());
  }

  @Test
  void dockerArchive_thatSkopeoWrote_hasTheDiffIdsOfGzip() throws IOException {
    Tools.require("skopeo", "gzip", "sha256sum");
    Path layout = layout();
    Path archive = temp.resolve("archive.tar");
    skopeo("oci:" + layout + ":v1", "docker-archive:" + archive + ":app:1");
    Image read = DockerArchive.open(archive).image("app:1");
    assertThat(Verification.verify(read)).isEmpty();
    assertThat(read.config().diffIds()).isEqualTo(image.config().diffIds());
    Layer gzip = image.layers().get(0);
    Path blob = layout.resolve("blobs/sha256").resolve(gzip.descriptor().digest().hex());
    assertThat(Tools.output("sh", "-c", "gzip -dc " + blob + " | sha256sum"))
        .startsWith(gzip.diffId().hex());
    assertThat(read.layers().get(0).diffId()).isEqualTo(gzip.diffId());
  }

  @Test
  void archives_byTar_areListed() throws IOException {
    Tools.require("tar", "bsdtar");
    Path archive = temp.resolve("archive.tar");
    try (ImageWriter writer = OciLayout.createTar(archive)) {
      writer.write(image, "app:1");
    }
    String names = Tools.output("tar", "tf", archive.toString());
    assertThat(names).startsWith("blobs/\nblobs/sha256/\nblobs/sha256/");
    assertThat(names).endsWith("index.json\noci-layout\n");
    assertThat(Tools.output("bsdtar", "tf", archive.toString())).isEqualTo(names);
  }

  @Test
  void dockerArchive_byPodman_isLoaded() throws IOException {
    Tools.require("podman");
    Tools.requireRoot();
    Path archive = temp.resolve("archive.tar");
    try (ImageWriter writer = DockerArchive.create(archive)) {
      writer.write(image, "localhost/k8or-storage-test:1");
    }
    String[] podman = {
      "podman",
      "--root",
      temp.resolve("root").toString(),
      "--runroot",
      temp.resolve("run").toString(),
      "--storage-driver",
      "vfs"
    };
    assertThat(output(podman, "load", "--quiet", "--input", archive.toString()))
        .contains("localhost/k8or-storage-test:1");
    assertThat(output(podman, "inspect", "--format", "{{.RootFS.Layers}}", "k8or-storage-test:1"))
        .contains(image.config().diffIds().stream().map(d -> d.toString()).toList());
  }

  private static String output(String[] first, String... rest) {
    String[] all = Arrays.copyOf(first, first.length + rest.length);
    System.arraycopy(rest, 0, all, first.length, rest.length);
    return Tools.output(all);
  }

  @Test
  void rootFs_ofTheSharedFolder_isAnImage() throws IOException {
    Path data = Tools.shared().resolve("data");
    for (String name :
        List.of(
            "alpine-minirootfs-3.20.3-x86_64.tar.gz",
            "almalinux-9-20231124-aarch64-micro.tar.xz")) {
      Image root = RootFs.open(data.resolve(name));
      assertThat(Verification.verify(root)).as(name).isEmpty();
    }
  }

  @Test
  void directory_ofARealRoot_isReadWhole() throws IOException {
    Tools.require("tar", "find");
    Tools.requireRoot();
    Path archive = Tools.shared().resolve("data/alpine-minirootfs-3.20.3-x86_64.tar.gz");
    Path root = Files.createDirectory(temp.resolve("root"));
    Tools.output("tar", "-C", root.toString(), "-xf", archive.toString());
    String[] found = Tools.output("find", root.toString()).split("\n");
    var tree = DirectoryRoot.files(root);
    assertThat(tree.size()).isEqualTo(found.length);
    assertThat(tree.follow(ImagePath.of("/bin/sh")).orElseThrow().size())
        .isEqualTo(Files.size(root.resolve("bin/busybox")));
  }
}
