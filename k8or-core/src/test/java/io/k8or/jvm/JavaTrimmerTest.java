package io.k8or.jvm;

import static io.k8or.jvm.Jars.jar;
import static io.k8or.jvm.Jars.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** An image with the modules file of the runtime that runs this test. */
class JavaTrimmerTest {
  private final FileTree.Editor tree = FileTree.builder();
  private ImageConfig config =
      ImageConfig.of(Platform.parse("linux/amd64"))
          .with("/config/Entrypoint", "[\"/opt/java/bin/java\",\"-jar\",\"/srv/app.jar\"]");

  JavaTrimmerTest() throws IOException {
    put(
        "/opt/java/lib/modules",
        Content.of(Path.of(System.getProperty("java.home"), "lib/modules")));
    for (String name :
        List.of(
            "bin/java",
            "bin/javac",
            "bin/keytool",
            "lib/libjava.so",
            "lib/libawt.so",
            "lib/libmanagement.so",
            "lib/server/libjvm.so",
            "lib/server/classes.jsa",
            "lib/src.zip",
            "jmods/java.base.jmod",
            "legal/java.base/LICENSE",
            "legal/java.desktop/LICENSE")) {
      put("/opt/java/" + name, Content.of(ByteString.utf8("x")));
    }
    put(
        "/opt/java/release",
        Content.of(ByteString.utf8("JAVA_VERSION=\"1\"\nMODULES=\"java.base java.se\"\n")));
    tree.put(
        ImagePath.of("/usr/bin/javac"),
        FileNode.symlink(FileAttributes.ofMode(0777), ByteString.utf8("/opt/java/bin/javac")));
  }

  private void put(String path, Content content) {
    tree.put(ImagePath.of(path), FileNode.regular(FileAttributes.ofMode(0755), content));
  }

  private static byte[] ownClass() throws IOException {
    try (InputStream in = JavaTrimmerTest.class.getResourceAsStream("JavaTrimmerTest.class")) {
      return in.readAllBytes();
    }
  }

  private EditPlan plan() throws IOException {
    return JavaTrimmer.forEntrypoint().plan(ImageSnapshot.of(config, tree.build()));
  }

  private static Map<String, String> rules(EditPlan plan) {
    Map<String, String> rules = new TreeMap<>();
    for (Edit edit : plan.edits()) {
      rules.put(((Edit.FileEdit) edit).path().toString(), edit.reason().rule());
    }
    return rules;
  }

  private static List<String> kept(EditPlan plan) {
    return plan.findings().stream()
        .filter(each -> each.reason().rule().equals("module-stays"))
        .map(each -> each.reason().evidence())
        .toList();
  }

  @Test
  void plan_ofAnApplication_keepsWhatItNames() throws IOException {
    put(
        "/srv/app.jar",
        Content.of(
            jar(
                Map.of(
                    "app/Main.class",
                    ownClass(),
                    "META-INF/services/java.sql.Driver",
                    text("some.Driver")))));
    EditPlan plan = plan();
    assertThat(rules(plan))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("/opt/java/jmods", "for-developers"),
                Map.entry("/opt/java/lib/src.zip", "for-developers"),
                Map.entry("/opt/java/bin/javac", "tool"),
                Map.entry("/opt/java/bin/keytool", "tool"),
                Map.entry("/opt/java/lib/modules", "modules"),
                Map.entry("/opt/java/lib/libawt.so", "of-module"),
                Map.entry("/opt/java/lib/libmanagement.so", "of-module"),
                Map.entry("/opt/java/legal/java.desktop", "of-module"),
                Map.entry("/opt/java/lib/server/classes.jsa", "shared-archive"),
                Map.entry("/opt/java/release", "release"),
                Map.entry("/usr/bin/javac", "link")));
    assertThat(kept(plan))
        .contains("java.base: every program needs it")
        .anyMatch(each -> each.startsWith("java.sql: java.sql.Driver is named in /srv/app.jar!/"));
    ImageSnapshot after = ImageSnapshot.of(config, tree.build()).with(plan);
    String release =
        new String(
            after
                .files()
                .get(ImagePath.of("/opt/java/release"))
                .orElseThrow()
                .content()
                .readAll(999),
            StandardCharsets.UTF_8);
    assertThat(release)
        .startsWith("JAVA_VERSION=\"1\"\nMODULES=\"java.base java.logging java.sql ");
    EditPlan again = JavaTrimmer.forEntrypoint().plan(after);
    assertThat(again.edits()).isEmpty();
    assertThat(kept(again)).isEqualTo(kept(plan));
  }

  @Test
  void plan_ofArgumentsAndVariables_keepsTheModulesThatTheyMean() throws IOException {
    config =
        config
            .with(
                "/config/Env",
                "[\"JAVA_TOOL_OPTIONS=-Dcom.sun.management.jmxremote\",\"LANG=de_DE.UTF-8\"]")
            .with(
                "/config/Entrypoint",
                "[\"/opt/java/bin/java\",\"--add-modules\",\"java.rmi\",\"-javaagent:/a.jar\",\"M\"]");
    assertThat(kept(plan()))
        .contains("java.instrument: an agent is loaded")
        .contains("java.rmi: a command or variable names it")
        .contains("jdk.localedata: LANG=de_DE.UTF-8 asks for a language")
        .contains("jdk.management.agent: remote management is asked for");
  }

  @Test
  void plan_ofAScriptThatCompiles_keepsTheCompiler() throws IOException {
    config = config.with("/config/Entrypoint", "[\"/srv/run\"]");
    put("/bin/sh", Content.of(text("x")));
    put("/opt/java/lib/ct.sym", Content.of(text("x")));
    put("/srv/run", Content.of(text("#!/bin/sh\njavac Main.java; /opt/java/bin/javac M.java\n")));
    EditPlan plan = plan();
    assertThat(kept(plan)).contains("jdk.compiler: a command or script runs javac");
    assertThat(rules(plan))
        .doesNotContainKeys("/opt/java/bin/javac", "/opt/java/lib/ct.sym", "/usr/bin/javac")
        .containsKey("/opt/java/bin/keytool");
  }

  @Test
  void plan_ofAnArchiveThatIsNone_keepsAllModules() throws IOException {
    put("/srv/app.jar", Content.of(jar(Map.of("app/Main.class", text("no class")))));
    EditPlan plan = plan();
    assertThat(rules(plan)).doesNotContainKey("/opt/java/lib/modules");
    assertThat(plan.findings().stream().map(Object::toString).toList())
        .anyMatch(each -> each.contains("unread") && each.contains("/srv/app.jar!/app/Main.class"))
        .anyMatch(each -> each.contains("all-modules-stay"));
  }

  @Test
  void plan_withoutAServiceOrARuntime_removesNothing() throws IOException {
    config = ImageConfig.of(Platform.parse("linux/amd64"));
    assertThat(plan().edits()).isEmpty();
    assertThat(plan().findings().get(0).reason().rule()).isEqualTo("no-service");
    assertThat(
            JavaTrimmer.forEntrypoint().plan(ImageSnapshot.of(config, FileTree.builder().build())))
        .isEqualTo(EditPlan.empty());
  }
}
