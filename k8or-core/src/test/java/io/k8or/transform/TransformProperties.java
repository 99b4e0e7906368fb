package io.k8or.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.Trees;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TransformProperties {
  private static final Reason REASON = new Reason("test", "rule", "evidence");

  /** A transform that looks at what is there: its plan depends on the ones before it. */
  private record Looking(ImagePath path, int kind) implements Transform {
    @Override
    public EditPlan plan(ImageSnapshot image) {
      List<Edit> edits = new ArrayList<>();
      FileTree files = image.files();
      if (kind == 0 && files.contains(path)) {
        edits.add(new Edit.RemovePath(path, REASON));
      } else if (kind == 1) {
        Content content = Content.of(ByteString.utf8(files.size() + " paths"));
        edits.add(
            new Edit.AddFile(path, FileNode.regular(FileAttributes.ofMode(0600), content), REASON));
      } else if (kind == 2 && files.get(path).filter(FileNode::isRegular).isPresent()) {
        Content content = Content.of(ByteString.utf8("links " + files.links(path)));
        edits.add(new Edit.ReplaceContent(path, content, REASON));
      } else if (kind == 3 && files.contains(path)) {
        FileAttributes old = files.get(path).orElseThrow().attributes();
        edits.add(new Edit.SetAttributes(path, old.withOwner(old.uid() + 1, old.gid()), REASON));
      } else if (kind == 4) {
        String user = "\"" + image.config().user().orElse("") + "1\"";
        edits.add(new Edit.EditConfig("/config/User", user, REASON));
      }
      return EditPlan.of(edits, List.of(), List.of(Finding.at(path, REASON)));
    }
  }

  @Property
  void andThen_isAssociativeWithIdentity(
      @ForAll("images") ImageSnapshot image,
      @ForAll("transforms") Transform a,
      @ForAll("transforms") Transform b,
      @ForAll("transforms") Transform c)
      throws IOException {
    EditPlan left = a.andThen(b).andThen(c).plan(image);
    EditPlan right = a.andThen(b.andThen(c)).plan(image);
    assertSamePlan(left, right);
    assertSamePlan(Transform.identity().andThen(a).plan(image), a.plan(image));
    assertSamePlan(a.andThen(Transform.identity()).plan(image), a.plan(image));
    assertThat(a.andThen(b).andThen(c)).isEqualTo(a.andThen(b.andThen(c)));
  }

  @Property
  void with_fusedPlans_isWithOneAfterTheOther(
      @ForAll("images") ImageSnapshot image,
      @ForAll("transforms") Transform a,
      @ForAll("transforms") Transform b)
      throws IOException {
    EditPlan first = a.plan(image);
    ImageSnapshot between = image.with(first);
    EditPlan second = b.plan(between);
    assertSameImage(image.with(first.then(second)), between.with(second));
    assertSameImage(image.with(a.andThen(b).plan(image)), between.with(second));
  }

  @Property
  void with_removedPath_isAbsentAndOthersAreUntouched(
      @ForAll("images") ImageSnapshot image, @ForAll("paths") ImagePath path) {
    EditPlan plan = EditPlan.of(List.of(new Edit.RemovePath(path, REASON)));
    TreeMap<ImagePath, FileNode> expected = new TreeMap<>(image.files().nodes());
    expected.keySet().removeIf(each -> each.isWithin(path));
    ImageSnapshot after = image.with(plan);
    assertThat(after.files().nodes()).isEqualTo(expected);
    assertThat(after.config()).isEqualTo(image.config());
  }

  @Property
  void plan_inputImage_isUnchanged(
      @ForAll("images") ImageSnapshot image, @ForAll("transforms") Transform transform)
      throws IOException {
    TreeMap<ImagePath, FileNode> before = new TreeMap<>(image.files().nodes());
    ByteString config = image.config().bytes();
    image.with(transform.plan(image));
    assertThat(image.files().nodes()).isEqualTo(before);
    assertThat(image.config().bytes()).isEqualTo(config);
  }

  // An added node is new in each plan, and nodes are equal by identity: what they record counts.
  private static void assertSamePlan(EditPlan one, EditPlan other) {
    assertThat(one.edits()).hasSameSizeAs(other.edits());
    for (int i = 0; i < one.edits().size(); i++) {
      if (one.edits().get(i) instanceof Edit.AddFile add
          && other.edits().get(i) instanceof Edit.AddFile otherAdd) {
        assertThat(add.path()).isEqualTo(otherAdd.path());
        assertThat(add.node().isSameAs(otherAdd.node())).isTrue();
      } else {
        assertThat(one.edits().get(i)).isEqualTo(other.edits().get(i));
      }
    }
    assertThat(one.findings()).isEqualTo(other.findings());
  }

  private static void assertSameImage(ImageSnapshot one, ImageSnapshot other) {
    assertThat(one.config()).isEqualTo(other.config());
    assertThat(one.files().nodes().keySet()).isEqualTo(other.files().nodes().keySet());
    one.files()
        .nodes()
        .forEach(
            (path, node) -> {
              FileNode otherNode = other.files().get(path).orElseThrow();
              assertThat(node.isSameAs(otherNode)).as("%s: %s, %s", path, node, otherNode).isTrue();
              assertThat(one.files().links(path)).isEqualTo(other.files().links(path));
            });
  }

  @Provide
  Arbitrary<ImageSnapshot> images() {
    ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64"));
    return Trees.trees().map(files -> ImageSnapshot.of(config, files));
  }

  @Provide
  Arbitrary<Transform> transforms() {
    return Combinators.combine(Trees.paths(), Arbitraries.integers().between(0, 4))
        .as(Looking::new);
  }

  @Provide
  Arbitrary<ImagePath> paths() {
    return Trees.paths();
  }
}
