package io.k8or.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Services of several programs: what scripts, wrappers, supervisors and execve start. */
class StartedProgramsTest {
  // mov eax,60; syscall; hlt
  private static final String EXIT = "b83c0000000f05f4";
  // mov eax,39; syscall; mov eax,60; syscall: getpid
  private static final String GETPID = "b8270000000f05" + EXIT;
  // mov eax,110; syscall: getppid
  private static final String GETPPID = "b86e0000000f05" + EXIT;
  // mov eax,104; syscall: getgid
  private static final String GETGID = "b8680000000f05" + EXIT;
  // mov rdi,[rsi]; mov eax,59; syscall
  private static final String STARTS_ITS_ARGUMENT = "488b3eb83b0000000f05" + EXIT;

  private final FileTree.Editor files = FileTree.builder();

  private StartedProgramsTest() {
    program("/bin/sh", EXIT);
    program("/usr/bin/pid", GETPID);
    program("/usr/bin/ppid", GETPPID);
    program("/usr/bin/gid", GETGID);
  }

  private void program(String path, String code) {
    files.put(ImagePath.of(path), TinyElf.program(code));
  }

  private void script(String path, String text) {
    files.put(ImagePath.of(path), TinyElf.script(text));
  }

  /** Code that starts a program, with its name behind the code. */
  private static String starts(String path) {
    // mov edi,text; mov eax,59; syscall
    String after = "b83b0000000f05" + EXIT;
    int text = (int) TinyElf.CODE + 5 + after.length() / 2;
    String address = String.format("%08x", Integer.reverseBytes(text));
    byte[] name = (path + "\0").getBytes(StandardCharsets.US_ASCII);
    return "bf" + address + after + HexFormat.of().formatHex(name);
  }

  private ServiceSyscalls analyze(UnknownPrograms choice, String... command) throws IOException {
    return ServiceAnalyzer.of(files.build())
        .unknownPrograms(choice)
        .analyze("main", List.of(command), List.of());
  }

  private ServiceSyscalls analyze(String... command) throws IOException {
    return analyze(UnknownPrograms.REACHED, command);
  }

  @Test
  void execve_ofAConstantName_countsItsCalls() throws IOException {
    program("/service", starts("/usr/bin/pid"));
    ServiceSyscalls found = analyze("/service");
    assertThat(found.syscalls()).containsExactly("execve", "exit", "getpid");
    assertThat(found.unresolved()).isEmpty();
    assertThat(found.objects()).contains(ImagePath.of("/usr/bin/pid"));
  }

  @Test
  void execve_ofAScriptByAConstantName_countsWhatTheScriptRuns() throws IOException {
    program("/service", starts("/hook"));
    script("/hook", "#!/bin/sh\nif [ -e /x ]; then pid; else exec ppid; fi\n");
    ServiceSyscalls found = analyze("/service");
    assertThat(found.syscalls()).containsExactly("execve", "exit", "getpid", "getppid");
    assertThat(found.isOpen()).isFalse();
  }

  @Test
  void execve_ofWhatIsNotThere_isNothing() throws IOException {
    program("/service", starts("/usr/bin/other"));
    assertThat(analyze("/service").unresolved()).isEmpty();
  }

  @Test
  void execve_ofAnUnknownName_countsWhatTheServiceNames() throws IOException {
    program(
        "/service",
        STARTS_ITS_ARGUMENT
            + HexFormat.of().formatHex("\0/usr/bin/pid\0".getBytes(StandardCharsets.US_ASCII)));
    script("/etc/service.conf", "hook = /usr/bin/gid\n");
    ServiceSyscalls found = analyze("/service");
    assertThat(found.syscalls()).containsExactly("execve", "exit", "getgid", "getpid");
    assertThat(found.isOpen()).isFalse();
    assertThat(found.unresolved())
        .containsExactly(
            new ServiceSyscalls.Unresolved(
                "/service",
                "0x400078",
                "it starts programs whose names are not constant; those count that the service's"
                    + " files name",
                false));
  }

  @Test
  void execve_ofAnUnknownName_ifUnresolved_isOpen() throws IOException {
    program("/service", STARTS_ITS_ARGUMENT);
    ServiceSyscalls found = analyze(UnknownPrograms.UNRESOLVED, "/service");
    assertThat(found.syscalls()).containsExactly("execve", "exit");
    assertThat(found.isOpen()).isTrue();
    assertThat(found.unresolved().get(0).reason())
        .isEqualTo("it starts programs whose names are not constant");
  }

  @Test
  void execve_ofAnUnknownName_ifAllCount_countsAllPrograms() throws IOException {
    program("/service", STARTS_ITS_ARGUMENT);
    script("/opt/tool", "#!/bin/sh\nexit\n");
    ServiceSyscalls found = analyze(UnknownPrograms.ALL, "/service");
    assertThat(found.syscalls()).containsExactly("execve", "exit", "getgid", "getpid", "getppid");
    assertThat(found.objects()).contains(ImagePath.of("/opt/tool"));
    assertThat(found.isOpen()).isFalse();
  }

  @Test
  void execve_byWhatRunsWhatItsUsersAskFor_isOpen() throws IOException {
    program("/usr/sbin/sshd", STARTS_ITS_ARGUMENT);
    assertThat(analyze("/usr/sbin/sshd").isOpen()).isTrue();
  }

