package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Edit;
import java.util.List;
import org.junit.jupiter.api.Test;

class ApkRemovalTest {
  // The SHA-1 of no bytes.
  private static final String EMPTY = "Z:Q12jmj7l5rSw0yVb/vlWAYkK/YBwk=\n";

  private static FileTree alpine() {
    String installed =
        "C:Q1base=\nP:base\nV:1\nF:\nF:etc\nF:usr\nF:usr/bin\n\n"
            + "C:Q1musl=\nP:musl\nV:1.2-r0\np:so:libc.so=1\nF:lib\nR:ld.so\n\n"
            + "C:Q1app=\nP:app\nV:2-r1\nA:x86_64\no:app-src\nL:MIT\n"
            + "D:so:libc.so>=1 !other\np:cmd:app=2-r1\n"
            + "F:etc\nF:etc/app\nR:changed\n"
            + EMPTY
            + "R:same\n"
            + EMPTY
            + "F:usr\nF:usr/bin\nR:app\nF:usr/share\nF:usr/share/app\n\n";
    FileTree.Editor editor = FileTree.builder();
    file(editor, "/lib/apk/db/installed", installed);
    file(editor, "/lib/apk/db/triggers", "Q1app= /usr/bin\nQ1musl= /lib\n");
    file(editor, "/etc/apk/world", "app\nbase\nmusl\n");
    file(editor, "/etc/app/changed", "by hand");
    file(editor, "/etc/app/same", "");
    file(editor, "/usr/bin/app", "");
    file(editor, "/lib/ld.so", "");
    editor.put(ImagePath.of("/usr/share/app"), FileNode.directory(FileAttributes.ofMode(0755)));
    return editor.build();
  }

  private static void file(FileTree.Editor editor, String path, String content) {
    editor.put(
        ImagePath.of(path),
        FileNode.regular(FileAttributes.ofMode(0644), Content.of(ByteString.utf8(content))));
  }

  @Test
  void of_installed_givesPackagesAndProviders() throws Exception {
    PackageDatabase database = PackageDatabases.of(alpine()).get(0);

    InstalledPackage app = database.named("app").get(0);
    assertThat(database.format()).isEqualTo(PackageFormat.APK);
    assertThat(app.sourceName()).isEqualTo("app-src");
    assertThat(app.license()).isEqualTo("MIT");
    assertThat(app.dependencies()).hasToString("[depends: so:libc.so (>= 1)]");
    assertThat(database.providers(app, (Requirement.Named) app.dependencies().get(0).requirement()))
        .extracting(InstalledPackage::id)
        .containsExactly("musl");
    assertThat(database.owners(ImagePath.of("/usr/bin/app")))
        .extracting(InstalledPackage::id)
        .containsExactly("app");
  }

  @Test
  void removal_package_takesFilesButChangedConfiguration() throws Exception {
    PackageDatabase database = PackageDatabases.of(alpine()).get(0);

    PackageRemoval removal = database.removal(database.named("app"));

    assertThat(removal.removed())
        .extracting(gone -> gone.path().toString())
        .containsExactlyInAnyOrder("/etc/app/same", "/usr/bin/app", "/usr/share/app", "/usr/share");
    assertThat(removal.findings())
        .extracting(Object::toString)
        .containsExactly(
            "/etc/app/changed: packages/changed-configuration: package app 2-r1 goes, but its file"
                + " was changed since, so it stays, as apk has it");
    assertThat(removal.edits())
        .filteredOn(Edit.ReplaceContent.class::isInstance)
        .extracting(edit -> edit.reason().rule())
        .isEqualTo(List.of("apk-installed", "apk-triggers", "apk-world"));
  }
}
