package io.k8or.layers;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.filesystem.FileTree;
import io.k8or.image.Image;
import io.k8or.layers.GeneratedImages.Step;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.storage.ImageWriter;
import io.k8or.layers.storage.OciLayout;
import io.k8or.testing.Tools;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots and rewritten images against what umoci unpacks. */
@Tag("oracle")
final class UnpackedOracleTest {
  private static final int IMAGES = Integer.getInteger("k8or.oracle.images", 40);

  @TempDir Path directory;
  private int count;

  @Test
  void generatedImages_beforeAndAfterAPlan_areWhatUmociUnpacks() throws IOException {
    Tools.require("umoci");
    for (int seed = 0; seed < IMAGES; seed++) {
      Random random = new Random(seed);
      Image image = GeneratedImages.image(layers(random), Compression.NONE, Compression.GZIP);
      ImageSnapshot before = Layers.snapshot(image);
      assertThat(unpack(image)).describedAs("seed %d", seed).isEqualTo(text(before.files()));
      EditPlan plan = GeneratedImages.plan(before, steps(random, 3));
      Map<String, String> expected = text(before.with(plan).files());
      for (LayerRewriter rewriter :
          List.of(LayerRewriter.inPlace(), LayerRewriter.squash(), LayerRewriter.overlay())) {
        MemoryBlobs sink = new MemoryBlobs();
        Image rewritten = rewriter.rewrite(image, plan, sink).image();
        assertThat(unpack(rewritten))
            .describedAs("seed %d, %s", seed, rewriter)
            .isEqualTo(expected);
      }
    }
  }

  private static List<List<Step>> layers(Random random) {
    List<List<Step>> layers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      layers.add(steps(random, 8));
    }
    return layers;
  }

  private static List<Step> steps(Random random, int size) {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      steps.add(
          new Step(random.nextInt(16), random.nextInt(39), random.nextInt(39), random.nextInt(8)));
    }
    return steps;
  }

  private Map<String, String> unpack(Image image) throws IOException {
    Path layout = directory.resolve("layout" + count);
    Path bundle = directory.resolve("bundle" + count++);
    try (ImageWriter writer = OciLayout.create(layout)) {
      writer.write(image, "test");
    }
    Tools.output("umoci", "unpack", "--image", layout + ":test", bundle.toString());
    Map<String, String> found = new TreeMap<>();
    Path root = bundle.resolve("rootfs");
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.toList()) {
        if (!path.equals(root)) {
          Map<String, Object> unix =
              Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS);
          found.put("/" + root.relativize(path), text(path, unix));
        }
      }
    }
    return found;
  }

  private static String text(Path path, Map<String, Object> unix) throws IOException {
    int mode = (Integer) unix.get("mode");
    String kind =
        switch (mode & 0170000) {
          case 0040000 -> "DIRECTORY ";
          case 0120000 -> "SYMLINK " + Files.readSymbolicLink(path);
          case 0010000 -> "FIFO ";
          default -> "REGULAR " + Files.readString(path, StandardCharsets.UTF_8);
        };
    boolean link = (mode & 0170000) == 0120000;
    boolean directory = (mode & 0170000) == 0040000;
    return kind
        + " "
        + (link ? "" : Integer.toOctalString(mode & 07777))
        + " "
        + unix.get("uid")
        + " "
        + (directory ? 1 : unix.get("nlink"));
  }

  private static Map<String, String> text(FileTree files) {
    Map<String, String> text = new TreeMap<>();
    files
        .nodes()
        .forEach(
            (path, node) -> {
              if (!path.isRoot()) {
                text.put(
                    path.toString(),
                    node.type()
                        + " "
                        + (node.isSymlink() ? node.target() : Images.text(node))
                        + " "
                        + (node.isSymlink() ? "" : Integer.toOctalString(node.attributes().mode()))
                        + " "
                        + node.attributes().uid()
                        + " "
                        + files.links(path).size());
              }
            });
    return text;
  }
}
