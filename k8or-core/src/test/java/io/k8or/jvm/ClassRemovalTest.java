package io.k8or.jvm;

import static io.k8or.jvm.Jars.entries;
import static io.k8or.jvm.Jars.jar;
import static io.k8or.jvm.Jars.nesting;
import static io.k8or.jvm.Jars.text;
import static io.k8or.jvm.Jars.type;
import static io.k8or.jvm.Jars.unzip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
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
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Single classes that go from archives that stay. */
class ClassRemovalTest {
  private static final JarTrimmer TRIMMER = JarTrimmer.forEntrypoint().removingClasses();

  private final FileTree.Editor tree = FileTree.builder();
  private ImageConfig config =
      ImageConfig.of(Platform.parse("linux/amd64"))
          .with(
              "/config/Entrypoint",
              "[\"/opt/java/bin/java\",\"-cp\",\"/srv/app.jar:/srv/lib.jar\",\"app.Main\"]");

  ClassRemovalTest() {
    byte[] modules = new byte[40];
    System.arraycopy(
        new byte[] {(byte) 0xca, (byte) 0xfe, (byte) 0xda, (byte) 0xda}, 0, modules, 0, 4);
    put("/opt/java/lib/modules", modules);
    put("/opt/java/bin/java", text("x"));
  }

  private void put(String path, byte[] bytes) {
    tree.put(ImagePath.of(path), FileNode.regular(FileAttributes.ofMode(0755), Content.of(bytes)));
  }

  /** An application that names these, and a library. */
  private void app(String[] named, Object... library) throws IOException {
    put("/srv/app.jar", jar(entries("app/Main.class", type("app/Main", named))));
    put("/srv/lib.jar", jar(entries(library)));
  }

  private static String[] names(String... names) {
    return names;
  }

  private ImageSnapshot image() {
    return ImageSnapshot.of(config, tree.build());
  }

  /** Returns the entries that are left of an archive. */
  private List<String> left(String path, JarTrimmer trimmer) throws IOException {
    EditPlan plan = trimmer.plan(image());
    return List.copyOf(
        unzip(
                image()
                    .with(plan)
                    .files()
                    .get(ImagePath.of(path))
                    .orElseThrow()
                    .content()
                    .readAll(1 << 20))
            .keySet());
  }

  private List<String> findings(JarTrimmer trimmer, String rule) throws IOException {
    List<String> found = new ArrayList<>();
    for (Finding finding : trimmer.plan(image()).findings()) {
      if (finding.reason().rule().equals(rule)) {
        found.add(finding.reason().evidence());
      }
    }
    return found;
  }

  @Test
  void plan_ofALibrary_keepsWhatIsReachedAndAllResources() throws IOException {
    app(
        names("b/B"),
        "b/",
        new byte[0],
        "b/B.class",
        type("b/B", "b/Base"),
        "b/Base.class",
        type("b/Base"),
        "b/Unused.class",
        type("b/Unused", "b/OfUnused"),
        "b/OfUnused.class",
        type("b/OfUnused"),
        "b/B_$logger.class",
        type("b/B_$logger"),
        "module-info.class",
        type("module-info"),
        "b/package-info.class",
        type("b/package-info"),
        "b/text.properties",
        text("x=y"),
        "META-INF/versions/11/b/Unused.class",
        type("b/Unused"),
        "META-INF/versions/11/b/Base.class",
        type("b/Base", "b/OnlyIn11"),
        "b/OnlyIn11.class",
        type("b/OnlyIn11"));
    assertThat(left("/srv/lib.jar", TRIMMER))
        .containsExactly(
            "b/",
            "b/B.class",
            "b/Base.class",
            "b/B_$logger.class",
            "module-info.class",
            "b/package-info.class",
            "b/text.properties",
            "META-INF/versions/11/b/Base.class",
            "b/OnlyIn11.class");
    assertThat(findings(TRIMMER, "unused-class"))
        .containsExactly(
            "/srv/lib.jar: b, no class, resource or text names it: Unused",
            "/srv/lib.jar: b, only classes name it that go too: OfUnused");
    assertThat(TRIMMER.plan(image()).edits().get(0).reason().toString())
        .contains("3 classes go that nothing reaches");
    assertThat(left("/srv/lib.jar", JarTrimmer.forEntrypoint())).hasSize(12);
  }

