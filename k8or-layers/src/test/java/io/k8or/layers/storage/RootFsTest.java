package io.k8or.layers.storage;

import static io.k8or.layers.storage.Fixtures.ARM64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.MalformedContentException;
import io.k8or.image.Digest;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import io.k8or.image.MediaType;
import io.k8or.image.Platform;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.limits.Limit;
import io.k8or.layers.limits.Limits;
import io.k8or.layers.storage.Fixtures.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RootFsTest {
  private static final byte[] TAR = Fixtures.tar(Entry.file("etc/hostname", "here"));
  @TempDir Path temp;

  private Path file(Compression compression) throws IOException {
    return Files.write(temp.resolve("root"), Fixtures.compress(compression, TAR));
  }

  @ParameterizedTest
  @EnumSource
  void open_anyCompression_isAnImageOfOneLayer(Compression compression) throws IOException {
    Image image = RootFs.open(file(compression), ARM64);
    assertThat(image.platform()).isEqualTo(ARM64);
    assertThat(image.layers()).hasSize(1);
    Layer layer = image.layers().get(0);
    assertThat(layer.diffId()).isEqualTo(Digest.sha256(TAR));
    assertThat(layer.descriptor().mediaType())
        .isEqualTo(
            switch (compression) {
              case NONE, XZ -> MediaType.OCI_LAYER;
              case GZIP -> MediaType.OCI_LAYER_GZIP;
              case ZSTD -> MediaType.OCI_LAYER_ZSTD;
            });
    assertThat(image.config().history()).hasSize(1);
    assertThat(Verification.verify(image)).isEmpty();
    try (ImageWriter writer = OciLayout.create(temp.resolve("layout"))) {
      writer.write(image, "");
    }
    assertThat(OciLayout.open(temp.resolve("layout")).verify()).isEmpty();
    assertThat(OciLayout.open(temp.resolve("layout")).image()).isEqualTo(image);
  }

  @Test
  void open_withoutPlatform_isForLinuxOnAmd64() throws IOException {
    assertThat(RootFs.open(file(Compression.NONE)).platform())
        .isEqualTo(Platform.parse("linux/amd64"));
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void open_cutArchive_isMalformed(Compression compression) throws IOException {
    Path file = file(compression);
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
    assertThatThrownBy(() -> RootFs.open(file))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining(file.toString());
  }

  @ParameterizedTest
  @EnumSource
  void open_beyondTheLimit_isMalformed(Compression compression) throws IOException {
    Path file = file(compression);
    assertThatThrownBy(
            () ->
                RootFs.open(file, ARM64, Limits.defaults().with(Limit.TOTAL_BYTES, TAR.length - 1)))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith("limit totalBytes: " + file + ": expected at most");
    assertThat(
            RootFs.open(file, ARM64, Limits.defaults().with(Limit.TOTAL_BYTES, TAR.length))
                .layers())
        .hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"GZIP", "ZSTD", "XZ"})
  void open_expandsTooMuch_isMalformed(Compression compression) throws IOException {
    Path file =
        Files.write(
            temp.resolve("bomb"), Fixtures.compress(compression, new byte[(64 << 20) + 100_000]));
    assertThatThrownBy(
            () -> RootFs.open(file, ARM64, Limits.defaults().with(Limit.EXPANSION_RATIO, 100)))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith(
            "limit expansionRatio: " + file + ": expected at most 100 bytes for each");
  }
}
