package io.k8or.layers;

import static io.k8or.layers.Images.add;
import static io.k8or.layers.Images.attributes;
import static io.k8or.layers.Images.image;
import static io.k8or.layers.Images.remove;
import static io.k8or.layers.Images.replace;
import static io.k8or.layers.LayerBuilder.layer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.image.BlobSink;
import io.k8or.image.BlobSource;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.storage.DockerArchive;
import io.k8or.layers.storage.ImageWriter;
import io.k8or.layers.storage.OciLayout;
import io.k8or.transform.EditPlan;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Walks a failure through every call that a source or a sink gets: whichever fails, the error says
 * so, nothing is committed after it, everything is closed, and no output is there.
 */
class FaultWalkTest {
  private static final String MESSAGE = "call %d failed";

  @TempDir private Path temp;

  /** Counts calls, and fails at one of them. */
  private static final class Calls {
    private final int failAt;
    private int count;
    private int open;

    Calls(int failAt) {
      this.failAt = failAt;
    }

    void next() throws IOException {
      if (count++ == failAt) {
        throw new IOException(MESSAGE.formatted(failAt));
      }
    }
  }

  /** Content whose every opening and reading is a call; it gives few bytes at once. */
  private record Watched(Content content, Calls calls) implements Content {
    @Override
    public InputStream open() throws IOException {
      calls.next();
      calls.open++;
      return new FilterInputStream(content.open()) {
        private boolean closed;

        @Override
        public int read() throws IOException {
          calls.next();
          return in.read();
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
          calls.next();
          return in.read(buffer, offset, Math.min(length, 50));
        }

        @Override
        public long skip(long count) throws IOException {
          calls.next();
          return in.skip(Math.min(count, 50));
        }

        @Override
        public void close() throws IOException {
          if (!closed) {
            closed = true;
            calls.open--;
          }
          super.close();
        }
      };
    }

    @Override
    public long size() {
      return content.size();
    }
  }

  /** A sink whose every call but closing may fail. */
  private static final class WatchedSink implements BlobSink, BlobSource {
    private final Calls calls;
    private final Map<Digest, byte[]> blobs = new LinkedHashMap<>();

    WatchedSink(Calls calls) {
      this.calls = calls;
    }

    @Override
    public Writer begin() throws IOException {
      calls.next();
      calls.open++;
      return new Writer() {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private boolean closed;

        @Override
        public void write(byte[] array, int offset, int length) throws IOException {
          calls.next();
          bytes.write(array, offset, length);
        }

        @Override
        public void commit(Descriptor descriptor) throws IOException {
          calls.next();
          assertThat(Digest.sha256(bytes.toByteArray())).isEqualTo(descriptor.digest());
          blobs.put(descriptor.digest(), bytes.toByteArray());
        }

        @Override
        public void close() {
          calls.open -= closed ? 0 : 1;
          closed = true;
        }
      };
    }

    @Override
    public Content blob(Descriptor descriptor) {
      return Content.of(blobs.get(descriptor.digest()));
    }
  }

  private static Stream<LayerRewriter> rewriters() {
    return Stream.of(
        LayerRewriter.inPlace(),
        LayerRewriter.inPlace().compressing(Compression.ZSTD),
        LayerRewriter.inPlace().withExecutor(Runnable::run, 1),
        LayerRewriter.squash(),
        LayerRewriter.overlay());
  }

  private static Image watched(Image image, Calls calls) {
    List<Layer> layers = new ArrayList<>();
    for (Layer layer : image.layers()) {
      layers.add(new Layer(layer.descriptor(), layer.diffId(), new Watched(layer.blob(), calls)));
    }
    return Image.of(image.manifest(), image.config(), layers);
  }

  private static final Image IMAGE =
      image(
          layer().file("a", "1").file("b", "2").link("c", "b"),
          layer().compressed(Compression.ZSTD).file("d", "").file("e", "5").symlink("f", "e"),
          layer().compressed(Compression.NONE).file("g/h", "7").file(".wh.a", ""));

  private static EditPlan plan(Calls calls) {
    Content inserted = new Watched(LayerBuilder.content("new ".repeat(50)), calls);
    return Images.plan(
        remove("/b"),
        replace("/d", "other"),
        attributes("/e", FileAttributes.ofMode(0600)),
        add("/n", FileNode.regular(FileAttributes.ofMode(0644), inserted)),
        remove("/g"));
  }