  @Test
  void analyzeProgram_countsNothingElse() throws IOException {
    program("/service", starts("/usr/bin/pid"));
    ServiceSyscalls found =
        ServiceAnalyzer.of(files.build()).analyzeProgram("s", ImagePath.of("/service"));
    assertThat(found.syscalls()).containsExactly("execve", "exit");
    assertThat(found.unresolved()).isEmpty();
  }

  @Test
  void script_wordsThatAreNoCommands_doNotCount() throws IOException {
    script("/run.sh", "#!/bin/sh\n# gid\necho ppid \"gid\"\ncase $1 in ppid) pid;; esac\n");
    ServiceSyscalls found = analyze("/run.sh");
    assertThat(found.syscalls()).containsExactly("exit", "getpid");
    assertThat(found.unresolved()).isEmpty();
  }

  @Test
  void script_givenTheCommand_runsIt() throws IOException {
    script("/entry.sh", "#!/bin/sh\nset -e\nexec \"$@\"\n");
    ServiceSyscalls found = analyze("/entry.sh", "pid", "--fast");
    assertThat(found.syscalls()).containsExactly("exit", "getpid");
    assertThat(found.isOpen()).isFalse();
  }

  @Test
  void script_ofACommandThatCannotBeTold_isAFinding() throws IOException {
    script("/entry.sh", "#!/bin/sh\nread -r tool\n\"$tool\" --now\nx=gid\n");
    ServiceSyscalls found = analyze("/entry.sh");
    assertThat(found.unresolved().toString()).contains("/entry.sh", "line 3: unknown-command: ?");
  }

  @Test
  void script_thatIsNotByTheGrammar_isOpen() throws IOException {
    script("/entry.sh", "#!/bin/sh\nif pid; then\n");
    ServiceSyscalls found = analyze("/entry.sh");
    assertThat(found.isOpen()).isTrue();
    assertThat(found.unresolved().toString()).contains("malformed-script");
  }

  @Test
  void script_whoseInterpreterIsMissing_isOpen() throws IOException {
    script("/entry.py", "#!/usr/bin/python3\n");
    ServiceSyscalls found = analyze("/entry.py");
    assertThat(found.unresolved().get(0).reason())
        .isEqualTo("the interpreter /usr/bin/python3 is not in the image");
    assertThat(found.isOpen()).isTrue();
  }

  @Test
  void script_throughEnv_hasItsInterpreter() throws IOException {
    program("/usr/bin/env", GETPPID);
    program("/usr/bin/python3", GETPID);
    script("/app.py", "#!/usr/bin/env python3\n");
    assertThat(analyze("/app.py").syscalls()).containsExactly("exit", "getpid", "getppid");
  }

  @Test
  void shell_withACommand_runsIt() throws IOException {
    ServiceSyscalls found = analyze("/bin/sh", "-c", "ppid && exec pid $OPTIONS");
    assertThat(found.syscalls()).containsExactly("exit", "getpid", "getppid");
    assertThat(found.isOpen()).isFalse();
  }

  @Test
  void shell_withAScript_readsIt() throws IOException {
    script("/srv/start", "pid\n");
    assertThat(analyze("/bin/sh", "-e", "/srv/start").syscalls()).containsExactly("exit", "getpid");
  }

  @Test
  void shell_withoutAScript_isOpen() throws IOException {
    ServiceSyscalls found = analyze("/bin/sh");
    assertThat(found.unresolved().get(0).reason())
        .isEqualTo("a shell that reads commands from its input");
    assertThat(found.isOpen()).isTrue();
  }

  @Test
  void wrapper_runsItsArguments() throws IOException {
    program("/sbin/tini", STARTS_ITS_ARGUMENT);
    ServiceSyscalls found = analyze("tini", "--", "pid");
    assertThat(found.syscalls()).containsExactly("execve", "exit", "getpid");
    assertThat(found.unresolved()).isEmpty();
  }

  @Test
  void path_ofTheEnvironment_comesFirst() throws IOException {
    program("/opt/bin/pid", GETPPID);
    ServiceSyscalls found =
        ServiceAnalyzer.of(files.build())
            .analyze("main", List.of("pid"), List.of("PATH=/opt/bin:/usr/bin"));
    assertThat(found.syscalls()).containsExactly("exit", "getppid");
  }

  @Test
  void healthCheck_countsToo() throws IOException {
    ImageConfig config =
        ImageConfig.of(new Platform("linux", "amd64", ""))
            .with("/config/Entrypoint", "[\"pid\"]")
            .with("/config/Healthcheck", "{\"Test\":[\"CMD-SHELL\",\"ppid || exit 1\"]}");
    ServiceSyscalls found =
        SyscallProfileGenerator.killing().analyze(ImageSnapshot.of(config, files.build())).get(0);
    assertThat(found.syscalls()).containsExactly("exit", "getpid", "getppid");
  }

  @Test
  void supervisor_startsItsPrograms() throws IOException {
    script("/usr/bin/supervisord", "#!/bin/sh\n:\n");
    script(
        "/etc/supervisor/supervisord.conf",
        "[supervisord]\nnodaemon=true\n[program:a]\ncommand=/usr/bin/pid\n[program:b]\ncommand=gid\n");
    ServiceSyscalls found =
        analyze("/usr/bin/supervisord", "-c", "/etc/supervisor/supervisord.conf");
    assertThat(found.syscalls()).containsExactly("exit", "getgid", "getpid");
  }
}
