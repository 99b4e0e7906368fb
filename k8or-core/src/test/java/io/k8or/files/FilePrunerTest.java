package io.k8or.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class FilePrunerTest {
  private static FileNode file() {
    return FileNode.regular(FileAttributes.ofMode(0644), Content.empty());
  }

  private static FileTree.Editor files(String... paths) {
    FileTree.Editor files = FileTree.builder();
    for (String path : paths) {
      files.put(ImagePath.of(path), file());
    }
    return files;
  }

  private static List<PathGlob> globs(String... globs) {
    return Arrays.stream(globs).map(PathGlob::of).toList();
  }

  private static EditPlan plan(FilePruner pruner, FileTree.Editor files) throws IOException {
    return pruner.plan(
        ImageSnapshot.of(ImageConfig.of(Platform.parse("linux/amd64")), files.build()));
  }

  private static List<String> removed(EditPlan plan) {
    return plan.edits().stream().map(e -> ((Edit.RemovePath) e).path().toString()).toList();
  }

  @Test
  void plan_directoryWithoutKept_goesAsAWhole() throws IOException {
    EditPlan plan =
        plan(FilePruner.removing(globs("/usr/share/doc")), files("/usr/share/doc/a/b", "/x"));
    assertThat(removed(plan)).containsExactly("/usr/share/doc");
    assertThat(plan.edits().get(0).reason().toString())
        .isEqualTo("files/removed: /usr/share/doc matches");
    assertThat(plan.findings()).isEmpty();
  }

  @Test
  void plan_directoryWithKept_losesOnlyTheRest() throws IOException {
    FilePruner pruner = FilePruner.removing(globs("/doc")).keeping(globs("/doc/**/copyright"));
    EditPlan plan = plan(pruner, files("/doc/a/copyright", "/doc/a/news", "/doc/b/news", "/doc/z"));
    assertThat(removed(plan)).containsExactly("/doc/a/news", "/doc/b", "/doc/z");
    assertThat(plan.edits().get(1).reason().evidence())
        .isEqualTo("/doc matches /doc, which this is in");
    assertThat(plan.findings())
        .extracting(Finding::toString)
        .containsExactly("/doc/a/copyright: files/kept: /doc/**/copyright matches");
  }

  @Test
  void plan_keptDirectory_keepsAllBelow() throws IOException {
    FilePruner pruner = FilePruner.removing(globs("/a/**")).keeping(globs("/a/keep"));
    assertThat(removed(plan(pruner, files("/a/keep/x/y", "/a/go")))).containsExactly("/a/go");
  }

  @Test
  void plan_keptParent_keepsWhatIsNamedBelow() throws IOException {
    FilePruner pruner = FilePruner.removing(globs("/a/b/c")).keeping(globs("/a"));
    assertThat(plan(pruner, files("/a/b/c")).edits()).isEmpty();
  }

  @Test
  void plan_globWithoutMatch_isAFinding() throws IOException {
    FilePruner pruner = FilePruner.removing(globs("/nothing/*")).keeping(globs("/neither"));
    assertThat(plan(pruner, files("/a")).findings())
        .extracting(Finding::toString)
        .containsExactly(
            "files/matches-nothing: no path in the image is /nothing/*",
            "files/matches-nothing: no path in the image is /neither");
  }

  @Test
  void plan_oneNameOfAHardLink_keepsTheOthers() throws IOException {
    FileTree.Editor files = files("/a");
    files.link(ImagePath.of("/b"), ImagePath.of("/a"));
    FileTree tree = files.build();
    ImageSnapshot image = ImageSnapshot.of(ImageConfig.of(Platform.parse("linux/amd64")), tree);
    EditPlan plan = FilePruner.removing(globs("/a")).plan(image);
    assertThat(plan.edits().get(0).reason().evidence())
        .isEqualTo("/a matches; 1 other names of the file stay");
    assertThat(image.with(plan).files().contains(ImagePath.of("/b"))).isTrue();
  }

  @Test
  void plan_hiddenPath_isRemovedToo() throws IOException {
    FileTree.Editor files = files("/a");
    files.shadowed(List.of(new FileTree.Shadowed(0, ImagePath.of("/secret/key"), file())));
    EditPlan plan = plan(FilePruner.removing(globs("/secret/*")), files);
    assertThat(removed(plan)).containsExactly("/secret/key");
    assertThat(plan.edits().get(0).reason().evidence())
        .isEqualTo("/secret/* matches; a higher layer hides it");
  }

  @Test
  void plan_nonUtf8Name_isMatchedByBytes() throws IOException {
    FileTree.Editor files = files();
    ByteString name = ByteString.copyOf(new byte[] {'x', (byte) 0xff, 'y'});
    files.put(ImagePath.root().resolve(name), file());
    assertThat(removed(plan(FilePruner.removing(globs("/x?y")), files)))
        .containsExactly("/x\\xffy");
  }

  @Test
  void plan_symlinkToADirectory_goesItself() throws IOException {
    FileTree.Editor files = files("/real/f");
    files.put(
        ImagePath.of("/link"),
        FileNode.symlink(FileAttributes.ofMode(0777), ByteString.utf8("real")));
    assertThat(removed(plan(FilePruner.removing(globs("/link", "/link/**")), files)))
        .containsExactly("/link");
  }

  @Test
  void removing_theRoot_throws() throws IOException {
    assertThatThrownBy(() -> FilePruner.removing(globs("/")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the root cannot be removed: /");
  }

  @Test
  void toString_ofAPruner_isReadable() throws IOException {
    assertThat(FilePruner.removing(globs("/a/**")).keeping(globs("/a/b")))
        .hasToString("FilePruner[rules=[], remove=[/a/**], keep=[/a/b], locales=[]]");
  }
}
