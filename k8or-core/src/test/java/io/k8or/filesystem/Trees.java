package io.k8or.filesystem;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Generated paths and trees: few names, so that steps meet each other. */
public final class Trees {
  private Trees() {}

  /** A step that changes a tree, and can say what it is. */
  public interface Step {
    /** Changes the tree, if the step fits it. */
    void apply(FileTree.Editor editor);
  }

  /** Returns paths of one to four segments. */
  public static Arbitrary<ImagePath> paths() {
    return Arbitraries.of("a", "b", "a-", "c")
        .list()
        .ofMinSize(1)
        .ofMaxSize(4)
        .map(segments -> ImagePath.of("/" + String.join("/", segments)));
  }

  /** Returns files, directories, links, with few attributes. */
  public static Arbitrary<FileNode> nodes() {
    Arbitrary<FileAttributes> attributes =
        Arbitraries.of(0644, 0755, 04755)
            .map(mode -> FileAttributes.ofMode(mode).withOwner(mode % 5, mode % 7));
    Arbitrary<String> targets =
        Arbitraries.of("a", "../b", "/a/b", "../../../../etc", ".", "/", "c/../a", "//b//");
    return Combinators.combine(attributes, Arbitraries.integers().between(0, 4), targets)
        .as(
            (given, kind, target) ->
                switch (kind) {
                  case 0 -> FileNode.directory(given);
                  case 1 -> FileNode.symlink(given, ByteString.utf8(target));
                  case 2 -> FileNode.fifo(given);
                  default -> FileNode.regular(given, Content.of(ByteString.utf8(target)));
                });
  }

  /** Returns steps of all kinds. */
  public static Arbitrary<List<Step>> steps() {
    Arbitrary<Step> put = Combinators.combine(paths(), nodes()).as((p, n) -> e -> e.put(p, n));
    Arbitrary<Step> link =
        Combinators.combine(paths(), paths())
            .as(
                (path, existing) ->
                    editor -> {
                      boolean file =
                          editor.get(existing).filter(node -> !node.isDirectory()).isPresent();
                      if (file) {
                        editor.link(path, existing);
                      }
                    });
    Arbitrary<Step> remove = paths().map(path -> editor -> editor.remove(path));
    return Arbitraries.frequencyOf(Tuple.of(6, put), Tuple.of(3, link), Tuple.of(1, remove))
        .list()
        .ofMaxSize(25);
  }

  /** Returns trees made of steps. */
  public static Arbitrary<FileTree> trees() {
    return steps()
        .map(
            steps -> {
              FileTree.Editor editor = FileTree.builder();
              steps.forEach(step -> step.apply(editor));
              return editor.build();
            });
  }
}
