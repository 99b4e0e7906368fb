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
import io.k8or.transform.ImageSnapshot;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NodeReachTest {
  private static final String MODULES = "/srv/app/node_modules/";
  private final FileTree.Editor tree = FileTree.builder();

  private void file(String path, String text) {
    tree.put(
        ImagePath.of(path),
        FileNode.regular(FileAttributes.ofMode(0755), Content.of(ByteString.utf8(text))));
  }

  @BeforeEach
  void interpreter() {
    tree.put(
        ImagePath.of("/usr/local/bin/node"),
        FileNode.regular(
            FileAttributes.ofMode(0755), Content.of(ByteString.copyOf(MinimalElf.program()))));
    file("/srv/app/package.json", "{\"name\": \"app\", \"scripts\": {\"start\": \"node main\"}}");
  }

  private ReachableFiles reach(String... command) throws Exception {
    ImageConfig config =
        ImageConfig.of(Platform.parse("linux/amd64")).with("/config/WorkingDir", "\"/srv/app\"");
    return ServiceOptimizer.forEntrypoint()
        .withService("web", List.of(command))
        .reachable(ImageSnapshot.of(config, tree.build()));
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
  void reach_atLevelSafe_keepsModulesThatNothingLoads() throws Exception {
    file("/srv/app/main.js", "require('web')");
    file(MODULES + "web/index.js", "");
    file(MODULES + "mocha/index.js", "");
    file("/srv/app/package-lock.json", "{}");
    file(MODULES + ".package-lock.json", "{}");
    ImageSnapshot image =
        ImageSnapshot.of(ImageConfig.of(Platform.parse("linux/amd64")), tree.build());
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
    file("/srv/app/main.js", "require('web'); require('./routes')");
    file("/srv/app/routes/index.js", "import('@s/esm/feature')");
    file("/srv/app/test/main.test.js", "require('mocha')");
    file(MODULES + "web/package.json", "{\"main\": \"lib/web\"}");
    file(MODULES + "web/lib/web.js", "require('inner')");
    file(MODULES + "web/lib/unused.js", "require('mocha')");
    file(MODULES + "web/data/types.json", "{}");
    file(MODULES + "web/README.md", "text");
    file(MODULES + "web/node_modules/inner/index.js", "require('./native')");
    file(MODULES + "web/node_modules/inner/native.node", "no program");
    file(MODULES + "inner/index.js", "");
    file(
        MODULES + "@s/esm/package.json",
        "{\"exports\": {\"./*\": {\"module-sync\": \"./a/*.mjs\","
            + " \"require\": [\"./b/*.cjs\"], \"default\": \"./c/*.js\"}}}");
    file(MODULES + "@s/esm/a/feature.mjs", "");
    file(MODULES + "@s/esm/b/feature.cjs", "");
    file(MODULES + "@s/esm/c/feature.js", "");
    file(MODULES + "@s/esm/c/other.js", "");
    file(MODULES + "mocha/index.js", "");

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
    file("/srv/app/main.js", "require('dyn')");
    file(MODULES + "dyn/package.json", "{}");
    file(MODULES + "dyn/index.js", "require(name)");
    file(MODULES + "dyn/plugins/one.js", "require('far')");
    file(MODULES + "dyn/test/one.js", "");
    file(MODULES + "far/index.js", "new Worker(path.join(__dirname, 'worker.js'))");
    file(MODULES + "far/worker.js", "");

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
    file("/srv/app/main.mjs", "import 'pkg'");
    file(
        MODULES + "pkg/package.json",
        "{\"name\": \"pkg\", \"exports\": {\".\": \"./i.mjs\", \"./x\": \"./x.js\"},"
            + " \"imports\": {\"#dep\": {\"node\": \"./d.js\", \"default\": \"far\"}}}");
    file(MODULES + "pkg/i.mjs", "import '#dep'; import 'pkg/x'");
    file(MODULES + "pkg/d.js", "");
    file(MODULES + "pkg/x.js", "");
    file(MODULES + "far/index.js", "");

    assertReached(
        reach("node", "--enable-source-maps", "main.mjs"),
        MODULES + "pkg/d.js",
        MODULES + "pkg/x.js",
        MODULES + "far/index.js");
  }

  @Test
  void reach_npmStart_runsItsScript() throws Exception {
    file("/usr/local/bin/npm", "#!/usr/bin/env node\n");
    file("/srv/app/main.js", "require('web')");
    file(MODULES + "web/index.js", "");
    file(MODULES + "other/index.js", "");

    ReachableFiles reached = reach("npm", "start");

    assertReached(reached, MODULES + "web/index.js");
    assertGone(reached, MODULES + "other/index.js");
  }

  @Test
  void reach_scriptThatIsNotKnown_keepsAllModules() throws Exception {
    file("/start", "#!/bin/sh\nexec node \"$1\"\n");
    file("/bin/sh", "shell");
    file(MODULES + "web/index.js", "");

    ReachableFiles reached = reach("/start");

    assertReached(reached, MODULES + "web/index.js");
    assertThat(reached.findings())
        .extracting(Object::toString)
        .anyMatch(f -> f.contains("unknown-script"));
  }

  @Test
  void reach_manifestThatLeadsToItself_ends() throws Exception {
    file("/srv/app/main.mjs", "import 'loop'; import 'broken'");
    file(MODULES + "loop/package.json", "{\"name\": \"loop\", \"exports\": {\".\": \"loop\"}}");
    file(MODULES + "loop/index.js", "require('loop')");
    file(MODULES + "broken/package.json", "{\"main\": [");
    file(MODULES + "broken/index.js", "");

    assertReached(
        reach("node", "main.mjs"), MODULES + "loop/index.js", MODULES + "broken/index.js");
  }
}
