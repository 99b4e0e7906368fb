package io.k8or.layers.storage;

import static io.k8or.layers.storage.Fixtures.AMD64;
import static io.k8or.layers.storage.Fixtures.ARM64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.Image;
import io.k8or.image.ImageIndex;
import io.k8or.image.Layer;
import io.k8or.image.Manifest;
import io.k8or.image.MediaType;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.storage.Fixtures.Entry;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DockerArchiveTest {
  private static final byte[] BASE = Fixtures.tar(Entry.file("a", "one"));
  private static final byte[] TOP = Fixtures.tar(Entry.file("b", "two"));

  private final Layer base = Fixtures.layer(Compression.NONE, BASE);
  private final Layer top = Fixtures.layer(Compression.NONE, TOP);
  private final Image image = Fixtures.image(AMD64, base, top, base);
  @TempDir Path temp;

  private Path write(Entry... entries) throws IOException {
    return Files.write(temp.resolve("archive.tar"), Fixtures.tar(entries));
  }

  private static Entry config(Image image) {
    return Entry.file(configName(image), image.config().bytes().toByteArray());
  }

  private static String configName(Image image) {
    return Digest.sha256(image.config().bytes().toByteArray()).hex() + ".json";
  }

  private static Entry manifest(String... items) {
    return Entry.file("manifest.json", "[" + String.join(",", items) + "]");
  }

  private static String item(Image image, String tags, String... layers) {
    return "{\"Config\":\"%s\",\"RepoTags\":%s,\"Layers\":[\"%s\"]}"
        .formatted(configName(image), tags, String.join("\",\"", layers));
  }

  @Test
  void open_legacyArchiveWithLinkedLayers_givesTheImage() throws IOException {
    Path file =
        write(
            Entry.file("1/VERSION", "1.0"),
            Entry.file("1/layer.tar", BASE),
            Entry.file("./2/layer.tar", TOP),
            Entry.symlink("3/layer.tar", "../1/layer.tar"),
            config(image),
            manifest(item(image, "[\"app:1\"]", "1/layer.tar", "2/layer.tar", "3/layer.tar")));
    DockerArchive archive = DockerArchive.open(file);
    Image read = archive.image("app:1");
    assertThat(read).isEqualTo(image);
    assertThat(read.layers().get(2).blob().readAll(10_000)).isEqualTo(BASE);
    assertThat(Verification.verify(read)).isEmpty();
    assertThat(archive.image()).isEqualTo(image);
    assertThat(archive.image(AMD64)).isEqualTo(image);
    assertThat(archive.image("app:1", AMD64)).isEqualTo(image);
    assertThat(archive.image(image.manifest().config().digest().toString())).isEqualTo(image);
    assertThat(archive.images()).extracting(StoredImage::ref).containsExactly("app:1");
  }

  @Test
  void open_hardLinkedLayers_givesTheImage() throws IOException {
    Path file =
        write(
            Entry.file("1.tar", BASE),
            Entry.file("2.tar", TOP),
            Entry.hardLink("3.tar", "1.tar"),
            config(image),
            manifest(item(image, "null", "1.tar", "2.tar", "3.tar")));
    assertThat(Verification.verify(DockerArchive.open(file).image())).isEmpty();
  }

  @Test
  void open_linksInACircleOrOutside_isMalformed() throws IOException {
    Path circle =
        write(
            Entry.symlink("1.tar", "2.tar"),
            Entry.symlink("2.tar", "1.tar"),
            config(image),
            manifest(item(image, "null", "1.tar", "2.tar", "1.tar")));
    assertThatThrownBy(() -> DockerArchive.open(circle).image())
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("archive: " + circle + ": the link 1.tar leads to no file in the archive");
    Path outside =
        write(
            Entry.symlink("1.tar", "../../../etc/passwd"),
            config(image),
            manifest(item(image, "null", "1.tar", "1.tar", "1.tar")));
    assertThatThrownBy(() -> DockerArchive.open(outside).image())
        .isInstanceOf(MalformedContentException.class)
        .hasMessageEndingWith("the link 1.tar leads to no file in the archive");
  }

  @Test
  void open_sameLayerForTwoDiffIds_isFoundWhenItIsRead() throws IOException {
    Path file =
        write(
            Entry.file("1.tar", BASE),
            config(image),
            manifest(item(image, "null", "1.tar", "1.tar", "1.tar")));
    Image read = DockerArchive.open(file).image();
    assertThat(read.layers().get(0).blob().readAll(10_000)).isEqualTo(BASE);
    assertThatThrownBy(() -> read.layers().get(1).blob().readAll(10_000))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("blob: " + top.diffId() + ": the bytes have the digest " + base.diffId());
    assertThat(Verification.verify(read)).hasSize(1);
  }

  @Test
  void open_compressedLayers_haveTheirOwnDigests() throws IOException {
    byte[] gzip = Fixtures.compress(Compression.GZIP, BASE);
    byte[] zstd = Fixtures.compress(Compression.ZSTD, TOP);
    Path file =
        write(
            Entry.file("1.tar.gz", gzip),
            Entry.file("2.tar", zstd),
            config(image),
            manifest(item(image, "[]", "1.tar.gz", "2.tar", "1.tar.gz")));
    Image read = DockerArchive.open(file).image();
    assertThat(read.manifest().layers())
        .containsExactly(
            Descriptor.of(MediaType.OCI_LAYER_GZIP, gzip),
            Descriptor.of(MediaType.OCI_LAYER_ZSTD, zstd),
            Descriptor.of(MediaType.OCI_LAYER_GZIP, gzip));
    assertThat(read.config()).isEqualTo(image.config());
    assertThat(Verification.verify(read)).isEmpty();
  }

  @Test
  void open_hybridArchive_isTheSameBothWays() throws IOException {
    // As the layout has it: with an annotation that no synthesised manifest would have.
    Manifest manifest = image.manifest().withAnnotations(Map.of("org.example.kept", "yes"));
    List<Entry> entries = new ArrayList<>();
    entries.add(Entry.file("blobs/sha256/" + base.diffId().hex(), BASE));
    entries.add(Entry.file("blobs/sha256/" + top.diffId().hex(), TOP));
    entries.add(
        Entry.file(
            "blobs/sha256/" + image.manifest().config().digest().hex(),
            image.config().bytes().toByteArray()));
    entries.add(
        Entry.file(
            "blobs/sha256/" + manifest.descriptor().digest().hex(),
            manifest.bytes().toByteArray()));
    Descriptor other =
        Descriptor.of(MediaType.OCI_MANIFEST, new byte[1]).withPlatform(ARM64); // was not saved
    entries.add(
        Entry.file(
            "index.json",
            ImageIndex.of(List.of(other, manifest.descriptor().withPlatform(AMD64)))
                .bytes()
                .toByteArray()));
    entries.add(Entry.file("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}"));
    String layer = "blobs/sha256/";
    entries.add(
        manifest(
            item(
                    image,
                    "[\"app:1\"]",
                    layer + base.diffId().hex(),
                    layer + top.diffId().hex(),
                    layer + base.diffId().hex())
                .replace(
                    configName(image),
                    "blobs/sha256/" + image.manifest().config().digest().hex())));
    Path file = write(entries.toArray(Entry[]::new));
    Image read = DockerArchive.open(file).image("app:1");
    assertThat(read.manifest()).isEqualTo(manifest);
    assertThat(OciLayout.open(file).image(AMD64)).isEqualTo(read);
    assertThat(Verification.verify(read)).isEmpty();
  }

  @Test
  void image_severalImages_areSelectedByTag() throws IOException {
    Image other = Fixtures.image(ARM64, top);
    Path file =
        write(
            Entry.file("1.tar", BASE),
            Entry.file("2.tar", TOP),
            config(image),
            config(other),
            manifest(
                item(image, "[\"app:latest\",\"app:1\"]", "1.tar", "2.tar", "1.tar"),
                item(other, "[\"other:1\"]", "2.tar")));
    DockerArchive archive = DockerArchive.open(file);
    assertThat(archive.image("app")).isEqualTo(image);
    assertThat(archive.image("app:1")).isEqualTo(image);
    assertThat(archive.image("other:1")).isEqualTo(other);
    assertThat(archive.image(ARM64)).isEqualTo(other);
    assertThat(archive.images())
        .extracting(StoredImage::ref)
        .containsExactly("app:latest", "app:1", "other:1");
    assertThatThrownBy(archive::image)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("more than one image in " + file + "; there is [app:latest, app:1], [other:1]");
    assertThatThrownBy(() -> archive.image("app:2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no image app:2 in " + file + "; there is [app:latest, app:1], [other:1]");
  }

  @Test
  void open_notSuchAnArchive_saysWhy() throws IOException {
    Path layout = write(Entry.file("oci-layout", "{}"));
    assertThatThrownBy(() -> DockerArchive.open(layout))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("docker archive: " + layout + ": no file manifest.json; it is an OCI layout");
    write(Entry.file("repositories", "{}"));
    assertThatThrownBy(() -> DockerArchive.open(layout))
        .hasMessageEndingWith("no file manifest.json; it is of a Docker before 1.10");
    assertThatThrownBy(() -> DockerArchive.open(temp))
        .hasMessageEndingWith("expected a tar, found a directory");
    Files.write(layout, Fixtures.compress(Compression.GZIP, BASE));
    assertThatThrownBy(() -> DockerArchive.open(layout))
        .hasMessageContaining("expected a plain tar, found gzip");
    Files.write(layout, new byte[100]);
    assertThatThrownBy(() -> DockerArchive.open(layout))
        .isInstanceOf(MalformedContentException.class);
    for (String json :
        List.of(
            "{}",
            "[1]",
            "[{}]",
            "[{\"Config\":1}]",
            "[{\"Config\":\"a\",\"Layers\":\"b\"}]",
            "[{\"Config\":\"a\",\"Layers\":[1]}]",
            "[",
            "[{\"Config\":\"a\",\"RepoTags\":{\"a\":\"b\"}}]")) {
      write(Entry.file("manifest.json", json));
      assertThatThrownBy(() -> DockerArchive.open(layout))
          .as(json)
          .isInstanceOf(MalformedContentException.class)
          .hasMessageStartingWith("docker archive: " + layout + ", manifest.json: ");
    }
  }

  @Test
  void image_partsThatDoNotFit_areMalformed() throws IOException {
    Path file = write(config(image), manifest(item(image, "null", "1.tar", "1.tar", "1.tar")));
    assertThatThrownBy(() -> DockerArchive.open(file).image())
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("docker archive: " + file + ": no file 1.tar, which the manifest names");
    write(Entry.file("1.tar", BASE), config(image), manifest(item(image, "null", "1.tar")));
    assertThatThrownBy(() -> DockerArchive.open(file).image())
        .isInstanceOf(MalformedContentException.class)
        .hasMessageEndingWith("expected 1 diffIDs, one for each layer, found 3");
    write(Entry.file(configName(image), "{}"), manifest(item(image, "null", "1.tar")));
    assertThatThrownBy(() -> DockerArchive.open(file).image())
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining(configName(image) + ": the configuration has the digest sha256:");
  }

  @Test
  void write_thenOpen_givesTheSameConfigurationAndLayers() throws IOException {
    Image compressed = Fixtures.image(AMD64);
    Path file = temp.resolve("out.tar");
    try (ImageWriter writer = DockerArchive.create(file)) {
      writer.add(compressed, "localhost:5000/team/app");
      writer.add(image, "app:1");
      writer.add(compressed, "app:2");
      writer.commit();
    }
    DockerArchive archive = DockerArchive.open(file);
    Image read = archive.image("localhost:5000/team/app:latest");
    assertThat(read.config()).isEqualTo(compressed.config());
    assertThat(read.layers())
        .extracting(Layer::diffId)
        .isEqualTo(compressed.layers().stream().map(Layer::diffId).toList());
    assertThat(Verification.verify(read)).isEmpty();
    assertThat(archive.image("app:1")).isEqualTo(image);
    assertThat(archive.image("app:2")).isEqualTo(read);
    assertThat(Fixtures.snapshot(temp)).hasSize(2);
  }

  @Test
  void write_twice_givesTheSameBytes() throws IOException {
    for (String name : List.of("one", "two")) {
      try (ImageWriter writer = DockerArchive.create(temp.resolve(name))) {
        writer.write(image, "app:1");
      }
    }
    assertThat(temp.resolve("one")).hasSameBinaryContentAs(temp.resolve("two"));
  }

  @Test
  void write_blobsThatWerePutBefore_areUsed() throws IOException {
    Layer gzip = Fixtures.layer(Compression.GZIP, BASE);
    Path file = temp.resolve("out.tar");
    try (ImageWriter writer = DockerArchive.create(file)) {
      writer.put(gzip.descriptor(), gzip.blob());
      writer.write(
          Fixtures.image(
              AMD64,
              new Layer(gzip.descriptor(), gzip.diffId(), new FaultyContent(gzip.blob(), 0))),
          "");
    }
    Image read = DockerArchive.open(file).image();
    assertThat(read.layers().get(0).blob().readAll(10_000)).isEqualTo(BASE);
    assertThat(Fixtures.snapshot(temp)).hasSize(2);
  }

  @Test
  void write_sourceFailsAtAnyByte_leavesNothing() throws IOException {
    Layer gzip = Fixtures.layer(Compression.GZIP, BASE);
    for (long readable = 0; readable < gzip.descriptor().size(); readable++) {
      Content faulty = new FaultyContent(gzip.blob(), readable);
      Image broken = Fixtures.image(AMD64, new Layer(gzip.descriptor(), gzip.diffId(), faulty));
      try (ImageWriter writer = DockerArchive.create(temp.resolve("out.tar"))) {
        assertThatThrownBy(() -> writer.write(broken, ""))
            .isInstanceOf(IOException.class)
            .hasMessage(FaultyContent.MESSAGE);
      }
      assertThat(temp).isEmptyDirectory();
    }
  }

  @Test
  void write_wrongDiffIdOrMediaType_isMalformedAndLeavesNothing() throws IOException {
    Layer gzip = Fixtures.layer(Compression.GZIP, BASE);
    Layer wrong = new Layer(gzip.descriptor(), top.diffId(), gzip.blob());
    try (ImageWriter writer = DockerArchive.create(temp.resolve("out.tar"))) {
      assertThatThrownBy(() -> writer.write(Fixtures.image(AMD64, wrong), ""))
          .isInstanceOf(MalformedContentException.class)
          .hasMessage(
              "layer: "
                  + gzip.descriptor().digest()
                  + ": expected the diffID "
                  + top.diffId()
                  + ", found "
                  + base.diffId());
    }
    Layer lying =
        new Layer(
            Descriptor.of(MediaType.DOCKER_LAYER_GZIP, BASE), base.diffId(), Content.of(BASE));
    try (ImageWriter writer = DockerArchive.create(temp.resolve("out.tar"))) {
      assertThatThrownBy(() -> writer.write(Fixtures.image(AMD64, lying), ""))
          .isInstanceOf(MalformedContentException.class)
          .hasMessageContaining("says gzip, but the bytes are not compressed");
    }
    assertThat(temp).isEmptyDirectory();
  }

  @Test
  void create_somethingThere_isRefused() throws IOException {
    Path file = Files.writeString(temp.resolve("out.tar"), "mine");
    assertThatThrownBy(() -> DockerArchive.create(file))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(file).hasContent("mine");
  }

  @Test
  void add_notADockerName_isRefused() throws IOException {
    try (ImageWriter writer = DockerArchive.create(temp.resolve("out.tar"))) {
      for (String name : List.of("App", "a b", "app:", ":1", "app@sha256:00", "a/", "app:-1")) {
        assertThatThrownBy(() -> writer.add(image, name))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("not a name that Docker knows, NAME[:TAG]: " + name);
      }
    }
    assertThat(temp).isEmptyDirectory();
  }

  @Test
  void read_everything_leavesTheInputAsItWas() throws IOException {
    Path file =
        write(
            Entry.file("1.tar", BASE),
            Entry.file("2.tar", TOP),
            config(image),
            manifest(item(image, "[]", "1.tar", "2.tar", "1.tar")));
    Map<String, ByteString> before = Fixtures.snapshot(temp);
    Verification.verify(DockerArchive.open(file).image());
    assertThat(Fixtures.snapshot(temp)).isEqualTo(before);
  }
}
