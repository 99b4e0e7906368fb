package io.k8or.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What opens the gates of glibc and its loader, and what leaves them shut. */
@Tag("oracle")
class GatesOracleTest {
  private static final ImagePath PROGRAM = ImagePath.of("/usr/bin/k8or-gated");
  private static final String NOTHING = "int main(void) { return 0; }";

  @TempDir static Path folder;
  private static FileTree files = FileTree.builder().build();

  @BeforeAll
  static void readHost() throws IOException {
    Tools.require("gcc");
    files = HostTree.read();
  }

  @Test
  void loader_ofAPlainProgram_makesNoCallsThatSomethingMustAskFor() throws IOException {
    assertThat(calls(NOTHING, List.of(), List.of()))
        .contains("openat", "mmap", "pread64", "arch_prctl")
        .doesNotContain("getcwd", "readlink", "uname", "execve", "setitimer", "sched_yield");
  }

  @Test
  void loader_withVariables_makesTheCallsThatTheyAskFor() throws IOException {
    assertThat(calls(NOTHING, List.of(), List.of("LD_DEBUG=libs")))
        .contains("getpid", "getcwd", "readlink", "setitimer");
    assertThat(calls(NOTHING, List.of(), List.of("LD_LIBRARY_PATH=lib"))).contains("getcwd");
    assertThat(calls(NOTHING, List.of(), List.of("LD_LIBRARY_PATH=/opt/$LIB")))
        .contains("readlink")
        .doesNotContain("getcwd");
    assertThat(calls(NOTHING, List.of(), List.of("LD_LIBRARY_PATH=/opt/lib", "LANG=C")))
        .doesNotContain("getcwd", "readlink");
  }

  @Test
  void loader_withPathsInThePrograms_makesTheCallsThatTheyAskFor() throws IOException {
    assertThat(calls(NOTHING, List.of("-Wl,-rpath,$ORIGIN/lib"), List.of()))
        .contains("readlink")
        .doesNotContain("getcwd");
    assertThat(calls(NOTHING, List.of("-Wl,-rpath,lib"), List.of())).contains("getcwd");
  }

  @Test
  void loader_thatIsToOpenObjects_makesCallsByTheirNames() throws IOException {
    String program =
        """
        #include <dlfcn.h>
        int main(void) { return dlopen("%s", RTLD_NOW) != 0; }
        """;
    assertThat(calls(program.formatted("./module.so"), List.of(), List.of())).contains("getcwd");
    assertThat(calls(program.formatted("/opt/module.so"), List.of(), List.of()))
        .doesNotContain("getcwd", "readlink");
    assertThat(calls(program.formatted("$ORIGIN/module.so"), List.of(), List.of()))
        .contains("readlink");
  }

  @Test
  void translations_fromAFolderThatIsNoConstant_askWhereTheProgramRuns() throws IOException {
    String program =
        """
        #include <libintl.h>
        #include <stdio.h>
        int main(int c, char **v) { bindtextdomain("x", %s); return puts(dgettext("x", "a")); }
        """;
    assertThat(calls(program.formatted("v[1]"), List.of(), List.of())).contains("getcwd");
    assertThat(calls(program.formatted("\"lib\""), List.of(), List.of())).contains("getcwd");
    assertThat(calls(program.formatted("\"/usr/share/locale\""), List.of(), List.of()))
        .doesNotContain("getcwd");
  }

  @Test
  void conversions_fromFoldersOfOnesOwn_askWhereTheProgramRuns() throws IOException {
    String program =
        """
        #include <iconv.h>
        int main(int c, char **v) { return iconv_open(v[1], v[2]) == 0; }
        """;
    assertThat(calls(program, List.of(), List.of("GCONV_PATH=lib"))).contains("getcwd");
  }

  @Test
  void threads_thatWait_yield() throws IOException {
    String program =
        """
        #include <pthread.h>
        #include <stdio.h>
        static void *run(void *p) { return p; }
        int main(void) { pthread_t t; puts("a"); return pthread_create(&t, 0, run, 0); }
        """;
    assertThat(calls(program, List.of("-pthread"), List.of()))
        .contains("sched_yield", "clone3")
        .doesNotContain("sched_setaffinity", "sched_getscheduler", "sched_setscheduler");
  }

  @Test
  void threads_withAttributes_setThem() throws IOException {
    String program =
        """
        #define _GNU_SOURCE
        #include <pthread.h>
        static void *run(void *p) { return p; }
        int main(void) {
          pthread_t t; pthread_attr_t a; cpu_set_t s; pthread_attr_init(&a); CPU_ZERO(&s);
          %s
          return pthread_create(&t, &a, run, 0);
        }
        """;
    String affinity = program.formatted("pthread_attr_setaffinity_np(&a, sizeof s, &s);");
    assertThat(calls(affinity, List.of("-pthread"), List.of()))
        .contains("sched_setaffinity")
        .doesNotContain("sched_setscheduler");
    String priority =
        program.formatted("pthread_attr_setinheritsched(&a, PTHREAD_EXPLICIT_SCHED);");
    assertThat(calls(priority, List.of("-pthread"), List.of()))
        .contains("sched_setscheduler")
        .doesNotContain("sched_setaffinity");
  }

  private static Set<String> calls(String program, List<String> options, List<String> environment)
      throws IOException {
    Path source = folder.resolve("p.c");
    Path binary = folder.resolve("p");
    Files.writeString(source, program);
    List<String> command = new ArrayList<>(List.of("gcc", "-O2", "-o", binary.toString()));
    command.addAll(options);
    command.add(source.toString());
    command.add("-ldl");
    Tools.Result built = Tools.run(folder, Map.of(), command);
    assertThat(built.status()).as(built.stderr()).isZero();
    FileTree.Editor editor = files.edit();
    Content content = Content.of(Files.readAllBytes(binary));
    editor.put(PROGRAM, FileNode.regular(FileAttributes.ofMode(0755), content));
    return ServiceAnalyzer.of(editor.build())
        .analyze("p", List.of(PROGRAM.toString()), environment)
        .syscalls();
  }
}
