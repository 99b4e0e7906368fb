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
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The functions of this machine's libc that start programs, in small programs of gcc's. */
@Tag("oracle")
class StartedProgramsOracleTest {
  private static final ImagePath PROGRAM = ImagePath.of("/srv/k8or-starts");
  private static final String HEAD =
      """
      #define _GNU_SOURCE
      #include <spawn.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <sys/syscall.h>
      #include <unistd.h>
      #include <wordexp.h>
      extern char **environ;
      __attribute__((noinline)) int run(const char *name, char **v) {
        __asm__ volatile("" ::: "memory");
        execvp(name, v);
        return 1;
      }
      int main(int c, char **v) {
      """;

  @TempDir static Path folder;
  private static FileTree files = FileTree.builder().build();

  @BeforeAll
  static void readHost() throws IOException {
    Tools.require("gcc");
    files = HostTree.read();
  }

  @Test
  void programs_ofConstantNames_areFound() throws IOException {
    Map<String, String> cases =
        Map.of(
            "execl(\"/usr/bin/date\", \"date\", (char *) 0);", "/usr/bin/date",
            "execlp(\"id\", \"id\", (char *) 0);", "/usr/bin/id",
            "execve(\"/usr/bin/uname\", v, environ);", "/usr/bin/uname",
            "return run(\"tty\", v);", "/usr/bin/tty",
            "pid_t p; posix_spawnp(&p, \"who\", 0, 0, v, environ);", "/usr/bin/who",
            "system(\"test -e /x || exec nproc --all\");", "/usr/bin/nproc",
            "pclose(popen(\"factor 12 | cat\", \"r\"));", "/usr/bin/factor",
            "syscall(SYS_execve, \"/usr/bin/arch\", v, environ);", "/usr/bin/arch",
            "wordexp_t w; return wordexp(\"$(cksum /etc/passwd)\", &w, 0);", "/usr/bin/cksum");
    for (Map.Entry<String, String> each : cases.entrySet()) {
      for (List<String> options : List.of(List.of("-O2"), List.of("-O2", "-static", "-s"))) {
        ServiceSyscalls found = analyze(each.getKey(), options);
        String findings = found.unresolved().toString();
        boolean exact = !each.getKey().startsWith("syscall") && !each.getKey().startsWith("word");
        if (options.size() == 1 && exact) {
          assertThat(programs(found)).as(each.getKey()).contains(each.getValue());
          assertThat(findings).as(each.getKey()).doesNotContain("names are not constant");
        } else if (!programs(found).contains(each.getValue())) {
          assertThat(findings).as("%s %s", each.getKey(), options).contains("not constant");
        }
      }
    }
  }

  @Test
  void programs_ofOtherNames_areFindings() throws IOException {
    for (String body :
        List.of(
            "execv(v[1], v);",
            "execlp(v[1], v[1], (char *) 0);",
            "return run(v[1], v);",
            "fexecve(0, v, environ);",
            "pid_t p; posix_spawn(&p, v[1], 0, 0, v, environ);",
            "system(v[1]);",
            "popen(v[1], \"r\");",
            "int (*volatile f)(const char *, char *const[]) = execv; f(v[0], v);",
            "syscall(SYS_execve, v[1], v, environ);",
            "char b[99]; snprintf(b, 99, \"rm -f %s\", v[1]); system(b);")) {
      for (String option : List.of("-O2")) {
        ServiceSyscalls found = analyze(body, List.of(option));
        assertThat(found.isOpen()).as(body).isTrue();
        assertThat(found.unresolved().toString()).as(body).contains("names are not constant");
      }
    }
  }

  @Test
  void programs_ofWhatStartsNone_areNone() throws IOException {
    ServiceSyscalls found = analyze("puts(v[0]);", List.of("-O2"));
    assertThat(programs(found)).containsExactly(PROGRAM.toString());
    assertThat(found.unresolved().toString()).doesNotContain("starts");
  }

  private static List<String> programs(ServiceSyscalls found) {
    return found.objects().stream()
        .map(ImagePath::toString)
        .filter(path -> !path.contains(".so"))
        .collect(Collectors.toList());
  }

  private static ServiceSyscalls analyze(String body, List<String> options) throws IOException {
    Path source = folder.resolve("p.c");
    Path binary = folder.resolve("p");
    Files.writeString(source, HEAD + body + "\nreturn 0; }\n");
    List<String> command = new ArrayList<>(List.of("gcc", "-w", "-fno-inline"));
    command.addAll(options);
    command.addAll(List.of("-o", binary.toString(), source.toString()));
    Tools.Result built = Tools.run(folder, Map.of(), command);
    assertThat(built.status()).as(built.stderr()).isZero();
    FileTree.Editor editor = files.edit();
    editor.put(
        PROGRAM,
        FileNode.regular(FileAttributes.ofMode(0755), Content.of(Files.readAllBytes(binary))));
    return ServiceAnalyzer.of(editor.build())
        .unknownPrograms(UnknownPrograms.UNRESOLVED)
        .analyze("p", List.of(PROGRAM.toString()), List.of());
  }
}
