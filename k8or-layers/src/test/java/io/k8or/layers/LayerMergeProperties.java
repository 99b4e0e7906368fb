package io.k8or.layers;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.image.Image;
import io.k8or.image.Layer;
import io.k8or.layers.GeneratedImages.Step;
import io.k8or.layers.limits.Limits;
import io.k8or.layers.tar.TarEntry;
import io.k8or.layers.tar.TarReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** The merged tree against an unpacker that is written as simply as one can. */
final class LayerMergeProperties {
  @Provide
  Arbitrary<List<List<Step>>> layers() {
    return GeneratedImages.layers();
  }

  @Property(seed = GeneratedImages.SEED)
  void snapshot_anyImage_isWhatANaiveUnpackerMakes(@ForAll("layers") List<List<Step>> layers)
      throws IOException {
    Image image = GeneratedImages.image(layers);
    Directory root = new Directory();
    for (Layer layer : image.layers()) {
      new Unpacker(root).unpack(layer);
    }
    Map<String, String> expected = new TreeMap<>();
    root.describe("", expected);
    Map<String, String> found = new TreeMap<>();
    FileTree files = Layers.snapshot(image).files();
    files
        .nodes()
        .forEach(
            (path, node) -> {
              if (!path.isRoot()) {
                found.put(path.toString(), text(node) + " " + files.links(path).size());
              }
            });
    assertThat(found).isEqualTo(expected);
  }

  private static String text(FileNode node) {
    return node.type()
        + " "
        + Integer.toOctalString(node.attributes().mode())
        + " "
        + node.attributes().uid()
        + " "
        + node.target()
        + " "
        + Images.text(node);
  }

  /** An inode. */
  private static class Inode {
    String text = "";
    String symlink = "";
    int names;
  }

  /** A directory. */
  private static final class Directory extends Inode {
    final Map<String, Inode> children = new TreeMap<>();

    Directory() {
      text = "DIRECTORY 755 0  ";
      names = 1;
    }

    void describe(String path, Map<String, String> into) {
      children.forEach(
          (name, child) -> {
            into.put(path + "/" + name, child.text + " " + child.names);
            if (child instanceof Directory directory) {
              directory.describe(path + "/" + name, into);
            }
          });
    }
  }

  /** Unpacks one layer, as umoci does. */
  private static final class Unpacker {
    private final Directory root;
    private final Set<String> upper = new HashSet<>();

    Unpacker(Directory root) {
      this.root = root;
    }

    void unpack(Layer layer) throws IOException {
      try (TarReader reader =
          new TarReader(
              new ByteArrayInputStream(Images.tarOf(layer)), "layer", Limits.defaults())) {
        for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
          ByteString content = ByteString.copyOf(reader.content().readAllBytes());
          entry(next.get(), content.toString());
        }
      }
    }

    private void entry(TarEntry entry, String content) {
      List<String> path = segments(entry.path().toString());
      String name = path.remove(path.size() - 1);
      List<String> parent = secureJoin(path);
      if (name.equals(".wh..wh..opq")) {
        Inode at = get(parent);
        if (at instanceof Directory directory) {
          clean(directory, String.join("/", parent));
        }
        return;
      }
      if (name.startsWith(".wh.")) {
        if (get(parent) instanceof Directory directory) {
          remove(directory, name.substring(4), join(parent, name.substring(4)));
        }
        return;
      }
      Directory directory = root;
      for (String segment : parent) {
        directory = (Directory) directory.children.computeIfAbsent(segment, s -> new Directory());
      }
      Inode old = directory.children.get(name);
      Inode made;
      if (entry.isDirectory() && old instanceof Directory) {
        made = old;
      } else {
        if (old != null) {
          forget(old);
          directory.children.remove(name);
        }
        made =
            entry.isHardLink()
                ? linkTarget(entry)
                : entry.isDirectory() ? new Directory() : new Inode();
        if (!(made instanceof Directory)) {
          made.names++;
        }
        directory.children.put(name, made);
      }
      if (!entry.isHardLink()) {
        made.symlink = entry.linkName().toString();
        made.text =
            entry.type().orElseThrow()
                + " "
                + Integer.toOctalString(entry.attributes().mode())
                + " "
                + entry.attributes().uid()
                + " "
                + entry.linkName()
                + " "
                + content;
      }
      List<String> all = new ArrayList<>(parent);
      all.add(name);
      for (int i = 1; i <= all.size(); i++) {
        upper.add(String.join("/", all.subList(0, i)));
      }
    }

    private Inode linkTarget(TarEntry entry) {
      List<String> target = segments("/" + entry.linkName());
      String name = target.remove(target.size() - 1);
      Inode found = ((Directory) get(secureJoin(target))).children.get(name);
      assertThat(found).isNotNull();
      return found;
    }

    private static String join(List<String> parent, String name) {
      return parent.isEmpty() ? name : String.join("/", parent) + "/" + name;
    }

    private void clean(Directory directory, String path) {
      for (String name : List.copyOf(directory.children.keySet())) {
        remove(directory, name, path.isEmpty() ? name : path + "/" + name);
      }
    }

    private void remove(Directory directory, String name, String path) {
      Inode at = directory.children.get(name);
      if (at == null) {
        return;
      }
      if (!upper.contains(path)) {
        forget(at);
        directory.children.remove(name);
      } else if (at instanceof Directory below) {
        clean(below, path);
      }
    }

    private static void forget(Inode inode) {
      if (inode instanceof Directory directory) {
        directory.children.values().forEach(Unpacker::forget);
      } else {
        inode.names--;
      }
    }

    private @Nullable Inode get(List<String> path) {
      Inode at = root;
      for (String segment : path) {
        at = at instanceof Directory directory ? directory.children.get(segment) : null;
      }
      return at;
    }

    private List<String> secureJoin(List<String> path) {
      List<String> left = new ArrayList<>(path);
      List<String> at = new ArrayList<>();
      while (!left.isEmpty()) {
        String segment = left.remove(0);
        if (segment.equals("..")) {
          if (!at.isEmpty()) {
            at.remove(at.size() - 1);
          }
          continue;
        }
        at.add(segment);
        Inode inode = get(at);
        if (inode != null && !inode.symlink.isEmpty()) {
          at.remove(at.size() - 1);
          if (inode.symlink.startsWith("/")) {
            at.clear();
          }
          left.addAll(0, segments(inode.symlink));
        }
      }
      return at;
    }

    private static List<String> segments(String path) {
      List<String> segments = new ArrayList<>();
      for (String segment : path.split("/", -1)) {
        if (!segment.isEmpty() && !segment.equals(".")) {
          segments.add(segment);
        }
      }
      return segments;
    }
  }
}
