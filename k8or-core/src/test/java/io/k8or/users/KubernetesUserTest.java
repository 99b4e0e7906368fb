package io.k8or.users;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KubernetesUserTest {
  private static final long WEB_ID = ServiceName.firstId("web");

  private static KubernetesUser user(String text) {
    return KubernetesUser.parse(text, UidRegistry.inMemory());
  }

  private static ImageSnapshot applied(ImageSnapshot image, KubernetesUser user) throws Exception {
    return image.with(user.plan(image));
  }

  @ParameterizedTest
  @CsvSource({
    "web, web",
    "Web_1, web_1",
    "my.service/api, my-service-api",
    "9lives, _9lives",
    "-x, _-x",
    "a-service-with-a-name-that-is-much-too-long, a-service-with-a-name-t-",
  })
  void accountName_ofAService_isAsUseraddWantsIt(String service, String expected) {
    String name = user(service).accountName();
    assertThat(name).startsWith(expected).hasSizeLessThanOrEqualTo(32);
    assertThat(name).matches("[a-z_][a-z0-9_-]*");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "...", "web:0", "web:1:2:3", "web:x", "web:", "web:2147483648"})
  void parse_wrongText_throws(String text) {
    assertThatThrownBy(() -> user(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void firstId_ofAName_isDocumented() {
    // printf web | sha256sum: the first 8 bytes, unsigned, modulo 50000, plus 10000.
    assertThat(WEB_ID).isEqualTo(Long.remainderUnsigned(sha256("web"), 50_000) + 10_000);
    assertThat(WEB_ID).isBetween(10_000L, 59_999L);
  }

  private static long sha256(String text) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes());
      return ByteBuffer.wrap(hash).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void plan_debian_addsALockedAccountAndSetsUser() throws Exception {
    FileTree.Editor files = TestImages.debian();
    TestImages.text(files, "/usr/sbin/nologin", "");
    ImageSnapshot image = applied(TestImages.image(files), user("web"));
    assertThat(TestImages.read(image, "/etc/passwd"))
        .isEqualTo(
            TestImages.PASSWD
                + "web:x:"
                + WEB_ID
                + ":"
                + WEB_ID
                + "::/nonexistent:/usr/sbin/nologin\n");
    assertThat(TestImages.read(image, "/etc/shadow"))
        .isEqualTo(TestImages.SHADOW + "web:!:::::::\n");
    assertThat(TestImages.read(image, "/etc/group"))
        .isEqualTo(TestImages.GROUP + "web:x:" + WEB_ID + ":\n");
    assertThat(TestImages.read(image, "/etc/gshadow")).isEqualTo(TestImages.GSHADOW + "web:!::\n");
    assertThat(image.config().user()).contains(WEB_ID + ":" + WEB_ID);
  }

  @Test
  void plan_emptyImage_makesPasswdAndGroupAlone() throws Exception {
    ImageSnapshot image = applied(TestImages.image(FileTree.builder()), user("web:1000"));
    assertThat(TestImages.read(image, "/etc/passwd"))
        .isEqualTo("web:*:1000:1000::/nonexistent:/sbin/nologin\n");
    assertThat(TestImages.read(image, "/etc/group")).isEqualTo("web:*:1000:\n");
    assertThat(image.files().contains(ImagePath.of("/etc/shadow"))).isFalse();
    assertThat(image.files().contains(ImagePath.of("/etc/gshadow"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"web", "web:1234", "web:1234:33", "web:1234:0"})
  void plan_appliedTwice_isEmptyTheSecondTime(String text) throws Exception {
    KubernetesUser user =
        user(text)
            .owning(List.of(ImagePath.of("/var/www"), ImagePath.of("/data/new")))
            .forArbitraryUid();
    FileTree.Editor files = TestImages.debian();
    TestImages.owned(files, "/var/www/html", 33, 33);
    ImageSnapshot once = applied(TestImages.image(files), user);
    assertThat(user.plan(once)).isEqualTo(EditPlan.empty());
  }

  @Test
  void plan_numberInUse_takesTheNext() throws Exception {
    FileTree.Editor files = TestImages.debian();
    TestImages.owned(files, "/srv", WEB_ID, 0);
    TestImages.text(files, "/etc/group", "other:x:" + (WEB_ID + 1) + ":\n");
    TestImages.text(files, "/etc/subuid", "root:" + (WEB_ID + 2) + ":2\n");
    ImageSnapshot image = applied(TestImages.image(files), user("web"));
    assertThat(image.config().user()).contains((WEB_ID + 4) + ":" + (WEB_ID + 4));
  }

  @Test
  void plan_numberOfAnotherService_takesTheNext() throws Exception {
    UidRegistry registry = UidRegistry.inMemory();
    assertThat(registry.claim(WEB_ID, "other")).isTrue();
    KubernetesUser user = KubernetesUser.forService("web", registry);
    ImageSnapshot image = TestImages.image(TestImages.debian());
    assertThat(applied(image, user).config().user()).contains((WEB_ID + 1) + ":" + (WEB_ID + 1));
    assertThat(applied(image, user).config().user()).contains((WEB_ID + 1) + ":" + (WEB_ID + 1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "mail        | the image has an account mail already, as 8:8; name the service otherwise",
        "mail:9      | the image has an account mail already, as 8:8 and not as 9:9",
        "web:33      | the uid 33 for web is that of www-data already",
        "audio:1234  | the image has a group audio already, as 29 and not as 1234",
      })
  void plan_clashWithTheImage_throws(String text, String message) {
    ImageSnapshot image = TestImages.image(TestImages.debian());
    assertThatThrownBy(() -> user(text).plan(image))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void plan_existingAccountAskedFor_isUsed() throws Exception {
    ImageSnapshot image = TestImages.image(TestImages.debian());
    ImageSnapshot after = applied(image, user("mail:8"));
    assertThat(after.config().user()).contains("8:8");
    assertThat(TestImages.read(after, "/etc/passwd")).isEqualTo(TestImages.PASSWD);
  }

  @Test
  void owning_presentPaths_changesOwnersAndDropsSetuid() throws Exception {
    FileTree.Editor files = TestImages.debian();
    FileAttributes setuid =
        FileAttributes.ofMode(06755)
            .withXattrs(Map.of(ByteString.utf8("security.capability"), ByteString.utf8("x")));
    files.put(ImagePath.of("/data/tool"), FileNode.regular(setuid, Content.empty()));
    TestImages.link(files, "/data/out", "/etc/passwd");
    TestImages.link(files, "/alias", "data");
    ImageSnapshot image =
        applied(TestImages.image(files), user("web:7:9").owning(List.of(ImagePath.of("/alias"))));
    FileAttributes tool = image.files().get(ImagePath.of("/data/tool")).orElseThrow().attributes();
    assertThat(tool.toString()).startsWith("0755 7:9");
    assertThat(tool.xattrs()).isEmpty();
    assertThat(image.files().get(ImagePath.of("/data")).orElseThrow().attributes().uid())
        .isEqualTo(7);
    assertThat(image.files().get(ImagePath.of("/etc/passwd")).orElseThrow().attributes().uid())
        .isZero();
  }

  @Test
  void owning_missingPath_makesADirectory() throws Exception {
    FileTree.Editor files = TestImages.debian();
    TestImages.link(files, "/var/run", "/run");
    TestImages.owned(files, "/run", 0, 0);
    KubernetesUser user = user("web:7").owning(List.of(ImagePath.of("/var/run/web/tmp")));
    ImageSnapshot image = applied(TestImages.image(files), user);
    assertThat(image.files().get(ImagePath.of("/run/web/tmp")).orElseThrow().attributes())
        .isEqualTo(FileAttributes.ofMode(0750).withOwner(7, 7));
  }

  @Test
  void forArbitraryUid_ownedPaths_getGroupZeroAndItsRights() throws Exception {
    FileTree.Editor files = TestImages.debian();
    files.put(
        ImagePath.of("/data/f"), FileNode.regular(FileAttributes.ofMode(0604), Content.empty()));
    KubernetesUser user =
        user("web:7")
            .owning(List.of(ImagePath.of("/data"), ImagePath.of("/new")))
            .forArbitraryUid();
    ImageSnapshot image = applied(TestImages.image(files), user);
    assertThat(image.files().get(ImagePath.of("/data/f")).orElseThrow().attributes().toString())
        .startsWith("0664 7:0");
    assertThat(image.files().get(ImagePath.of("/new")).orElseThrow().attributes().toString())
        .startsWith("0770 7:0");
  }

  @Test
  void owning_fileWithANameOutside_isLeftWithAFinding() throws Exception {
    FileTree.Editor files = TestImages.debian();
    TestImages.text(files, "/bin/tool", "x");
    files.link(ImagePath.of("/data/tool"), ImagePath.of("/bin/tool"));
    ImageSnapshot image = TestImages.image(files);
    EditPlan plan = user("web:7").owning(List.of(ImagePath.of("/data"))).plan(image);
    assertThat(plan.findings())
        .extracting(Object::toString)
        .containsExactly(
            "/data/tool: users/hard-link-outside: not given away: it has names elsewhere,"
                + " [/bin/tool, /data/tool]");
    assertThat(
            image
                .with(plan)
                .files()
                .get(ImagePath.of("/bin/tool"))
                .orElseThrow()
                .attributes()
                .uid())
        .isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/               | the whole image cannot be a service's: /",
        "/etc/passwd/sub | nothing can be at /etc/passwd/sub: /etc/passwd is no directory",
        "/broken/sub     | /broken is a symbolic link to nothing",
      })
  void owning_impossiblePath_throws(String path, String message) {
    FileTree.Editor files = TestImages.link(TestImages.debian(), "/broken", "/nowhere");
    ImageSnapshot image = TestImages.image(files);
    assertThatThrownBy(() -> user("web").owning(List.of(ImagePath.of(path))).plan(image))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void plan_afterPruning_keepsTheNewAccount() throws Exception {
    ImageSnapshot image = TestImages.image(TestImages.debian());
    ImageSnapshot after = image.with(user("web").andThen(UserPruner.defaults()).plan(image));
    assertThat(TestImages.read(after, "/etc/passwd")).contains("web:x:").doesNotContain("daemon");
  }

  @Test
  void toString_ofAUser_isReadable() {
    assertThat(user("web:7").owning(List.of(ImagePath.of("/data"))).forArbitraryUid())
        .hasToString("KubernetesUser[web:7:7, owning [/data], for an arbitrary uid]");
  }
}
