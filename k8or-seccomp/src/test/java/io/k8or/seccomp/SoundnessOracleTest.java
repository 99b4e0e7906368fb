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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What must not be missed: small programs of gcc's and g++'s, with the libraries of this machine.
 */
@Tag("oracle")
class SoundnessOracleTest {
  private static final ImagePath PROGRAM = ImagePath.of("/srv/k8or-sound");

  @TempDir static Path folder;
  private static FileTree files = FileTree.builder().build();

  @BeforeAll
  static void readHost() throws IOException {
    Tools.require("gcc", "g++");
    files = HostTree.read();
  }

  @Test
  void dlsym_ofAnUnknownNameInAllObjects_isOpen() throws IOException {
    for (String handle : List.of("RTLD_DEFAULT", "RTLD_NEXT")) {
      ServiceSyscalls found = analyze(dlsym(handle, "v[1]"), List.of("gcc", "-O2"));
      assertThat(found.unresolved().toString())
          .contains("dlsym of a name that is not constant, in all objects of the program");
      assertThat(found.isOpen()).isTrue();
    }
  }

  @Test
  void dlsym_ofAnUnknownNameInALibrary_countsAllThatItExports() throws IOException {
    ServiceSyscalls found =
        analyze(dlsym("dlopen(\"libutil.so.1\", 1)", "v[1]"), List.of("gcc", "-O2"));
    assertThat(found.unresolved().toString()).doesNotContain("dlsym");
  }

  @Test
  void dlsym_ofAConstantName_isFollowed() throws IOException {
    ServiceSyscalls found = analyze(dlsym("RTLD_NEXT", "\"sethostname\""), List.of("gcc", "-O2"));
    assertThat(found.syscalls()).contains("sethostname");
    assertThat(found.unresolved().toString()).doesNotContain("dlsym");
  }

  private static final String DLSYM_OPEN =
      "dlsym of a name that is not constant, in all objects of the program";

  private static String finder(String body, String main) {
    return """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        typedef int (*function)(void);
        __attribute__((noinline)) static int find(void *lib, const char *name) { %s }
        int main(int c, char **v) {
          void *lib = c > 1 ? dlopen("libutil.so.1", RTLD_NOW) : 0;
          %s
        }
        """
        .formatted(body, main);
  }

  @Test
  void dlsym_withAHandleThatIsNotZeroThere_isThatOfALibrary() throws IOException {
    String call = "return ((function) dlsym(lib, name))();";
    String main = "return c > 2 ? find(0, v[1]) : find(lib, v[1]);";
    for (String option : List.of("-O0", "-O2")) {
      for (String program :
          List.of(
              finder("if (!lib) return 1; " + call, main),
              finder("if (lib) { dlerror(); " + call + " } return 1;", main),
              finder(call, "if (!lib) return 1; return find(lib, v[1]);"),
              finder(call, "return find(0, \"getpid\") + find(dlopen(v[2], 1), v[1]);"))) {
        ServiceSyscalls found = analyze(program, List.of("gcc", option));
        assertThat(found.unresolved().toString())
            .as("%s %s", option, program)
            .doesNotContain("dlsym");
      }
    }
  }

  @Test
  void dlsym_withAHandleThatMayBeZeroThere_isOpen() throws IOException {
    String call = "return ((function) dlsym(lib, name))();";
    String main = "return c > 2 ? find(0, v[1]) : find(lib, v[1]);";
    for (String option : List.of("-O0", "-O2")) {
      for (String program :
          List.of(
              finder(call, main),
              finder("if (lib) return 1; " + call, main),
              finder("if (!name) return 1; " + call, main),
              finder("if (lib) dlerror(); " + call, main),
              finder("if (lib && name[0]) lib = RTLD_DEFAULT; else return 1; " + call, main),
              finder("if ((long) lib == 0) return 1; " + call, "return find(RTLD_NEXT, v[1]);"),
              finder(call, "return find(0, v[1]) + find(dlopen(v[2], 1), \"getpid\");"),
              finder(call, "if (lib) return find(lib, v[1]); return find(0, v[2]);"))) {
        ServiceSyscalls found = analyze(program, List.of("gcc", option));
        assertThat(found.unresolved().toString()).as("%s %s", option, program).contains(DLSYM_OPEN);
      }
    }
  }

  @Test
  void dlsym_ofNamesThatAnObjectIsKnownToAskFor_countsThese() throws IOException {
    String program =
        """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdio.h>
        #include <unistd.h>
        int mod_test_plugin_init(void) { return sethostname("a", 1); }
        int mod_test_other(void) { return setdomainname("a", 1); }
        int main(int c, char **v) {
          char name[100];
          snprintf(name, sizeof name, "%s_plugin_init", v[1]);
          return ((int (*)(void)) dlsym(RTLD_DEFAULT, name))();
        }
        """;
    List<String> command = List.of("gcc", "-O2", "-rdynamic");
    ServiceSyscalls found = analyze(program, command, ImagePath.of("/usr/sbin/lighttpd"));
    assertThat(found.syscalls()).contains("sethostname").doesNotContain("setdomainname");
    assertThat(found.isOpen()).isFalse();
    assertThat(analyze(program, command).unresolved().toString()).contains(DLSYM_OPEN);
  }

