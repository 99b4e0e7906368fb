package io.k8or.services;

import static io.k8or.services.SmallTree.assertGone;
import static io.k8or.services.SmallTree.assertReached;
import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.EditPlan;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PythonReachTest {
  private static final String LIB = "/usr/local/lib/python3.11/";
  private static final String SITE = LIB + "site-packages/";
  private final SmallTree tree = new SmallTree();

  @BeforeEach
  void interpreter() {
    tree.program("/usr/local/bin/python3.11");
    tree.file(LIB + "os.py", "import stat\n");
    tree.file(LIB + "stat.py", "");
    tree.file(LIB + "__pycache__/stat.cpython-311.pyc", "compiled");
    tree.file(LIB + "unused.py", "");
    tree.file(LIB + "encodings/__init__.py", "from . import aliases\n");
    tree.file(LIB + "encodings/aliases.py", "");
    tree.file(LIB + "encodings/cp932.py", "");
    tree.file(LIB + "lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so", "?");
  }

  private ReachableFiles reach(String... command) throws Exception {
    return tree.reach("/", List.of(command));
  }

  @Test
  void reach_script_followsImportsAndLeavesTheRest() throws Exception {
    tree.file("/srv/app/main.py", "import web.server\nfrom helper import x\n");
    tree.file("/srv/app/helper.py", "import space.inner\n");
    tree.file(SITE + "web/__init__.py", "");
    tree.file(SITE + "web/server.py", "from .parts import a\n");
    tree.file(SITE + "web/parts/__init__.py", "");
    tree.file(SITE + "web/parts/a.py", "");
    tree.file(SITE + "web/parts/b.py", "");
    tree.file(SITE + "web/page.html", "text");
    tree.file(SITE + "web/tests/test_a.py", "");
    tree.file(SITE + "web-1.0.dist-info/METADATA", "Name: web\n");
    tree.file(SITE + "space/inner.py", "");
    tree.file(SITE + "other/__init__.py", "");
    tree.file(SITE + "other-1.0.dist-info/METADATA", "Name: other\n");

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
    tree.file(SITE + "tool/__init__.py", "");
    tree.file(SITE + "tool/__main__.py", "if __name__ == '__main__':\n  from tool import cli\n");
    tree.file(SITE + "tool/cli.py", "");

    assertReached(reach("python3.11", "-m", "tool"), SITE + "tool/cli.py");
  }

  @Test
  void reach_namesInTexts_areModules() throws Exception {
    tree.file("/srv/app/settings.py", "APPS = ['blog', 'plug.core.Config']\n");
    tree.file(SITE + "blog/__init__.py", "");
    tree.file(SITE + "blog/models.py", "");
    tree.file(SITE + "plug/__init__.py", "");
    tree.file(SITE + "plug/core.py", "");
    tree.file(SITE + "plug/more.py", "");

    ReachableFiles reached = reach("python3.11", "/srv/app/settings.py");

    assertReached(reached, SITE + "blog/models.py", SITE + "plug/core.py");
    assertGone(reached, SITE + "plug/more.py");
  }

  @Test
  void reach_importOfUnknownName_keepsThePackageAndSaysSo() throws Exception {
    tree.file("/srv/app/main.py", "import dyn\n");
    tree.file(
        SITE + "dyn/__init__.py", "import importlib\nimportlib.import_module('dyn.' + name)\n");
    tree.file(SITE + "dyn/one.py", "import far\n");
    tree.file(SITE + "dyn/tests/test_one.py", "");
    tree.file(SITE + "far.py", "");

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
    tree.file("/venv/pyvenv.cfg", "home = /usr/local/bin\n");
    tree.file("/venv/lib/python3.11/site-packages/inner.py", "");
    tree.file("/venv/lib/python3.11/site-packages/unused.py", "");
    tree.file("/venv/lib/python3.11/site-packages/a.pth", "/opt/more\nimport hook\n");
    tree.file("/venv/lib/python3.11/site-packages/hook.py", "");
    tree.file("/opt/more/extra.py", "");
    tree.link("/venv/bin/python", "/usr/local/bin/python3.11");
    tree.file("/venv/bin/tool", "#!/venv/bin/python\nimport unused\n");

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
    tree.file("/srv/app/main.py", "for x in entry_points(group='app.plugins'): pass\n");
    tree.file(SITE + "plug-1.dist-info/entry_points.txt", "[app.plugins]\none = plug.one:Main\n");
    tree.file(SITE + "plug/__init__.py", "");
    tree.file(SITE + "plug/one.py", "");

    assertReached(
        reach("python3.11", "/srv/app/main.py"),
        SITE + "plug/one.py",
        SITE + "plug-1.dist-info/entry_points.txt");
  }

  @Test
  void reach_atLevelSafe_keepsModulesThatNothingImports() throws Exception {
    tree.file("/srv/app/main.py", "import web\n");
    tree.file(SITE + "web/__init__.py", "");
    tree.file(SITE + "other/__init__.py", "import subprocess\nsubprocess.run(['/usr/bin/tool'])\n");
    tree.file(SITE + "other/tests/test_a.py", "");
    tree.file("/usr/bin/tool", "text");

    ReachableFiles reached =
        ServiceOptimizer.forEntrypoint()
            .at(Level.SAFE)
            .withService("web", List.of("python3.11", "/srv/app/main.py"))
            .reachable(tree.image("/"));

    assertReached(reached, LIB + "unused.py", SITE + "web/__init__.py", SITE + "other/__init__.py");
    // What is only kept leads nowhere.
    assertGone(reached, "/usr/bin/tool");
  }

  @Test
  void plan_ofDistribution_takesWhatWentFromItsRecord() throws Exception {
    String info = SITE + "web-1.0.dist-info/";
    tree.file("/srv/app/main.py", "import web\n");
    tree.file("/usr/local/bin/webctl", "#!/usr/local/bin/python3.11\nimport web.admin\n");
    tree.file(SITE + "web/__init__.py", "");
    tree.file(SITE + "web/admin.py", "");
    tree.file(SITE + "web/a,b.py", "");
    tree.file(info + "METADATA", "Name: web\n");
    tree.file(
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

    EditPlan plan = optimizer.plan(tree.image("/"));

    FileNode record =
        tree.image("/").with(plan).files().get(ImagePath.of(info + "RECORD")).orElseThrow();
    assertThat(new String(record.content().readAll(1000), StandardCharsets.UTF_8))
        .isEqualTo(
            "web/__init__.py,sha256=y,0\r\n"
                + "web/__pycache__/admin.cpython-311.pyc,,\r\n"
                + "web-1.0.dist-info/METADATA,,\r\n"
                + "web-1.0.dist-info/RECORD,,\r\n");
    assertThat(plan.findings().toString()).contains("web-1.0.dist-info without 3 files");

    tree.file(info + "RECORD.jws", "{}");
    EditPlan signed = optimizer.plan(tree.image("/"));
    assertThat(tree.image("/").with(signed).files().get(ImagePath.of(info + "RECORD")))
        .isEqualTo(tree.image("/").files().get(ImagePath.of(info + "RECORD")));
    assertThat(signed.findings().toString()).contains("signed-record");
  }
}
