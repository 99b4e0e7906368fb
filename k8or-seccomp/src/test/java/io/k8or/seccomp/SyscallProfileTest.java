package io.k8or.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.Content;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SyscallProfileTest {
  private static final SyscallProfile PROFILE =
      SyscallProfile.killing(Architecture.X86_64, List.of("write", "read", "statx"));

  @Test
  void tables_ofTheKernel_nameBothWays() {
    SyscallTable x86 = SyscallTable.of(Architecture.X86_64);
    assertThat(x86.name(0)).hasValue("read");
    assertThat(x86.number("clone3")).hasValue(435);
    assertThat(x86.name(4000)).isEmpty();
    SyscallTable arm = SyscallTable.of(Architecture.AARCH64);
    assertThat(arm.number("openat")).hasValue(56);
    assertThat(arm.number("open")).isEmpty();
    assertThat(arm.number("newfstatat")).hasValue(79);
    assertThat(x86.names()).hasSize(x86.calls().size());
  }

  @Test
  void killing_ofNames_letsProbedCallsFailUnlessAllowed() {
    assertThat(PROFILE.allowed()).containsExactly("read", "statx", "write");
    assertThat(PROFILE.missing()).contains("clone3", "faccessat2").doesNotContain("statx");
  }

  @Test
  void killing_ofAnUnknownName_throws() {
    assertThatThrownBy(() -> SyscallProfile.killing(Architecture.AARCH64, List.of("open")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no system call of aarch64: open");
  }

  @Test
  void toOciJson_always_isTheFlatForm() throws IOException {
    String json = text(PROFILE.toOciJson());
    assertThat(json)
        .startsWith("{\n  \"defaultAction\" : \"SCMP_ACT_KILL_PROCESS\"")
        .contains("\"errnoRet\" : 38")
        .doesNotContain("includes", "archMap", "defaultErrnoRet");
    assertThat(text(PROFILE.audit().toOciJson())).contains("\"SCMP_ACT_LOG\"");
  }

  @Test
  void otherForms_always_holdTheSameRules() throws IOException {
    assertThat(text(PROFILE.toDockerJson())).contains("archMap", "\"read\", \"statx\", \"write\"");
    assertThat(text(PROFILE.toSeccompProfile("web")))
        .contains("security-profiles-operator.x-k8s.io/v1\"", "\"name\" : \"web\"", "\"statx\"");
    assertThat(text(PROFILE.toNames())).isEqualTo("read\nstatx\nwrite\n");
  }

  @Test
  void algebra_ofTwoProfiles_isThatOfTheirSets() {
    SyscallProfile other = SyscallProfile.killing(Architecture.X86_64, List.of("read", "close"));
    assertThat(PROFILE.union(other).allowed()).containsExactly("close", "read", "statx", "write");
    assertThat(PROFILE.union(other).missing()).doesNotContain("statx");
    assertThat(PROFILE.intersect(other).allowed()).containsExactly("read");
    assertThat(PROFILE.intersect(other).missing()).contains("statx");
    assertThat(PROFILE.beyond(other)).containsExactly("statx", "write");
    assertThat(PROFILE.union(PROFILE)).isEqualTo(PROFILE);
  }

  @Test
  void runtimes_always_haveWhatEachProcessNeeds() {
    for (ContainerRuntime runtime : ContainerRuntime.values()) {
      assertThat(runtime.syscalls(true)).contains("execve", "exit_group", "rt_sigreturn");
      assertThat(runtime.syscalls(false)).containsAll(runtime.syscalls(true));
      assertThat(SyscallTable.of(Architecture.X86_64).names()).containsAll(runtime.syscalls(false));
    }
    assertThat(ContainerRuntime.RUNC_1_2.syscalls(true)).contains("openat2", "statx");
    assertThat(ContainerRuntime.RUNC_1_1.syscalls(true)).doesNotContain("openat2", "setuid");
  }

  @Test
  void fallback_ofAWidenedProfile_leavesOutWhatSteersTheKernel() {
    assertThat(SyscallProfileGenerator.fallback(Architecture.X86_64))
        .contains("openat", "clone3", "futex")
        .doesNotContain("bpf", "ptrace", "keyctl", "userfaultfd", "io_uring_setup", "mount");
  }

  private static String text(Content content) throws IOException {
    return new String(content.readAll(100_000), StandardCharsets.UTF_8);
  }
}
