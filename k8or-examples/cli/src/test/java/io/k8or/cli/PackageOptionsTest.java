package io.k8or.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.k8or.cli.sample.SampleImage;
import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.ImagePath;
import io.k8or.layers.LayeredImage;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import io.k8or.transform.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PackageOptionsTest {
  @TempDir Path directory = Path.of("");

  private String image() throws IOException {
    return "oci:" + Run.sample(directory);
  }

  private static List<String> names(JsonNode json, String side) {
    return json.path("packages").path(side).findValuesAsText("name");
  }

  @Test
  void plan_packages_keepsWhatTheServicesNeed() throws IOException {
    JsonNode json = Run.of("plan", image(), "--packages", "--json").done().json();
    assertThat(names(json, "kept")).containsExactlyInAnyOrder("demo-server", "demo-base");
    // The largest first.
    assertThat(names(json, "removed")).containsExactly("demo-locales", "demo-worker");
    assertThat(json.path("packages").path("format").asText()).isEqualTo("dpkg");
    assertThat(json.path("packages").path("savedBytes").asLong())
        .isEqualTo(
            json.path("packages").path("removed").findValues("savedBytes").stream()
                .mapToLong(JsonNode::asLong)
                .sum())
        .isGreaterThan(60_000);
    assertThat(json.path("artifacts").findValuesAsText("name"))
        .containsExactly(
            "sbom.spdx.json", "sbom.cyclonedx.json", "removed.json", "vex.openvex.json");
    assertThat(json.path("findings").findValuesAsText("rule")).doesNotContain("no-service");
  }

  @Test
  void plan_packagesText_listsTheLargestFirst() throws IOException {
    String text = Run.of("plan", image(), "--packages").done().text();
    assertThat(text)
        .contains("packages: 2 packages removed (")
        .containsPattern("(?s)removed +version +saves.*demo-locales +1\\.0-1.*demo-worker +1\\.0-1")
        .containsPattern("(?s)kept +version +bytes.*demo-base +1\\.0-1")
        .doesNotContain("users/");
  }

  @Test
  void plan_noTransformNamed_leavesPackagesAlone() throws IOException {
    String image = image();
    JsonNode json = Run.of("plan", image, "--json", "--no-rule=all").done().json();
    assertThat(names(json, "kept")).hasSize(4);
    assertThat(names(json, "removed")).isEmpty();
    assertThat(json.path("edits").findValuesAsText("transform")).containsOnly("users");
    assertThat(Run.of("plan", image).done().text()).doesNotContain("packages: ");
  }

  @Test
  void plan_packageOptionAndNoTransformNamed_runsAllInOrder() throws IOException {
    JsonNode json =
        Run.of(
                "plan",
                image(),
                "--json",
                "--remove-package",
                "demo-worker",
                "--no-rule=all",
                "--remove-path=/etc/hostname")
            .done()
            .json();
    assertThat(json.path("rules").findValuesAsText("transform").stream().distinct())
        .containsExactly("packages", "files", "users");
    assertThat(names(json, "removed")).containsExactly("demo-worker");
    JsonNode base = json.path("packages").path("kept");
    for (JsonNode each : base) {
      assertThat(each.path("savedBytes").asLong())
          .isEqualTo(each.path("name").asText().equals("demo-base") ? "sample\n".length() : 0);
    }
  }

  @Test
  void plan_keepPackage_keepsItBesideWhatTheServicesNeed() throws IOException {
    JsonNode json =
        Run.of("plan", image(), "--packages", "--keep-package", "demo-worker", "--json")
            .done()
            .json();
    assertThat(names(json, "removed")).containsExactly("demo-locales");
    assertThat(names(json, "kept"))
        .containsExactlyInAnyOrder("demo-base", "demo-server", "demo-worker");
  }

  @Test
  void plan_removeWhatAnotherNeeds_isWrongUsageWithTheChain() throws IOException {
    String image = image();
    Run.of("plan", image, "--remove-package", "demo-base")
        .failed(
            2,
            "k8or: usage: the package demo-base is needed: demo-server (installed for itself) ->"
                + " Depends: demo-base -> demo-base");
    Run.of(
            "plan",
            image,
            "--packages",
            "--remove-package",
            "demo-base",
            "--keep-package",
            "demo-worker")
        .failed(
            2,
            "k8or: usage: the package demo-base is needed: demo-server (installed for itself) ->"
                + " Depends: demo-base -> demo-base");
    JsonNode json =
        Run.of("plan", image, "--remove-package", "demo-base", "--force-depends", "--json")
            .done()
            .json();
    assertThat(names(json, "removed")).containsExactly("demo-base");
    assertThat(json.path("findings").findValuesAsText("rule")).contains("forced");
  }

  @Test
  void plan_removeWhatTheServicesUse_isDoneAndTold() throws IOException {
    JsonNode json =
        Run.of("plan", image(), "--packages", "--remove-package", "demo-server", "--json")
            .done()
            .json();
    assertThat(json.path("findings").findValuesAsText("evidence"))
        .contains(
            "removed although the services may use it: demo-server (has /usr/bin/demo-server, which"
                + " the entrypoint uses)");
  }

  @Test
  void plan_optionsThatDoNotFit_areWrongUsage() throws IOException {
    String image = image();
    Run.of("plan", image, "--remove-package", "nothing")
        .failed(2, "k8or: usage: no package nothing in the image");
    Run.of("plan", image, "--users", "--remove-package", "demo-worker")
        .failed(
            2,
            "k8or: usage: --remove-package: it steers --packages, which is not among the transforms"
                + " that are chosen");
    Run.of("plan", image, "--packages", "--force-depends")
        .failed(2, "k8or: usage: --force-depends: it needs --remove-package, which it is about");
    Run.of("plan", image, "--keep-package", "a", "--remove-package", "a")
        .failed(2, "k8or: usage: --keep-package a: --remove-package names it too");
    Run.of("plan", image, "--minimal", "--remove-package", "a")
        .failed(
            2,
            "k8or: usage: --minimal: with --remove-package nothing goes but the packages that are"
                + " named");
  }

  @Test
  void plan_minimal_keepsWhatTheServicesNeed() throws IOException {
    JsonNode json = Run.of("plan", image(), "--packages", "--minimal", "--json").done().json();
    assertThat(names(json, "kept")).containsExactlyInAnyOrder("demo-server", "demo-base");
  }

  @Test
  void apply_packages_writesImageArtifactsAndReport() throws IOException {
    Path artifacts = directory.resolve("artifacts");
    Path out = directory.resolve("out");
    Path report = directory.resolve("report.html");
    JsonNode json =
        Run.of(
                "apply",
                image(),
                "--packages",
                "--out",
                "oci:" + out,
                "--artifacts",
                artifacts,
                "--report",
                report,
                "--json")
            .done()
            .json();
    assertThat(json.path("input").path("packages").asInt()).isEqualTo(4);
    assertThat(json.path("output").path("packages").asInt()).isEqualTo(2);
    assertThat(names(json, "removed")).containsExactly("demo-locales", "demo-worker");
    JsonNode removed = new ObjectMapper().readTree(artifacts.resolve("removed.json").toFile());
    assertThat(removed.path("total").path("bytes").asLong())
        .isEqualTo(json.path("packages").path("savedBytes").asLong());
    assertThat(artifacts.resolve("sbom.spdx.json")).content().contains("demo-server");
    assertThat(report).content().contains("<h2>Packages</h2>", "<td>demo-locales</td>");
    JsonNode lean = Run.of("inspect", "oci:" + out, "--json").done().json();
    assertThat(lean.path("packages").path("installed").findValuesAsText("name"))
        .containsExactlyInAnyOrder("demo-base", "demo-server");
    Run.of("verify", "oci:" + out).done();
  }

  @Test
  void decide_programOfNoPackage_removesNothing() throws IOException {
    ImageSnapshot image = withEntrypoint("[\"/opt/app\"]");
    EditPlan plan = choice().plan(image);
    assertThat(plan.edits()).isEmpty();
    assertThat(plan.findings())
        .extracting(Object::toString)
        .containsExactly(
            "packages/no-service: no package owns what the image runs (/opt/app 8080), so what it"
                + " needs is not known and nothing goes; name packages with --keep-package");
    EditPlan named = new PackageChoice(List.of("demo-worker"), List.of(), false, false).plan(image);
    assertThat(PackageSavings.removed(named).keySet())
        .containsExactly("demo-locales 1.0-1", "demo-server 1.0-1");
  }

  @Test
  void decide_nothingIsRun_removesNothing() throws IOException {
    ImageSnapshot image =
        withEntrypoint("null")
            .with(
                EditPlan.of(
                    List.of(
                        new Edit.EditConfig("/config/Cmd", "null", new Reason("test", "x", "x")))));
    EditPlan plan = choice().plan(image);
    assertThat(plan.edits()).isEmpty();
    assertThat(plan.findings())
        .extracting(finding -> finding.reason().rule())
        .containsExactly("no-service");
    EditPlan named = new PackageChoice(List.of("demo-worker"), List.of(), false, false).plan(image);
    assertThat(PackageSavings.removed(named).keySet())
        .containsExactly("demo-locales 1.0-1", "demo-server 1.0-1");
  }

  @Test
  void decide_commandOfAPackage_isFoundThroughPath() throws IOException {
    for (String entrypoint :
        List.of("[\"/opt/app\",\"demo-server\"]", "[\"demo-server\"]", "[\"../../usr/x\"]")) {
      ImageSnapshot image = withEntrypoint(entrypoint);
      assertThat(choice().plan(image).edits().isEmpty())
          .as(entrypoint)
          .isEqualTo(entrypoint.contains("usr"));
    }
  }

  private static PackageChoice choice() {
    return new PackageChoice(List.of(), List.of(), false, false);
  }

  private static ImageSnapshot withEntrypoint(String json) throws IOException {
    Reason reason = new Reason("test", "x", "x");
    return LayeredImage.open(SampleImage.build())
        .snapshot()
        .with(
            EditPlan.of(
                List.of(
                    new Edit.EditConfig("/config/Entrypoint", json, reason),
                    new Edit.AddFile(
                        ImagePath.of("/opt/app"),
                        FileNode.regular(
                            FileAttributes.ofMode(0755), Content.of(ByteString.utf8("\177ELF"))),
                        reason))));
  }
}
