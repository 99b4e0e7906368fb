package io.k8or.jvm;

import static io.k8or.jvm.Jars.entries;
import static io.k8or.jvm.Jars.jar;
import static io.k8or.jvm.Jars.nesting;
import static io.k8or.jvm.Jars.text;
import static io.k8or.jvm.Jars.type;
import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;

class JarTrimmerTest {
  private final FileTree.Editor tree = FileTree.builder();
  private ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64"));

  JarTrimmerTest() {
    // Enough of a runtime to be one.
    byte[] modules = new byte[40];
    System.arraycopy(
        new byte[] {(byte) 0xca, (byte) 0xfe, (byte) 0xda, (byte) 0xda}, 0, modules, 0, 4);
    put("/opt/java/lib/modules", modules);
    put("/opt/java/bin/java", text("x"));
  }

  private void put(String path, byte[] bytes) {
    tree.put(ImagePath.of(path), FileNode.regular(FileAttributes.ofMode(0755), Content.of(bytes)));
  }

  private void run(String... words) {
    config =
        config.with(
            "/config/Entrypoint",
            "[\"/opt/java/bin/java\",\"" + String.join("\",\"", words) + "\"]");
  }

  private EditPlan plan(JarTrimmer trimmer) throws IOException {
    return trimmer.plan(ImageSnapshot.of(config, tree.build()));
  }

  private List<String> removed(JarTrimmer trimmer) throws IOException {
    List<String> removed = new ArrayList<>();
    for (Edit edit : plan(trimmer).edits()) {
      removed.add(((Edit.FileEdit) edit).path().toString());
    }
    return removed;
  }

  @Test
  void plan_ofAClassPath_removesTheJarsThatNothingReaches() throws IOException {
    run("-cp", "/srv/app.jar:/srv/lib/*", "-Dx=e.Config", "app.Main");
    put("/srv/app.jar", jar(entries("app/Main.class", type("app/Main", "b/B", "c.C.method"))));
    put("/srv/lib/b.jar", jar(entries("b/B.class", type("b/B", "s/Service"))));
    put("/srv/lib/c.jar", jar(entries("c/C.class", type("c/C"))));
    put("/srv/lib/d-unused.jar", jar(entries("d/D.class", type("d/D", "app/Main"))));
    put("/srv/lib/e.jar", jar(entries("e/Config.class", type("e/Config"))));
    put("/srv/lib/f.jar", jar(entries("f/F.class", type("f/F"), "logo.png", text("x"))));
    put("/srv/lib/s-api.jar", jar(entries("s/Service.class", type("s/Service"))));
    put(
        "/srv/lib/s-impl.jar",
        jar(
            entries(
                "i/Impl.class",
                type("i/Impl"),
                "META-INF/services/s.Service",
                text("i.Impl # x"))));
    put("/srv/lib/z-b-again.jar", jar(entries("b/B.class", type("b/B"))));
    put(
        "/srv/lib/z-driver.jar",
        jar(entries("g/G.class", type("g/G"), "META-INF/services/java.sql.Driver", text("g.G"))));
    assertThat(removed(JarTrimmer.forEntrypoint()))
        .containsExactly("/srv/lib/d-unused.jar", "/srv/lib/z-b-again.jar");
    assertThat(removed(JarTrimmer.forEntrypoint().keeping(List.of(PathGlob.of("/srv/lib/d*.jar")))))
        .containsExactly("/srv/lib/z-b-again.jar");
  }

  @Test
  void plan_ofAManifestAndAScript_followsThem() throws IOException {
    config = config.with("/config/Entrypoint", "[\"/srv/run\"]");
    put(
        "/srv/run",
        text("#!/bin/sh\nAPP=/srv\nexec /opt/java/bin/java -Xmx1g -jar $APP/app.jar \"$@\"\n"));
    put("/bin/sh", text("x"));
    put(
        "/srv/app.jar",
        jar(
            entries(
                "META-INF/MANIFEST.MF",
                text("Main-Class: app.Main\r\nClass-Path: lib/b.jar l\r\n ib/d.jar lib/e.jar\r\n"),
                "app/Main.class",
                type("app/Main", "b/B"))));
    put("/srv/lib/b.jar", jar(entries("b/B.class", type("b/B"))));
    put("/srv/lib/d.jar", jar(entries("d/D.class", type("d/D"))));
    put("/srv/lib/e.jar", jar(entries("e/E.class", type("e/E"))));
    put("/srv/other.jar", jar(entries("n/N.class", type("n/N", "e/E"))));
    assertThat(removed(JarTrimmer.forEntrypoint())).containsExactly("/srv/lib/d.jar");
  }

