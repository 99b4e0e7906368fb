package io.k8or.layers;

import static io.k8or.layers.Images.describe;
import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import io.k8or.layers.GeneratedImages.Step;
import io.k8or.layers.Rewritten.Action;
import io.k8or.layers.Rewritten.LayerChange;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class LayerRewriterProperties {
  @Provide
  Arbitrary<List<List<Step>>> layers() {
    return GeneratedImages.layers();
  }

  @Provide
  Arbitrary<List<Step>> edits() {
    return GeneratedImages.edits();
  }

  @Property(seed = GeneratedImages.SEED)
  void inPlace_anyPlan_givesThePlannedTree(
      @ForAll("layers") List<List<Step>> layers, @ForAll("edits") List<Step> edits)
      throws IOException {
    Image image = GeneratedImages.image(layers);
    ImageSnapshot before = Layers.snapshot(image);
    EditPlan plan = GeneratedImages.plan(before, edits);
    ImageSnapshot after = before.with(plan);
    Rewritten rewritten = LayerRewriter.inPlace().rewrite(image, plan, new MemoryBlobs());
    FileTree found = Layers.snapshot(rewritten.image()).files();
    assertThat(describe(found)).isEqualTo(describe(after.files()));
    assertThat(shadowed(found)).isEqualTo(shadowed(after.files()));
    assertThat(rewritten.removed() - rewritten.added())
        .isEqualTo(before.files().size() - after.files().size());
  }

  private static List<ImagePath> shadowed(FileTree tree) {
    // Directories aside: one that was implied may have to be recorded.
    return tree.shadowed().stream()
        .filter(file -> !file.node().isDirectory())
        .map(FileTree.Shadowed::path)
        .sorted()
        .toList();
  }

  @Property(seed = GeneratedImages.SEED)
  void inPlace_anyPlan_keepsHeadersAndUntouchedLayers(
      @ForAll("layers") List<List<Step>> layers, @ForAll("edits") List<Step> edits)
      throws IOException {
    Image image = GeneratedImages.image(layers);
    EditPlan plan = GeneratedImages.plan(Layers.snapshot(image), edits);
    Rewritten rewritten = LayerRewriter.inPlace().rewrite(image, plan, new MemoryBlobs());
    boolean onlyRemoves = plan.edits().stream().allMatch(Edit.RemovePath.class::isInstance);
    int old = 0;
    int next = 0;
    for (LayerChange change : rewritten.layers()) {
      if (change.action() == Action.KEPT) {
        assertThat(rewritten.image().layers().get(next)).isSameAs(image.layers().get(old));
      }
      if (change.action() == Action.REWRITTEN) {
        Layer layer = rewritten.image().layers().get(next);
        List<String> names = names(layer);
        assertThat(new HashSet<>(names)).hasSameSizeAs(names);
        if (onlyRemoves) {
          checkHeaders(image.layers().get(old), layer);
        }
      }
      old += change.from().isPresent() ? 1 : 0;
      next += change.to().isPresent() ? 1 : 0;
    }
    assertThat(rewritten.image().config().history().stream().filter(step -> !step.isEmptyLayer()))
        .hasSameSizeAs(rewritten.image().layers());
  }

  private static List<String> names(Layer layer) {
    return Images.names(layer).stream()
        .map(name -> ImagePath.of(ByteString.utf8(name.split(" -> ")[0])).toString())
        .toList();
  }

  // A header that is in both layers under one name is the same, unless a link became a file.
  private static void checkHeaders(Layer before, Layer after) {
    Map<String, ByteString> headers = Images.headers(before);
    Set<String> links = new HashSet<>();
    Images.names(before).stream()
        .filter(name -> name.contains(" -> "))
        .forEach(name -> links.add(name.split(" -> ")[0]));
    // Two spellings of one path, ./a/ and a, are one entry in the end, with what the last one says.
    List<String> paths = names(before);
    Images.headers(after)
        .forEach(
            (name, header) -> {
              String path = ImagePath.of(ByteString.utf8(name)).toString();
              long times = paths.stream().filter(path::equals).count();
              if (times == 1 && headers.containsKey(name) && !links.contains(name)) {
                assertThat(header.toHex()).isEqualTo(headers.get(name).toHex());
              }
            });
  }

  @Property(seed = GeneratedImages.SEED)
  void inPlace_removedPath_isInNoLayer(
      @ForAll("layers") List<List<Step>> layers, @ForAll("edits") List<Step> edits)
      throws IOException {
    Image image = GeneratedImages.image(layers);
    ImageSnapshot before = Layers.snapshot(image);
    EditPlan plan = GeneratedImages.plan(before, edits);
    ImageSnapshot after = before.with(plan);
    Rewritten rewritten = LayerRewriter.inPlace().rewrite(image, plan, new MemoryBlobs());
    for (Edit edit : plan.edits()) {
      if (edit instanceof Edit.RemovePath remove && !after.files().contains(remove.path())) {
        LayeredImage result = LayeredImage.open(rewritten.image());
        MergedTree tree = new MergedTree();
        for (int i = 0; i < result.indexes().size(); i++) {
          LayerIndex index = result.indexes().get(i);
          LayerPass pass = LayerPass.over(tree, index, i);
          for (int k = 0; k < index.entries().size(); k++) {
            assertThat(pass.real(k).isWithin(remove.path()) && isFile(index, k))
                .describedAs("%s in %s", index.entries().get(k), index)
                .isFalse();
          }
        }
      }
    }
  }

  private static boolean isFile(LayerIndex index, int entry) {
    LayerEntry.Kind kind = index.entries().get(entry).kind();
    return kind == LayerEntry.Kind.NODE || kind == LayerEntry.Kind.LINK;
  }

  @Property(seed = GeneratedImages.SEED)
  void squash_anyPlan_givesThePlannedTree(
      @ForAll("layers") List<List<Step>> layers, @ForAll("edits") List<Step> edits)
      throws IOException {
    Image image = GeneratedImages.image(layers);
    ImageSnapshot before = Layers.snapshot(image);
    EditPlan plan = GeneratedImages.plan(before, edits);
    Rewritten rewritten = LayerRewriter.squash().rewrite(image, plan, new MemoryBlobs());
    assertThat(describe(Layers.snapshot(rewritten.image()).files()))
        .isEqualTo(describe(before.with(plan).files()));
    assertThat(rewritten.image().layers()).hasSize(1);
    assertThat(rewritten.image().config().history().stream().filter(step -> !step.isEmptyLayer()))
        .hasSize(1);
  }

  @Property(seed = GeneratedImages.SEED)
  void overlay_anyPlan_givesThePlannedTree(
      @ForAll("layers") List<List<Step>> layers, @ForAll("edits") List<Step> edits)
      throws IOException {
    Image image = GeneratedImages.image(layers);
    ImageSnapshot before = Layers.snapshot(image);
    EditPlan plan = GeneratedImages.plan(before, edits);
    Rewritten rewritten = LayerRewriter.overlay().rewrite(image, plan, new MemoryBlobs());
    assertThat(describe(Layers.snapshot(rewritten.image()).files()))
        .isEqualTo(describe(before.with(plan).files()));
    assertThat(rewritten.image().layers().subList(0, image.layers().size()))
        .isEqualTo(image.layers());
  }

  @Property(seed = GeneratedImages.SEED)
  void inPlace_editsFused_areEditsInSequence(
      @ForAll("layers") List<List<Step>> layers,
      @ForAll("edits") List<Step> first,
      @ForAll("edits") List<Step> second)
      throws IOException {
    Image image = GeneratedImages.image(layers);
    ImageSnapshot before = Layers.snapshot(image);
    EditPlan one = GeneratedImages.plan(before, first);
    EditPlan two = GeneratedImages.plan(before.with(one), second);
    Image fused = LayerRewriter.inPlace().rewrite(image, one.then(two), new MemoryBlobs()).image();
    Image between = LayerRewriter.inPlace().rewrite(image, one, new MemoryBlobs()).image();
    Image sequence = LayerRewriter.inPlace().rewrite(between, two, new MemoryBlobs()).image();
    assertThat(describe(Layers.snapshot(fused).files()))
        .isEqualTo(describe(Layers.snapshot(sequence).files()));
  }

  @Property(tries = 50, seed = GeneratedImages.SEED)
  void anyMode_sameInput_givesTheSameBytesOnAnyThreads(
      @ForAll("layers") List<List<Step>> layers, @ForAll("edits") List<Step> edits)
      throws IOException {
    Image image = GeneratedImages.image(layers);
    EditPlan plan = GeneratedImages.plan(Layers.snapshot(image), edits);
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      for (LayerRewriter rewriter :
          List.of(LayerRewriter.inPlace(), LayerRewriter.squash(), LayerRewriter.overlay())) {
        Image once = rewriter.rewrite(image, plan, new MemoryBlobs()).image();
        Image again =
            rewriter.withExecutor(threads, 3).rewrite(image, plan, new MemoryBlobs()).image();
        assertThat(again.digest()).isEqualTo(once.digest());
      }
    } finally {
      threads.shutdown();
    }
  }
}
