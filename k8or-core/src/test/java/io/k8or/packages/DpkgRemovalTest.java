package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DpkgRemovalTest {
  private static PackageDatabase database(ImageSnapshot image) throws IOException {
    return PackageDatabases.of(image).get(0);
  }

  private static ImageSnapshot without(ImageSnapshot image, String... names) throws IOException {
    PackageDatabase database = database(image);
    List<InstalledPackage> leaving = new ArrayList<>();
    for (String name : names) {
      leaving.addAll(database.named(name));
    }
    return image.with(database.removal(leaving).plan());
  }

  /** The paths that went, but those of dpkg's own records. */
  private static Set<String> gone(ImageSnapshot before, ImageSnapshot after) {
    Set<String> paths = new TreeSet<>();
    for (ImagePath path : before.files().nodes().keySet()) {
      if (!after.files().contains(path) && !path.toString().startsWith("/var/lib/dpkg/")) {
        paths.add(path.toString());
      }
    }
    return paths;
  }

  private static String text(FileTree files, String path) throws IOException {
    return new String(
        files.follow(ImagePath.of(path)).orElseThrow().content().readAll(1 << 20),
        StandardCharsets.UTF_8);
  }

  @Test
  void removal_directories_stayWhileOthersListThemOrTheyAreNotEmpty() throws Exception {
    ImageSnapshot image =
        TinyDebian.create()
            .add(
                "a",
                "",
                "/usr/",
                "/usr/share/",
                "/usr/share/a/",
                "/usr/share/a/x",
                "/srv/",
                "/srv/a/")
            .add("b", "", "/usr/", "/usr/share/", "/usr/share/b")
            .file("/srv/a/kept", "data")
            .build();

    assertThat(gone(image, without(image, "a"))).containsExactly("/usr/share/a", "/usr/share/a/x");
    assertThat(gone(image, without(image, "a", "b")))
        .containsExactly("/usr", "/usr/share", "/usr/share/a", "/usr/share/a/x", "/usr/share/b");
  }

  @Test
  void removal_mergedUsr_keepsTheLinkAndRemovesBehindIt() throws Exception {
    ImageSnapshot image =
        TinyDebian.create()
            .link("/bin", "usr/bin")
            .file("/usr/bin/x", "x")
            .file("/usr/bin/y", "y")
            .add("base", "", "/bin", "/usr/", "/usr/bin/")
            .add("x", "", "/bin", "/bin/x")
            .add("y", "", "/usr/", "/usr/bin/", "/usr/bin/y")
            .build();

    assertThat(gone(image, without(image, "x"))).containsExactly("/usr/bin/x");
    assertThat(database(image).owners(ImagePath.of("/usr/bin/x")))
        .extracting(InstalledPackage::id)
        .containsExactly("x");
    assertThat(database(image).owners(ImagePath.of("/bin/x"))).hasSize(1);
  }

  @Test
  void removal_conffiles_goWithTheirBackupsAndDirectories() throws Exception {
    ImageSnapshot image =
        TinyDebian.create()
            .add(
                "a",
                "Conffiles:\n /etc/a/a.conf 0123\n /etc/a/gone 45 obsolete",
                "/etc/",
                "/etc/a/",
                "/etc/a/a.conf")
            .add("base", "", "/etc/")
            .file("/etc/a/a.conf.dpkg-old", "")
            .file("/etc/a/a.conf~", "")
            .file("/etc/a/a.conf.~3~", "")
            .file("/etc/a/a.conf~12~", "")
            .file("/etc/a/#a.conf#", "")
            .build();

    assertThat(gone(image, without(image, "a")))
        .containsExactly(
            "/etc/a/#a.conf#",
            "/etc/a/a.conf",
            "/etc/a/a.conf.dpkg-old",
            "/etc/a/a.conf~",
            "/etc/a/a.conf~12~");
    PackageDatabase database = database(image);
    assertThat(database.removal(database.named("a")).findings())
        .singleElement()
        .hasToString(
            "/etc/a: packages/directory-not-empty: the last package that lists it goes, a 1.0, but"
                + " something else is in it");
  }

  @Test
  void removal_twinOfAnotherArchitecture_keepsWhatTheyShare() throws Exception {
    ImageSnapshot image =
        TinyDebian.create()
            .file("/var/lib/dpkg/info/format", "1\n")
            .stanza("lib", "Architecture: amd64\nMulti-Arch: same")
            .stanza("lib", "Architecture: i386\nMulti-Arch: same")
            .list("lib:amd64", "/usr/", "/usr/lib/", "/usr/lib/64/", "/usr/lib/64/l", "/usr/doc")
            .list("lib:i386", "/usr/", "/usr/lib/", "/usr/lib/32/", "/usr/lib/32/l", "/usr/doc")
            .build();

    assertThat(gone(image, without(image, "lib:i386")))
        .containsExactly("/usr/lib/32", "/usr/lib/32/l");
    assertThat(text(without(image, "lib:i386").files(), "/var/lib/dpkg/status"))
        .contains("amd64")
        .doesNotContain("i386");
  }

  @Test
  void removal_diversions_areFollowedButForTheirOwner() throws Exception {
    TinyDebian debian =
        TinyDebian.create()
            .add("base", "", "/usr/", "/usr/bin/")
            .add("dash", "", "/usr/bin/sh")
            .add("old", "", "/usr/bin/sh")
            .file("/usr/bin/sh.distrib", "old's")
            .file("/var/lib/dpkg/diversions", "/usr/bin/sh\n/usr/bin/sh.distrib\ndash\n");

    assertThat(gone(debian.build(), without(debian.build(), "old")))
        .containsExactly("/usr/bin/sh.distrib");
    ImageSnapshot image = debian.build();
    ImageSnapshot noDash = without(image, "dash");
    assertThat(gone(image, noDash)).containsExactly("/usr/bin/sh.distrib");
    assertThat(text(noDash.files(), "/usr/bin/sh")).isEqualTo("old's");
    assertThat(text(noDash.files(), "/var/lib/dpkg/diversions")).isEmpty();
  }

  @Test
  void removal_records_loseThePackageAndKeepTheBytesOfTheOthers() throws Exception {
    ImageSnapshot image =
        TinyDebian.create()
            .add("a", "Description:  odd   spacing", "/usr/", "/usr/a")
            .add("b", "", "/usr/", "/usr/b")
            .file("/var/lib/dpkg/info/b.postinst", "")
            .file("/var/lib/dpkg/info/b.md5sums", "")
            .file("/var/lib/dpkg/info/b.c.list", "")
            .file("/var/lib/dpkg/triggers/File", "/usr/x a/noawait\n/usr/y b\n")
            .file("/var/lib/dpkg/triggers/reload", "b\n")
            .file("/var/lib/dpkg/statoverride", "root mail 2755 /usr/b\nroot root 755 /usr/a\n")
            .file(
                "/var/lib/apt/extended_states",
                "Package: b\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: c\nArchitecture: x\n\n")
            .build();

    ImageSnapshot after = without(image, "b");

    assertThat(text(after.files(), "/var/lib/dpkg/status"))
        .isEqualTo(
            "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0\n"
                + "Description:  odd   spacing\n\n");
    assertThat(text(after.files(), "/var/lib/dpkg/triggers/File")).isEqualTo("/usr/x a/noawait\n");
    assertThat(after.files().contains(ImagePath.of("/var/lib/dpkg/triggers/reload"))).isFalse();
    assertThat(text(after.files(), "/var/lib/dpkg/statoverride"))
        .isEqualTo("root root 755 /usr/a\n");
    assertThat(text(after.files(), "/var/lib/apt/extended_states"))
        .isEqualTo("Package: c\nArchitecture: x\n\n");
    assertThat(after.files().children(ImagePath.of("/var/lib/dpkg/info")))
        .extracting(ImagePath::toString)
        .containsExactly("/var/lib/dpkg/info/a.list", "/var/lib/dpkg/info/b.c.list");
  }

  @Test
  void removal_alternatives_areSelectedAgainOrGo() throws Exception {
    TinyDebian debian =
        TinyDebian.create()
            .add("less", "", "/usr/", "/usr/bin/", "/usr/bin/less", "/usr/man/", "/usr/man/less.1")
            .add("more", "", "/usr/", "/usr/bin/", "/usr/bin/more")
            .link("/usr/bin/pager", "/etc/alternatives/pager")
            .link("/usr/man/pager.1", "/etc/alternatives/pager.1")
            .link("/etc/alternatives/pager", "/usr/bin/less")
            .link("/etc/alternatives/pager.1", "/usr/man/less.1")
            .file(
                "/var/lib/dpkg/alternatives/pager",
                "auto\n/usr/bin/pager\npager.1\n/usr/man/pager.1\n\n"
                    + "/usr/bin/more\n50\n\n/usr/bin/less\n77\n/usr/man/less.1\n\n");
    ImageSnapshot image = debian.build();

    ImageSnapshot noLess = without(image, "less");

    assertThat(noLess.files().get(ImagePath.of("/etc/alternatives/pager")).orElseThrow().target())
        .hasToString("/usr/bin/more");
    assertThat(gone(image, noLess))
        .containsExactly(
            "/etc/alternatives/pager.1",
            "/usr/bin/less",
            "/usr/man",
            "/usr/man/less.1",
            "/usr/man/pager.1");
    assertThat(text(noLess.files(), "/var/lib/dpkg/alternatives/pager"))
        .isEqualTo("auto\n/usr/bin/pager\npager.1\n/usr/man/pager.1\n\n/usr/bin/more\n50\n\n\n");
    ImageSnapshot none = without(image, "less", "more");
    assertThat(none.files().contains(ImagePath.of("/usr/bin/pager"))).isFalse();
    assertThat(none.files().contains(ImagePath.of("/var/lib/dpkg/alternatives/pager"))).isFalse();
  }

  @Test
  void removal_recordsBesideDpkgs_loseWhatGoes() throws Exception {
    ImageSnapshot image =
        TinyDebian.create()
            .add("base", "", "/usr/", "/usr/bin/", "/usr/bin/sh", "/etc/")
            .add("zsh", "Architecture: all", "/usr/bin/zsh")
            .file("/etc/shells", "# shells\n/usr/bin/sh\n/usr/bin/zsh\n/bin/gone\n")
            .file("/var/lib/apt/extended_states", "Package: zsh\nArchitecture: amd64\n\n")
            .file("/var/lib/ucf/registry", "zsh \t /etc/zshrc\nbase \t /etc/rc\n")
            .file("/var/lib/ucf/hashfile", "0123  /etc/zshrc\n4567  /etc/rc\n")
            .file("/var/lib/ucf/cache/:etc:zshrc", "")
            .file("/etc/zshrc", "")
            .file("/etc/rc", "")
            .file("/var/lib/dpkg/statoverride-old", "root root 755 /usr/bin/zsh\n")
            .build();

    ImageSnapshot after = without(image, "zsh");

    assertThat(gone(image, after))
        .containsExactly(
            "/etc/zshrc", "/usr/bin/zsh", "/var/lib/ucf/cache", "/var/lib/ucf/cache/:etc:zshrc");
    assertThat(text(after.files(), "/etc/shells")).isEqualTo("# shells\n/usr/bin/sh\n/bin/gone\n");
    assertThat(text(after.files(), "/var/lib/apt/extended_states")).isEmpty();
    assertThat(text(after.files(), "/var/lib/ucf/registry")).isEqualTo("base \t /etc/rc\n");
    assertThat(text(after.files(), "/var/lib/ucf/hashfile")).isEqualTo("4567  /etc/rc\n");
    assertThat(after.files().contains(ImagePath.of("/var/lib/dpkg/statoverride-old"))).isFalse();
  }

  @Test
  void removal_ofLeftConfiguration_leavesListedFilesAndWhatIsAboveThem() throws Exception {
    // As dpkg has it: a package that was removed but for its configuration owns no other file.
    ImageSnapshot image =
        TinyDebian.create()
            .link("/bin", "usr/bin")
            .link("/sbin", "usr/sbin")
            .file("/usr/bin/x", "another's")
            .raw(
                "Package: x\nStatus: deinstall ok config-files\nArchitecture: amd64\n"
                    + "Version: 1\nConffiles:\n /etc/x 01\n\n")
            .list("x", "/bin", "/bin/x", "/sbin", "/etc/", "/etc/x")
            .build();

    assertThat(gone(image, without(image, "x"))).containsExactly("/etc", "/etc/x", "/sbin");
  }

  @Test
  void removal_whatScriptsMade_followsTheTable() throws Exception {
    ImageSnapshot image =
        TinyDebian.create()
            .add("base", "", "/usr/", "/usr/lib/", "/etc/")
            .add("cron", "", "/etc/init.d/", "/etc/init.d/cron")
            .add("py", "", "/usr/lib/", "/usr/lib/py/", "/usr/lib/py/m.py")
            .add("ca-certificates", "", "/etc/ssl/", "/etc/ssl/certs/")
            .file("/usr/lib/py/__pycache__/m.cpython-311.pyc", "")
            .file("/etc/ssl/certs/ca-certificates.crt", "")
            .link("/etc/rc2.d/S01cron", "../init.d/cron")
            .link("/etc/rc2.d/S01other", "../init.d/other")
            .build();

    assertThat(gone(image, without(image, "py")))
        .containsExactly(
            "/usr/lib/py",
            "/usr/lib/py/__pycache__",
            "/usr/lib/py/__pycache__/m.cpython-311.pyc",
            "/usr/lib/py/m.py");
    assertThat(gone(image, without(image, "cron")))
        .containsExactly("/etc/init.d", "/etc/init.d/cron", "/etc/rc2.d/S01cron");
    assertThat(gone(image, without(image, "ca-certificates")))
        .containsExactly("/etc/ssl", "/etc/ssl/certs", "/etc/ssl/certs/ca-certificates.crt");
  }

  @Test
  void removal_distroless_goesByTheSums() throws Exception {
    String sum = "0123456789abcdef0123456789abcdef";
    ImageSnapshot image =
        TinyDebian.create()
            .file("/usr/share/zone/utc", "")
            .file("/usr/share/both", "")
            .file("/var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 1\nArchitecture: all")
            .file(
                "/var/lib/dpkg/status.d/tzdata.md5sums",
                sum + "  usr/share/zone/utc\n" + sum + "  usr/share/both\n")
            .file("/var/lib/dpkg/status.d/other", "Package: other\nVersion: 2\n")
            .file("/var/lib/dpkg/status.d/other.md5sums", sum + "  usr/share/both\n")
            .build();

    ImageSnapshot after = without(image, "tzdata");

    assertThat(gone(image, after)).containsExactly("/usr/share/zone", "/usr/share/zone/utc");
    assertThat(database(after).packages())
        .extracting(InstalledPackage::id)
        .containsExactly("other");
  }

  @Test
  void removal_leavesTheInput_andGivesTheSamePlanAgain() throws Exception {
    ImageSnapshot image =
        TinyDebian.create().add("a", "", "/usr/", "/usr/a").add("b", "", "/usr/", "/usr/b").build();
    PackageDatabase database = database(image);

    PackageRemoval first = database.removal(database.named("a"));
    PackageRemoval again = database.removal(database.named("a"));

    assertThat(first.edits()).isEqualTo(again.edits());
    assertThat(image.files().contains(ImagePath.of("/usr/a"))).isTrue();
    assertThat(database.removal(List.of()).edits()).isEmpty();
    ImageSnapshot copy = ImageSnapshot.of(image.config(), image.files().edit().build());
    assertThatThrownBy(() -> database(copy).removal(database.named("a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a package of another database: a 1.0");
  }

  @Test
  void of_malformedDatabase_throwsWithFileAndLine() {
    record Case(ImageSnapshot image, String message) {}
    for (Case each :
        List.of(
            new Case(
                TinyDebian.create().file("/var/lib/dpkg/status", "Package: a\nVersion: 1").build(),
                "dpkg status: /var/lib/dpkg/status, line 2: "),
            new Case(
                TinyDebian.create().add("a", "", "/a").add("b", "", "/b").stanza("b", "").build(),
                "dpkg status: /var/lib/dpkg/status, line 11: the package b:amd64 has a stanza"),
            new Case(
                TinyDebian.create().file("/var/lib/dpkg/status", "Version: 1\n").build(),
                "dpkg status: /var/lib/dpkg/status, line 1: expected a stanza with the name"),
            new Case(
                TinyDebian.create().add("a", "Depends: b (>= )", "/a").build(),
                "dpkg status: /var/lib/dpkg/status, line 1: field Depends: expected NAME"),
            new Case(
                TinyDebian.create()
                    .stanza("a", "")
                    .file("/var/lib/dpkg/info/a.list", "/.\n/usr/../etc\n")
                    .build(),
                "path: /var/lib/dpkg/info/a.list, line 2: "),
            new Case(
                TinyDebian.create()
                    .stanza("a", "")
                    .file("/var/lib/dpkg/info/a.list", "/.\n/usr")
                    .build(),
                "dpkg file list: /var/lib/dpkg/info/a.list: expected a line feed"))) {
      assertThatThrownBy(() -> PackageDatabases.of(each.image()))
          .isInstanceOf(MalformedContentException.class)
          .hasMessageStartingWith(each.message());
    }
  }

  @Test
  void removal_packageWithoutAList_throws() throws Exception {
    PackageDatabase database =
        database(TinyDebian.create().add("a", "", "/a").stanza("b", "").build());

    assertThat(database.removal(database.named("a")).edits()).isNotEmpty();
    assertThatThrownBy(() -> database.removal(database.named("b")))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage(
            "dpkg file list: /var/lib/dpkg/info/b.list: missing, so nobody can say which files"
                + " would go with the package b 1.0");
  }

  @Test
  void of_noDatabase_isNone() throws Exception {
    assertThat(PackageDatabases.of(TinyDebian.create().file("/a", "").build())).isEmpty();
    assertThat(PackageDatabases.of(TinyDebian.create().file("/var/lib/dpkg/status", "").build()))
        .isEmpty();
  }
}
