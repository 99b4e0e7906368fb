package io.k8or.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.k8or.content.Content;
import io.k8or.seccomp.bpf.BpfProgram;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProfileCommandTest {
  @TempDir Path directory = Path.of("");

  private String sample() throws IOException {
    Path layout = directory.resolve("sample");
    return "oci:" + (Files.exists(layout) ? layout : Run.sample(directory));
  }

  @Test
  void profile_text_saysWhatIsAllowedAndWhatIsGone() throws IOException {
    assertThat(Run.of("profile", sample()).done().text())
        .startsWith("main: /usr/bin/demo-server 8080\n")
        .contains(" allowed with those of runc 1.2; on any other: SCMP_ACT_KILL_PROCESS")
        .containsPattern("gone, of those that break-outs used: add_key bpf .*userfaultfd")
        .contains("still there: none");
  }

  @Test
  void profile_json_hasTheFieldsOfTheContract() throws IOException {
    JsonNode json =
        Run.of("profile", sample(), "--service", "w=demo-worker '8 0'", "--format", "json")
            .done()
            .json();
    assertThat(json.size()).isEqualTo(1);
    JsonNode service = json.at("/services/0");
    assertThat(service.fieldNames())
        .toIterable()
        .containsExactly("name", "command", "allowed", "count", "found", "unresolved", "seconds");
    assertThat(service.at("/name").asText()).isEqualTo("w");
    assertThat(service.at("/command").toString()).isEqualTo("[\"demo-worker\",\"8 0\"]");
    assertThat(service.at("/count").asInt()).isEqualTo(service.at("/allowed").size());
    assertThat(service.at("/allowed").toString()).contains("\"execve\"", "\"write\"");
    assertThat(service.at("/unresolved").isArray()).isTrue();
  }

  @Test
  void profile_names_areOneALineWithoutTheRuntimeForABinary() throws IOException {
    List<String> own =
        Run.of("profile", sample(), "--binary", "/usr/bin/demo-server", "--format", "names")
            .done()
            .text()
            .lines()
            .toList();
    assertThat(own).contains("execve", "socket").isSorted().doesNotContain("epoll_pwait");
    assertThat(
            Run.of("profile", sample(), "--format=names", "--runtime=runc", "--no-new-privs=true")
                .done()
                .text()
                .lines())
        .containsAll(own)
        .contains("epoll_pwait")
        .doesNotContain("setgroups");
    assertThat(
            Run.of("profile", sample(), "--format=names", "--runtime=crun", "--no-new-privs=false")
                .done()
                .text()
                .lines())
        .contains("close_range", "setresuid");
  }

  @Test
  void profile_argumentRules_allowTheFamiliesThatWereFound() throws IOException {
    JsonNode without = Run.of("profile", sample(), "--format=oci", "--runtime=none").done().json();
    assertThat(without.findValues("args")).isEmpty();
    JsonNode with =
        Run.of("profile", sample(), "--format=oci", "--runtime=none", "--argument-rules")
            .done()
            .json();
    JsonNode socket = null;
    for (JsonNode rule : with.at("/syscalls")) {
      socket = rule.at("/names").toString().equals("[\"socket\"]") ? rule : socket;
    }
    assertThat(socket).isNotNull();
    assertThat(socket.at("/args/0/index").asInt()).isZero();
    assertThat(socket.at("/args/0").toString()).contains("\"value");
  }

  @Test
  void profile_eachForm_isPrinted() throws IOException {
    String image = sample();
    assertThat(Run.of("profile", image, "--format", "oci").done().json().at("/architectures/0"))
        .hasToString("\"SCMP_ARCH_X86_64\"");
    assertThat(Run.of("profile", image, "--format", "docker").done().json().has("archMap"))
        .isTrue();
    JsonNode resource = Run.of("profile", image, "--format", "spo").done().json();
    assertThat(resource.at("/kind").asText()).isEqualTo("SeccompProfile");
    assertThat(resource.at("/metadata").toString()).isEqualTo("{\"name\":\"main\"}");
    byte[] filter = Run.of("profile", image, "--format", "bpf").done().stdout();
    assertThat(BpfProgram.read(Content.of(filter), ByteOrder.LITTLE_ENDIAN).size()).isPositive();
    assertThat(
            Run.of("profile", image, "--format", "oci", "--audit")
                .done()
                .json()
                .at("/defaultAction")
                .asText())
        .isEqualTo("SCMP_ACT_LOG");
  }

  @Test
  void profile_explain_printsTheChainOrThatThereIsNone() throws IOException {
    assertThat(Run.of("profile", sample(), "--explain", "ptrace").done().text())
        .isEqualToIgnoringNewLines("main: ptrace is not called, and not allowed\n");
    assertThat(Run.of("profile", sample(), "--explain", "setgroups").done().text())
        .isEqualToIgnoringNewLines("main: setgroups is not called; allowed for runc 1.2\n");
    assertThat(Run.of("profile", sample(), "--explain", "socket").done().text())
        .startsWith("main: socket is called" + System.lineSeparator() + "  demo-server ");
    Run.of("profile", sample(), "--explain", "peek")
        .failed(2, "k8or: usage: --explain peek: no system call of x86_64");
  }

  @Test
  void profile_beyond_comparesWithAnotherProfile() throws IOException {
    Path other = directory.resolve("other.json");
    Files.writeString(
        other,
        "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"execve\",\"ptrace\"],"
            + "\"action\":\"SCMP_ACT_ALLOW\"}]}");
    assertThat(Run.of("profile", sample(), "--beyond", other).done().text())
        .containsPattern("main allows beyond it: .* write")
        .contains("and lacks 1 call that it allows");
    Path broken = Files.writeString(directory.resolve("broken.json"), "{}");
    Run run = Run.of("profile", sample(), "--beyond", broken);
    assertThat(run.status()).isEqualTo(3);
    assertThat(run.stderr()).startsWith("k8or: seccomp profile: /defaultAction: ");
  }

  @Test
  void profile_out_writesAFileForEachService() throws IOException {
    Path out = directory.resolve("out");
    Run.of(
            "profile",
            sample(),
            "--service=a=demo-server",
            "--service=b=demo-worker",
            "--binary=/usr/bin/demo-server",
            "--format=bpf",
            "--out",
            out)
        .done();
    assertThat(out.toFile().list())
        .containsExactlyInAnyOrder(
            "seccomp-a.bpf", "seccomp-b.bpf", "seccomp-usr-bin-demo-server.bpf");
  }

  @Test
  void profile_wrongUsage_isStatus2() throws IOException {
    String image = sample();
    Run.of("profile", image, "--format", "xml")
        .failed(
            2, "k8or: usage: --format xml: expected text, oci, docker, spo, names, json or bpf");
    Run.of("profile", image, "--runtime", "podman")
        .failed(2, "k8or: usage: --runtime podman: expected runc, crun or none");
    Run.of("profile", image, "--service", "A=x")
        .failed(
            2,
            "k8or: usage: --service A=x: expected NAME=COMMAND, the name of lower-case letters,"
                + " digits, dots and dashes");
    Run.of("profile", image, "--service", "a='x")
        .failed(2, "k8or: usage: --service 'x: a quote is not closed");
    Run.of("profile", image, "--binary", "/none")
        .failed(2, "k8or: usage: --binary /none: there is no such file in the image");
    Run.of("profile", image, "--format=bpf", "--service=a=demo-server", "--service=b=demo-worker")
        .failed(2, "k8or: usage: --format bpf: several services need --out DIR");
  }

  @Test
  void profile_refusedForWhatIsMissing_isStatus1() throws IOException {
    Run run = Run.of("profile", sample(), "--service=a=nothing", "--on-unresolved=refuse");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.text()).contains("no profile: calls may be missing");
  }

  @Test
  void plan_syscalls_hasTheProfileAsAnArtifact() throws IOException {
    JsonNode json =
        Run.of("plan", sample(), "--syscalls", "--service=web=demo-server 80", "--json")
            .done()
            .json();
    assertThat(json.at("/artifacts/0/name").asText()).isEqualTo("seccomp-web.json");
    assertThat(json.at("/edits")).isEmpty();
    assertThat(Run.of("plan", sample(), "--json").done().json().at("/artifacts").toString())
        .doesNotContain("seccomp-");
    Run.of("plan", sample(), "--users", "--service=a=x")
        .failed(
            2,
            "k8or: usage: --service: it steers --services or --syscalls, which is not among the"
                + " transforms that are chosen");
  }

  @Test
  void apply_syscalls_writesTheProfile() throws IOException {
    Path artifacts = directory.resolve("artifacts");
    Run.of(
            "apply",
            sample(),
            "--syscalls",
            "--out",
            "oci:" + directory.resolve("lean"),
            "--artifacts",
            artifacts)
        .done();
    assertThat(Files.readString(artifacts.resolve("seccomp-main.json")))
        .contains("SCMP_ACT_KILL_PROCESS");
  }

  @Test
  void split_ofWordsAndQuotes_isAShells() {
    assertThat(ServiceWords.split("a  'b c' \"d \\\" e\\f\" g\\ h ''"))
        .containsExactly("a", "b c", "d \" e\\f", "g h", "");
  }
}
