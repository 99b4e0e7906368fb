package io.k8or.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.EditPlan;
import io.k8or.transform.Finding;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FileRuleTest {
  private final FileTree.Editor files = FileTree.builder();
  private ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64"));

  private FileRuleTest file(String path) {
    return file(path, FileAttributes.ofMode(0644));
  }

  private FileRuleTest file(String path, FileAttributes attributes) {
    files.put(ImagePath.of(path), FileNode.regular(attributes, Content.of(ByteString.utf8(path))));
    return this;
  }

  private FileRuleTest text(String path, String text) {
    files.put(
        ImagePath.of(path),
        FileNode.regular(FileAttributes.ofMode(0644), Content.of(ByteString.utf8(text))));
    return this;
  }

  private FileRuleTest link(String path, String target) {
    files.put(
        ImagePath.of(path), FileNode.symlink(FileAttributes.ofMode(0777), ByteString.utf8(target)));
    return this;
  }

  private ImageSnapshot image() {
    return ImageSnapshot.of(config, files.build());
  }

  private static List<String> gone(ImageSnapshot image, FilePruner pruner) throws IOException {
    FileTree left = image.with(pruner.plan(image)).files();
    List<String> gone = new ArrayList<>();
    for (Map.Entry<ImagePath, FileNode> entry : image.files().nodes().entrySet()) {
      if (!left.contains(entry.getKey())) {
        gone.add(entry.getKey().toString());
      }
    }
    return gone;
  }

  @Test
  void documentation_keepsLicencesAndLinks() throws IOException {
    file("/usr/share/doc/a/copyright")
        .file("/usr/share/doc/a/changelog.gz")
        .file("/usr/share/doc/a/examples/LICENSE.txt")
        .file("/usr/share/doc/a/examples/x")
        .file("/usr/share/doc/b/README")
        .link("/usr/share/doc/c", "a");
    assertThat(gone(image(), FilePruner.defaults()))
        .containsExactly(
            "/usr/share/doc/a/changelog.gz",
            "/usr/share/doc/a/examples/x",
            "/usr/share/doc/b",
            "/usr/share/doc/b/README");
  }

  @Test
  void documentation_thatALinkElsewherePointsTo_stays() throws IOException {
    file("/usr/share/doc/a/sample.conf").link("/etc/a.conf", "../usr/share/doc/a/sample.conf");
    EditPlan plan = FilePruner.defaults().plan(image());
    assertThat(plan.edits()).isEmpty();
    assertThat(plan.findings())
        .extracting(Finding::toString)
        .containsExactly("/usr/share/doc/a/sample.conf: files/kept: /etc/a.conf is a link to it");
  }

  @Test
  void licences_goOnlyWhenAskedFor() throws IOException {
    file("/usr/share/doc/a/copyright").file("/usr/share/licenses/b/COPYING");
    assertThat(gone(image(), FilePruner.defaults())).isEmpty();
    FilePruner asked =
        new FilePruner(List.of(FileRule.named("licences")), List.of(), List.of(), List.of());
    assertThat(gone(image(), asked))
        .contains("/usr/share/doc/a/copyright", "/usr/share/licenses/b/COPYING");
  }

  @Test
  void manualPages_keepTheSectionsDirectories() throws IOException {
    file("/usr/share/man/man1/ls.1.gz").file("/usr/share/man/de/man1/ls.1.gz");
    assertThat(gone(image(), FilePruner.defaults()))
        .containsExactly(
            "/usr/share/man/de",
            "/usr/share/man/de/man1",
            "/usr/share/man/de/man1/ls.1.gz",
            "/usr/share/man/man1/ls.1.gz");
  }

  @Test
  void translations_ofTheEnvironmentAndTheAskedFor_stay() throws IOException {
    config = config.with("/config/Env", "[\"LANG=fr_CA.UTF-8\"]");
    for (String locale : List.of("de", "de_AT", "en_GB", "fr", "fr_CA", "fr_BE", "ja")) {
      file("/usr/share/locale/" + locale + "/LC_MESSAGES/a.mo");
    }
    file("/usr/share/locale/locale.alias").file("/usr/lib/locale/C.utf8/LC_CTYPE");
    assertThat(gone(image(), FilePruner.defaults().keepingLocales(List.of("de"))))
        .containsExactly(
            "/usr/share/locale/fr_BE",
            "/usr/share/locale/fr_BE/LC_MESSAGES",
            "/usr/share/locale/fr_BE/LC_MESSAGES/a.mo",
            "/usr/share/locale/ja",
            "/usr/share/locale/ja/LC_MESSAGES",
            "/usr/share/locale/ja/LC_MESSAGES/a.mo");
  }

  @Test
  void logsAndCaches_leaveDirectoriesLinksAndWhatTheOwnerCouldNotMake() throws IOException {
    file("/var/log/nginx/error.log")
        .link("/var/log/nginx/access.log", "/dev/stdout")
        .file("/var/log/app.log", FileAttributes.ofMode(0644).withOwner(100, 100))
        .file("/var/cache/nginx/a/b")
        .file("/var/cache/debconf/config.dat");
    assertThat(gone(image(), FilePruner.defaults()))
        .containsExactly("/var/cache/nginx/a/b", "/var/log/nginx/error.log");
  }

  @Test
  void temporaryFile_thatTheConfigurationNames_stays() throws IOException {
    config = config.with("/config/Cmd", "[\"java\",\"-jar\",\"/tmp/app.jar\"]");
    file("/tmp/app.jar").file("/tmp/other");
    assertThat(gone(image(), FilePruner.defaults())).containsExactly("/tmp/other");
  }

  @Test
  void headers_withACompiler_stay() throws IOException {
    file("/usr/include/stdio.h").file("/usr/include/python3.11/pyconfig.h");
    assertThat(gone(image(), FilePruner.defaults())).containsExactly("/usr/include/stdio.h");
    file("/usr/bin/gcc-12");
    EditPlan plan = FilePruner.defaults().plan(image());
    assertThat(plan.edits()).isEmpty();
    assertThat(plan.findings())
        .extracting(Finding::toString)
        .containsExactly(
            "files/headers: nothing goes: /usr/bin/gcc-12 is there, which may need it");
  }

  @Test
  void keep_winsOverRemove_whichWinsOverRules() throws IOException {
    file("/usr/share/info/a").file("/usr/share/info/b").file("/usr/share/man/man1/c.1");
    FilePruner pruner =
        new FilePruner(
            FileRule.defaults(),
            List.of(PathGlob.of("/usr/share/info/a")),
            List.of(PathGlob.of("/usr/share/info/b"), PathGlob.of("/usr/share/man/man1")),
            List.of());
    EditPlan plan = pruner.plan(image());
    assertThat(plan.edits()).extracting(edit -> edit.reason().rule()).containsExactly("removed");
  }

  @Test
  void plan_twice_changesNothingMore() throws IOException {
    file("/usr/share/doc/a/README").file("/var/log/x").file("/usr/share/info/dir");
    ImageSnapshot once = image().with(FilePruner.defaults().plan(image()));
    assertThat(FilePruner.defaults().plan(once).edits()).isEmpty();
  }

  @Test
  void plan_ofDpkgsFiles_takesThemFromItsLists() throws IOException {
    text("/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\n")
        .text(
            "/var/lib/dpkg/info/a.list",
            "/.\n/usr\n/usr/share/doc/a\n/usr/share/doc/a/README\n/usr/share/doc/a/copyright\n")
        .text(
            "/var/lib/dpkg/info/a.md5sums",
            "0".repeat(32)
                + "  usr/share/doc/a/README\n"
                + "1".repeat(32)
                + "  usr/share/doc/a/copyright\n")
        .file("/usr/share/doc/a/README")
        .file("/usr/share/doc/a/copyright");
    files.put(
        ImagePath.of("/etc/dpkg/dpkg.cfg.d"), FileNode.directory(FileAttributes.ofMode(0755)));
    ImageSnapshot image = image();
    EditPlan plan = FilePruner.defaults().plan(image);
    FileTree left = image.with(plan).files();

    assertThat(read(left, "/var/lib/dpkg/info/a.list"))
        .isEqualTo("/.\n/usr\n/usr/share/doc/a\n/usr/share/doc/a/copyright\n");
    assertThat(read(left, "/var/lib/dpkg/info/a.md5sums"))
        .isEqualTo("1".repeat(32) + "  usr/share/doc/a/copyright\n");
    assertThat(read(left, "/etc/dpkg/dpkg.cfg.d/k8or"))
        .contains("# a 1: 1\n", "path-exclude=/usr/share/doc/*/*\n")
        .endsWith("path-include=/usr/share/doc/*/copyright\n");
    JsonNode report =
        JsonMapper.builder().build().readTree(plan.artifacts().get(0).content().readAll(1 << 20));
    assertThat(plan.artifacts().get(0).name()).isEqualTo("pruned.json");
    assertThat(report.path("packages").toString())
        .isEqualTo("[{\"id\":\"a\",\"version\":\"1\",\"paths\":1,\"bytes\":23}]");
    assertThat(report.path("paths").get(0).toString())
        .isEqualTo(
            "{\"path\":\"/usr/share/doc/a/README\",\"package\":\"a\",\"rule\":\"documentation\","
                + "\"bytes\":23}");
  }

  @Test
  void plan_ofApksFiles_takesTheirLinesFromTheRecord() throws IOException {
    String head = "C:Q1x\nP:a\nV:1\nF:usr/share/info\n";
    text(
            "/lib/apk/db/installed",
            head + "M:0:0:0755\nR:a.info\na:0:0:0644\nZ:Q1y\nF:usr/bin\nR:a\nZ:Q1z\n\n")
        .file("/usr/share/info/a.info")
        .file("/usr/bin/a");
    ImageSnapshot image = image();
    assertThat(read(image.with(FilePruner.defaults().plan(image)).files(), "/lib/apk/db/installed"))
        .isEqualTo(head + "M:0:0:0755\nF:usr/bin\nR:a\nZ:Q1z\n\n");
  }

  @Test
  void plan_withAnUnreadableDatabase_saysSo() throws IOException {
    text("/var/lib/dpkg/status", "Package").file("/usr/share/info/a");
    EditPlan plan = FilePruner.defaults().plan(image());
    assertThat(plan.edits()).hasSize(1);
    assertThat(plan.findings().get(0).reason().rule()).isEqualTo("unread-database");
  }

  @Test
  void named_unknown_throwsWithAllNames() {
    assertThatThrownBy(() -> FileRule.named("x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no rule x; the rules are documentation, manual-pages, ");
  }

  @Test
  void table_hasReasonsAndUniqueNames() {
    assertThat(FileRule.all()).extracting(FileRule::name).doesNotHaveDuplicates();
    assertThat(FileRule.all()).allSatisfy(rule -> assertThat(rule.about()).endsWith("."));
    assertThat(FileRule.all().stream().filter(rule -> !rule.isDefault()))
        .allSatisfy(rule -> assertThat(rule.about()).startsWith("Off: "));
  }

  private static String read(FileTree files, String path) throws IOException {
    return new String(
        files.get(ImagePath.of(path)).orElseThrow().content().readAll(1 << 20),
        StandardCharsets.UTF_8);
  }
}
