package io.k8or.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.testing.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of glibc counts for a program, and what does not: small programs of gcc's. */
@Tag("oracle")
class PrecisionOracleTest {
  private static final ImagePath PROGRAM = ImagePath.of("/usr/bin/k8or-precise");
  private static final ImagePath SWITCH = ImagePath.of("/etc/nsswitch.conf");

  @TempDir static Path folder;
  private static FileTree files = FileTree.builder().build();

  @BeforeAll
  static void readHost() throws IOException {
    Tools.require("gcc");
    files = HostTree.read();
  }

  @Test
  void libc_ofAnyProgram_isStartedByTheLoader() throws IOException {
    // __libc_early_init asks for the limit of the stack; only the loader names it.
    assertThat(calls("int main(void) { return 0; }")).contains("prlimit64");
  }

  @Test
  void faccessat_ofANumberThatAnotherFunctionSets_isSeenWhole() throws IOException {
    String program =
        """
        #include <fcntl.h>
        #include <unistd.h>
        __attribute__((noinline)) void set(int *n, char **from) {
          __asm__ volatile("" ::: "memory");
          *n = from[0][0];
        }
        int main(int c, char **v) { int n = 0; set(&n, v); return faccessat(AT_FDCWD, v[0], R_OK, n); }
        """;
    assertThat(calls(program)).contains("getgroups");
  }

  @Test
  void faccessat_calledByAPointer_isSeenWhole() throws IOException {
    String program =
        """
        #include <unistd.h>
        int (*volatile f)(int, const char *, int, int) = faccessat;
        int main(int c, char **v) { return faccessat(c, v[0], R_OK, 0) + f(c, v[0], R_OK, c); }
        """;
    assertThat(calls(program)).contains("getgroups");
  }

  @Test
  void faccessat_ofEffectiveIds_asksForIdsInASetuidProgramOnly() throws IOException {
    String program =
        """
        #include <fcntl.h>
        #include <unistd.h>
        int main(int c, char **v) { return faccessat(AT_FDCWD, v[0], R_OK, AT_EACCESS); }
        """;
    assertThat(calls(program)).contains("faccessat2", "faccessat").doesNotContain("getgroups");
    assertThat(calls(program, 04755)).contains("faccessat2", "faccessat", "getgroups");
    assertThat(calls(program.replace("AT_EACCESS", "AT_EACCESS | AT_SYMLINK_NOFOLLOW")))
        .contains("getgroups");
  }

  @Test
  void nameService_ofUsers_doesNotAskOtherHosts() throws IOException {
    String users =
        """
        #include <pwd.h>
        int main(int c, char **v) { return getpwnam(v[1]) != 0; }
        """;
    assertThat(calls(users)).contains("connect").doesNotContain("sendmmsg");
    String hosts =
        """
        #include <netdb.h>
        int main(int c, char **v) { return gethostbyname(v[1]) != 0; }
        """;
    assertThat(calls(hosts)).contains("connect", "sendmmsg");
  }

  private static Set<String> calls(String program) throws IOException {
    return calls(program, 0755);
  }

  private static Set<String> calls(String program, int mode) throws IOException {
    Path source = folder.resolve("p.c");
    Path binary = folder.resolve("p");
    Files.writeString(source, program);
    Tools.Result built =
        Tools.run(
            folder, Map.of(), List.of("gcc", "-O2", "-o", binary.toString(), source.toString()));
    assertThat(built.status()).as(built.stderr()).isZero();
    byte[] services =
        "passwd: files\ngroup: files\nhosts: files dns\n".getBytes(StandardCharsets.UTF_8);
    FileTree.Editor editor = files.edit();
    editor.put(
        PROGRAM,
        FileNode.regular(FileAttributes.ofMode(mode), Content.of(Files.readAllBytes(binary))));
    editor.put(SWITCH, FileNode.regular(FileAttributes.ofMode(0644), Content.of(services)));
    ServiceSyscalls found = ServiceAnalyzer.of(editor.build()).analyzeProgram("p", PROGRAM);
    assertThat(found.isOpen()).as("%s", found.unresolved()).isFalse();
    return found.syscalls();
  }
}
