package io.k8or.users;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserPrunerTest {
  private static ImageSnapshot pruned(ImageSnapshot image) throws Exception {
    return image.with(UserPruner.defaults().plan(image));
  }

  private static List<String> keptUsers(ImageSnapshot image) throws Exception {
    return UserPruner.defaults().decide(image).stream()
        .filter(decision -> decision.kind() == AccountDecision.Kind.USER && decision.kept())
        .map(AccountDecision::name)
        .toList();
  }

  private static List<String> keptGroups(ImageSnapshot image) throws Exception {
    return UserPruner.defaults().decide(image).stream()
        .filter(decision -> decision.kind() == AccountDecision.Kind.GROUP && decision.kept())
        .map(AccountDecision::name)
        .toList();
  }

  @Test
  void plan_noAccountFiles_isEmpty() throws Exception {
    assertThat(UserPruner.defaults().plan(TestImages.image(FileTree.builder())))
        .isEqualTo(EditPlan.empty());
  }

  @Test
  void plan_unusedAccounts_goFromAllFilesAndMembershipLists() throws Exception {
    FileTree.Editor files = TestImages.debian();
    TestImages.owned(files, "/var/mail", 0, 8);
    TestImages.text(files, "/etc/passwd-", TestImages.PASSWD);
    TestImages.text(files, "/etc/subuid", "daemon:100000:65536\n1:200000:65536\nroot:1:1\n");
    TestImages.text(files, "/etc/subgid-", "www-data:100000:65536\n");
    ImageSnapshot lean = pruned(TestImages.image(files));

    String users =
        """
        root:x:0:0:root:/root:/bin/bash
        nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
        """;
    assertThat(TestImages.read(lean, "/etc/passwd")).isEqualTo(users);
    assertThat(TestImages.read(lean, "/etc/passwd-")).isEqualTo(users);
    assertThat(TestImages.read(lean, "/etc/shadow"))
        .isEqualTo("root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n");
    assertThat(TestImages.read(lean, "/etc/group"))
        .isEqualTo("root:x:0:\nmail:x:8:\nnogroup:x:65534:\n");
    assertThat(TestImages.read(lean, "/etc/gshadow"))
        .isEqualTo("root:*::\nmail:*::\nnogroup:*::\n");
    assertThat(TestImages.read(lean, "/etc/subuid")).isEqualTo("root:1:1\n");
    assertThat(TestImages.read(lean, "/etc/subgid-")).isEmpty();
  }

  @Test
  void plan_appliedTwice_hasNoEditsTheSecondTime() throws Exception {
    ImageSnapshot lean = pruned(TestImages.image(TestImages.debian()));
    assertThat(UserPruner.defaults().plan(lean).edits()).isEmpty();
  }

  @Test
  void plan_edits_sayWhichAccountsAndWhy() throws Exception {
    EditPlan plan = UserPruner.defaults().plan(TestImages.image(TestImages.debian()));
    Edit first = plan.edits().get(0);
    assertThat(first.reason().toString())
        .isEqualTo(
            "users/unused: 3 of 5 lines: own no path, not named by configuration: daemon (1), mail"
                + " (8), www-data (33)");
    assertThat(plan.findings())
        .extracting(Object::toString)
        .contains("/etc/passwd: users/kept-root: user root (0) kept: uid 0");
  }

  @Test
  void plan_attributes_stay() throws Exception {
    FileTree.Editor files = TestImages.debian();
    FileAttributes attributes =
        FileAttributes.ofMode(0640)
            .withOwner(0, 42)
            .withModified(Instant.ofEpochSecond(-1, 5))
            .withXattrs(Map.of(ByteString.utf8("user.x"), ByteString.utf8("y")));
    files.setAttributes(ImagePath.of("/etc/shadow"), attributes);
    ImageSnapshot lean = pruned(TestImages.image(files));
    assertThat(lean.files().get(ImagePath.of("/etc/shadow")).orElseThrow().attributes())
        .isEqualTo(attributes);
  }

  @Test
  void count_isThatOfTheDecisions() throws Exception {
    ImageSnapshot image = TestImages.image(TestImages.debian());
    List<AccountDecision> decisions = UserPruner.defaults().decide(image);
    for (AccountDecision.Kind kind : AccountDecision.Kind.values()) {
      assertThat((long) UserPruner.count(image.files(), kind))
          .isEqualTo(decisions.stream().filter(decision -> decision.kind() == kind).count())
          .isPositive();
    }
  }

  @Test
  void decide_owners_keepTheirNumbers() throws Exception {
    FileTree.Editor files = TestImages.debian();
    TestImages.owned(files, "/srv/a", 33, 0);
    TestImages.owned(files, "/srv/b", 33, 29);
    List<AccountDecision> decisions = UserPruner.defaults().decide(TestImages.image(files));
    assertThat(decisions)
        .extracting(AccountDecision::toString)
        .contains(
            "user www-data (33) kept: owns 2 paths, first /srv/a",
            "group audio (29) kept: owns 1 path, /srv/b",
            "group www-data (33) kept: primary group of the kept user www-data",
            "user daemon (1) removed: owns no path, not named by configuration");
  }

  @Test
  void decide_ownerOfHiddenFile_isKept() throws Exception {
    FileTree.Editor files = TestImages.debian();
    FileNode hidden =
        FileNode.regular(FileAttributes.ofMode(0600).withOwner(8, 29), Content.empty());
    files.shadowed(List.of(new FileTree.Shadowed(0, ImagePath.of("/old"), hidden)));
    assertThat(UserPruner.defaults().decide(TestImages.image(files)))
        .extracting(AccountDecision::toString)
        .contains(
            "user mail (8) kept: owns 1 path, /old (hidden in layer 0)",
            "group audio (29) kept: owns 1 path, /old (hidden in layer 0)");
  }

  @Test
  void decide_accessControlList_keepsItsNumbers() throws Exception {
    FileTree.Editor files = TestImages.debian();
    // Version 2; owner; user 8 rwx; group 29 r-x.
    String acl = "02000000" + "0100070" + "0ffffffff" + "0200070008000000" + "080005001d000000";
    FileAttributes attributes =
        FileAttributes.ofMode(0755)
            .withXattrs(
                Map.of(
                    ByteString.utf8("system.posix_acl_access"),
                    ByteString.copyOf(HexFormat.of().parseHex(acl))));
    files.put(ImagePath.of("/srv"), FileNode.directory(attributes));
    ImageSnapshot image = TestImages.image(files);
    assertThat(keptUsers(image)).containsExactly("root", "mail", "nobody");
    assertThat(keptGroups(image)).contains("audio");
  }

  @Test
  void decide_toor_bothNamesOfTheNumberStay() throws Exception {
    FileTree.Editor files = TestImages.debian();
    TestImages.text(files, "/etc/passwd", TestImages.PASSWD + "toor:x:0:0::/root:/bin/sh\n");
    assertThat(keptUsers(TestImages.image(files))).containsExactly("root", "nobody", "toor");
  }

  @ParameterizedTest
  @ValueSource(strings = {"www-data", "33", "www-data:audio", "33:29", "www-data:"})
  void decide_configUser_isKept(String user) throws Exception {
    ImageSnapshot image = TestImages.image(TestImages.debian(), "/config/User", "\"" + user + "\"");
    assertThat(keptUsers(image)).containsExactly("root", "www-data", "nobody");
    assertThat(keptGroups(image).contains("audio")).isEqualTo(user.matches(".*:.+"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"4294967296", "2147483648", "33:4294967297", "99999999999999999999"})
  void decide_configUserBeyondTheLimit_throws(String user) {
    ImageSnapshot image = TestImages.image(TestImages.debian(), "/config/User", "\"" + user + "\"");
    assertThatThrownBy(() -> UserPruner.defaults().decide(image))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith("image configuration: config.User \"" + user + "\": expected");
  }

  @Test
  void keeping_names_keepsUserAndGroup() throws Exception {
    ImageSnapshot image = TestImages.image(TestImages.debian());
    ImageSnapshot lean =
        image.with(UserPruner.defaults().keeping("mail").keeping("audio").plan(image));
    assertThat(TestImages.read(lean, "/etc/passwd")).contains("mail:").doesNotContain("www-data");
    assertThat(TestImages.read(lean, "/etc/group")).contains("mail:x:8:\n", "audio:x:29:\n");
  }

  @Test
  void keeping_unknownName_isAFinding() throws Exception {
    assertThat(
            UserPruner.defaults()
                .keeping("nginx")
                .plan(TestImages.image(TestImages.debian()))
                .findings())
        .extracting(Object::toString)
        .contains("users/no-such-account: no user or group is named nginx");
  }

  @Test
  void plan_malformedLine_namesIt() {
    FileTree.Editor files = TestImages.debian();
    TestImages.text(files, "/etc/group-", "root:x:0:\nbroken\n");
    ImageSnapshot image = TestImages.image(files);
    assertThatThrownBy(() -> UserPruner.defaults().plan(image))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("group file: /etc/group- line 2: expected 4 fields, found 1");
  }

  @Test
  void plan_symlinkInside_editsItsTarget() throws Exception {
    FileTree.Editor files = TestImages.debian();
    files.remove(ImagePath.of("/etc/passwd"));
    TestImages.link(files, "/etc/passwd", "../data/passwd");
    TestImages.text(files, "/data/passwd", TestImages.PASSWD);
    ImageSnapshot lean = pruned(TestImages.image(files));
    assertThat(TestImages.read(lean, "/data/passwd")).doesNotContain("daemon");
    assertThat(lean.files().get(ImagePath.of("/etc/passwd")).orElseThrow().isSymlink()).isTrue();
  }

  @Test
  void plan_symlinkThatLeaves_throws() {
    FileTree.Editor files = TestImages.debian();
    files.remove(ImagePath.of("/etc/passwd"));
    TestImages.link(files, "/etc/passwd", "../../etc/host-passwd");
    TestImages.text(files, "/etc/host-passwd", TestImages.PASSWD);
    ImageSnapshot image = TestImages.image(files);
    assertThatThrownBy(() -> UserPruner.defaults().plan(image))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage(
            "account file: /etc/passwd: /etc/passwd -> ../../etc/host-passwd leaves the image");
  }

  @Test
  void plan_symlinkLoop_throws() {
    FileTree.Editor files = TestImages.debian();
    files.remove(ImagePath.of("/etc/shadow"));
    TestImages.link(files, "/etc/shadow", "shadow");
    ImageSnapshot image = TestImages.image(files);
    assertThatThrownBy(() -> UserPruner.defaults().plan(image))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("/etc/shadow: more than 40 symbolic links");
  }

  @Test
  void plan_directoryInPlaceOfAFile_throws() {
    FileTree.Editor files = TestImages.debian();
    files.remove(ImagePath.of("/etc/group"));
    TestImages.owned(files, "/etc/group", 0, 0);
    ImageSnapshot image = TestImages.image(files);
    assertThatThrownBy(() -> UserPruner.defaults().plan(image))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith("group file: /etc/group: expected a regular file, found");
  }

  @Test
  void plan_backupIsAHardLink_isEditedOnce() throws Exception {
    FileTree.Editor files = TestImages.debian();
    files.link(ImagePath.of("/etc/passwd-"), ImagePath.of("/etc/passwd"));
    ImageSnapshot image = TestImages.image(files);
    assertThat(UserPruner.defaults().plan(image).edits()).hasSize(4);
    assertThat(TestImages.read(pruned(image), "/etc/passwd-")).doesNotContain("daemon");
  }

  @Test
  void plan_orphanShadowLine_stays() throws Exception {
    FileTree.Editor files = TestImages.debian();
    TestImages.text(files, "/etc/shadow", "ghost:!:1::::::\ndaemon:*:1::::::\n");
    ImageSnapshot lean = pruned(TestImages.image(files));
    assertThat(TestImages.read(lean, "/etc/shadow")).isEqualTo("ghost:!:1::::::\n");
  }

  @Test
  void toString_ofAPruner_namesWhatItKeeps() {
    assertThat(UserPruner.defaults().keeping("redis")).hasToString("UserPruner[keep=[redis]]");
  }
}
