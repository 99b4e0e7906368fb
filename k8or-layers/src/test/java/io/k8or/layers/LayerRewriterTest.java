package io.k8or.layers;

import static io.k8or.layers.Images.add;
import static io.k8or.layers.Images.attributes;
import static io.k8or.layers.Images.describe;
import static io.k8or.layers.Images.image;
import static io.k8or.layers.Images.names;
import static io.k8or.layers.Images.plan;
import static io.k8or.layers.Images.remove;
import static io.k8or.layers.Images.replace;
import static io.k8or.layers.LayerBuilder.content;
import static io.k8or.layers.LayerBuilder.layer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.image.BlobSink;
import io.k8or.image.History;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import io.k8or.image.MediaType;
import io.k8or.layers.Rewritten.Action;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.limits.Limits;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LayerRewriterTest {
  private static final FileNode NEW = FileNode.regular(FileAttributes.ofMode(0600), content("new"));

  static Rewritten rewrite(Image image, EditPlan plan) throws IOException {
    return check(LayerRewriter.inPlace(), image, plan);
  }

  static Rewritten check(LayerRewriter rewriter, Image image, EditPlan plan) throws IOException {
    Rewritten rewritten = rewriter.rewrite(image, plan, new MemoryBlobs());
    assertThat(describe(Layers.snapshot(rewritten.image()).files()))
        .isEqualTo(describe(Layers.snapshot(image).with(plan).files()));
    return rewritten;
  }

  @ParameterizedTest
  @EnumSource
  void rewrite_everyKindOfEdit_givesThePlannedTree(Compression compression) throws IOException {
    Image image =
        image(
            layer()
                .compressed(compression)
                .directory("etc", 0755)
                .file("etc/passwd", "root")
                .file("etc/gone", "x")
                .file("bin/tool", "y", 0755),
            layer().compressed(compression).file("etc/top", "t"));
    Rewritten rewritten =
        rewrite(
            image,
            plan(
                remove("/etc/gone"),
                replace("/etc/passwd", "nobody"),
                add("/opt/new/file", NEW),
                attributes("/bin/tool", FileAttributes.ofMode(04755)),
                new Edit.EditConfig("/config/User", "\"nobody\"", Images.REASON)));
    assertThat(names(rewritten.image().layers().get(0)))
        .containsExactly("etc/", "etc/passwd", "bin/tool");
    assertThat(names(rewritten.image().layers().get(1))).containsExactly("etc/top", "opt/new/file");
    assertThat(rewritten.image().config().user()).contains("nobody");
    assertThat(rewritten.removed()).isEqualTo(1);
    assertThat(rewritten.replaced()).isEqualTo(2);
    assertThat(rewritten.added()).isEqualTo(3);
  }

  @Test
  void rewrite_layerWithoutEdits_isTheSameInstance() throws IOException {
    Image image = image(layer().file("a", "1"), layer().file("b", "2"));
    Rewritten rewritten = rewrite(image, plan(remove("/b")));
    assertThat(rewritten.image().layers().get(0)).isSameAs(image.layers().get(0));
    assertThat(rewritten.layers().get(0).action()).isEqualTo(Action.KEPT);
    assertThat(rewritten.layers().get(1).action()).isEqualTo(Action.DROPPED);
    assertThat(rewritten.image().config().history().get(1).isEmptyLayer()).isTrue();
  }

  @Test
  void rewrite_planWithoutEdits_isTheSameImage() throws IOException {
    Image image = image(layer().file("a", "1"));
    assertThat(rewrite(image, EditPlan.empty()).image()).isSameAs(image);
  }

  @Test
  void remove_pathOfTwoLayers_isGoneFromBoth() throws IOException {
    Image image =
        image(layer().file("a", "secret").file("x", ""), layer().file("a", "2").file("y", ""));
    Rewritten rewritten = rewrite(image, plan(remove("/a")));
    assertThat(names(rewritten.image().layers().get(0))).containsExactly("x");
    assertThat(names(rewritten.image().layers().get(1))).containsExactly("y");
  }

  @Test
  void remove_directory_takesItsWhiteoutsAndMarkersAlong() throws IOException {
    Image image =
        image(
            layer().file("d/a", "1").file("e/b", "2").file("k", ""),
            layer().file("d/.wh.a", "").file("d/.wh..wh..opq", "").file("e/.wh.b", ""));
    Rewritten rewritten = rewrite(image, plan(remove("/d")));
    assertThat(names(rewritten.image().layers().get(0))).containsExactly("e/b", "k");
    assertThat(names(rewritten.image().layers().get(1))).containsExactly("e/.wh.b");
  }

  @Test
  void remove_fileWithALaterLink_makesTheLinkTheFile() throws IOException {
    Image image =
        image(layer().file("a", "1").file("k", ""), layer().link("b", "a").link("c", "a"));
    Rewritten rewritten = rewrite(image, plan(remove("/a")));
    assertThat(names(rewritten.image().layers().get(1))).containsExactly("b", "c -> b");
  }

  @Test
  void remove_fileWithAHiddenLink_keepsTheHiddenLinkWhole() throws IOException {
    Image image =
        image(layer().file("a", "1").link("b", "a"), layer().file("b", "2"), layer().file("c", ""));
    Rewritten rewritten = rewrite(image, plan(remove("/a")));
    assertThat(names(rewritten.image().layers().get(0))).containsExactly("b");
    assertThat(Images.headers(rewritten.image().layers().get(0)).get("b").at(156)).isEqualTo('0');
  }

  @Test
  void attributes_ofALinkedFile_areInAllItsEntries() throws IOException {
    Image image = image(layer().file("a", "1"), layer().link("b", "a"));
    Rewritten rewritten =
        rewrite(image, plan(attributes("/b", FileAttributes.ofMode(0700).withOwner(5, 6))));
    assertThat(rewritten.layers()).allMatch(change -> change.action() == Action.REWRITTEN);
    assertThat(names(rewritten.image().layers().get(1))).containsExactly("b -> a");
  }

  @Test
  void remove_symlinkThatOthersGoThrough_givesThemTheRealName() throws IOException {
    Image image =
        image(
            layer().directory("usr/bin", 0755).symlink("bin", "usr/bin").file("usr/bin/old", ""),
            layer().file("bin/sh", "x").file("bin/.wh.old", "").link("bash", "bin/sh"));
    Rewritten rewritten = rewrite(image, plan(remove("/bin")));
    assertThat(names(rewritten.image().layers().get(1)))
        .containsExactly("usr/bin/sh", "usr/bin/.wh.old", "bash -> usr/bin/sh");
  }

  @Test
  void remove_inALayerWithDuplicates_leavesNoDuplicates() throws IOException {
    Image image =
        image(layer().file("a", "1").file("b", "").file("a", "2").link("c", "a").file("a", "3"));
    Rewritten rewritten = rewrite(image, plan(remove("/b")));
    assertThat(names(rewritten.image().layers().get(0))).containsExactly("c", "a");
  }

  @Test
  void remove_lastFileOfAnImpliedDirectory_keepsTheDirectory() throws IOException {
    Image image = image(layer().file("d/a", "1").file("k", ""));
    Rewritten rewritten = rewrite(image, plan(remove("/d/a")));
    assertThat(names(rewritten.image().layers().get(0))).containsExactly("d/", "k");
  }

  @Test
  void remove_everything_keepsOneLayer() throws IOException {
    Image image = image(layer().file("a", ""), layer().file("b", ""));
    Rewritten rewritten = rewrite(image, plan(remove("/a"), remove("/b")));
    assertThat(rewritten.image().layers()).hasSize(1);
  }

  @Test
  void add_toAnImageWithoutLayers_addsOne() throws IOException {
    Rewritten rewritten = rewrite(image(), plan(add("/a", NEW)));
    assertThat(rewritten.layers().get(0).action()).isEqualTo(Action.ADDED);
    assertThat(names(rewritten.image().layers().get(0))).containsExactly("a");
  }

  @Test
  void replace_withTheSame_changesNothing() throws IOException {
    Image image = image(layer().file("a", "1", 0600));
    assertThat(rewrite(image, plan(attributes("/a", FileAttributes.ofMode(0600)))).image())
        .isSameAs(image);
  }

  @Test
  void rewrite_historyThatIsShort_staysInStep() throws IOException {
    Image full = image(layer().file("a", ""), layer().file("b", ""));
    Image image = image(full.layers(), List.of(History.of("first")));
    Rewritten dropped = rewrite(image, plan(remove("/a")));
    assertThat(dropped.image().config().history()).hasSize(1);
    assertThat(dropped.image().config().history().get(0).isEmptyLayer()).isTrue();
    Rewritten overlaid = check(LayerRewriter.overlay(), image, plan(remove("/a")));
    assertThat(overlaid.image().config().history()).hasSize(1);
  }

  @Test
  void rewrite_estargz_dropsTheTableOfContents() throws IOException {
    Layer plain = layer().file("a", "1").file("b", "2").file("stargz.index.json", "{}").build();
    Layer layer =
        new Layer(
            plain
                .descriptor()
                .withAnnotations(
                    Map.of("containerd.io/snapshot/stargz/toc.digest", "sha256:1", "own", "kept")),
            plain.diffId(),
            plain.blob());
    Image image = image(List.of(layer), List.of());
    Layer rewritten = rewrite(image, plan(remove("/a"))).image().layers().get(0);
    assertThat(names(rewritten)).containsExactly("b");
    assertThat(rewritten.descriptor().annotations()).containsExactly(Map.entry("own", "kept"));
  }

  @Test
  void rewrite_xzLayer_becomesGzip() throws IOException {
    Image image = image(layer().compressed(Compression.XZ).file("a", "").file("b", ""));
    Layer layer = rewrite(image, plan(remove("/a"))).image().layers().get(0);
    assertThat(layer.descriptor().mediaType()).isEqualTo(MediaType.OCI_LAYER_GZIP);
    assertThat(Compression.detect(layer.blob())).isEqualTo(Compression.GZIP);
  }

  @Test
  void overlay_removalsAndChanges_areOneLayerOnTop() throws IOException {
    Image image = image(layer().file("d/a", "1").file("d/b", "2").link("d/c", "d/b").file("k", ""));
    Rewritten rewritten =
        check(
            LayerRewriter.overlay(),
            image,
            plan(remove("/d/a"), attributes("/d/b", FileAttributes.ofMode(0700)), add("/n", NEW)));
    assertThat(rewritten.image().layers().get(0)).isSameAs(image.layers().get(0));
    assertThat(names(rewritten.image().layers().get(1)))
        .containsExactly("d/.wh.a", "d/b", "d/c -> d/b", "n");
    assertThat(rewritten.image().config().history()).hasSize(2);
  }

  @Test
  void overlay_on127Layers_throws() {
    LayerBuilder[] layers = new LayerBuilder[127];
    Arrays.setAll(layers, i -> layer().file("f" + i, ""));
    Image image = image(layers);
    assertThatThrownBy(
            () -> LayerRewriter.overlay().rewrite(image, plan(remove("/f1")), new MemoryBlobs()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no overlay on an image of 127 layers: engines take at most 127");
  }

  @Test
  void squash_layersWithWhiteoutsAndLinks_isOneLayerWithoutMarkers() throws IOException {
    Image image =
        image(
            layer().file("a", "1").file("b", "2").link("c", "b"),
            layer().file(".wh.a", "").file("b", "3"));
    Rewritten rewritten = check(LayerRewriter.squash(), image, EditPlan.empty());
    assertThat(names(rewritten.image().layers().get(0))).containsExactly("b", "c");
    assertThat(rewritten.image().config().history())
        .extracting(History::isEmptyLayer)
        .containsExactly(true, true, false);
  }

  @Test
  void rewrite_sinkThatFailsAtAnyCall_commitsNothingMore() throws IOException {
    Image image =
        image(
            layer().file("a", "1").file("b", "2"),
            layer().compressed(Compression.ZSTD).file("c", "").file("d", ""));
    EditPlan plan = plan(remove("/a"), remove("/c"));
    MemoryBlobs whole = new MemoryBlobs();
    LayerRewriter.inPlace().rewrite(image, plan, whole);
    for (int i = 0; i < whole.calls(); i++) {
      MemoryBlobs failing = new MemoryBlobs(i);
      assertThatThrownBy(() -> LayerRewriter.inPlace().rewrite(image, plan, failing))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("no ");
      assertThat(failing.committedAfterFailure).isZero();
    }
  }

  @Test
  void rewrite_layerThatFailsAtAnyByte_commitsNothing() throws IOException {
    Image image = image(layer().file("a", "1").file("b", "2"));
    LayeredImage opened = LayeredImage.open(image);
    assertThat(opened.indexes()).hasSize(1);
    long size = image.layers().get(0).descriptor().size();
    for (long at = 0; at < size; at++) {
      Layer layer = image.layers().get(0);
      Layer failing =
          new Layer(layer.descriptor(), layer.diffId(), new FailingContent(layer.blob(), at));
      Image broken = image(List.of(failing), List.of());
      MemoryBlobs sink = new MemoryBlobs();
      assertThatThrownBy(() -> LayerRewriter.inPlace().rewrite(broken, plan(remove("/a")), sink))
          .isInstanceOf(IOException.class);
      assertThat(sink.blobs).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void rewrite_anyNumberOfThreads_givesTheSameBytes(Compression old) throws IOException {
    LayerBuilder large = layer().compressed(old);
    Random random = new Random(3);
    for (int i = 0; i < 55; i++) {
      StringBuilder text = new StringBuilder();
      while (text.length() < 100_000) {
        text.append(Integer.toString(random.nextInt(5000) * 7919, 36)).append(' ');
      }
      large.file("f" + i, text.toString());
    }
    Image image = image(large, layer().file("a", "1").file("b", "2"), layer().file("c", "3"));
    EditPlan plan =
        plan(remove("/f3"), remove("/f30"), replace("/f50", "new"), remove("/a"), remove("/c"));
    String opened = LayeredImage.open(image).toString();
    List<LayerRewriter> rewriters =
        old == Compression.GZIP
            ? List.of(LayerRewriter.inPlace(), LayerRewriter.squash(), LayerRewriter.overlay())
            : List.of(LayerRewriter.inPlace());
    for (LayerRewriter rewriter : rewriters) {
      MemoryBlobs alone = new MemoryBlobs();
      Rewritten expected = rewriter.rewrite(image, plan, alone);
      for (int threads : new int[] {1, 2, 8}) {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
          MemoryBlobs blobs = new MemoryBlobs();
          Rewritten rewritten =
              rewriter.withExecutor(executor, threads).rewrite(image, plan, blobs);
          assertThat(rewritten.image().digest()).isEqualTo(expected.image().digest());
          assertThat(rewritten.layers()).isEqualTo(expected.layers());
          assertThat(blobs.blobs.keySet()).isEqualTo(alone.blobs.keySet());
          assertThat(LayeredImage.open(image, Limits.defaults(), Map.of(), executor, threads))
              .hasToString(opened);
        } finally {
          executor.shutdown();
        }
      }
    }
  }

  @Test
  void rewrite_executorThatRefuses_worksInTheCallingThread() throws IOException {
    Image image = image(layer().file("a", "1").file("b", "2"), layer().file("c", "").file("d", ""));
    EditPlan plan = plan(remove("/a"), remove("/c"));
    Rewritten expected = LayerRewriter.inPlace().rewrite(image, plan, new MemoryBlobs());

    Rewritten rewritten =
        LayerRewriter.inPlace()
            .withExecutor(
                task -> {
                  throw new RejectedExecutionException();
                },
                2)
            .rewrite(image, plan, new MemoryBlobs());

    assertThat(rewritten.image().digest()).isEqualTo(expected.image().digest());
  }

  @Test
  void rewrite_layerThatChangesAfterItWasRead_commitsNothing() throws IOException {
    Image image = image(layer().file("a", "1").file("b", "2"));
    Layer layer = image.layers().get(0);
    byte[] bytes = layer.blob().readAll(1 << 20);
    Content changing =
        new Content() {
          @Override
          public InputStream open() {
            return new ByteArrayInputStream(bytes);
          }

          @Override
          public long size() {
            return bytes.length;
          }
        };
    Layer later =
        new Layer(layer.descriptor(), layer.diffId(), layer.descriptor().verified(changing));
    LayeredImage opened = LayeredImage.open(image(List.of(later), List.of()));
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] ^= 1;
      MemoryBlobs sink = new MemoryBlobs();
      assertThatThrownBy(() -> LayerRewriter.inPlace().rewrite(opened, plan(remove("/a")), sink))
          .as("byte %s", i)
          .isInstanceOf(MalformedContentException.class);
      assertThat(sink.blobs).isEmpty();
      bytes[i] ^= 1;
    }
  }

  /** Fails at a byte. */
  private record FailingContent(Content content, long at) implements Content {
    @Override
    public InputStream open() throws IOException {
      InputStream in = content.open();
      return new InputStream() {
        private long position;

        @Override
        public int read() throws IOException {
          if (position++ >= at) {
            throw new IOException("no more");
          }
          return in.read();
        }
      };
    }

    @Override
    public long size() {
      return content.size();
    }
  }

  @Test
  void rewrite_sinkThatCannotBeRead_givesLayersThatSaySo() throws IOException {
    Image image = image(layer().file("a", "1").file("b", "2"));
    MemoryBlobs blobs = new MemoryBlobs();
    BlobSink sink = blobs::begin;
    Image rewritten = LayerRewriter.inPlace().rewrite(image, plan(remove("/a")), sink).image();
    assertThatThrownBy(() -> rewritten.layers().get(0).blob().open())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("was written to a sink that cannot be read");
  }

  @Test
  void rewrite_withACache_rewritesALayerOnce() throws IOException {
    Map<LayerCache.Key, LayerCache.Entry> kept = new HashMap<>();
    List<String> calls = new ArrayList<>();
    LayerCache cache =
        new LayerCache() {
          @Override
          public Optional<Entry> get(Key key) {
            calls.add(kept.containsKey(key) ? "hit" : "miss");
            return Optional.ofNullable(kept.get(key));
          }

          @Override
          public void put(Key key, Entry rewritten) {
            calls.add("put");
            kept.put(key, rewritten);
          }
        };
    Image one = image(layer().file("a", "1").file("b", "2"), layer().file("c", ""));
    Image other = image(layer().file("a", "1").file("b", "2"), layer().file("d", ""));
    LayerRewriter rewriter = LayerRewriter.inPlace().withCache(cache);
    Rewritten first = check(rewriter, one, plan(remove("/a")));
    Rewritten second = check(rewriter, other, plan(remove("/a")));
    check(rewriter, one, plan(remove("/b")));
    assertThat(calls).containsExactly("miss", "put", "hit", "miss", "put");
    assertThat(second.image().layers().get(0).descriptor())
        .isEqualTo(first.image().layers().get(0).descriptor());
    assertThat(second.layers().get(0).encodedBytes()).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "GZIP", "ZSTD"})
  void compressing_inEveryMode_writesItAndKeepsWhatDoesNotChange(Compression compression)
      throws IOException {
    Image image =
        image(
            layer().compressed(Compression.GZIP).file("a", "1").file("b", "2"),
            layer().compressed(Compression.NONE).file("c", "3"),
            layer().compressed(Compression.ZSTD).file("d", "4").file("e", "5"));
    EditPlan plan = plan(remove("/a"), remove("/d"));
    MediaType expected =
        switch (compression) {
          case NONE -> MediaType.OCI_LAYER;
          case GZIP -> MediaType.OCI_LAYER_GZIP;
          default -> MediaType.OCI_LAYER_ZSTD;
        };

    Rewritten inPlace = check(LayerRewriter.inPlace().compressing(compression), image, plan);
    Rewritten squashed = check(LayerRewriter.squash().compressing(compression), image, plan);
    Rewritten overlaid = check(LayerRewriter.overlay().compressing(compression), image, plan);

    List<Layer> layers = inPlace.image().layers();
    assertThat(layers.get(0).descriptor().mediaType()).isEqualTo(expected);
    assertThat(layers.get(1)).isSameAs(image.layers().get(1));
    assertThat(layers.get(2).descriptor().mediaType()).isEqualTo(expected);
    assertThat(Compression.detect(layers.get(0).blob())).isEqualTo(compression);
    assertThat(squashed.image().layers().get(0).descriptor().mediaType()).isEqualTo(expected);
    assertThat(overlaid.image().layers().get(3).descriptor().mediaType()).isEqualTo(expected);
  }

  @Test
  void compressing_xz_isRefused() {
    assertThatThrownBy(() -> LayerRewriter.squash().compressing(Compression.XZ))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no media type of layers with xz");
  }

  @Test
  void rewrite_oneNameForTwoPlaces_isWrittenOnce() throws IOException {
    // The second marker goes through the symbolic link and hides /b/a, if there is one.
    Image image =
        image(
            layer().file("a", "1").file("b/a", "2"),
            layer().file("c/.wh.a", "").symlink("c", "b").file("c/.wh.a", "").file("d", "3"));
    Rewritten rewritten = rewrite(image, plan(remove("/d")));
    List<String> written = names(rewritten.image().layers().get(1));
    assertThat(written).doesNotHaveDuplicates().contains("b/.wh.a");
  }

  @Test
  void rewrite_deadDirectoryAboveALoopOfLinks_leavesItsMarkerOut() throws IOException {
    Image image =
        image(
            layer().symlink("a", "a"),
            layer()
                .link("b", "a")
                .directory("a", 0755)
                .file("a/.wh..wh..opq", "")
                .file(".wh.a", "")
                .link("a", "b"),
            layer().file("d", "3"));
    rewrite(image, plan(remove("/a")));
    rewrite(image, plan(remove("/b")));
    rewrite(image, plan(remove("/d")));
  }

  @Test
  void rewrite_deadLinkOverALowerDirectory_leavesOneOpaqueMarker() throws IOException {
    for (boolean markerFirst : new boolean[] {false, true}) {
      LayerBuilder upper = layer().symlink("b/b", "x");
      if (markerFirst) {
        upper.file("b/b/.wh..wh..opq", "").directory("b/b", 0755);
      } else {
        upper.directory("b/b", 0755).file("b/b/.wh..wh..opq", "");
      }
      Image image = image(layer().directory("b/b/a", 0755), upper.file("d", "3"));
      Rewritten rewritten = rewrite(image, plan(remove("/d")));
      assertThat(names(rewritten.image().layers().get(1))).doesNotHaveDuplicates();
    }
  }

  @Test
  void rewrite_impliedDirectoryWithTheNameOfAnEntryElsewhere_isWrittenOnce() throws IOException {
    // c/c is put at /c, through the link, and takes its place; then c/c/a implies /c/c.
    Image image =
        image(layer().symlink("c", "/"), layer().directory("c/c", 0700).directory("c/c/a", 0700));
    Rewritten rewritten = rewrite(image, plan(remove("/c/c/a")));
    rewritten.image().layers().forEach(layer -> assertThat(names(layer)).doesNotHaveDuplicates());
  }
}
