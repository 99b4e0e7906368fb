package io.k8or.layers;

import static io.k8or.layers.LayerBuilder.layer;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Descriptor;
import io.k8or.image.Digest;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import io.k8or.image.MediaType;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Images of two layers that are not compressed: the first two bytes are where the second begins,
 * the third chooses a path to remove. What can be read can be rewritten in each mode, with the same
 * files.
 */
public final class LayersFuzz {
  private LayersFuzz() {}

  /** Loads all classes, which takes its time on a busy machine: no input is to blame for it. */
  public static void fuzzerInitialize() throws IOException {
    for (byte[] seed : seeds()) {
      fuzzerTestOneInput(seed);
    }
  }

  /** Lays the layers over each other, and rewrites them. */
  public static void fuzzerTestOneInput(byte[] data) throws IOException {
    if (data.length < 3) {
      return;
    }
    int half = Math.min((data[0] & 0xff) << 8 | data[1] & 0xff, data.length - 3);
    Image image =
        Images.image(
            List.of(
                plain(Arrays.copyOfRange(data, 3, 3 + half)),
                plain(Arrays.copyOfRange(data, 3 + half, data.length))),
            List.of());
    LayeredImage opened;
    try {
      opened = LayeredImage.open(image);
    } catch (MalformedContentException e) {
      return;
    }
    FileTree before = opened.files();
    List<Edit> edits = new ArrayList<>();
    List<ImagePath> paths = new ArrayList<>(before.nodes().keySet());
    ImagePath chosen = paths.get((data[2] & 0xff) % paths.size());
    if (!chosen.isRoot()) {
      edits.add(new Edit.RemovePath(chosen, Images.REASON));
    }
    FileTree wanted = opened.snapshot().with(EditPlan.of(edits)).files();
    for (LayerRewriter rewriter :
        List.of(LayerRewriter.inPlace(), LayerRewriter.squash(), LayerRewriter.overlay())) {
      Image after = rewriter.rewrite(opened, EditPlan.of(edits), new MemoryBlobs()).image();
      FileTree found = LayeredImage.open(after).files();
      if (!Images.describe(found).equals(Images.describe(wanted))) {
        throw new AssertionError(
            rewriter + ": other files: " + Images.describe(found) + Images.describe(wanted));
      }
    }
  }

  private static Layer plain(byte[] tar) {
    Descriptor descriptor = Descriptor.of(MediaType.OCI_LAYER, tar);
    return new Layer(descriptor, Digest.sha256(tar), Content.of(tar));
  }

  /** Returns pairs of layers. */
  public static List<byte[]> seeds() {
    return List.of(
        seed(
            layer().directory("d/", 0755).file("d/a", "1").file("b", "2").link("c", "b"),
            layer().file("d/.wh..wh..opq", "").file(".wh.b", "").symlink("e", "d")),
        seed(
            layer().symlink("l", "/d").file("d/x", "").file("d/x", "again"),
            layer().file("l/y", "3").file("d/z", "4").link("l/w", "d/z")));
  }

  private static byte[] seed(LayerBuilder lower, LayerBuilder upper) {
    byte[] one = lower.tar();
    byte[] two = upper.tar();
    byte[] seed = new byte[3 + one.length + two.length];
    seed[0] = (byte) (one.length >> 8);
    seed[1] = (byte) one.length;
    seed[2] = 2;
    System.arraycopy(one, 0, seed, 3, one.length);
    System.arraycopy(two, 0, seed, 3 + one.length, two.length);
    return seed;
  }
}
