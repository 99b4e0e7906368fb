package io.k8or.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.report.Accounting.RuleSum;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import java.util.List;
import org.junit.jupiter.api.Test;

final class AccountingTest {
  private static final Reason DOCS = new Reason("files", "documentation", "seen");
  private static final Reason USERS = new Reason("users", "accounts", "seen");

  private static final FileTree TREE =
      FileTree.builder()
          .put(path("/etc/passwd"), file("12345"))
          .put(path("/usr/share/doc/a"), file("123"))
          .put(path("/usr/share/doc/b"), file("1234567"))
          .link(path("/usr/bin/b"), path("/usr/share/doc/b"))
          .build();

  @Test
  void of_emptyPlan_keepsAll() {
    Accounting accounting = count(List.of());
    assertThat(accounting.input()).isEqualTo(new Amount(10, 15));
    assertThat(accounting.kept()).isEqualTo(accounting.input());
    assertThat(accounting.output()).isEqualTo(accounting.input());
    assertThat(accounting.removed()).isEqualTo(Amount.NONE);
    assertThat(accounting.rules()).isEmpty();
  }

  @Test
  void of_removedDirectory_countsEverythingBelowAndLeavesLinkedBytes() {
    Accounting accounting = count(List.of(new Edit.RemovePath(path("/usr/share"), DOCS)));
    // share, doc, a, b; the bytes of b stay under its other name.
    assertThat(accounting.removed()).isEqualTo(new Amount(4, 3));
    assertThat(accounting.kept()).isEqualTo(new Amount(6, 12));
    assertThat(accounting.rules())
        .containsExactly(new RuleSum("files", "documentation", 1, new Amount(4, 3), Amount.NONE));
  }

  @Test
  void of_lastNameRemoved_countsTheBytesForItsRule() {
    Accounting accounting =
        count(
            List.of(
                new Edit.RemovePath(path("/usr/share/doc/b"), DOCS),
                new Edit.RemovePath(path("/usr/bin/b"), USERS)));
    assertThat(accounting.rules())
        .containsExactly(
            new RuleSum("files", "documentation", 1, new Amount(1, 0), Amount.NONE),
            new RuleSum("users", "accounts", 1, new Amount(1, 7), Amount.NONE));
  }

  @Test
  void of_pathRemovedTwice_countsOnce() {
    Accounting accounting =
        count(
            List.of(
                new Edit.RemovePath(path("/usr"), DOCS),
                new Edit.RemovePath(path("/usr/share/doc/a"), USERS)));
    assertThat(accounting.removed()).isEqualTo(new Amount(7, 10));
    assertThat(accounting.rules().get(1).removed()).isEqualTo(Amount.NONE);
  }

  @Test
  void of_replacedContent_isGrowthOfAKeptPath() {
    Accounting accounting =
        count(
            List.of(
                new Edit.ReplaceContent(
                    path("/etc/passwd"), Content.of(ByteString.utf8("1")), USERS)));
    assertThat(accounting.kept()).isEqualTo(accounting.input());
    assertThat(accounting.changedPaths()).isEqualTo(1);
    assertThat(accounting.growth()).isEqualTo(-4);
    assertThat(accounting.output()).isEqualTo(new Amount(10, 11));
  }

  @Test
  void of_addedFileAndItsDirectories_countAsAdded() {
    Accounting accounting =
        count(List.of(new Edit.AddFile(path("/srv/data/x"), file("123456"), USERS)));
    assertThat(accounting.added()).isEqualTo(new Amount(3, 6));
    assertThat(accounting.rules().get(0).added()).isEqualTo(new Amount(3, 6));
    assertThat(accounting.output()).isEqualTo(new Amount(13, 21));
  }

  @Test
  void of_fileInPlaceOfAFile_isRemovedAndAdded() {
    Accounting accounting = count(List.of(new Edit.AddFile(path("/etc/passwd"), file("1"), USERS)));
    assertThat(accounting.removed()).isEqualTo(new Amount(1, 5));
    assertThat(accounting.added()).isEqualTo(new Amount(1, 1));
  }

  // Also asserts, for each plan, that the sums add up to what the edits really leave.
  private static Accounting count(List<Edit> edits) {
    ImageSnapshot image =
        ImageSnapshot.of(ImageConfig.of(new Platform("linux", "amd64", "")), TREE);
    EditPlan plan = EditPlan.of(edits);
    Accounting accounting = Accounting.of(image, plan);
    assertThat(accounting.removed().plus(accounting.kept())).isEqualTo(accounting.input());
    Amount removed = Amount.NONE;
    Amount added = Amount.NONE;
    for (RuleSum rule : accounting.rules()) {
      removed = removed.plus(rule.removed());
      added = added.plus(rule.added());
    }
    assertThat(removed).isEqualTo(accounting.removed());
    assertThat(added).isEqualTo(accounting.added());
    Amount left = Accounting.of(image.with(plan), EditPlan.empty()).input();
    assertThat(accounting.output()).isEqualTo(left);
    return accounting;
  }

  private static FileNode file(String text) {
    return FileNode.regular(FileAttributes.ofMode(0644), Content.of(ByteString.utf8(text)));
  }

  private static ImagePath path(String text) {
    return ImagePath.of(text);
  }
}