  @ParameterizedTest
  @MethodSource("rewriters")
  void rewrite_sourceThatFailsAtAnyCall_commitsNothing(LayerRewriter rewriter) throws IOException {
    Calls whole = new Calls(-1);
    rewriter.rewrite(watched(IMAGE, whole), plan(whole), new WatchedSink(new Calls(-1)));
    assertThat(whole.count).isGreaterThan(30);
    assertThat(whole.open).isZero();
    for (int i = 0; i < whole.count; i++) {
      Calls calls = new Calls(i);
      Calls sinkCalls = new Calls(-1);
      WatchedSink sink = new WatchedSink(sinkCalls);
      assertThatThrownBy(() -> rewriter.rewrite(watched(IMAGE, calls), plan(calls), sink))
          .as("call %d of %d", i, whole.count)
          .isInstanceOf(IOException.class)
          .hasMessage(MESSAGE, i);
      assertThat(sink.blobs).isEmpty();
      assertThat(calls.open).as("streams left open after call %d", i).isZero();
      assertThat(sinkCalls.open).as("writers left open after call %d", i).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("rewriters")
  void rewrite_sinkThatFailsAtAnyCall_saysSoAndClosesAll(LayerRewriter rewriter)
      throws IOException {
    Calls none = new Calls(-1);
    Calls whole = new Calls(-1);
    WatchedSink complete = new WatchedSink(whole);
    rewriter.rewrite(IMAGE, plan(none), complete);
    for (int i = 0; i < whole.count; i++) {
      Calls calls = new Calls(i);
      Calls sources = new Calls(-1);
      WatchedSink sink = new WatchedSink(calls);
      assertThatThrownBy(() -> rewriter.rewrite(watched(IMAGE, sources), plan(sources), sink))
          .as("call %d of %d", i, whole.count)
          .isInstanceOf(IOException.class)
          .hasMessage(MESSAGE, i);
      assertThat(calls.open).as("writers left open after call %d", i).isZero();
      assertThat(sources.open).as("streams left open after call %d", i).isZero();
      // The configuration, which makes an image of the layers, comes last.
      assertThat(sink.blobs.size()).isLessThan(complete.blobs.size());
    }
  }

  private interface Creator {
    ImageWriter create(Path path) throws IOException;
  }

  private static Stream<Creator> outputs() {
    return Stream.of(OciLayout::create, OciLayout::createTar, DockerArchive::create);
  }

  @ParameterizedTest
  @MethodSource("outputs")
  void write_sourceThatFailsAtAnyCall_leavesNothing(Creator creator) throws IOException {
    Calls whole = new Calls(-1);
    rewriteTo(creator, temp.resolve("whole"), whole);
    assertThat(temp.resolve("whole")).exists();
    Path folder = Files.createDirectory(temp.resolve("faults"));
    Path target = folder.resolve("image");
    for (int i = 0; i < whole.count; i++) {
      Calls calls = new Calls(i);
      assertThatThrownBy(() -> rewriteTo(creator, target, calls))
          .as("call %d of %d", i, whole.count)
          .isInstanceOf(IOException.class)
          .hasMessage(MESSAGE, i);
      assertThat(folder).as("after call %d", i).isEmptyDirectory();
      assertThat(calls.open).as("streams left open after call %d", i).isZero();
    }
  }

  private static void rewriteTo(Creator creator, Path target, Calls calls) throws IOException {
    try (ImageWriter writer = creator.create(target)) {
      Image image =
          LayerRewriter.inPlace().rewrite(watched(IMAGE, calls), plan(calls), writer).image();
      writer.write(image, "x:y");
    }
  }

  @Test
  void inserted_contentThatIsShorterThanItSays_isAnError() {
    Content lies =
        new Content() {
          @Override
          public InputStream open() {
            return InputStream.nullInputStream();
          }

          @Override
          public long size() {
            return 10;
          }
        };
    FileNode node = FileNode.regular(FileAttributes.ofMode(0644), lies);
    rewriters()
        .forEach(
            rewriter -> {
              WatchedSink sink = new WatchedSink(new Calls(-1));
              assertThatThrownBy(() -> rewriter.rewrite(IMAGE, Images.plan(add("/n", node)), sink))
                  .isInstanceOf(IOException.class)
                  .hasMessageContaining("expected 10 bytes, found 0");
              assertThat(sink.blobs).isEmpty();
            });
  }
}
