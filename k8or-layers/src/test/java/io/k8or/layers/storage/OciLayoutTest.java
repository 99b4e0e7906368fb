package io.k8or.layers.storage;

import static io.k8or.layers.storage.Fixtures.AMD64;
import static io.k8or.layers.storage.Fixtures.ARM64;
import static io.k8or.layers.storage.Fixtures.ARM_V6;
import static io.k8or.layers.storage.Fixtures.named;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import io.k8or.image.Manifest;
import io.k8or.image.MediaType;
import io.k8or.image.Platform;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OciLayoutTest {
  private final Image amd64 = Fixtures.image(AMD64);
  private final Image arm64 = Fixtures.image(ARM64);
  @TempDir Path temp;

  private ImageWriter create(boolean tar, Path path) throws IOException {
    return tar ? OciLayout.createTar(path) : OciLayout.create(path);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void write_thenOpen_givesTheSameImage(boolean tar) throws IOException {
    Path path = temp.resolve("image");
    try (ImageWriter writer = create(tar, path)) {
      writer.write(amd64, "v1");
    }
    OciLayout layout = OciLayout.open(path);
    Image read = layout.image("v1");
    assertThat(read).isEqualTo(amd64);
    assertThat(read.config()).isEqualTo(amd64.config());
    for (int i = 0; i < 3; i++) {
      assertThat(read.layers().get(i).blob().readAll(1 << 20))
          .isEqualTo(amd64.layers().get(i).blob().readAll(1 << 20));
    }
    assertThat(layout.verify()).isEmpty();
    assertThat(layout.image(AMD64)).isEqualTo(amd64);
    assertThat(layout.image()).isEqualTo(amd64);
    assertThat(layout.image(amd64.digest().toString())).isEqualTo(amd64);
    assertThat(Fixtures.snapshot(temp).keySet()).noneMatch(name -> name.contains("incomplete"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void write_twice_givesTheSameBytes(boolean tar) throws IOException {
    Map<String, ByteString> first = null;
    for (String name : List.of("one", "two")) {
      Path parent = Files.createDirectory(temp.resolve(name));
      try (ImageWriter writer = create(tar, parent.resolve("image"))) {
        writer.add(arm64, "a");
        writer.add(amd64, "b");
        writer.commit();
      }
      Map<String, ByteString> files = Fixtures.snapshot(parent);
      if (first != null) {
        assertThat(files).isEqualTo(first);
      }
      first = files;
    }
  }

  @Test
  void write_layersThatWerePutBefore_areNotReadAgain() throws IOException {
    Layer layer = amd64.layers().get(0);
    try (ImageWriter writer = OciLayout.create(temp.resolve("image"))) {
      writer.put(layer.descriptor(), layer.blob());
      writer.put(layer.descriptor(), layer.blob());
      assertThat(writer.contains(layer.descriptor().digest())).isTrue();
      assertThat(writer.blob(layer.descriptor()).readAll(1000))
          .isEqualTo(layer.blob().readAll(1000));
      Layer unreadable =
          new Layer(layer.descriptor(), layer.diffId(), new FaultyContent(layer.blob(), 0));
      writer.write(Fixtures.image(AMD64, unreadable), "");
      assertThat(writer.blob(layer.descriptor()).readAll(1000))
          .isEqualTo(layer.blob().readAll(1000));
    }
    assertThat(OciLayout.open(temp.resolve("image")).verify()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void write_sourceFailsAtAnyByte_leavesNothing(boolean tar) throws IOException {
    Layer layer = amd64.layers().get(0);
    for (long readable = 0; readable < layer.descriptor().size(); readable++) {
      Layer faulty =
          new Layer(layer.descriptor(), layer.diffId(), new FaultyContent(layer.blob(), readable));
      try (ImageWriter writer = create(tar, temp.resolve("image"))) {
        assertThatThrownBy(() -> writer.write(Fixtures.image(AMD64, faulty), "v1"))
            .isInstanceOf(IOException.class)
            .hasMessage(FaultyContent.MESSAGE);
        assertThat(temp).isEmptyDirectory();
        assertThatThrownBy(() -> writer.write(amd64, "v1"))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage(temp.resolve("image") + " was given up");
      }
      assertThat(temp).isEmptyDirectory();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void write_wrongBytesInALayer_isMalformedAndLeavesNothing(boolean tar) throws IOException {
    Layer layer = amd64.layers().get(0);
    byte[] bytes = layer.blob().readAll(1 << 20);
    bytes[20] ^= 1;
    Layer wrong = new Layer(layer.descriptor(), layer.diffId(), Content.of(bytes));
    try (ImageWriter writer = create(tar, temp.resolve("image"))) {
      assertThatThrownBy(() -> writer.write(Fixtures.image(AMD64, wrong), "v1"))
          .isInstanceOf(MalformedContentException.class)
          .hasMessageStartingWith("blob: " + layer.descriptor().digest() + ": the bytes have");
    }
    assertThat(temp).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void close_withoutCommit_leavesNothing(boolean tar) throws IOException {
    try (ImageWriter writer = create(tar, temp.resolve("image"))) {
      writer.add(amd64, "v1");
      writer.begin().write(1); // never closed
      assertThat(unfinished("image")).hasSize(1);
    }
    assertThat(temp).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void create_anotherUnderWay_isLeftAlone(boolean tar) throws IOException {
    try (ImageWriter other = create(tar, temp.resolve("image"))) {
      other.add(amd64, "v1");
      try (ImageWriter writer = create(tar, temp.resolve("image"))) {
        writer.write(amd64, "v1");
        assertThat(unfinished("image")).hasSize(1);
      }
      assertThatThrownBy(other::commit).isInstanceOf(FileAlreadyExistsException.class);
    }
    assertThat(unfinished("image")).isEmpty();
    assertThat(OciLayout.open(temp.resolve("image")).image()).isEqualTo(amd64);
  }

  @Test
  void create_leftBehindByADeadProcess_isRemoved() throws IOException {
    // Its lock is held by nobody.
    Path dead = temp.resolve(".image.0123456789abcdef.incomplete");
    Files.createDirectories(dead.resolve("content").resolve("blobs"));
    Files.writeString(dead.resolve("content").resolve("blobs").resolve("0.incomplete"), "half");
    Files.createFile(dead.resolve("lock"));
    // Not yet locked, of another name, of another form, a link to something.
    Path young = Files.createDirectory(temp.resolve(".image.1123456789abcdef.incomplete"));
    Path other = temp.resolve(".other.0123456789abcdef.incomplete");
    Path strange = temp.resolve(".image.x.incomplete");
    for (Path kept : List.of(other, strange)) {
      Files.createFile(Files.createDirectory(kept).resolve("lock"));
    }
    Path link =
        Files.createSymbolicLink(temp.resolve(".image.2123456789abcdef.incomplete"), strange);
    try (ImageWriter writer = OciLayout.create(temp.resolve("image"))) {
      writer.write(amd64, "v1");
    }
    assertThat(dead).doesNotExist();
    assertThat(List.of(young, other, strange, link)).allSatisfy(p -> assertThat(p).exists());
    assertThat(strange.resolve("lock")).exists();
    assertThat(OciLayout.open(temp.resolve("image")).image()).isEqualTo(amd64);
  }

  private List<Path> unfinished(String name) throws IOException {
    try (Stream<Path> files = Files.list(temp)) {
      return files
          .filter(
              file -> file.getFileName().toString().matches("\\." + name + "\\..*\\.incomplete"))
          .toList();
    }
  }

  @Test
  void create_somethingThere_isRefusedAndUntouched() throws IOException {
    Path directory = Files.createDirectory(temp.resolve("directory"));
    Path file = Files.writeString(temp.resolve("file"), "mine");
    Path link = Files.createSymbolicLink(temp.resolve("link"), Path.of("nowhere"));
    for (Path path : List.of(directory, file, link)) {
      assertThatThrownBy(() -> OciLayout.create(path))
          .isInstanceOf(FileAlreadyExistsException.class)
          .hasMessage(path + ": it exists already, and nothing is overwritten");
    }
    try (ImageWriter writer = OciLayout.create(temp.resolve("late"))) {
      writer.add(amd64, "");
      Files.writeString(temp.resolve("late"), "somebody else's");
      assertThatThrownBy(writer::commit).isInstanceOf(FileAlreadyExistsException.class);
    }
    assertThat(temp.resolve("late")).hasContent("somebody else's");
    assertThat(Fixtures.snapshot(temp)).hasSize(5);
  }

  @Test
  void create_noDirectoryAbove_isRefused() {
    assertThatThrownBy(() -> OciLayout.create(temp.resolve("a/b")))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("there is no directory " + temp.resolve("a"));
  }

  @Test
  void add_nameWithABlank_isRefused() throws IOException {
    try (ImageWriter writer = OciLayout.create(temp.resolve("image"))) {
      assertThatThrownBy(() -> writer.add(amd64, "a b"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("not the name of an image: \"a b\"");
    }
  }

  @Test
  void commit_sizeOfBlobWrong_isRefused() throws IOException {
    try (ImageWriter writer = OciLayout.create(temp.resolve("image"));
        var blob = writer.begin()) {
      blob.write(1);
      Descriptor two = Descriptor.of(MediaType.OCI_LAYER, new byte[2]);
      assertThatThrownBy(() -> blob.commit(two))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("expected 1 bytes, as were written, found sha256:");
      assertThat(writer.contains(two.digest())).isFalse();
    }
  }

  @Test
  void image_threeLevelsOfIndexes_findsThePlatform() throws IOException {
    Image arm = Fixtures.image(ARM_V6);
    Fixtures.Layout layout = new Fixtures.Layout(temp.resolve("layout"));
    Descriptor deep = layout.index(layout.image(arm).withPlatform(ARM_V6));
    Descriptor middle = layout.index(deep, deep, layout.image(arm64).withPlatform(ARM64));
    Descriptor attestation =
        layout
            .image(Fixtures.image(AMD64, amd64.layers().get(0)))
            .withPlatform(new Platform("unknown", "unknown", ""));
    layout.top(
        named(layout.index(middle, layout.image(amd64), attestation), "multi"),
        named(layout.image(amd64), "single"));
    OciLayout opened = OciLayout.open(layout.directory);

    assertThat(opened.image("multi", ARM_V6)).isEqualTo(arm);
    assertThat(opened.image("multi", Platform.parse("linux/arm"))).isEqualTo(arm);
    assertThat(opened.image("multi", Platform.parse("linux/arm64"))).isEqualTo(arm64);
    assertThat(opened.image("multi", AMD64)).isEqualTo(amd64);
    assertThat(opened.image("single")).isEqualTo(amd64);
    assertThat(opened.image(deep.digest().toString())).isEqualTo(arm);
    assertThat(opened.images())
        .extracting(StoredImage::ref)
        .containsExactly("multi", "multi", "multi", "single");
    assertThat(opened.images())
        .extracting(StoredImage::platform)
        .containsExactly(ARM_V6, ARM64, AMD64, AMD64);
    assertThat(opened.verify()).isEmpty();

    assertThatThrownBy(() -> opened.image("multi"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "more than one image multi in "
                + layout.directory
                + ", choose one: linux/arm/v6 multi "
                + arm.digest()
                + ", linux/arm64/v8 multi "
                + arm64.digest()
                + ", linux/amd64 multi "
                + amd64.digest());
    assertThatThrownBy(() -> opened.image("multi", Platform.parse("linux/arm/v7")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "no image multi for linux/arm/v7 in " + layout.directory + "; there is linux/arm/v6");
    assertThatThrownBy(() -> opened.image("v9"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no image v9 in " + layout.directory + "; there is multi, single");
  }

  @Test
  void image_indexesDeeperThanTheLimit_isMalformed() throws IOException {
    Fixtures.Layout layout = new Fixtures.Layout(temp.resolve("layout"));
    Descriptor at = layout.image(amd64);
    for (int i = 0; i < 8; i++) {
      at = layout.index(at);
    }
    layout.top(named(at, "deep"));
    assertThatThrownBy(() -> OciLayout.open(layout.directory).image("deep"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("expected at most 8 nested image indexes, found 9");
    assertThat(OciLayout.open(layout.directory).verify()).hasSize(1);
    assertThat(
            OciLayout.open(layout.directory, Limits.defaults().with(Limit.INDEX_DEPTH, 9))
                .image("deep"))
        .isEqualTo(amd64);
  }

  @Test
  void image_sameNameTwice_isTheFirstOfThePlatform() throws IOException {
    Fixtures.Layout layout = new Fixtures.Layout(temp.resolve("layout"));
    Image other = Fixtures.image(AMD64, amd64.layers().get(0));
    layout.top(
        named(layout.image(other), "v1").withPlatform(AMD64),
        named(layout.image(amd64), "v1").withPlatform(AMD64));
    OciLayout opened = OciLayout.open(layout.directory);
    assertThat(opened.image("v1", AMD64)).isEqualTo(other);
    assertThatThrownBy(() -> opened.image("v1")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void image_containerdName_isFound() throws IOException {
    Fixtures.Layout layout = new Fixtures.Layout(temp.resolve("layout"));
    layout.top(
        layout
            .image(amd64)
            .withAnnotations(Map.of("io.containerd.image.name", "docker.io/library/a:1")));
    OciLayout opened = OciLayout.open(layout.directory);
    assertThat(opened.image("docker.io/library/a:1")).isEqualTo(amd64);
    assertThat(opened.image("a:1")).isEqualTo(amd64);
    assertThat(opened.images().get(0).ref()).isEqualTo("docker.io/library/a:1");
  }

  @Test
  void image_embeddedManifest_isReadFromTheIndex() throws IOException {
    Fixtures.Layout layout = new Fixtures.Layout(temp.resolve("layout"));
    Descriptor manifest = layout.image(amd64);
    Files.delete(layout.blobFile(manifest.digest()));
    String data = Base64.getEncoder().encodeToString(amd64.manifest().bytes().toByteArray());
    layout.file(
        "index.json",
        "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d,\"data\":\"%s\"}]}"
            .formatted(manifest.mediaType(), manifest.digest(), manifest.size(), data));
    assertThat(OciLayout.open(layout.directory).image()).isEqualTo(amd64);
    assertThat(OciLayout.open(layout.directory).verify()).isEmpty();
  }

  @Test
  void open_noLayout_saysWhatIsMissing() throws IOException {
    assertThatThrownBy(() -> OciLayout.open(temp))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("OCI layout: " + temp + ": no file oci-layout");
    Fixtures.Layout layout = new Fixtures.Layout(temp);
    assertThatThrownBy(() -> OciLayout.open(temp))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("OCI layout: " + temp + ": no file index.json");
    layout.top().file("oci-layout", "{\"imageLayoutVersion\": \"2.0.0\"}");
    assertThatThrownBy(() -> OciLayout.open(temp))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageEndingWith("field \"imageLayoutVersion\": expected \"1.0.0\", found \"2.0.0\"");
    layout.file("oci-layout", "1.0.0");
    assertThatThrownBy(() -> OciLayout.open(temp)).isInstanceOf(MalformedContentException.class);
    assertThatThrownBy(() -> OciLayout.open(temp.resolve("nowhere")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void open_indexBeyondTheLimit_isNotRead() {
    Fixtures.Layout layout = new Fixtures.Layout(temp);
    layout.file("index.json", " ".repeat(2000));
    assertThatThrownBy(
            () -> OciLayout.open(temp, Limits.defaults().with(Limit.MANIFEST_BYTES, 1000)))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining(
            "at most 1000 bytes in a manifest, index or configuration, found 2000");
  }

  @Test
  void open_digestThatIsAPath_isMalformed() {
    Fixtures.Layout layout = new Fixtures.Layout(temp);
    layout.file(
        "index.json",
        "{\"manifests\":[{\"mediaType\":\"x\",\"digest\":\"sha256:../../../etc/passwd\",\"size\":1}]}");
    assertThatThrownBy(() -> OciLayout.open(temp))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("not a sha256 or sha512 digest: sha256:../../../etc/passwd");
  }

  @Test
  void image_manifestThatIsAnIndexToo_isMalformed() throws IOException {
    Fixtures.Layout layout = new Fixtures.Layout(temp);
    String manifest = amd64.manifest().bytes().toUtf8();
    byte[] both =
        (manifest.substring(0, manifest.length() - 1) + ",\"manifests\":[]}")
            .getBytes(StandardCharsets.UTF_8);
    layout.image(amd64);
    layout.top(layout.blob(MediaType.OCI_MANIFEST, both));
    assertThatThrownBy(() -> OciLayout.open(temp).image())
        .isInstanceOf(MalformedContentException.class)
        .hasMessageEndingWith("it has the fields of another kind of document as well");
  }

  @Test
  void image_blobIsMissing_namesIt() throws IOException {
    Fixtures.Layout layout = new Fixtures.Layout(temp);
    layout.top(layout.image(amd64));
    Layer layer = amd64.layers().get(1);
    Files.delete(layout.blobFile(layer.descriptor().digest()));
    OciLayout opened = OciLayout.open(temp);
    Image image = opened.image(); // layers are read when somebody asks for them
    String message = "blob: " + layer.descriptor().digest() + ": it is not in " + temp;
    assertThatThrownBy(() -> image.layers().get(1).blob().open())
        .isInstanceOf(MalformedContentException.class)
        .hasMessage(message);
    assertThat(opened.verify()).extracting(Fault::toString).containsExactly(message);
    Files.delete(layout.blobFile(amd64.manifest().config().digest()));
    assertThatThrownBy(opened::image)
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining(amd64.manifest().config().digest() + ": it is not in");
  }

  @Test
  void verify_everyBlobCutOrLongerOrChanged_findsIt() throws IOException {
    Fixtures.Layout layout = new Fixtures.Layout(temp);
    layout.top(layout.index(layout.image(amd64).withPlatform(AMD64)));
    Map<String, ByteString> files = Fixtures.snapshot(temp);
    OciLayout opened = OciLayout.open(temp);
    assertThat(opened.verify()).isEmpty();
    files.forEach(
        (name, bytes) -> {
          if (!name.startsWith("blobs/sha256/")) {
            return;
          }
          String digest = "sha256:" + name.substring("blobs/sha256/".length());
          byte[] changed = bytes.toByteArray();
          changed[changed.length / 2] ^= 0x40;
          for (byte[] wrong :
              List.of(
                  changed,
                  Arrays.copyOf(changed, changed.length - 1),
                  bytes.concat(ByteString.utf8("x")).toByteArray(),
                  new byte[0])) {
            layout.file(name, wrong);
            try {
              assertThat(opened.verify()).extracting(Fault::where).containsExactly(digest);
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          }
          layout.file(name, bytes.toByteArray());
        });
  }

  @Test
  void verify_wrongDiffId_findsIt() throws IOException {
    Layer layer = amd64.layers().get(0);
    Layer wrong = new Layer(layer.descriptor(), Digest.sha256(new byte[0]), layer.blob());
    Fixtures.Layout layout = new Fixtures.Layout(temp);
    layout.top(layout.image(Fixtures.image(AMD64, layer, wrong)));
    assertThat(OciLayout.open(temp).verify())
        .extracting(Fault::toString)
        .containsExactly(
            "layer: "
                + layer.descriptor().digest()
                + ": expected the diffID "
                + wrong.diffId()
                + ", found "
                + layer.diffId());
  }

  @Test
  void verify_layerWithALargeFile_isRight() throws IOException {
    byte[] large = new byte[300_000];
    Arrays.fill(large, (byte) 7);
    Fixtures.Layout layout = new Fixtures.Layout(temp);
    layout.top(
        layout.image(
            Fixtures.image(
                AMD64,
                Fixtures.layer(Compression.GZIP, Fixtures.tar(Fixtures.Entry.file("large", large))),
                Fixtures.layer(
                    Compression.NONE, Fixtures.tar(Fixtures.Entry.file("larger", large))))));
    assertThat(OciLayout.open(temp).verify()).isEmpty();
  }

  @Test
  void verify_layerThatIsNoTarOrNotOfItsMediaType_findsIt() throws IOException {
    byte[] text = "no tar at all".repeat(100).getBytes(StandardCharsets.UTF_8);
    Layer plain = Fixtures.layer(Compression.NONE, text);
    byte[] tar = Fixtures.tar();
    Descriptor lying = Descriptor.of(MediaType.DOCKER_LAYER_GZIP, tar);
    Layer layer = new Layer(lying, Digest.sha256(tar), Content.of(tar));
    Fixtures.Layout layout = new Fixtures.Layout(temp);
    layout.top(layout.image(Fixtures.image(AMD64, plain, layer)));
    List<Fault> faults = OciLayout.open(temp).verify();
    assertThat(faults).hasSize(2);
    assertThat(faults.get(0).toString()).contains("tar header", "the checksum is wrong");
    assertThat(faults.get(1).why()).contains("says gzip, but the bytes are not compressed");
  }

  @Test
  void verify_artifacts_areReadAsBlobs() throws IOException {
    Fixtures.Layout layout = new Fixtures.Layout(temp);
    Descriptor config =
        layout.blob(
            new MediaType("application/vnd.oci.empty.v1+json"),
            "{}".getBytes(StandardCharsets.UTF_8));
    Descriptor blob =
        layout.blob(new MediaType("text/plain"), "hello".getBytes(StandardCharsets.UTF_8));
    Descriptor other =
        layout.blob(new MediaType("text/plain"), "there".getBytes(StandardCharsets.UTF_8));
    layout.top(
        layout.blob(
            MediaType.OCI_MANIFEST, Manifest.of(config, List.of(blob)).bytes().toByteArray()),
        other);
    OciLayout opened = OciLayout.open(temp);
    assertThat(opened.images()).isEmpty();
    assertThat(opened.verify()).isEmpty();
    layout
        .file("blobs/sha256/" + blob.digest().hex(), "hellx")
        .file("blobs/sha256/" + other.digest().hex(), "");
    assertThat(opened.verify())
        .extracting(Fault::where)
        .containsExactly(blob.digest().toString(), other.digest().toString());
  }

  @Test
  void open_tarWithAnEntryTwice_isMalformed() throws IOException {
    Fixtures.Entry entry = Fixtures.Entry.file("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
    Path tar = Files.write(temp.resolve("a.tar"), Fixtures.tar(entry, entry));
    assertThatThrownBy(() -> OciLayout.open(tar))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("archive: " + tar + ": two entries of the name oci-layout");
  }

  @Test
  void open_compressedTar_saysWhatToDo() throws IOException {
    Path tar =
        Files.write(temp.resolve("a.tar.gz"), Fixtures.compress(Compression.GZIP, Fixtures.tar()));
    assertThatThrownBy(() -> OciLayout.open(tar))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage(
            "archive: "
                + tar
                + ": expected a plain tar, found gzip; an archive is read by offsets, "
                + "so decompress it first (for example with gunzip)");
  }

  @Test
  void open_otherFileSystem_isReadAndWritten() throws IOException {
    URI zip = URI.create("jar:" + temp.resolve("a.zip").toUri());
    try (FileSystem fileSystem = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
      Path tar = fileSystem.getPath("/image.tar");
      try (ImageWriter writer = OciLayout.createTar(tar)) {
        writer.write(amd64, "v1");
      }
      assertThat(OciLayout.open(tar).image()).isEqualTo(amd64);
      assertThat(OciLayout.open(tar).verify()).isEmpty();
      Fixtures.Layout layout = new Fixtures.Layout(fileSystem.getPath("/layout"));
      layout.top(layout.image(arm64));
      assertThat(OciLayout.open(layout.directory).image()).isEqualTo(arm64);
    }
  }

  @Test
  void read_everything_leavesTheInputAsItWas() throws IOException {
    Fixtures.Layout layout = new Fixtures.Layout(temp.resolve("layout"));
    layout.top(named(layout.image(amd64), "v1"));
    Map<String, ByteString> before = Fixtures.snapshot(layout.directory);
    OciLayout opened = OciLayout.open(layout.directory);
    opened.verify();
    try (ImageWriter writer = OciLayout.create(temp.resolve("copy"))) {
      writer.write(opened.image(), "v2");
    }
    assertThat(Fixtures.snapshot(layout.directory)).isEqualTo(before);
  }

  @Test
  void write_layerThatStaysElsewhere_isOnlyReferredTo() throws IOException {
    Layer layer = Fixtures.layer(Compression.GZIP, Fixtures.tar());
    String json =
        "{\"mediaType\":\"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip\",\"digest\":\"%s\",\"size\":%d,\"urls\":[\"https://example.com/a\"]}"
            .formatted(layer.descriptor().digest(), layer.descriptor().size());
    Image plain = Fixtures.image(AMD64, layer);
    byte[] manifest =
        "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d},\"layers\":[%s]}"
            .formatted(
                MediaType.OCI_CONFIG,
                plain.manifest().config().digest(),
                plain.manifest().config().size(),
                json)
            .getBytes(StandardCharsets.UTF_8);
    Fixtures.Layout layout = new Fixtures.Layout(temp.resolve("layout"));
    layout.image(plain);
    layout.top(layout.blob(MediaType.OCI_MANIFEST, manifest));
    Files.delete(layout.blobFile(layer.descriptor().digest()));
    OciLayout opened = OciLayout.open(layout.directory);
    assertThat(opened.verify()).isEmpty();
    try (ImageWriter writer = OciLayout.create(temp.resolve("copy"))) {
      writer.write(opened.image(), "");
    }
    assertThat(OciLayout.open(temp.resolve("copy")).image()).isEqualTo(opened.image());
    assertThatThrownBy(() -> opened.image().layers().get(0).blob().open())
        .hasMessageEndingWith(", only elsewhere: [https://example.com/a]");
  }
}
