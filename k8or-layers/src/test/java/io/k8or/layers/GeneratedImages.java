package io.k8or.layers;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Image;
import io.k8or.layers.compression.Compression;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Small images with everything that makes layers hard, and plans that fit them. */
final class GeneratedImages {
  private static final String[] NAMES = {"a", "b", "c"};
  private static final String[] TARGETS = {"a", "b", "/a", "/b/c", "../b", "c/a", "/", "nowhere"};

  /**
   * The seed of the laws over these images: every run, the CI's ten thousand tries too, sees the
   * same images. Whoever changes the rewriter tries other seeds, and makes a test of what they
   * find.
   */
  static final String SEED = "20261122";

  private GeneratedImages() {}

  /** One step of an image or a plan; the numbers choose what it is. */
  record Step(int kind, int path, int other, int value) {}

  static Arbitrary<List<List<Step>>> layers() {
    return step().list().ofMaxSize(7).list().ofMinSize(1).ofMaxSize(4);
  }

  static Arbitrary<List<Step>> edits() {
    return step().list().ofMinSize(1).ofMaxSize(4);
  }

  private static Arbitrary<Step> step() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 15),
            Arbitraries.integers().between(0, 38),
            Arbitraries.integers().between(0, 38),
            Arbitraries.integers().between(0, 7))
        .as(Step::new);
  }

  /** One of the 39 paths of one to three names. */
  static String path(int number) {
    if (number < 3) {
      return NAMES[number];
    }
    if (number < 12) {
      return NAMES[(number - 3) / 3] + "/" + NAMES[(number - 3) % 3];
    }
    int n = number - 12;
    return NAMES[n / 9] + "/" + NAMES[n / 3 % 3] + "/" + NAMES[n % 3];
  }

  /** Builds the image; steps that no unpacker could take are left out. */
  static Image image(List<List<Step>> layers) {
    return image(layers, Compression.NONE, Compression.GZIP, Compression.ZSTD, Compression.XZ);
  }

  static Image image(List<List<Step>> layers, Compression... compressions) {
    MergedTree tree = new MergedTree();
    LayerBuilder[] built = new LayerBuilder[layers.size()];
    for (int i = 0; i < built.length; i++) {
      tree.beginPass(i + 1);
      built[i] = LayerBuilder.layer();
      int sum = 0;
      for (Step step : layers.get(i)) {
        sum += step.value();
        add(tree, i, step, built[i]);
      }
      built[i].compressed(compressions[sum % compressions.length]);
    }
    return Images.image(built);
  }

  private static void add(MergedTree tree, int layer, Step step, LayerBuilder builder) {
    String name = path(step.path());
    ImagePath path = ImagePath.of("/" + name);
    try {
      ImagePath real = tree.resolveParent(path, "test");
      switch (step.kind()) {
        case 0, 1 -> {
          tree.whiteout(real, layer);
          builder.file(whiteout(name), "", 0);
        }
        case 2 -> {
          tree.makeOpaque(tree.resolve(path, "test"), layer);
          builder.file(name + "/.wh..wh..opq", "", 0);
        }
        case 3, 4, 5 -> {
          Optional<ImagePath> target = existing(tree.paths(), step.other());
          if (target.isEmpty() || target.get().isWithin(real) || !fits(tree, real)) {
            return;
          }
          tree.place(real, tree.get(target.get()).node(), layer, 0, "test");
          builder.link(name, target.get().toRelativeBytes().toString());
        }
        default -> {
          if (!fits(tree, real)) {
            return;
          }
          FileNode node = node(step);
          tree.place(real, node, layer, 0, "test");
          builder.node(prefix(step) + name, node);
        }
      }
    } catch (MalformedContentException e) {
      // Not a step for this image.
    }
  }

  private static String prefix(Step step) {
    return step.other() % 5 == 0 ? "./" : "";
  }

  private static String whiteout(String name) {
    int slash = name.lastIndexOf('/');
    return name.substring(0, slash + 1) + ".wh." + name.substring(slash + 1);
  }

  private static boolean fits(MergedTree tree, ImagePath path) {
    for (Optional<ImagePath> at = path.parent(); at.isPresent(); at = at.get().parent()) {
      MergedTree.Placed placed = tree.get(at.get());
      if (placed != null && !placed.node().isDirectory()) {
        return false;
      }
    }
    return true;
  }

  private static Optional<ImagePath> existing(Map<ImagePath, MergedTree.Placed> paths, int number) {
    List<ImagePath> files =
        paths.entrySet().stream()
            .filter(entry -> !entry.getValue().node().isDirectory())
            .map(Map.Entry::getKey)
            .toList();
    return files.isEmpty() ? Optional.empty() : Optional.of(files.get(number % files.size()));
  }

  private static FileNode node(Step step) {
    FileAttributes attributes =
        FileAttributes.ofMode(0600 + step.value()).withOwner(step.other() % 3, 0);
    return switch (step.kind()) {
      case 6, 7, 8 -> FileNode.directory(attributes);
      case 9, 10 ->
          FileNode.symlink(attributes, ByteString.utf8(TARGETS[step.other() % TARGETS.length]));
      case 11 -> FileNode.fifo(attributes);
      default ->
          FileNode.regular(
              attributes, LayerBuilder.content("x".repeat(step.value()) + step.other()));
    };
  }

  /** Makes a plan whose edits fit, one after the other. */
  static EditPlan plan(ImageSnapshot image, List<Step> steps) {
    List<Edit> edits = new ArrayList<>();
    ImageSnapshot seen = image;
    for (Step step : steps) {
      Edit edit = edit(seen.files(), step);
      seen = seen.with(Images.plan(edit));
      edits.add(edit);
    }
    return EditPlan.of(edits);
  }

  private static Edit edit(FileTree files, Step step) {
    List<ImagePath> paths = new ArrayList<>(files.nodes().keySet());
    ImagePath existing = paths.get(step.path() % paths.size());
    ImagePath any = ImagePath.of("/" + path(step.path()));
    FileNode node = files.get(existing).orElseThrow();
    return switch (step.kind()) {
      case 0, 1, 2, 3, 4, 5 ->
          new Edit.RemovePath(existing.isRoot() ? any : existing, Images.REASON);
      case 6 -> new Edit.RemovePath(any, Images.REASON);
      case 7, 8, 9 ->
          node.isRegular()
              ? new Edit.ReplaceContent(
                  existing, LayerBuilder.content("new" + step.value()), Images.REASON)
              : setAttributes(existing, step);
      case 10, 11 -> setAttributes(existing, step);
      default ->
          new Edit.AddFile(
              any,
              node(new Step(6 + step.other() % 8, 0, step.other(), step.value())),
              Images.REASON);
    };
  }

  private static Edit setAttributes(ImagePath path, Step step) {
    return new Edit.SetAttributes(
        path, FileAttributes.ofMode(0400 + step.value()).withOwner(7, 7), Images.REASON);
  }
}
