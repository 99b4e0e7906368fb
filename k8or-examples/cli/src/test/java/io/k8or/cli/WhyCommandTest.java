package io.k8or.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WhyCommandTest {
  @TempDir Path directory = Path.of("");

  private String why(String subject, Object... options) throws IOException {
    Object[] args = new Object[options.length + 3];
    args[0] = "why";
    args[1] = "oci:" + Run.sample(directory);
    args[2] = subject;
    System.arraycopy(options, 0, args, 3, options.length);
    return Run.of(args).done().text();
  }

  @Test
  void why_packageThatStays_givesTheChain() throws IOException {
    assertThat(why("demo-server"))
        .isEqualToIgnoringNewLines(
            "demo-server 1.0-1 stays: demo-server (has /usr/bin/demo-server, which the entrypoint"
                + " uses)\n");
  }

  @Test
  void why_packageThatIsNeeded_givesTheWholeChain() throws IOException {
    assertThat(why("demo-base", "--packages", "--remove-package", "demo-locales"))
        .startsWith("demo-base 1.0-1 stays: ");
  }

  @Test
  void why_packageThatGoes_givesRuleAndBytes() throws IOException {
    assertThat(why("demo-locales"))
        .startsWith(
            "demo-locales 1.0-1 goes: neither the services nor anything else that stays needs it")
        .containsPattern("saves [0-9,]+ bytes");
  }

  @Test
  void why_packageThatIsAskedToGo_saysWhoNamesIt() throws IOException {
    assertThat(why("demo-base", "--remove-package", "demo-base", "--force-depends"))
        .startsWith(
            "demo-base 1.0-1 goes: it was asked for with --remove-package; named by demo-server,"
                + " demo-worker, which stay");
  }

  @Test
  void why_classOfNoClassPath_saysSo() throws IOException {
    assertThat(why("class:com.acme.Plugin"))
        .isEqualToIgnoringNewLines(
            "com.acme.Plugin goes with --remove-classes, or is on no class path that is known\n");
  }

  @Test
  void why_path_givesOwnerAndEdits() throws IOException {
    assertThat(why("/bin/demo-worker"))
        .startsWith("/usr/bin/demo-worker goes")
        .contains("remove /usr/bin/demo-worker: packages/dpkg-list: ")
        .contains("of demo-worker 1.0-1, which goes: neither");
  }

  @Test
  void why_pathBelowWhatGoes_namesTheEdit() throws IOException {
    assertThat(why("/usr/share/man/man1/demo-server.1", "--files", "--remove-path=/usr/share/man"))
        .contains("demo-server.1 goes")
        .contains("remove /usr/share/man: files/removed: /usr/share/man matches")
        .contains("of demo-server 1.0-1, which stays: ");
  }

  @Test
  void why_pathThatStays_givesChainOrSaysThatNobodyOwnsIt() throws IOException {
    assertThat(why("/usr/bin/demo-server"))
        .startsWith("/usr/bin/demo-server stays")
        .contains("of demo-server 1.0-1, which stays: demo-server (has ");
  }

  @Test
  void why_pathThatChanges_namesTheEdit() throws IOException {
    assertThat(why("/etc/passwd", "--users"))
        .startsWith("/etc/passwd stays")
        .contains("replace /etc/passwd")
        .contains("of no package; no rule removes it");
  }

  @Test
  void why_json_isOneObject() throws IOException {
    JsonNode json =
        Run.of("why", "oci:" + Run.sample(directory), "demo-worker", "--json").done().json();
    assertThat(json.path("subject").asText()).isEqualTo("demo-worker");
    assertThat(json.path("kept").asBoolean()).isFalse();
    assertThat(json.path("reasons").path(0).asText()).startsWith("demo-worker 1.0-1 goes: ");
  }

  @Test
  void why_whatIsNotThere_isWrongUsage() throws IOException {
    String image = "oci:" + Run.sample(directory);
    Run.of("why", image, "nothing").failed(2, "k8or: usage: nothing: no such package in the image");
    Run.of("why", image, "/nothing").failed(2, "k8or: usage: /nothing: no such path in the image");
    Run.of("why", image, "/a/../b")
        .failed(2, "k8or: usage: /a/../b: expected a package or an absolute path in the image");
  }
}
