package io.k8or.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.seccomp.ArgumentCondition.Operator;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProfileReaderTest {
  private static final String MOBY =
      """
      {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1,
       "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
       "syscalls": [
        {"names": ["read", "write", "pciconfig_read"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]},
         "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
        {"names": ["arch_prctl"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["amd64"]}},
        {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
        {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
         "args": [{"index": 0, "value": 18446744073709551615, "op": "SCMP_CMP_EQ"},
                  {"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]}]}
      """;

  @Test
  void read_ofMobysForm_resolvesItsFilters() throws IOException {
    SyscallProfile plain = read(MOBY, Architecture.X86_64);
    assertThat(plain.otherwise()).isEqualTo(Verdict.NOT_PERMITTED);
    assertThat(plain.allowed())
        .containsExactly("arch_prctl", "clone", "personality", "ptrace", "read", "write");
    assertThat(plain.conditional()).containsExactly("clone", "personality");
    assertThat(plain.missing()).containsExactly("clone3");
    assertThat(plain.rules().get("clone").toString()).contains("arg0 & 0x7e020000 == 0x0");
    SyscallProfile more = read(MOBY, Architecture.X86_64, "CAP_SYS_ADMIN");
    assertThat(more.beyond(plain)).containsExactly("bpf", "clone");
    assertThat(plain.beyond(more)).isEmpty();
    assertThat(read(MOBY, Architecture.AARCH64).allowed()).doesNotContain("arch_prctl");
  }

  @Test
  void read_ofTwoConditionsOnOneArgument_takesEitherAsRuncDoes() throws IOException {
    assertThat(read(MOBY, Architecture.X86_64).rules().get("personality"))
        .containsExactly(
            new SyscallRule(List.of(ArgumentCondition.of(0, Operator.EQUAL, -1)), Verdict.ALLOW),
            new SyscallRule(List.of(ArgumentCondition.of(0, Operator.EQUAL, 8)), Verdict.ALLOW));
  }

  @Test
  void intersect_ofConditions_holdsBoth() throws IOException {
    SyscallProfile plain = read(MOBY, Architecture.X86_64);
    SyscallProfile thread =
        SyscallProfile.killing(Architecture.X86_64, List.of("read"))
            .with("clone", List.of(allowed(ArgumentCondition.of(0, Operator.EQUAL, 0x3d0f00))))
            .with("personality", List.of(allowed(ArgumentCondition.of(0, Operator.EQUAL, 9))));
    SyscallProfile both = plain.intersect(thread);
    assertThat(both.allowed()).containsExactly("clone", "read");
    assertThat(both.rules().get("clone")).isEqualTo(thread.rules().get("clone"));
    assertThat(both.otherwise()).isEqualTo(Verdict.KILL_PROCESS);
    assertThat(thread.beyond(plain)).containsExactly("personality");
    assertThat(plain.union(thread).rules().get("clone")).hasSize(2);
  }

  private static SyscallRule allowed(ArgumentCondition condition) {
    return new SyscallRule(List.of(condition), Verdict.ALLOW);
  }

  @Test
  void read_ofBrokenDocuments_saysWhere() {
    assertMalformed("[]", "/: expected an object, found ARRAY");
    assertMalformed("{", "/: not JSON: ");
    assertMalformed("{\"defaultAction\": \"ALLOW\"}", "/defaultAction: expected an action");
    String rule = "{\"defaultAction\": \"SCMP_ACT_KILL\", \"syscalls\": [%s]}";
    assertMalformed(rule.formatted("7"), "/syscalls/0: expected an object, found NUMBER");
    assertMalformed(
        rule.formatted("{\"action\": \"SCMP_ACT_ALLOW\"}"),
        "/syscalls/0: expected the names of system calls, found none");
    assertMalformed(
        rule.formatted("{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": -1}"),
        "/syscalls/0/action: expected an error number, found -1");
    String argument = "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[%s]}";
    assertMalformed(
        rule.formatted(argument.formatted("{\"index\": 6}")),
        "/syscalls/0/args/0/index: expected a number from 0 to 5, found 6");
    assertMalformed(
        rule.formatted(argument.formatted("{\"index\": 0, \"value\": -1}")),
        "/syscalls/0/args/0/value: expected an unsigned number of 64 bits, found -1");
    assertMalformed(
        rule.formatted(argument.formatted("{\"index\": 0, \"value\": 1, \"op\": \"EQ\"}")),
        "/syscalls/0/args/0/op: expected an operator, found \"EQ\"");
  }

  private static void assertMalformed(String text, String why) {
    assertThatThrownBy(() -> read(text, Architecture.X86_64))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith("seccomp profile: " + why);
  }

  private static SyscallProfile read(String text, Architecture architecture, String... caps)
      throws IOException {
    return SyscallProfile.read(Content.of(ByteString.utf8(text)), architecture, List.of(caps));
  }
}