  @Test
  void plan_ofNamesInParts_keepsWhatTheyMayMean() throws IOException {
    app(
        names("b/B", "b.impl.", ".h.impl.", "org.i.Mess", "k/Loader"),
        "b/B.class",
        type("b/B", "e.f"),
        "b/impl/One.class",
        type("b/impl/One"),
        "b/other/Two.class",
        type("b/other/Two"),
        "e/f/Codec.class",
        type("e/f/Codec"),
        "e/f/Else.class",
        type("e/f/Else"),
        "g/h/impl/Three.class",
        type("g/h/impl/Three"),
        "org/i/Messages_de.class",
        type("org/i/Messages_de"),
        "k/Loader.class",
        type("k/Loader", "Codec.", "Editor.", "Default.", "k/Color"),
        "k/Codec.class",
        type("k/Codec"),
        "k/Color.class",
        type("k/Color"),
        "k/ColorEditor.class",
        type("k/ColorEditor"),
        "k/DefaultColor.class",
        type("k/DefaultColor"),
        "k/Unused.class",
        type("k/Unused"));
    assertThat(left("/srv/lib.jar", TRIMMER))
        .containsExactly(
            "b/B.class",
            "b/impl/One.class",
            "e/f/Codec.class",
            "g/h/impl/Three.class",
            "org/i/Messages_de.class",
            "k/Loader.class",
            "k/Codec.class",
            "k/Color.class",
            "k/ColorEditor.class",
            "k/DefaultColor.class");
  }

  @Test
  void plan_ofResources_keepsWhatTheyName() throws IOException {
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    list.writeBytes(new byte[] {0, 0, 0, 1, 0, 'A'}); // a length before the name
    list.writeBytes(text("b.Plugin"));
    app(
        names("b/B", "s/Service"),
        "b/B.class",
        type("b/B"),
        "b/Plugin.class",
        type("b/Plugin"),
        "b/Plugins.dat",
        list.toByteArray(),
        "b/Native.class",
        type("b/Native"),
        "lib/libx.so",
        text("\u007fELF\0FindClass\0b/Native\0"),
        "b/Reflected.class",
        type("b/Reflected"),
        "META-INF/native-image/b/b/reflect-config.json",
        text("[{\"name\":\"b.Reflected\",\"allDeclaredConstructors\":true}]"),
        "b/Indexed.class",
        type("b/Indexed"),
        "b/jaxb.index",
        text("Indexed\n"),
        "s/Service.class",
        type("s/Service"),
        "s/Impl.class",
        type("s/Impl"),
        "META-INF/services/s.Service",
        text("s.Impl\n"),
        "s/Driver.class",
        type("s/Driver"),
        "META-INF/services/java.sql.Driver",
        text("s.Driver"),
        "scanned/below/Bean.class",
        type("scanned/below/Bean"),
        "b/context.xml",
        text("<context:component-scan base-package=\"scanned\"/>"),
        "b/Unused.class",
        type("b/Unused"),
        "META-INF/MANIFEST.MF",
        text("Export-Package: b,s\n"));
    assertThat(left("/srv/lib.jar", TRIMMER)).hasSize(17).doesNotContain("b/Unused.class");
    assertThat(findings(TRIMMER, "unused-class")).hasSize(1);
  }

