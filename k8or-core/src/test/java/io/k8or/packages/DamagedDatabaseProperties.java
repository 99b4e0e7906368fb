package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class DamagedDatabaseProperties {
  private static FileTree debian() {
    return TinyDebian.create()
        .add(
            "a",
            "Depends: b (>= 1) | c, d:any\nProvides: x (= 2)\nConffiles:\n /etc/a 01 obsolete",
            "/etc/",
            "/etc/a")
        .add("b", "Multi-Arch: same\nSource: s (1)", "/usr/", "/usr/b", "/usr/lib.so")
        .file("/var/lib/dpkg/diversions", "/usr/b\n/usr/b.orig\na\n")
        .file("/var/lib/dpkg/statoverride", "root root 755 /usr/b\n")
        .file("/var/lib/dpkg/triggers/File", "/usr b/noawait\n")
        .file(
            "/var/lib/dpkg/alternatives/e",
            "auto\n/usr/e\nm\n/usr/m\n\n/usr/b\n10\n/usr/lib.so\n\n")
        .file("/var/lib/apt/extended_states", "Package: b\nArchitecture: amd64\n\n")
        .build()
        .files();
  }

  private static FileTree alpine() {
    return TinyDebian.create()
        .file(
            "/lib/apk/db/installed",
            "C:Q1a=\nP:a\nV:1-r0\nD:so:b>=1 !c\np:cmd:a=1\nF:etc\nR:a\nZ:Q1x=\n\nP:b\nV:2\nF:\n\n")
        .file("/lib/apk/db/triggers", "Q1a= /bin\n")
        .file("/etc/apk/world", "a\nb>1\n")
        .file("/etc/a", "")
        .build()
        .files();
  }

  @Property(tries = 200)
  void damagedRecords_areARightRemovalOrAClearError(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    FileTree whole = random.nextBoolean() ? debian() : alpine();
    List<ImagePath> records =
        whole.nodes().keySet().stream()
            .filter(path -> whole.get(path).orElseThrow().size() > 0)
            .toList();
    ImagePath victim = records.get(random.nextInt(records.size()));
    byte[] bytes = whole.get(victim).orElseThrow().content().readAll(1 << 20);
    int length = random.nextInt(4) == 0 ? random.nextInt(bytes.length) : bytes.length;
    for (int i = 0; i < 3; i++) {
      bytes[random.nextInt(bytes.length)] = (byte) "\n: /.,|(=\0a".charAt(random.nextInt(11));
    }
    FileTree damaged =
        whole
            .edit()
            .replaceContent(victim, Content.of(ByteString.copyOf(bytes, 0, length)))
            .build();
    try {
      for (PackageDatabase database : PackageDatabases.of(damaged)) {
        PackageRemoval removal = database.removal(database.packages());
        for (PackageRemoval.RemovedPath path : removal.removed()) {
          assertThat(damaged.contains(path.path())).isTrue();
        }
      }
    } catch (MalformedContentException e) {
      assertThat(e.where()).isNotEmpty();
    }
  }
}
