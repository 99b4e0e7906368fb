package io.k8or.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PlanCommandTest {
  @TempDir Path directory = Path.of("");

  @Test
  void plan_text_givesRulesReasonsAndSums() throws IOException {
    String text =
        Run.of(
                "plan",
                "oci:" + Run.sample(directory),
                "--no-rule=all",
                "--remove-path",
                "/usr/share/locale/**")
            .done()
            .text();
    assertThat(text)
        .contains("files/removed: 4 edits, removes 12 paths (46.9 KiB)")
        .contains("  remove /usr/share/locale/de: /usr/share/locale/** matches")
        .contains("users/unused: 8 edits")
        .contains("22 of 25 lines")
        .containsPattern("input +83 ")
        .containsPattern("removed +12 ")
        .containsPattern("kept +71 ");
  }

  @Test
  void plan_json_isOneObjectWhoseSumsAddUp() throws IOException {
    JsonNode json =
        Run.of(
                "plan",
                "oci:" + Run.sample(directory),
                "--json",
                "--files",
                "--no-rule=all",
                "--remove-path=/usr/share/doc/**",
                "--keep-path=/usr/share/doc/*/copyright")
            .done()
            .json();
    JsonNode totals = json.path("totals");
    for (String unit : new String[] {"paths", "bytes"}) {
      assertThat(
              totals.path("removed").path(unit).asLong() + totals.path("kept").path(unit).asLong())
          .isEqualTo(totals.path("input").path(unit).asLong());
    }
    assertThat(json.path("edits").findValuesAsText("rule"))
        .containsExactly(
            "removed",
            "removed",
            "removed",
            "removed",
            "removed",
            "dpkg-lists",
            "dpkg-lists",
            "dpkg-lists",
            "dpkg-lists");
    assertThat(json.path("edits").path(0).path("edit").asText()).isEqualTo("remove");
    assertThat(json.path("edits").path(0).path("path").asText())
        .isEqualTo("/usr/share/doc/demo-base/changelog");
    assertThat(json.path("edits").path(0).path("rule").asText()).isEqualTo("removed");
    assertThat(json.path("findings")).hasSize(4);
    assertThat(json.path("artifacts").findValuesAsText("name")).containsExactly("pruned.json");
  }

  @Test
  void plan_manyEdits_areCutUnlessAllAreAskedFor() throws IOException {
    String image = "oci:" + Run.sample(directory);
    String[] options = {"--files", "--remove-path", "/etc/*"};
    String cut = Run.of("plan", image, options[0], options[1], options[2]).done().text();
    assertThat(cut).contains("  ... and 1 more (--all lists them)");
    String all = Run.of("plan", image, options[0], options[1], options[2], "--all").done().text();
    assertThat(all).doesNotContain("--all lists them").contains("remove /etc/subuid");
  }

  @Test
  void plan_optionOfATransformThatIsNotChosen_isWrongUsage() throws IOException {
    String image = "oci:" + Run.sample(directory);
    Run.of("plan", image, "--users", "--remove-path", "/x")
        .failed(
            2,
            "k8or: usage: --remove-path: it steers --files, which is not among the transforms that"
                + " are chosen");
    Run.of("plan", image, "--files", "--keep-user", "x")
        .failed(
            2,
            "k8or: usage: --keep-user: it steers --users, which is not among the transforms that"
                + " are chosen");
    Run.of("plan", image, "--files", "--remove-classes")
        .failed(
            2,
            "k8or: usage: --remove-classes: it steers --java, which is not among the transforms"
                + " that are chosen");
    Run.of("plan", image, "--java", "--remove-classes", "--keep-class", "a/B")
        .failed(2, "k8or: usage: --keep-class: no pattern of classes' names: a/B");
    Run.of("plan", image, "--own", "/x")
        .failed(2, "k8or: usage: --own: it needs --add-user, whose account it gives the path");
  }

  @Test
  void plan_globThatIsNone_isWrongUsage() throws IOException {
    Run.of("plan", "oci:" + Run.sample(directory), "--remove-path", "usr/share")
        .failed(2, "k8or: usage: --remove-path usr/share: not an absolute path: usr/share");
    Run.of("plan", "oci:" + directory.resolve("sample"), "--remove-path", "/")
        .failed(2, "k8or: usage: the root cannot be removed: /");
  }

  @Test
  void plan_addUser_addsAccountAndUser() throws IOException {
    JsonNode json =
        Run.of(
                "plan",
                "oci:" + Run.sample(directory),
                "--json",
                "--add-user",
                "web:20000",
                "--own",
                "/srv/www")
            .done()
            .json();
    assertThat(json.path("edits").findValuesAsText("pointer")).containsExactly("/config/User");
    assertThat(json.path("edits").findValuesAsText("value")).containsExactly("\"20000:20000\"");
    Run.of("plan", "oci:" + directory.resolve("sample"), "--add-user", "web:x")
        .failed(2, "k8or: usage: --add-user web:x: not NAME[:UID[:GID]]: web:x");
  }

  @Test
  void plan_keepUser_keeps() throws IOException {
    String text =
        Run.of("plan", "oci:" + Run.sample(directory), "--keep-user", "ntp").done().text();
    assertThat(text).contains("user ntp (103) kept: ").contains("21 of 25 lines");
  }
}