  @Test
  void plan_ofAnApplicationOfOneJar_keepsWhatIsNearItsMainClass() throws IOException {
    config =
        config.with("/config/Entrypoint", "[\"/opt/java/bin/java\",\"-jar\",\"/srv/app.jar\"]");
    put(
        "/srv/app.jar",
        jar(
            entries(
                "META-INF/MANIFEST.MF",
                text("Main-Class: com.acme.shop.main.Main\n"),
                "com/acme/shop/main/Main.class",
                type("com/acme/shop/main/Main"),
                "com/acme/shop/web/Page.class",
                type("com/acme/shop/web/Page", "lib/Used", "org.scanned"),
                "lib/Used.class",
                type("lib/Used"),
                "lib/Unused.class",
                type("lib/Unused"),
                "org/scanned/below/Bean.class",
                type("org/scanned/below/Bean"))));
    assertThat(left("/srv/app.jar", TRIMMER)).hasSize(5).doesNotContain("lib/Unused.class");
    JarTrimmer kept = TRIMMER.keepingClasses(List.of("lib.*"));
    assertThat(kept.plan(image()).edits()).isEmpty();
    assertThat(TRIMMER.keeping(List.of(PathGlob.of("/srv/*.jar"))).plan(image()).edits()).isEmpty();
    assertThat(TRIMMER.why(image(), "lib.Used"))
        .containsExactly(
            "lib.Used: named by com.acme.shop.web.Page",
            "com.acme.shop.web.Page: of what is started");
    assertThat(TRIMMER.why(image(), "lib.Unused")).isEmpty();
    assertThat(kept.why(image(), "lib.Unused")).containsExactly("lib.Unused: told to stay");
    assertThatThrownBy(() -> TRIMMER.keepingClasses(List.of("lib/Used")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no pattern of classes' names: lib/Used");
  }

  @Test
  void plan_ofARun_tellsWhatItLoadedAndGoes() throws IOException {
    app(
        names("b/B"),
        "b/B.class",
        type("b/B"),
        "b/Unused.class",
        type("b/Unused"),
        "b/Other.class",
        type("b/Other"));
    LoadedClasses run =
        LoadedClasses.parse(
            """
            [0.012s][info][class,load] java.lang.Object source: jrt:/java.base
            [0.112s][info][class,load] app.Main source: file:/srv/app.jar
            [Loaded b.Unused from file:/srv/lib.jar]
            b.Main$$Lambda/0x1 source: b.Main
            1234 openat(AT_FDCWD, "/srv/lib.jar", O_RDONLY) = 3
            """);
    assertThat(run.names()).containsExactly("app/Main", "b/Unused", "java/lang/Object");
    assertThat(findings(TRIMMER.checkedAgainst(run), "loaded-but-removed"))
        .containsExactly("b.Unused, of /srv/lib.jar, was loaded in the run");
    assertThat(findings(TRIMMER.checkedAgainst(run), "kept-but-not-loaded"))
        .containsExactly(
            "1 classes are reached that the run did not load; it loaded 2 of the class path");
  }

  @Test
  void plan_ofClassesThatAreNotUnderstood_keepsTheirArchives() throws IOException {
    byte[] newer = type("b/Newer");
    newer[7] = 120;
    app(
        names("b/B"),
        "b/B.class",
        type("b/B"),
        "b/Newer.class",
        newer,
        "b/Unused.class",
        type("b/Unused"));
    assertThat(TRIMMER.plan(image()).edits()).isEmpty();
    assertThat(findings(TRIMMER, "classes-stay"))
        .containsExactly(
            "/srv/lib.jar: /srv/lib.jar!/b/Newer.class is of a newer version than is known");
    app(names("b/B"), "b/B.class", type("b/B"), "b/Broken.class", text("none"));
    assertThat(TRIMMER.plan(image()).edits()).isEmpty();
    assertThat(findings(TRIMMER, "classes-stay"))
        .containsExactly(
            "/srv/lib.jar: class file: /srv/lib.jar!/b/Broken.class: it does not begin with"
                + " cafebabe");
    app(
        names("b/B"),
        "b/B.class",
        type("b/B"),
        "b/Elsewhere.class",
        type("c/Other"),
        "b/Unused.class",
        type("b/Unused"));
    assertThat(left("/srv/lib.jar", TRIMMER)).containsExactly("b/B.class", "b/Elsewhere.class");
    app(
        names("b/B"),
        "b/B.class",
        type("b/B"),
        "META-INF/X.SF",
        text("signed"),
        "b/Unused.class",
        type("b/Unused"));
    assertThat(TRIMMER.plan(image()).edits()).isEmpty();
    app(
        names("b/B"),
        "b/B.class",
        type("b/B"),
        "META-INF/beans.xml",
        text("<beans/>"),
        "b/Unused.class",
        type("b/Unused"));
    assertThat(TRIMMER.plan(image()).edits()).isEmpty();
  }

  @Test
  void plan_ofSpringBoot_changesNestedArchivesThatStayStored() throws IOException {
    config =
        config.with("/config/Entrypoint", "[\"/opt/java/bin/java\",\"-jar\",\"/srv/boot.jar\"]");
    byte[] whole = jar(entries("z/Z.class", type("z/Z"), "META-INF/A.SF", text("x")));
    Map<String, byte[]> entries =
        entries(
            "META-INF/MANIFEST.MF",
            text("Main-Class: boot.Launcher\nStart-Class: com.acme.Main\n"),
            "boot/Launcher.class",
            type("boot/Launcher"),
            "BOOT-INF/classes/other/Bean.class",
            type("other/Bean", "a/A", "z/Z", "w/W"),
            "BOOT-INF/lib/a.jar",
            jar(
                entries(
                    "a/A.class",
                    type("a/A"),
                    "a/Unused.class",
                    type("a/Unused"),
                    "a/x.txt",
                    text("x"))),
            "BOOT-INF/lib/unused.jar",
            jar(entries("u/U.class", type("u/U"))),
            "BOOT-INF/lib/z.jar",
            whole,
            "BOOT-INF/lib/deflated.jar",
            jar(entries("w/W.class", type("w/W"), "w/Unused.class", type("w/Unused"))),
            "BOOT-INF/classpath.idx",
            text("- \"BOOT-INF/lib/a.jar\"\n- \"BOOT-INF/lib/unused.jar\"\n"),
            "BOOT-INF/layers.idx",
            text("- \"dependencies\":\n  - \"BOOT-INF/lib/\"\n"));
    Predicate<String> stored = name -> name.endsWith(".jar") && !name.endsWith("deflated.jar");
    put("/srv/boot.jar", jar(entries, stored));
    EditPlan plan = TRIMMER.plan(image());
    Content after =
        image().with(plan).files().get(ImagePath.of("/srv/boot.jar")).orElseThrow().content();
    Map<String, byte[]> left = unzip(after.readAll(1 << 20)); // checks sums
    entries.remove("BOOT-INF/lib/unused.jar");
    assertThat(List.copyOf(left.keySet())).isEqualTo(List.copyOf(entries.keySet()));
    assertThat(unzip(left.get("BOOT-INF/lib/a.jar")).keySet())
        .containsExactly("a/A.class", "a/x.txt");
    assertThat(left.get("BOOT-INF/lib/z.jar")).isEqualTo(whole);
    assertThat(new String(left.get("BOOT-INF/classpath.idx"), StandardCharsets.UTF_8))
        .isEqualTo("- \"BOOT-INF/lib/a.jar\"\n");
    assertThat(findings(TRIMMER, "classes-stay"))
        .containsExactly("/srv/boot.jar!/BOOT-INF/lib/deflated.jar is compressed, and stays so");
    ZipDirectory directory = ZipDirectory.of(after, "after");
    assertThat(directory.stored("BOOT-INF/lib/a.jar")).isPresent();
    assertThat(directory.stored("BOOT-INF/lib/a.jar").orElseThrow().readAll(1 << 20))
        .isEqualTo(left.get("BOOT-INF/lib/a.jar"));
    assertThat(directory.stored("BOOT-INF/lib/deflated.jar")).isEmpty();
    assertThat(TRIMMER.plan(image().with(plan)).edits()).isEmpty();
  }

  @Test
  void without_ofEntriesThatOverlap_saysSo() throws IOException {
    byte[] nested = nesting(entries("a/A.class", type("a/A")));
    byte[] bytes = nesting(entries("x.jar", nested, "y.jar", nested, "z.jar", nested));
    ZipDirectory whole = ZipDirectory.of(Content.of(bytes), "whole");
    assertThat(ZipDirectory.of(whole.without("y.jar"::equals), "left").names())
        .containsExactly("x.jar", "z.jar");
    // The second entry is said to be where the first one's own first entry is.
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int directory = text.lastIndexOf("y.jar") - 46;
    bytes[directory + 42] = 30 + 5;
    bytes[directory + 43] = 0;
    ZipDirectory hostile = ZipDirectory.of(Content.of(bytes), "hostile");
    assertThatThrownBy(() -> hostile.without("x.jar"::equals))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageEndingWith("y.jar is not where the directory says");
  }
}
