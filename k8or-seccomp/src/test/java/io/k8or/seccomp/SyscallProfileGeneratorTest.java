package io.k8or.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.seccomp.SyscallProfileGenerator.OnUnresolved;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SyscallProfileGeneratorTest {
  // mov edi,39; call w; mov edi,60; jmp w; w: mov rax,rdi; mov rdi,rsi; syscall; ret
  private static final String WRAPPER =
      "bf27000000e816000000bf3c000000eb0f66662e0f1f8400000000000f1f40004889f84889f70f05c3";
  // mov eax,[counter]; syscall; mov eax,60; syscall; hlt
  private static final String UNKNOWN = "8b050a0000000f05b83c0000000f05f40000000000000000";
  // mov eax,60; syscall; hlt
  private static final String EXIT = "b83c0000000f05f4";

  @Test
  void syscalls_ofAWrapperThatIsCalledAndJumpedTo_areItsArguments() throws IOException {
    ServiceSyscalls found = analyze(TinyElf.program(WRAPPER));
    assertThat(found.syscalls()).containsExactly("exit", "getpid");
    assertThat(found.unresolved()).isEmpty();
    assertThat(found.explain("getpid")).hasValue("service 0x400078 > service 0x400098");
  }

  @Test
  void syscalls_withTheNumberInMemoryOfTheCaller_areWhatItStores() throws IOException {
    // sub rsp,40; mov dword [rsp],105; mov rdi,rsp; call s; mov eax,60; syscall; hlt
    // s: push rbx; mov rbx,rdi; mov eax,[rbx]; syscall; pop rbx; ret
    ServiceSyscalls found =
        analyze(
            TinyElf.program(
                "4883ec28c70424690000004889e7e80d000000b83c0000000f05f40f1f440000"
                    + "534889fb8b030f055bc3"));
    assertThat(found.syscalls()).containsExactly("exit", "setuid");
    assertThat(found.unresolved()).isEmpty();
  }

  @Test
  void syscalls_behindAPointerThatIsAPlainNumber_areFound() throws IOException {
    // mov edi,0x400100; mov eax,13; syscall; mov eax,60; syscall; hlt; ... 0x400100: mov rax,15;
    // syscall
    String first = "bf00014000b80d0000000f05b83c0000000f05f4";
    String gap = "cc".repeat(0x100 - 0x78 - first.length() / 2);
    ServiceSyscalls found = analyze(TinyElf.program(first + gap + "48c7c00f0000000f05"));
    assertThat(found.syscalls()).containsExactly("exit", "rt_sigaction", "rt_sigreturn");
  }

  @Test
  void plan_withAnUnknownNumber_namesTheFunctionAndWidens() throws IOException {
    EditPlan plan = SyscallProfileGenerator.killing().plan(image(TinyElf.program(UNKNOWN)));
    assertThat(plan.edits()).isEmpty();
    assertThat(plan.findings().toString())
        .contains("/service: syscalls/unresolved: main: function 0x400078")
        .contains("syscalls/widened: main: 1 calls found");
    assertThat(text(plan)).contains("\"mprotect\"").doesNotContain("\"ptrace\"");
  }

  @Test
  void plan_withAnUnknownNumberRefused_hasNoProfile() throws IOException {
    EditPlan plan =
        SyscallProfileGenerator.killing()
            .onUnresolved(OnUnresolved.REFUSE)
            .plan(image(TinyElf.program(UNKNOWN)));
    assertThat(plan.artifacts()).isEmpty();
    assertThat(plan.findings().toString()).contains("syscalls/refused");
  }

  @Test
  void plan_ofAnImage_hasAProfileOfTheEntrypoint() throws IOException {
    EditPlan plan =
        SyscallProfileGenerator.killing()
            .forRuntime(ContainerRuntime.NONE, true)
            .plan(image(TinyElf.program(WRAPPER)));
    assertThat(plan.artifacts()).hasSize(1);
    assertThat(plan.artifacts().get(0).name()).isEqualTo("seccomp-main.json");
    assertThat(text(plan))
        .contains(
            "\"defaultAction\" : \"SCMP_ACT_KILL_PROCESS\"",
            "\"architectures\" : [ \"SCMP_ARCH_X86_64\" ]",
            "\"names\" : [ \"execve\", \"exit\", \"exit_group\", \"getpid\", \"restart_syscall\","
                + " \"rt_sigreturn\" ]");
  }

  @Test
  void syscalls_ofAScript_areThoseOfItsInterpreterAndItsCommands() throws IOException {
    FileTree files =
        FileTree.builder()
            .put(ImagePath.of("/bin/sh"), TinyElf.program(EXIT))
            .put(ImagePath.of("/usr/bin/tool"), TinyElf.program(WRAPPER))
            .put(ImagePath.of("/run.sh"), TinyElf.script("#!/bin/sh\n# other\nexec tool \"$@\"\n"))
            .put(ImagePath.of("/usr/bin/other"), TinyElf.program(UNKNOWN))
            .build();
    ServiceSyscalls found =
        ServiceAnalyzer.of(files).analyze("main", List.of("/run.sh"), List.of());
    assertThat(found.syscalls()).containsExactly("exit", "getpid");
    assertThat(found.objects().toString()).isEqualTo("[/bin/sh, /run.sh, /usr/bin/tool]");
    assertThat(found.isOpen()).isFalse();
  }

  @Test
  void analyze_ofAProgramThatIsMissing_isOpen() throws IOException {
    ServiceSyscalls found =
        ServiceAnalyzer.of(FileTree.builder().build())
            .analyze("main", List.of("nginx", "-g", "daemon off;"), List.of("PATH=/opt"));
    assertThat(found.isOpen()).isTrue();
    assertThat(found.unresolved().get(0).reason()).isEqualTo("the program is not in the image");
  }

  @Test
  void analyze_ofANumberThatIsInNoTable_namesItAndIsOpen() throws IOException {
    // mov eax,0x40000027; syscall; mov eax,60; syscall; hlt: getpid of the x32 ABI
    ServiceSyscalls found = analyze(TinyElf.program("b8270000400f05" + EXIT));
    assertThat(found.syscalls()).containsExactly("exit");
    assertThat(found.isOpen()).isTrue();
    assertThat(found.unresolved())
        .containsExactly(
            new ServiceSyscalls.Unresolved(
                "/service",
                "",
                "the system call 0x40000027 (1073741863) is none of x86_64: service 0x400078",
                true));
  }

  @Test
  void analyze_ofBrokenPrograms_throwsNothingElse() throws IOException {
    byte[] good = TinyElf.program(WRAPPER).content().readAll(1000);
    for (int i = 16; i < good.length; i++) {
      for (int value : new int[] {0, 0x7f, 0xff}) {
        byte[] broken = good.clone();
        broken[i] = (byte) value;
        FileNode node = FileNode.regular(FileAttributes.ofMode(0755), Content.of(broken));
        try {
          analyze(node);
        } catch (MalformedContentException e) {
          assertThat(e).hasMessageContaining("/service");
        }
      }
    }
  }

  @Test
  void analyze_ofAVariableThatEndsBehindAllAddresses_isAnalysed() throws IOException {
    HostileElf.analyze(TinyElf.withVariable(8));
    HostileElf.analyze(TinyElf.withVariable(Long.MAX_VALUE));
    HostileElf.analyze(TinyElf.withVariable(-8));
  }

  @Test
  void withService_badName_throws() {
    assertThatThrownBy(() -> SyscallProfileGenerator.killing().withService("a/b", List.of("x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not a name of a service: a/b");
  }

  private static ServiceSyscalls analyze(FileNode program) throws IOException {
    FileTree files = FileTree.builder().put(ImagePath.of("/service"), program).build();
    return ServiceAnalyzer.of(files).analyze("service", List.of("/service"), List.of());
  }

  private static ImageSnapshot image(FileNode program) {
    ImageConfig config =
        ImageConfig.of(new Platform("linux", "amd64", ""))
            .with("/config/Entrypoint", "[\"/service\"]");
    return ImageSnapshot.of(
        config, FileTree.builder().put(ImagePath.of("/service"), program).build());
  }

  private static String text(EditPlan plan) throws IOException {
    return new String(plan.artifacts().get(0).content().readAll(100_000), StandardCharsets.UTF_8);
  }
}
