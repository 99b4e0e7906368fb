package io.k8or.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class FilePrunerProperties {
  @Property
  void plan_removesExactlyWhatIsNamedAndNotKept(
      @ForAll("paths") Set<String> paths,
      @ForAll("globs") List<String> remove,
      @ForAll("globs") List<String> keep)
      throws IOException {
    FileTree.Editor editor = FileTree.builder();
    for (String path : paths) {
      FileAttributes attributes = FileAttributes.ofMode(0644);
      if (editor.get(ImagePath.of(path)).isEmpty()) {
        editor.put(ImagePath.of(path), FileNode.regular(attributes, Content.empty()));
      }
    }
    ImageSnapshot image =
        ImageSnapshot.of(ImageConfig.of(Platform.parse("linux/amd64")), editor.build());
    FilePruner pruner =
        FilePruner.removing(remove.stream().map(PathGlob::of).toList())
            .keeping(keep.stream().map(PathGlob::of).toList());
    FileTree lean = image.with(pruner.plan(image)).files();
    image
        .files()
        .nodes()
        .forEach(
            (path, node) -> {
              boolean holdsKept =
                  image.files().subtree(path).keySet().stream().anyMatch(p -> isNamed(keep, p));
              boolean expected = !isNamed(remove, path) || isNamed(keep, path) || holdsKept;
              assertThat(lean.get(path))
                  .as("%s removing %s keeping %s", path, remove, keep)
                  .isEqualTo(expected ? Optional.of(node) : Optional.empty());
            });
    assertThat(image.with(pruner.plan(image)).with(pruner.plan(image)).files().nodes())
        .isEqualTo(lean.nodes());
  }

  @Property
  void matches_isThatOfTheRegularExpression(
      @ForAll("globs") List<String> globs, @ForAll("paths") Set<String> paths) {
    for (String glob : globs) {
      for (String path : paths) {
        assertThat(PathGlob.of(glob).matches(ImagePath.of(path)))
            .as("%s matches %s", glob, path)
            .isEqualTo(regex(glob).matcher(path).matches());
      }
    }
  }

  // A path is named where a glob matches it or a directory that it is in.
  private static boolean isNamed(List<String> globs, ImagePath path) {
    for (Optional<ImagePath> at = Optional.of(path);
        at.isPresent() && !at.get().isRoot();
        at = at.get().parent()) {
      String text = at.get().toString();
      if (globs.stream().anyMatch(glob -> regex(glob).matcher(text).matches())) {
        return true;
      }
    }
    return false;
  }

  private static Pattern regex(String glob) {
    return Pattern.compile(
        glob.replaceAll("/\\*\\*$", "/~")
            .replace("/**", "D")
            .replace("*", "[^/]*")
            .replace("?", "[^/]")
            .replace("D", "(?:/[^/]+)*")
            .replace("~", ".+"));
  }

  @Provide
  Arbitrary<Set<String>> paths() {
    return Arbitraries.of("a", "b", "ab", "ba")
        .list()
        .ofMinSize(1)
        .ofMaxSize(4)
        .map(segments -> "/" + String.join("/", segments))
        .set()
        .ofMaxSize(12);
  }

  @Provide
  Arbitrary<List<String>> globs() {
    return Arbitraries.of("a", "b", "*", "?", "a*", "*b", "**", "?a")
        .list()
        .ofMinSize(1)
        .ofMaxSize(4)
        .map(segments -> "/" + String.join("/", segments))
        .list()
        .ofMaxSize(3);
  }
}