  @Test
  void plan_ofSpringBoot_takesNestedJarsOutAndKeepsTheRest() throws IOException {
    run("-jar", "/srv/boot.jar");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(text("#!/bin/sh\nexit\n")); // an executable jar
    Map<String, byte[]> entries =
        entries(
            "META-INF/MANIFEST.MF",
            text("Main-Class: boot.Launcher\nStart-Class: app.Main\n"),
            "boot/Launcher.class",
            type("boot/Launcher"),
            "BOOT-INF/classes/app/Main.class",
            type("app/Main", "a/A"),
            "BOOT-INF/lib/a.jar",
            jar(entries("a/A.class", type("a/A"))),
            "BOOT-INF/lib/unused.jar",
            jar(entries("u/U.class", type("u/U"))),
            "BOOT-INF/lib/z.jar",
            jar(
                entries(
                    "z/Z.class",
                    type("z/Z"),
                    "META-INF/spring/some.AutoConfiguration.imports",
                    text("z.Z\n"))));
    bytes.writeBytes(nesting(entries));
    put("/srv/boot.jar", bytes.toByteArray());
    EditPlan plan = plan(JarTrimmer.forEntrypoint());
    assertThat(plan.edits()).hasSize(1);
    Edit.ReplaceContent edit = (Edit.ReplaceContent) plan.edits().get(0);
    assertThat(edit.reason().evidence())
        .isEqualTo("no class is reached of BOOT-INF/lib/unused.jar");
    byte[] after = edit.content().readAll(1 << 20);
    assertThat(new String(after, StandardCharsets.ISO_8859_1)).startsWith("#!/bin/sh\nexit\nPK");
    Map<String, byte[]> left = new LinkedHashMap<>();
    java.nio.file.Path file = Files.createTempFile("k8or", ".jar");
    try {
      Files.write(file, after);
      try (ZipFile zip = new ZipFile(file.toFile())) {
        for (ZipEntry entry : Collections.list(zip.entries())) {
          try (InputStream in = zip.getInputStream(entry)) {
            left.put(entry.getName(), in.readAllBytes());
          }
          assertThat(entry.getMethod())
              .isEqualTo(entry.getName().endsWith(".jar") ? ZipEntry.STORED : ZipEntry.DEFLATED);
        }
      }
    } finally {
      Files.delete(file);
    }
    entries.remove("BOOT-INF/lib/unused.jar");
    assertThat(List.copyOf(left.keySet())).isEqualTo(List.copyOf(entries.keySet()));
    left.forEach((name, content) -> assertThat(content).as(name).isEqualTo(entries.get(name)));
    try (ZipInputStream zip =
        new ZipInputStream(new ByteArrayInputStream(after, 15, after.length - 15))) {
      int count = 0;
      while (zip.getNextEntry() != null) {
        count++;
      }
      assertThat(count).isEqualTo(entries.size());
    }
  }

  @Test
  void plan_ofAClassPathThatOnlyARunTells_removesNothing() throws IOException {
    put("/srv/app.jar", jar(entries("app/Main.class", type("app/Main"))));
    put("/srv/d.jar", jar(entries("d/D.class", type("d/D"))));
    run("@/srv/arguments");
    assertThat(plan(JarTrimmer.forEntrypoint()).findings().get(0).reason().evidence())
        .isEqualTo("the class path is not known: the argument @/srv/arguments");
    run("-p", "/srv", "-m", "app/app.Main");
    assertThat(removed(JarTrimmer.forEntrypoint())).isEmpty();
    run("app.Main");
    assertThat(plan(JarTrimmer.forEntrypoint()).findings().get(0).reason().evidence())
        .isEqualTo("the class path is not known: no class path is told for app.Main");
    run("-cp", "/srv/app.jar:/srv/d.jar", "app.Main");
    assertThat(removed(JarTrimmer.forEntrypoint())).containsExactly("/srv/d.jar");
    put("/srv/d.jar", jar(entries("d/D.class", text("no class"))));
    assertThat(removed(JarTrimmer.forEntrypoint())).isEmpty();
    put("/srv/d.jar", text("no archive"));
    assertThat(plan(JarTrimmer.forEntrypoint()).edits()).isEmpty();
    config = config.with("/config/Env", "[\"CLASSPATH=/x\"]");
    assertThat(plan(JarTrimmer.forEntrypoint()).findings().get(0).reason().evidence())
        .isEqualTo("the class path is not known: the variable CLASSPATH=/x");
  }

  @Test
  void plan_ofASignedArchive_leavesItWhole() throws IOException {
    run("-jar", "/srv/boot.jar");
    put(
        "/srv/boot.jar",
        jar(
            entries(
                "META-INF/A.SF",
                text("x"),
                "app/Main.class",
                type("app/Main"),
                "BOOT-INF/lib/unused.jar",
                jar(entries("u/U.class", type("u/U"))))));
    EditPlan plan = plan(JarTrimmer.forEntrypoint());
    assertThat(plan.edits()).isEmpty();
    assertThat(plan.findings().stream().map(each -> each.reason().evidence()).toList())
        .contains(
            "/srv/boot.jar: it is started",
            "it is signed, so /srv/boot.jar!/BOOT-INF/lib/unused.jar stays, which is not used");
  }
}
