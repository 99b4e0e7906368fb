package io.k8or.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EditPlanTest {
  private static final Reason REASON = new Reason("users", "unused", "owns nothing");

  private static Artifact artifact(String name, String text) {
    return new Artifact(name, "text/plain", Content.of(ByteString.utf8(text)));
  }

  private static ImageSnapshot image() {
    return ImageSnapshot.of(
        ImageConfig.of(Platform.parse("linux/amd64")), FileTree.builder().build());
  }

  @Test
  void of_twoArtifactsOfOneName_throws() {
    List<Artifact> artifacts = List.of(artifact("a", "1"), artifact("a", "2"));
    assertThatThrownBy(() -> EditPlan.of(List.of(), artifacts, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("two artifacts with the name a");
  }

  @Test
  void then_artifactsOfOneName_theNextStays() {
    EditPlan one = EditPlan.of(List.of(), List.of(artifact("a", "1")), List.of());
    EditPlan two = EditPlan.of(List.of(), List.of(artifact("a", "2")), List.of());
    assertThat(one.then(two).artifacts()).containsExactly(artifact("a", "2"));
  }

  @Test
  void summary_countsByRule() {
    EditPlan plan =
        EditPlan.of(
            List.of(
                new Edit.RemovePath(ImagePath.of("/a"), REASON),
                new Edit.RemovePath(ImagePath.of("/b"), REASON),
                new Edit.EditConfig("/config/User", "\"1:1\"", REASON)),
            List.of(artifact("seccomp.json", "{}")),
            List.of(Finding.of(REASON)));
    assertThat(plan.summary().lines().map(String::strip))
        .containsExactly(
            "3 edits, 1 finding, 1 artifact",
            "1 config      users/unused",
            "2 remove      users/unused",
            "seccomp.json");
    assertThat(plan).hasToString(plan.summary());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b", ".", ".."})
  void artifact_nameThatIsNoFileName_throws(String name) {
    assertThatThrownBy(() -> artifact(name, ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not a file name: " + name);
  }

  @Test
  void removePath_root_throws() {
    assertThatThrownBy(() -> new Edit.RemovePath(ImagePath.root(), REASON))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the root cannot be removed");
  }

  @Test
  void with_emptyPlan_isTheSameSnapshot() {
    ImageSnapshot image = image();
    assertThat(image.with(EditPlan.empty())).isSameAs(image);
    assertThat(image.platform()).hasToString("linux/amd64");
  }

  @Test
  void with_editThatDoesNotFit_throws() {
    EditPlan plan =
        EditPlan.of(List.of(new Edit.ReplaceContent(ImagePath.of("/a"), Content.empty(), REASON)));
    assertThatThrownBy(() -> image().with(plan))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("nothing at /a");
  }

  @Test
  void finding_toString_isOneLine() {
    assertThat(Finding.at(ImagePath.of("/a"), REASON))
        .hasToString("/a: users/unused: owns nothing");
    assertThat(Finding.of(REASON)).hasToString("users/unused: owns nothing");
  }

  @Test
  void inOrder_nested_isFlat() {
    Transform one = image -> EditPlan.empty();
    Transform two = image -> EditPlan.empty();
    assertThat(Transform.inOrder(Transform.inOrder(one, Transform.identity()), two))
        .isEqualTo(new InOrder(List.of(one, two)));
    assertThat(Transform.identity()).hasToString("InOrder[transforms=[]]");
  }
}
