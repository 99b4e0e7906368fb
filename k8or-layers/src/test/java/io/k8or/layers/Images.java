package io.k8or.layers;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Descriptor;
import io.k8or.image.History;
import io.k8or.image.Image;
import io.k8or.image.ImageConfig;
import io.k8or.image.Layer;
import io.k8or.image.Manifest;
import io.k8or.image.MediaType;
import io.k8or.image.Platform;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.limits.Limits;
import io.k8or.layers.tar.TarEntry;
import io.k8or.layers.tar.TarReader;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Images of layers, and what tests ask of them. */
final class Images {
  static final Reason REASON = new Reason("test", "rule", "evidence");

  private Images() {}

  static Image image(LayerBuilder... layers) {
    List<Layer> built = new ArrayList<>();
    List<History> history = new ArrayList<>();
    for (LayerBuilder layer : layers) {
      built.add(layer.build());
      history.add(History.of("layer " + built.size()));
    }
    return image(built, history);
  }

  static Image image(List<Layer> layers, List<History> history) {
    ImageConfig config =
        ImageConfig.of(new Platform("linux", "amd64", ""))
            .withLayers(layers.stream().map(Layer::diffId).toList(), history);
    Descriptor descriptor = Descriptor.of(MediaType.OCI_CONFIG, config.bytes().toByteArray());
    return Image.of(
        Manifest.of(descriptor, layers.stream().map(Layer::descriptor).toList()), config, layers);
  }

  static EditPlan plan(Edit... edits) {
    return EditPlan.of(List.of(edits));
  }

  static Edit remove(String path) {
    return new Edit.RemovePath(ImagePath.of(path), REASON);
  }

  static Edit replace(String path, String text) {
    return new Edit.ReplaceContent(ImagePath.of(path), LayerBuilder.content(text), REASON);
  }

  static Edit add(String path, FileNode node) {
    return new Edit.AddFile(ImagePath.of(path), node, REASON);
  }

  static Edit attributes(String path, FileAttributes attributes) {
    return new Edit.SetAttributes(ImagePath.of(path), attributes, REASON);
  }

  /** Each path with everything that is recorded of it; for hard links, all names too. */
  static Map<String, String> describe(FileTree tree) {
    Map<String, String> text = new TreeMap<>();
    tree.nodes()
        .forEach(
            (path, node) ->
                text.put(
                    path.toString(),
                    node.type()
                        + " "
                        + node.attributes()
                        + xattrs(node)
                        + " "
                        + node.target()
                        + " "
                        + node.deviceMajor()
                        + ","
                        + node.deviceMinor()
                        + " "
                        + text(node)
                        + " "
                        + tree.links(path)));
    return text;
  }

  private static String xattrs(FileNode node) {
    return node.attributes().xattrs().toString();
  }

  static String text(FileNode node) {
    try {
      return ByteString.copyOf(node.content().readAll(1 << 24)).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String text(FileTree tree, String path) {
    return text(tree.get(ImagePath.of(path)).orElseThrow());
  }

  static byte[] tarOf(Layer layer) {
    try (InputStream in = Compression.detect(layer.blob()).decompress(layer.blob())) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The names of a layer's entries with their header blocks, in order. */
  static Map<String, ByteString> headers(Layer layer) {
    Map<String, ByteString> headers = new LinkedHashMap<>();
    try (TarReader reader =
        new TarReader(
            new ByteArrayInputStream(tarOf(layer)), layer.toString(), Limits.defaults())) {
      for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
        headers.put(
            entry.get().name().toString() + (headers.size() > 1000 ? headers.size() : ""),
            ByteString.copyOf(reader.headerBlocks()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return headers;
  }

  /** The names of a layer's entries, in order, each with its link target if it has one. */
  static List<String> names(Layer layer) {
    List<String> names = new ArrayList<>();
    try (TarReader reader =
        new TarReader(
            new ByteArrayInputStream(tarOf(layer)), layer.toString(), Limits.defaults())) {
      for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
        String target = entry.get().linkName().isEmpty() ? "" : " -> " + entry.get().linkName();
        names.add(entry.get().name() + target);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return names;
  }
}
