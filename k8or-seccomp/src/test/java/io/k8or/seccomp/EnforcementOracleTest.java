package io.k8or.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs of this machine in containers of runc, with the profiles that were made for them. */
@Tag("oracle")
class EnforcementOracleTest {
  private static final int KILLED = 128 + 31; // SIGSYS

  @TempDir static Path folder;
  private static FileTree files = FileTree.builder().build();
  private static int containers;

  @BeforeAll
  static void prepare() throws IOException {
    Tools.require("runc");
    Tools.requireRoot();
    files = HostTree.read();
    Tools.Result open =
        run(List.of("/usr/bin/true"), "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", true);
    assumeTrue(open.status() == 0, "runc starts no container here: " + open.stderr());
  }

  @Test
  void service_underItsProfile_works() throws IOException {
    for (List<String> command :
        List.of(List.of("/usr/bin/true"), List.of("/usr/bin/cat", "/usr/bin/true"))) {
      for (boolean noNewPrivileges : List.of(true, false)) {
        Tools.Result result = run(command, profile(command, noNewPrivileges), noNewPrivileges);
        assertThat(result.status()).as("%s: %s", command, result.stderr()).isZero();
      }
    }
  }

  @Test
  void service_underTheProfileOfALesserOne_isKilled() throws IOException {
    // cat advises the kernel of how it reads; true does not.
    String profile = profile(List.of("/usr/bin/true"), true);
    assertThat(profile).doesNotContain("fadvise64");
    // Behind gates: mutexes with priority ceilings, and the loader's profiling.
    assertThat(profile).doesNotContain("sched_setscheduler", "setitimer");
    Tools.Result result = run(List.of("/usr/bin/cat", "/usr/bin/true"), profile, true);
    assertThat(result.status()).isEqualTo(KILLED);
  }

  private static String profile(List<String> command, boolean noNewPrivileges) throws IOException {
    ServiceSyscalls found =
        ServiceAnalyzer.of(files).analyzeProgram("x", ImagePath.of(command.get(0)));
    SyscallProfile profile =
        SyscallProfileGenerator.killing()
            .forRuntime(ContainerRuntime.RUNC_1_1, noNewPrivileges)
            .profile(found)
            .orElseThrow();
    return new String(profile.toOciJson().readAll(1 << 20), StandardCharsets.UTF_8);
  }

  private static Tools.Result run(List<String> command, String profile, boolean noNewPrivileges)
      throws IOException {
    Path bundle = Files.createDirectory(folder.resolve("bundle" + containers++));
    Path root = Files.createDirectories(bundle.resolve("rootfs"));
    Files.createDirectories(root.resolve("proc"));
    Files.createDirectories(root.resolve("dev"));
    SortedSet<ImagePath> objects = new TreeSet<>();
    for (String program : List.of("/usr/bin/true", "/usr/bin/cat")) {
      objects.addAll(
          ServiceAnalyzer.of(files).analyzeProgram("x", ImagePath.of(program)).objects());
    }
    for (ImagePath object : objects) {
      Path copy = root.resolve(object.toString().substring(1));
      Files.createDirectories(copy.getParent());
      try (InputStream in = files.get(object).map(FileNode::content).orElseThrow().open()) {
        Files.copy(in, copy);
      }
      assertThat(copy.toFile().setExecutable(true)).isTrue();
    }
    Files.createSymbolicLink(root.resolve("lib64"), Path.of("usr/lib/x86_64-linux-gnu"));
    Files.createSymbolicLink(root.resolve("lib"), Path.of("usr/lib"));
    String config =
        """
        {"ociVersion":"1.0.2",
         "process":{"terminal":false,"user":{"uid":0,"gid":0},"args":["%s"],"env":["PATH=/usr/bin"],
           "cwd":"/","noNewPrivileges":%s},
         "root":{"path":"rootfs","readonly":true},
         "mounts":[{"destination":"/proc","type":"proc","source":"proc"},
           {"destination":"/dev","type":"tmpfs","source":"tmpfs"}],
         "linux":{"namespaces":[{"type":"pid"},{"type":"mount"},{"type":"ipc"}],"seccomp":%s}}
        """
            .formatted(String.join("\",\"", command), noNewPrivileges, profile);
    Files.writeString(bundle.resolve("config.json"), config);
    String id = "k8or-test-" + ProcessHandle.current().pid() + "-" + containers;
    try {
      return Tools.run(bundle, Map.of(), List.of("timeout", "30", "runc", "run", id));
    } finally {
      Tools.run(bundle, Map.of(), List.of("runc", "delete", "--force", id));
    }
  }
}
