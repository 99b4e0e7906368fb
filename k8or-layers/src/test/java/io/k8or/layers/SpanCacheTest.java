package io.k8or.layers;

import static io.k8or.layers.LayerBuilder.layer;
import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Layer;
import io.k8or.layers.compression.Compression;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SpanCacheTest {
  private static final int FILES = 300;

  private static String text(int number) {
    Random random = new Random(number);
    StringBuilder text = new StringBuilder();
    while (text.length() < 20_000 + number) {
      text.append(Long.toString(random.nextLong(), 36));
    }
    return text.toString();
  }

  private static ImagePath path(int number) {
    return ImagePath.of(String.format("/f%03d", number));
  }

  private record Counting(Content blob, AtomicInteger opened) implements Content {
    @Override
    public InputStream open() throws IOException {
      opened.incrementAndGet();
      return blob.open();
    }

    @Override
    public Content slice(long offset, long length) {
      return new Counting(blob.slice(offset, length), opened);
    }

    @Override
    public long size() {
      return blob.size();
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void open_smallNeighbours_decodesThemOnce(Compression compression) throws IOException {
    LayerBuilder builder = layer().compressed(compression);
    for (int i = 0; i < FILES; i++) {
      builder.file(path(i).toRelativeBytes().toString(), text(i));
    }
    Layer plain = builder.build();
    AtomicInteger opened = new AtomicInteger();
    Layer counting =
        new Layer(plain.descriptor(), plain.diffId(), new Counting(plain.blob(), opened));
    FileTree files = LayeredImage.open(Images.image(List.of(counting), List.of())).files();

    int before = opened.get();
    for (int i = 0; i < FILES; i++) {
      assertThat(read(files, i)).as("file %d", i).isEqualTo(text(i));
    }
    assertThat(opened.get() - before).as("about 6 MB, in parts of 2 MiB").isLessThan(6);
    for (int i = FILES - 1; i >= 0; i -= 7) {
      assertThat(read(files, i)).as("file %d, backwards", i).isEqualTo(text(i));
    }
  }

  private static String read(FileTree files, int number) throws IOException {
    return new String(
        files.get(path(number)).orElseThrow().content().readAll(1 << 20),
        StandardCharsets.ISO_8859_1);
  }
}
