package io.k8or.layers;

import static io.k8or.layers.LayerBuilder.layer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.image.Descriptor;
import io.k8or.image.Image;
import io.k8or.image.ImageIndex;
import io.k8or.image.MediaType;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import io.k8or.layers.storage.ImageWriter;
import io.k8or.layers.storage.OciLayout;
import io.k8or.layers.tar.TarReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each limit where it is met: input that needs just as much is read, with one less it is not. */
class LimitsAtTheEdgeTest {
  private static final byte[] TAR =
      layer().file("a", "1").file("b/c/d", "2").symlink("e", "123456789").tar();

  @TempDir private Path temp;

  private interface Reading {
    void read(Limits limits) throws IOException;
  }

  @ParameterizedTest
  @EnumSource
  void limit_oneLessThanIsNeeded_isExceeded(Limit limit) throws IOException {
    switch (limit) {
      case ENTRIES, PATH_DEPTH -> edge(limit, 3, limits -> tar(TAR, limits));
      case NAME_BYTES -> edge(limit, 9, limits -> tar(TAR, limits));
      case TOTAL_BYTES -> {
        edge(limit, TAR.length, limits -> tar(TAR, limits));
        byte[] gzip = LayerBuilder.compress(TAR, Compression.GZIP);
        edge(limit, TAR.length, limits -> drain(gzip, limits));
      }
      case HEADER_BYTES -> edge(limit, 1024, limits -> tar(withExtendedHeader(), limits));
      case SPARSE_MAP_BYTES -> edge(limit, 7, limits -> tar(sparse("1,1,3,1"), limits));
      case EXPANSION_RATIO -> expansion();
      case LAYERS -> {
        Image image = Images.image(layer().file("a", "1"), layer().file("b", "2"));
        edge(limit, 2, limits -> LayeredImage.open(image, limits));
      }
      case MANIFEST_BYTES -> {
        Image image = layout();
        long largest =
            Math.max(
                Files.size(temp.resolve("layout").resolve("index.json")),
                Math.max(image.manifest().bytes().length(), image.config().bytes().length()));
        edge(limit, largest, limits -> OciLayout.open(temp.resolve("layout"), limits).image("x"));
      }
      case INDEX_DEPTH -> {
        nest(layout());
        edge(limit, 2, limits -> OciLayout.open(temp.resolve("layout"), limits).image("deep"));
      }
    }
  }

  private static void edge(Limit limit, long needed, Reading reading) throws IOException {
    reading.read(Limits.defaults().with(limit, needed));
    exceeded(limit, needed - 1, reading);
  }

  private static void exceeded(Limit limit, long value, Reading reading) {
    assertThatThrownBy(() -> reading.read(Limits.defaults().with(limit, value)))
        .isInstanceOfSatisfying(
            MalformedContentException.class,
            e -> {
              assertThat(Limit.exceededIn(e)).contains(limit);
              assertThat(e.where()).isNotEmpty();
            })
        .hasMessageContaining("expected at most " + value + " ");
  }

  private static void tar(byte[] tar, Limits limits) throws IOException {
    try (TarReader reader = new TarReader(new ByteArrayInputStream(tar), "x.tar", limits)) {
      while (reader.next().isPresent()) {
        reader.content().readAllBytes();
      }
    }
  }

  private static void drain(byte[] gzip, Limits limits) throws IOException {
    try (InputStream in = Compression.GZIP.decompress(Content.of(gzip), limits)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
  }

  // One block of a header and one of records.
  private static byte[] withExtendedHeader() {
    FileAttributes attributes =
        FileAttributes.ofMode(0644)
            .withXattrs(Map.of(ByteString.utf8("user.a"), ByteString.utf8("b")));
    return layer().node("a", FileNode.regular(attributes, Content.empty())).tar();
  }

  // A sparse file of two stored bytes: the header of a plain file is made that of the records.
  private static byte[] sparse(String map) {
    StringBuilder records = new StringBuilder();
    for (String record : List.of("numblocks=2", "size=5", "map=" + map)) {
      String whole = " GNU.sparse." + record + "\n";
      records.append(whole.length() + 2).append(whole);
    }
    byte[] pax = layer().file("pax", records.toString()).tar();
    pax[156] = 'x';
    int sum = 0;
    for (int i = 0; i < 512; i++) {
      sum += i >= 148 && i < 156 ? ' ' : pax[i] & 0xff;
    }
    byte[] digits = String.format("%06o\0 ", sum).getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(digits, 0, pax, 148, 8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(pax, 0, pax.length - 1024);
    out.writeBytes(layer().file("s", "xy").tar());
    return out.toByteArray();
  }

  // What was read when it is judged is more than what was used: the edge is not sharp.
  private static void expansion() throws IOException {
    byte[] zeros = new byte[80 << 20];
    byte[] gzip = LayerBuilder.compress(zeros, Compression.GZIP);
    long ratio = zeros.length / gzip.length;
    drain(gzip, Limits.defaults().with(Limit.EXPANSION_RATIO, ratio + 2));
    exceeded(Limit.EXPANSION_RATIO, ratio - 1, limits -> drain(gzip, limits));
  }

  private Image layout() throws IOException {
    Image image = Images.image(layer().file("a", "1"));
    try (ImageWriter writer = OciLayout.create(temp.resolve("layout"))) {
      writer.write(image, "x");
    }
    return image;
  }

  private void nest(Image image) throws IOException {
    byte[] inner = ImageIndex.of(List.of(image.manifest().descriptor())).bytes().toByteArray();
    Descriptor nested =
        Descriptor.of(MediaType.OCI_INDEX, inner)
            .withAnnotations(Map.of("org.opencontainers.image.ref.name", "deep"));
    Path layout = temp.resolve("layout");
    Files.write(layout.resolve("blobs/sha256").resolve(nested.digest().hex()), inner);
    Files.write(layout.resolve("index.json"), ImageIndex.of(List.of(nested)).bytes().toByteArray());
  }
}