  @Test
  void addresses_thatAreOnlyCompared_areNotTaken() throws IOException {
    String program =
        """
        #include <unistd.h>
        #pragma weak sethostname
        #pragma weak setdomainname
        int (*volatile kept)(const char *, size_t);
        int main(int c, char **v) {
          %s
          return sethostname != 0;
        }
        """;
    List<String> command = List.of("gcc", "-O2", "-fPIE", "-pie");
    assertThat(analyze(program.formatted(""), command).syscalls())
        .doesNotContain("sethostname", "setdomainname");
    String use = "if (setdomainname) kept = setdomainname;";
    assertThat(analyze(program.formatted(use), command).syscalls()).contains("setdomainname");
  }

  private static String dlsym(String handle, String name) {
    return """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        int main(int c, char **v) { return ((int (*)(void)) dlsym(%s, %s))(); }
        """
        .formatted(handle, name);
  }

  @Test
  void exceptions_leadToHandlersAndCleanups() throws IOException {
    String program =
        """
        #include <cstdlib>
        #include <stdexcept>
        #include <sys/syscall.h>
        #include <unistd.h>
        #include <vector>
        static inline long enter(long n) {
          long r;
          __asm__ volatile("syscall" : "=a"(r) : "a"(n) : "rcx", "r11", "memory");
          return r;
        }
        struct Cleanup { ~Cleanup() { enter(SYS_getpgrp); } };
        __attribute__((noinline)) int risky(const char *s) {
          if (!s) throw std::runtime_error("none");
          if (s[0] == 'x') throw 7;
          return s[0];
        }
        __attribute__((noinline)) int cleaned(char **v) {
          struct OnThrow { bool armed = true; ~OnThrow() { if (armed) enter(SYS_getsid); } } guard;
          int n = risky(v[1]);
          guard.armed = false;
          return n;
        }
        __attribute__((noinline, cold)) static int rare(long n) { return enter(n); }
        int main(int c, char **v) {
          try {
            Cleanup cleanup;
            return cleaned(v);
          } catch (const std::exception &e) {
            enter(SYS_getegid);
            return rare(SYS_getppid);
          } catch (int n) {
            std::vector<int> more(n);
            enter(SYS_gettid);
            try { return risky(v[2]); } catch (...) { enter(SYS_getuid); throw; }
          }
        }
        """;
    for (List<String> options :
        List.of(
            List.of("g++", "-O2"),
            List.of("g++", "-O2", "-s"),
            List.of("g++", "-O2", "-s", "-flto"),
            List.of("g++", "-O3", "-s", "-static"),
            List.of("g++", "-O0", "-s", "-no-pie"))) {
      ServiceSyscalls found = analyze(program, options);
      assertThat(found.syscalls())
          .as("%s", options)
          .contains("getpgrp", "getsid", "getegid", "getppid", "gettid", "getuid");
      assertThat(found.isOpen()).as("%s %s", options, found.unresolved()).isFalse();
    }
  }

  @Test
  void firstArguments_ofConstantFamilies_areFound() throws IOException {
    String program =
        """
        #include <sys/socket.h>
        #include <sys/personality.h>
        #include <unistd.h>
        __attribute__((noinline)) int make(int family) { return socket(family, SOCK_STREAM, 0); }
        int main(int c, char **v) {
          int pair[2];
          if (c > 3) return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
          if (c > 2) return personality(ADDR_NO_RANDOMIZE);
          int first = make(AF_INET);
          return first + make(AF_UNIX);
        }
        """;
    ServiceSyscalls found = analyze(program, List.of("gcc", "-O2"));
    assertThat(found.isOpen()).isFalse();
    assertThat(found.firstArguments().toString())
        .contains("personality=[262144]", "socket=[1, 2]", "socketpair=[1]");
  }

  @Test
  void firstArguments_ofOtherFamilies_areNotKnown() throws IOException {
    for (String family :
        List.of("c", "n", "f(AF_INET)", "(set(&n), n)", "*(int *) v[1]", "(v[1] ? n : c)")) {
      String program =
          """
          #include <sys/socket.h>
          __attribute__((noinline)) void set(int *n) { __asm__ volatile("" : : "r"(n) : "memory"); }
          int (*volatile other)(int) ;
          int f(int n) { return other(n); }
          int main(int c, char **v) {
            int n = AF_UNIX;
            set(&n);
            return socket(%s, SOCK_STREAM, 0);
          }
          """
              .formatted(family);
      for (String option : List.of("-O0", "-O2")) {
        ServiceSyscalls found = analyze(program, List.of("gcc", option));
        assertThat(found.firstArguments()).as("%s %s", family, option).doesNotContainKey("socket");
      }
    }
  }

  private static ServiceSyscalls analyze(String program, List<String> command) throws IOException {
    return analyze(program, command, PROGRAM);
  }

  private static ServiceSyscalls analyze(String program, List<String> command, ImagePath path)
      throws IOException {
    boolean plus = command.get(0).equals("g++");
    Path source = folder.resolve(plus ? "p.cc" : "p.c");
    Path binary = folder.resolve("p");
    Files.writeString(source, program);
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of("-w", "-o", binary.toString(), source.toString()));
    Tools.Result built = Tools.run(folder, Map.of(), all);
    assertThat(built.status()).as(built.stderr()).isZero();
    FileTree.Editor editor = files.edit();
    editor.put(
        path,
        FileNode.regular(FileAttributes.ofMode(0755), Content.of(Files.readAllBytes(binary))));
    return ServiceAnalyzer.of(editor.build()).analyzeProgram("p", path);
  }
}
