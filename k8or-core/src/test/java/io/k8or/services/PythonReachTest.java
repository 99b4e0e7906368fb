package io.k8or.services;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PythonReachTest {
  private static final String LIB = "/usr/local/lib/python3.11/";
  private static final String SITE = LIB + "site-packages/";
  private final FileTree.Editor tree = FileTree.builder();

  private void file(String path, String text) {
    tree.put(
        ImagePath.of(path),
        FileNode.regular(FileAttributes.ofMode(0755), Content.of(ByteString.utf8(text))));
  }

  @BeforeEach
  void interpreter() {
    // An ELF header of no use: what it needs is told, not loaded.
    byte[] elf = MinimalElf.program();
    tree.put(
        ImagePath.of("/usr/local/bin/python3.11"),
        FileNode.regular(FileAttributes.ofMode(0755), Content.of(ByteString.copyOf(elf))));
    file(LIB + "os.py", "import stat\n");
    file(LIB + "stat.py", "");
    file(LIB + "__pycache__/stat.cpython-311.pyc", "compiled");
    file(LIB + "unused.py", "");
    file(LIB + "encodings/__init__.py", "from . import aliases\n");
    file(LIB + "encodings/aliases.py", "");
    file(LIB + "encodings/cp932.py", "");
    file(LIB + "lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so", "?");
  }

  private ReachableFiles reach(String... command) throws Exception {
    ImageSnapshot image =
        ImageSnapshot.of(ImageConfig.of(Platform.parse("linux/amd64")), tree.build());
    return ServiceOptimizer.forEntrypoint().withService("web", List.of(command)).reachable(image);
  }

  private static void assertReached(ReachableFiles reached, String... paths) {
    for (String path : paths) {
      assertThat(reached.contains(ImagePath.of(path))).as(path).isTrue();
    }
  }

  private static void assertGone(ReachableFiles reached, String... paths) {
    for (String path : paths) {
      assertThat(reached.contains(ImagePath.of(path))).as(path).isFalse();
    }
  }

  @Test
  void reach_script_followsImportsAndLeavesTheRest() throws Exception {
    file("/srv/app/main.py", "import web.server\nfrom helper import x\n");
    file("/srv/app/helper.py", "import space.inner\n");
    file(SITE + "web/__init__.py", "");
    file(SITE + "web/server.py", "from .parts import a\n");
    file(SITE + "web/parts/__init__.py", "");
    file(SITE + "web/parts/a.py", "");
    file(SITE + "web/parts/b.py", "");
    file(SITE + "web/page.html", "text");
    file(SITE + "web/tests/test_a.py", "");
    file(SITE + "web-1.0.dist-info/METADATA", "Name: web\n");
    file(SITE + "space/inner.py", "");
    file(SITE + "other/__init__.py", "");
    file(SITE + "other-1.0.dist-info/METADATA", "Name: other\n");

    ReachableFiles reached = reach("python3.11", "/srv/app/main.py");

    assertReached(
        reached,
        LIB + "os.py",
        LIB + "stat.py",
        LIB + "__pycache__/stat.cpython-311.pyc",
        LIB + "encodings/cp932.py",
        SITE + "web/__init__.py",
        SITE + "web/server.py",
        SITE + "web/parts/__init__.py",
        SITE + "web/parts/a.py",
        SITE + "web/page.html",
        SITE + "web-1.0.dist-info/METADATA",
        SITE + "space/inner.py");
    assertGone(
        reached,
        LIB + "unused.py",
        LIB + "lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so",
        SITE + "web/parts/b.py",
        SITE + "web/tests/test_a.py",
        SITE + "other/__init__.py",
        SITE + "other-1.0.dist-info");
    assertThat(reached.why(ImagePath.of(SITE + "web/parts/a.py")).get(0))
        .isEqualTo(
            SITE
                + "web/parts/a.py: import: "
                + SITE
                + "web/server.py, line 1: from .parts import [a]");
  }

  @Test
  void reach_moduleThatIsRun_takesItsMain() throws Exception {
    file(SITE + "tool/__init__.py", "");
    file(SITE + "tool/__main__.py", "if __name__ == '__main__':\n  from tool import cli\n");
    file(SITE + "tool/cli.py", "");

    assertReached(reach("python3.11", "-m", "tool"), SITE + "tool/cli.py");
  }

  @Test
  void reach_namesInTexts_areModules() throws Exception {
    file("/srv/app/settings.py", "APPS = ['blog', 'plug.core.Config']\n");
    file(SITE + "blog/__init__.py", "");
    file(SITE + "blog/models.py", "");
    file(SITE + "plug/__init__.py", "");
    file(SITE + "plug/core.py", "");
    file(SITE + "plug/more.py", "");

    ReachableFiles reached = reach("python3.11", "/srv/app/settings.py");

    assertReached(reached, SITE + "blog/models.py", SITE + "plug/core.py");
    assertGone(reached, SITE + "plug/more.py");
  }

  @Test
  void reach_importOfUnknownName_keepsThePackageAndSaysSo() throws Exception {
    file("/srv/app/main.py", "import dyn\n");
    file(SITE + "dyn/__init__.py", "import importlib\nimportlib.import_module('dyn.' + name)\n");
    file(SITE + "dyn/one.py", "import far\n");
    file(SITE + "dyn/tests/test_one.py", "");
    file(SITE + "far.py", "");

    ReachableFiles reached = reach("python3.11", "/srv/app/main.py");

    assertReached(reached, SITE + "dyn/one.py", SITE + "far.py");
    assertGone(reached, SITE + "dyn/tests/test_one.py");
    assertThat(reached.findings())
        .extracting(Object::toString)
        .contains(
            SITE + "dyn/__init__.py: services/unknown-import: line 2: import_module of dyn....");
  }

  @Test
  void reach_virtualEnvironmentAndPth_areLookedIn() throws Exception {
    file("/venv/pyvenv.cfg", "home = /usr/local/bin\n");
    file("/venv/lib/python3.11/site-packages/inner.py", "");
    file("/venv/lib/python3.11/site-packages/unused.py", "");
    file("/venv/lib/python3.11/site-packages/a.pth", "/opt/more\nimport hook\n");
    file("/venv/lib/python3.11/site-packages/hook.py", "");
    file("/opt/more/extra.py", "");
    tree.put(
        ImagePath.of("/venv/bin/python"),
        FileNode.symlink(
            FileAttributes.ofMode(0777), ByteString.utf8("/usr/local/bin/python3.11")));
    file("/venv/bin/tool", "#!/venv/bin/python\nimport unused\n");

    ReachableFiles reached = reach("/venv/bin/python", "-c", "import inner, extra");

    assertReached(
        reached,
        "/venv/pyvenv.cfg",
        "/venv/lib/python3.11/site-packages/inner.py",
        "/venv/lib/python3.11/site-packages/hook.py",
        "/opt/more/extra.py");
    assertGone(reached, "/venv/lib/python3.11/site-packages/unused.py", "/venv/bin/tool");
  }

  @Test
  void reach_entryPointsOfAGroup_comeWithItsName() throws Exception {
    file("/srv/app/main.py", "for x in entry_points(group='app.plugins'): pass\n");
    file(SITE + "plug-1.dist-info/entry_points.txt", "[app.plugins]\none = plug.one:Main\n");
    file(SITE + "plug/__init__.py", "");
    file(SITE + "plug/one.py", "");

    assertReached(
        reach("python3.11", "/srv/app/main.py"),
        SITE + "plug/one.py",
        SITE + "plug-1.dist-info/entry_points.txt");
  }

  private ImageSnapshot image() {
    return ImageSnapshot.of(ImageConfig.of(Platform.parse("linux/amd64")), tree.build());
  }

  @Test
  void reach_atLevelSafe_keepsModulesThatNothingImports() throws Exception {
    file("/srv/app/main.py", "import web\n");
    file(SITE + "web/__init__.py", "");
    file(SITE + "other/__init__.py", "");
    file(SITE + "other/tests/test_a.py", "");

    ReachableFiles reached =
        ServiceOptimizer.forEntrypoint()
            .at(Level.SAFE)
            .withService("web", List.of("python3.11", "/srv/app/main.py"))
            .reachable(image());

    assertReached(reached, LIB + "unused.py", SITE + "web/__init__.py", SITE + "other/__init__.py");
  }

  @Test
  void plan_ofDistribution_takesWhatWentFromItsRecord() throws Exception {
    String info = SITE + "web-1.0.dist-info/";
    file("/srv/app/main.py", "import web\n");
    file("/usr/local/bin/webctl", "#!/usr/local/bin/python3.11\nimport web.admin\n");
    file(SITE + "web/__init__.py", "");
    file(SITE + "web/admin.py", "");
    file(SITE + "web/a,b.py", "");
    file(info + "METADATA", "Name: web\n");
    file(
        info + "RECORD",
        "../../../bin/webctl,sha256=x,1\r\n"
            + "web/__init__.py,sha256=y,0\r\n"
            + "web/__pycache__/admin.cpython-311.pyc,,\r\n"
            + "\"web/a,b.py\",sha256=z,0\r\n"
            + "/usr/local/lib/python3.11/site-packages/web/admin.py,sha256=z,0\r\n"
            + "web-1.0.dist-info/METADATA,,\r\n"
            + "web-1.0.dist-info/RECORD,,\r\n");
    ServiceOptimizer optimizer =
        ServiceOptimizer.forEntrypoint()
            .withService("web", List.of("python3.11", "/srv/app/main.py"));

    EditPlan plan = optimizer.plan(image());

    FileNode record = image().with(plan).files().get(ImagePath.of(info + "RECORD")).orElseThrow();
    assertThat(new String(record.content().readAll(1000), StandardCharsets.UTF_8))
        .isEqualTo(
            "web/__init__.py,sha256=y,0\r\n"
                + "web/__pycache__/admin.cpython-311.pyc,,\r\n"
                + "web-1.0.dist-info/METADATA,,\r\n"
                + "web-1.0.dist-info/RECORD,,\r\n");
    assertThat(plan.findings().toString()).contains("web-1.0.dist-info without 3 files");

    file(info + "RECORD.jws", "{}");
    EditPlan signed = optimizer.plan(image());
    assertThat(image().with(signed).files().get(ImagePath.of(info + "RECORD")))
        .isEqualTo(image().files().get(ImagePath.of(info + "RECORD")));
    assertThat(signed.findings().toString()).contains("signed-record");
  }
}
