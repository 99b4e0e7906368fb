package io.k8or.services;

import static io.k8or.services.SmallTree.assertGone;
import static io.k8or.services.SmallTree.assertReached;
import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.filesystem.ImagePath;
import io.k8or.transform.ImageSnapshot;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NodeReachTest {
  private static final String MODULES = "/srv/app/node_modules/";
  private final SmallTree tree = new SmallTree();

  @BeforeEach
  void interpreter() {
    tree.program("/usr/local/bin/node");
    tree.file(
        "/srv/app/package.json", "{\"name\": \"app\", \"scripts\": {\"start\": \"node main\"}}");
  }

  private ReachableFiles reach(String... command) throws Exception {
    return tree.reach("/srv/app", List.of(command));
  }

  @Test
  void reach_atLevelSafe_keepsModulesThatNothingLoads() throws Exception {
    tree.file("/srv/app/main.js", "require('web')");
    tree.file(MODULES + "web/index.js", "");
    tree.file(MODULES + "mocha/index.js", "");
    tree.file("/srv/app/package-lock.json", "{}");
    tree.file(MODULES + ".package-lock.json", "{}");
    ImageSnapshot image = tree.image("/");
    ServiceOptimizer optimizer =
        ServiceOptimizer.forEntrypoint()
            .withService("web", List.of("/usr/local/bin/node", "/srv/app/main.js"));

    assertReached(optimizer.at(Level.SAFE).reachable(image), MODULES + "mocha/index.js");
    ReachableFiles balanced = optimizer.reachable(image);
    // What says which modules are installed goes with them; what to install is the application's.
    assertGone(balanced, MODULES + "mocha/index.js", MODULES + ".package-lock.json");
    assertReached(balanced, "/srv/app/package-lock.json");
  }

  @Test
  void reach_script_followsModulesAndLeavesDevelopment() throws Exception {
    tree.file("/srv/app/main.js", "require('web'); require('./routes')");
    tree.file("/srv/app/routes/index.js", "import('@s/esm/feature')");
    tree.file("/srv/app/test/main.test.js", "require('mocha')");
    tree.file(MODULES + "web/package.json", "{\"main\": \"lib/web\"}");
    tree.file(MODULES + "web/lib/web.js", "require('inner')");
    tree.file(MODULES + "web/lib/unused.js", "require('mocha')");
    tree.file(MODULES + "web/data/types.json", "{}");
    tree.file(MODULES + "web/README.md", "text");
    tree.file(MODULES + "web/node_modules/inner/index.js", "require('./native')");
    tree.file(MODULES + "web/node_modules/inner/native.node", "no program");
    tree.file(MODULES + "inner/index.js", "");
    tree.file(
        MODULES + "@s/esm/package.json",
        "{\"exports\": {\"./*\": {\"module-sync\": \"./a/*.mjs\","
            + " \"require\": [\"./b/*.cjs\"], \"default\": \"./c/*.js\"}}}");
    tree.file(MODULES + "@s/esm/a/feature.mjs", "");
    tree.file(MODULES + "@s/esm/b/feature.cjs", "");
    tree.file(MODULES + "@s/esm/c/feature.js", "");
    tree.file(MODULES + "@s/esm/c/other.js", "");
    tree.file(MODULES + "mocha/index.js", "");

    ReachableFiles reached = reach("node", "main.js");

    assertReached(
        reached,
        "/srv/app/main.js",
        "/srv/app/test/main.test.js",
        MODULES + "web/package.json",
        MODULES + "web/lib/web.js",
        MODULES + "web/data/types.json",
        MODULES + "web/node_modules/inner/index.js",
        MODULES + "web/node_modules/inner/native.node",
        MODULES + "@s/esm/a/feature.mjs",
        MODULES + "@s/esm/b/feature.cjs",
        MODULES + "@s/esm/c/feature.js",
        MODULES + "@s/esm/package.json");
    assertGone(
        reached,
        MODULES + "web/lib/unused.js",
        MODULES + "web/README.md",
        MODULES + "inner/index.js",
        MODULES + "@s/esm/c/other.js",
        MODULES + "mocha/index.js");
    assertThat(reached.why(ImagePath.of(MODULES + "web/lib/web.js")))
        .containsExactly(
            MODULES + "web/lib/web.js: import: /srv/app/main.js, line 1: require web",
            "/srv/app/main.js: argument: service web is given it");
  }

  @Test
  void reach_loadOfUnknownName_keepsThePackageAndSaysSo() throws Exception {
    tree.file("/srv/app/main.js", "require('dyn')");
    tree.file(MODULES + "dyn/package.json", "{}");
    tree.file(MODULES + "dyn/index.js", "require(name)");
    tree.file(MODULES + "dyn/plugins/one.js", "require('far')");
    tree.file(MODULES + "dyn/test/one.js", "");
    tree.file(MODULES + "far/index.js", "new Worker(path.join(__dirname, 'worker.js'))");
    tree.file(MODULES + "far/worker.js", "");

    ReachableFiles reached = reach("node", "/srv/app/main.js");

    assertReached(reached, MODULES + "dyn/plugins/one.js", MODULES + "far/worker.js");
    assertGone(reached, MODULES + "dyn/test/one.js");
    assertThat(reached.findings())
        .extracting(Object::toString)
        .containsExactly(
            MODULES
                + "dyn/index.js: services/unknown-import: line 1: require of a name that only a run"
                + " knows");
  }

  @Test
  void reach_importsAndSelf_followTheManifest() throws Exception {
    tree.file("/srv/app/main.mjs", "import 'pkg'");
    tree.file(
        MODULES + "pkg/package.json",
        "{\"name\": \"pkg\", \"exports\": {\".\": \"./i.mjs\", \"./x\": \"./x.js\"},"
            + " \"imports\": {\"#dep\": {\"node\": \"./d.js\", \"default\": \"far\"}}}");
    tree.file(MODULES + "pkg/i.mjs", "import '#dep'; import 'pkg/x'");
    tree.file(MODULES + "pkg/d.js", "");
    tree.file(MODULES + "pkg/x.js", "");
    tree.file(MODULES + "far/index.js", "");

    assertReached(
        reach("node", "--enable-source-maps", "main.mjs"),
        MODULES + "pkg/d.js",
        MODULES + "pkg/x.js",
        MODULES + "far/index.js");
  }

  @Test
  void reach_npmStart_runsItsScript() throws Exception {
    tree.file("/usr/local/bin/npm", "#!/usr/bin/env node\n");
    tree.file("/srv/app/main.js", "require('web')");
    tree.file(MODULES + "web/index.js", "");
    tree.file(MODULES + "other/index.js", "");

    ReachableFiles reached = reach("npm", "start");

    assertReached(reached, MODULES + "web/index.js");
    assertGone(reached, MODULES + "other/index.js");
  }

  @Test
  void reach_scriptThatIsNotKnown_keepsAllModules() throws Exception {
    tree.file("/start", "#!/bin/sh\nexec node \"$1\"\n");
    tree.file("/bin/sh", "shell");
    tree.file(MODULES + "web/index.js", "");

    ReachableFiles reached = reach("/start");

    assertReached(reached, MODULES + "web/index.js");
    assertThat(reached.findings())
        .extracting(Object::toString)
        .anyMatch(f -> f.contains("unknown-script"));
  }

  @Test
  void reach_manifestThatLeadsToItself_ends() throws Exception {
    tree.file("/srv/app/main.mjs", "import 'loop'; import 'broken'");
    tree.file(
        MODULES + "loop/package.json", "{\"name\": \"loop\", \"exports\": {\".\": \"loop\"}}");
    tree.file(MODULES + "loop/index.js", "require('loop')");
    tree.file(MODULES + "broken/package.json", "{\"main\": [");
    tree.file(MODULES + "broken/index.js", "");

    assertReached(
        reach("node", "main.mjs"), MODULES + "loop/index.js", MODULES + "broken/index.js");
  }
}
