package io.k8or.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.k8or.filesystem.ImagePath;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Programs of Alpine (musl) and AlmaLinux, against what strace sees them do under chroot, and qemu
 * those for aarch64.
 */
@Tag("oracle")
class DistributionOracleTest {
  private static final List<List<String>> ALPINE =
      List.of(
          List.of("/bin/busybox", "ls", "-l", "/"),
          List.of("/bin/busybox", "sh", "-c", "echo a | cat; (exit 3); read x < /etc/passwd"),
          List.of("/bin/busybox", "find", "/etc", "-name", "h*"),
          List.of("/bin/busybox", "sort", "/etc/passwd"),
          List.of("/bin/busybox", "gzip", "-c", "/etc/passwd"),
          List.of("/bin/busybox", "tar", "-cf", "-", "/etc"),
          List.of("/bin/busybox", "id"),
          List.of("/bin/busybox", "date"),
          List.of("/bin/busybox", "df"),
          List.of("/bin/busybox", "ps"),
          List.of("/bin/busybox", "sha256sum", "/etc/passwd"),
          List.of("/bin/busybox", "awk", "BEGIN { print 1 + 1 }"),
          List.of("/sbin/apk", "--version"),
          List.of("/sbin/apk", "info"),
          List.of("/usr/bin/getent", "passwd", "root"),
          List.of("/usr/bin/iconv", "-l"),
          List.of("/usr/bin/scanelf", "-V"));
  private static final List<List<String>> ALMALINUX =
      List.of(
          List.of("/usr/bin/bash", "--version"),
          List.of("/usr/bin/bash", "-c", "echo $((1 + 1)); for f in /etc/*; do :; done"),
          List.of("/usr/bin/coreutils", "--help"),
          List.of("/usr/bin/coreutils", "--coreutils-prog=ls", "-l", "/"),
          List.of("/usr/bin/coreutils", "--coreutils-prog=date"));

  @TempDir static Path folder;

  @Test
  void syscalls_ofAlpine_areAllThatStraceSees() throws IOException {
    Tools.require("strace", "chroot", "tar");
    Tools.requireRoot();
    Path root = unpacked("alpine-minirootfs-3.20.3-x86_64.tar.gz");
    compare(root, ALPINE, Architecture.X86_64);
  }

  @Test
  void syscalls_ofAlpineForArm_areAllThatQemuSees() throws IOException {
    Tools.require("qemu-aarch64-static", "tar");
    Path root = unpacked("alpine-minirootfs-3.20.3-aarch64.tar.gz");
    compare(root, ALPINE, Architecture.AARCH64);
  }

  @Test
  void syscalls_ofAlmaLinuxForArm_areAllThatQemuSees() throws IOException {
    Tools.require("qemu-aarch64-static", "tar", "xz");
    Path root = unpacked("almalinux-9-20231124-aarch64-micro.tar.xz");
    compare(root, ALMALINUX, Architecture.AARCH64);
  }

  private static Path unpacked(String archive) throws IOException {
    Path root = Files.createDirectory(folder.resolve(archive));
    String from = Tools.shared().resolve("data").resolve(archive).toString();
    Tools.output("tar", "-xf", from, "-C", root.toString(), "--exclude=*/dev/*");
    return root;
  }

  private static void compare(Path root, List<List<String>> commands, Architecture architecture)
      throws IOException {
    ServiceAnalyzer analyzer = ServiceAnalyzer.of(RootTree.read(root));
    Map<String, Set<String>> misses = new TreeMap<>();
    Map<String, String> counts = new TreeMap<>();
    int runs = 0;
    for (List<String> command : commands) {
      if (!Files.exists(root.resolve(command.get(0).substring(1)))) {
        continue;
      }
      ServiceSyscalls found = analyzer.analyzeProgram("x", ImagePath.of(command.get(0)));
      counts.put(command.get(0), found.syscalls().size() + (found.isOpen() ? " open" : ""));
      Set<String> allowed = new TreeSet<>(found.syscalls());
      allowed.addAll(ContainerRuntime.NONE.syscalls(true));
      Set<String> missing = traced(root, command, architecture);
      runs++;
      missing.removeAll(allowed);
      if (!missing.isEmpty()) {
        misses.put(command + (found.isOpen() ? " told" : ""), missing);
      }
    }
    System.out.println(
        root.getFileName()
            + ": "
            + runs
            + " runs, "
            + misses.size()
            + " with calls missed "
            + misses
            + "; found "
            + counts);
    assertThat(runs).isGreaterThan(2);
    assertThat(misses).isEmpty();
  }

  private static Set<String> traced(Path root, List<String> command, Architecture architecture)
      throws IOException {
    Path trace = folder.resolve("trace");
    Files.deleteIfExists(trace);
    boolean arm = architecture == Architecture.AARCH64;
    List<String> all = new ArrayList<>(List.of("timeout", "120"));
    if (arm) {
      all.addAll(List.of("qemu-aarch64-static", "-L", root.toString(), "-strace", "-D"));
      all.add(trace.toString());
      all.add(root + command.get(0));
      all.addAll(command.subList(1, command.size()));
    } else {
      all.addAll(List.of("strace", "-f", "-qq", "-o", trace.toString()));
      all.addAll(List.of("chroot", root.toString()));
      all.addAll(command);
    }
    Tools.run(folder, Map.of(), all);
    assumeTrue(Files.exists(trace), "nothing can be traced here");
    return Traces.read(trace, architecture, arm ? 0 : 1);
  }
}
