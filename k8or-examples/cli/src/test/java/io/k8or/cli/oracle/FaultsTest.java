package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What stays when the disk is full, or the process is killed: the input, and no half output. */
@Tag("oracle")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultsTest {
  private Scratch scratch;
  private Path layout;
  private String before;

  @BeforeAll
  void make() throws IOException {
    Tools.require("tar", "mount", "unshare", "sha256sum");
    scratch = Scratch.create("faults");
    // 96 MB that do not compress, so that writing takes a while and much of the disk.
    layout = layout("in", 24, 4_000_000);
    before = sums();
  }

  private Path layout(String name, int files, int bytes) throws IOException {
    Path made = scratch.resolve(name);
    Shell.run(
        scratch.directory(name + "-root"),
        """
        mkdir -p data etc
        for i in $(seq 1 $1); do head -c $2 /dev/urandom > data/f$i; done
        echo hello > etc/motd
        tar --owner=0 --group=0 -cf ../layer.tar .
        sha256sum < ../layer.tar > ../diffid
        """,
        Integer.toString(files),
        Integer.toString(bytes));
    try (var out =
        new GZIPOutputStream(Files.newOutputStream(scratch.resolve("layer.gz")), 1 << 16)) {
      Files.copy(scratch.resolve("layer.tar"), out);
    }
    String diffId = Files.readString(scratch.resolve("diffid")).substring(0, 64);
    LayoutBytes content = new LayoutBytes(made);
    String hex = Shell.run(scratch.folder(), "sha256sum < layer.gz").substring(0, 64);
    long size = Files.size(scratch.resolve("layer.gz"));
    Files.move(scratch.resolve("layer.gz"), made.resolve("blobs/sha256").resolve(hex));
    String layer = LayoutBytes.descriptor(LayoutBytes.TAR + "+gzip", hex, size);
    LayoutBytes.top(made, content.image(List.of(layer), List.of(diffId)), "faulty");
    return made;
  }

  @AfterAll
  void clean() {
    if (scratch != null) {
      scratch.close();
    }
  }

  @Test
  void apply_killedAtAnyMoment_leavesTheInputAndNoOutput() throws Exception {
    Path jar = Tools.projectRoot().resolve("k8or-examples/cli/target/k8or.jar");
    long start = System.nanoTime();
    K8or.run(
        "apply",
        "oci:" + layout + ":faulty",
        "--out",
        "oci:" + scratch.resolve("whole") + ":x",
        "--files",
        "--no-rule",
        "all",
        "--remove-path",
        "/etc/motd");
    long whole = (System.nanoTime() - start) / 1_000_000;
    int killed = 0;
    for (String kind : List.of("oci", "docker-archive")) {
      for (int tenth = 1; tenth <= 10; tenth++) {
        long millis = whole * tenth / 10;
        Path out = scratch.resolve("killed-" + kind + "-" + tenth);
        Process process =
            new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-jar",
                    jar.toString(),
                    "apply",
                    "oci:" + layout + ":faulty",
                    "--out",
                    kind + ":" + out + ":x",
                    "--files",
                    "--no-rule",
                    "all",
                    "--remove-path",
                    "/etc/motd")
                .redirectErrorStream(true)
                .redirectOutput(scratch.resolve("killed.log").toFile())
                .start();
        if (!process.waitFor(millis, TimeUnit.MILLISECONDS)) {
          process.destroyForcibly().waitFor(); // SIGKILL
          killed++;
        }
        if (Files.exists(out)) {
          // It was done in time, or all but the process's own end was.
          assertThat(K8or.run("verify", kind + ":" + out + ":x")).isNotEmpty();
        }
      }
    }
    System.out.println(killed + " of 20 runs killed");
    assertThat(killed).isPositive();
    assertThat(sums()).isEqualTo(before);

    // The next run with the same output takes away what a killed one left.
    int left = 0;
    for (Path unfinished : unfinished()) {
      left++;
      String name =
          unfinished.getFileName().toString().replaceFirst("^\\.(.*)\\.[^.]*\\.incomplete$", "$1");
      if (left > 2 || Files.exists(scratch.resolve(name))) {
        continue;
      }
      K8or.run(
          "apply",
          "oci:" + layout + ":faulty",
          "--out",
          name.replaceFirst("^killed-(.*)-[0-9]+$", "$1") + ":" + scratch.resolve(name) + ":x",
          "--files",
          "--remove-path",
          "/etc/motd");
      assertThat(unfinished).doesNotExist();
    }
    System.out.println(left + " of them left something unfinished");

    Path out = scratch.resolve("after-the-kills");
    K8or.run(
        "apply",
        "oci:" + layout + ":faulty",
        "--out",
        "oci:" + out + ":x",
        "--files",
        "--no-rule",
        "all",
        "--remove-path",
        "/etc/motd");
    assertThat(K8or.run("verify", "oci:" + out + ":x")).isNotEmpty();
  }

  @Test
  void apply_onAFullDisk_failsWithOneLineAndLeavesNothing() throws IOException {
    Path jar = Tools.projectRoot().resolve("k8or-examples/cli/target/k8or.jar");
    Path disk = scratch.directory("disk");
    for (String kind : List.of("oci", "docker-archive")) {
      for (String size : List.of("64k", "1m", "50m")) {
        String said =
            Shell.runPrivately(
                scratch.folder(),
                """
                mount -t tmpfs -o size=$1 none "$2"
                status=0
                "$3" -jar "$4" apply "$5" --out "$6" --files --remove-path /etc/motd \
                  > "$7/out" 2> "$7/err" || status=$?
                echo "status $status"
                echo "lines $(wc -l < "$7/err")"
                grep -c '^k8or: ' "$7/err" || true
                ls -A "$2"
                umount "$2"
                """,
                size,
                disk,
                Path.of(System.getProperty("java.home"), "bin", "java"),
                jar,
                "oci:" + layout + ":faulty",
                kind + ":" + disk.resolve("out") + ":x",
                scratch.directory("log"));
        assertThat(said).as("%s on a disk of %s", kind, size).isEqualTo("status 4\nlines 1\n1\n");
      }
    }
    assertThat(sums()).isEqualTo(before);
  }

  @Test
  void apply_anyFileThatCannotBeMade_failsWithOneLineAndLeavesNothing() throws IOException {
    // A disk for so many files and no more: each making of one fails in its turn.
    Path jar = Tools.projectRoot().resolve("k8or-examples/cli/target/k8or.jar");
    Path disk = scratch.directory("few");
    Path small = layout("small", 1, 10);
    for (String kind : List.of("oci", "docker-archive")) {
      for (int files = 1; ; files++) {
        assertThat(files).as("files that %s needs", kind).isLessThan(30);
        String said =
            Shell.runPrivately(
                scratch.folder(),
                """
                mount -t tmpfs -o size=10m,nr_inodes=$1 none "$2"
                status=0
                "$3" -jar "$4" apply "$5" --out "$6" --remove-path /etc/motd \
                  > "$7/out" 2> "$7/err" || status=$?
                echo "status $status"
                echo "lines $(wc -l < "$7/err")"
                grep -c '^k8or: ' "$7/err" || true
                ls -A "$2"
                umount "$2"
                """,
                Integer.toString(files + 1),
                disk,
                Path.of(System.getProperty("java.home"), "bin", "java"),
                jar,
                "oci:" + small + ":faulty",
                kind + ":" + disk.resolve("out") + ":x",
                scratch.directory("log"));
        if (said.startsWith("status 0")) {
          assertThat(said).isEqualTo("status 0\nlines 0\n0\nout\n");
          break;
        }
        assertThat(said)
            .as("%s on a disk for %d files", kind, files)
            .isEqualTo("status 4\nlines 1\n1\n");
      }
    }
    assertThat(sums()).isEqualTo(before);
  }

  private List<Path> unfinished() throws IOException {
    try (Stream<Path> files = Files.list(scratch.folder())) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(".incomplete"))
          .sorted()
          .toList();
    }
  }

  private String sums() throws IOException {
    try (Stream<Path> files = Files.walk(layout)) {
      String list =
          String.join(
              "\n", files.filter(Files::isRegularFile).sorted().map(Path::toString).toList());
      Files.writeString(scratch.resolve("files"), list + "\n");
    }
    return Shell.run(scratch.folder(), "xargs -d '\\n' sha256sum < files");
  }
}
