package io.k8or.packages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.k8or.filesystem.ImagePath;
import io.k8or.transform.Artifact;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PackagePrunerTest {
  private static TinyDebian debian() {
    return TinyDebian.create()
        .file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
        .add("base", "Essential: yes", "/usr/", "/usr/bin/", "/etc/", "/etc/os-release")
        .add("dash", "Essential: yes", "/usr/bin/sh")
        .add("coreutils", "Essential: yes\nPre-Depends: libc", "/usr/bin/ls")
        .add("libc", "Source: glibc (2.36)", "/usr/lib/", "/usr/lib/libc.so.6")
        .add("nginx", "Depends: libc, nginx-common", "/usr/bin/nginx")
        .add("nginx-common", "", "/etc/nginx/", "/etc/nginx/nginx.conf")
        .add("vim", "Depends: libc", "/usr/bin/vim")
        .add("ca-certificates", "", "/etc/ca");
  }

  private static Set<String> staying(PackagePruner pruner, ImageSnapshot image) throws IOException {
    Set<String> names = new TreeSet<>();
    for (PackageDatabase database : PackageDatabases.of(image.with(pruner.plan(image)))) {
      database.packages().forEach(each -> names.add(each.id()));
    }
    return names;
  }

  private static JsonNode artifact(EditPlan plan, String name) throws IOException {
    Artifact artifact =
        plan.artifacts().stream().filter(a -> a.name().equals(name)).findFirst().orElseThrow();
    return new ObjectMapper().readTree(artifact.content().readAll(1 << 20));
  }

  @Test
  void removing_whatNobodyNeeds_goes() throws Exception {
    assertThat(staying(PackagePruner.removing("vim"), debian().build()))
        .containsExactly(
            "base", "ca-certificates", "coreutils", "dash", "libc", "nginx", "nginx-common");
  }

  @Test
  void removing_whatAKeptPackageNeeds_throwsWithTheChain() {
    ImageSnapshot image = debian().build();

    assertThatThrownBy(() -> PackagePruner.removing("libc", "nginx").plan(image))
        .isInstanceOf(PackageNeededException.class)
        .hasMessage(
            "the package libc is needed: coreutils (essential) -> Pre-Depends: libc -> libc");
    assertThatThrownBy(() -> PackagePruner.removing("nginx-common").plan(image))
        .isInstanceOfSatisfying(
            PackageNeededException.class,
            e -> assertThat(e.chain().target().id()).isEqualTo("nginx-common"));
    assertThatThrownBy(() -> PackagePruner.removing("dash").plan(image))
        .hasMessage("the package dash stays: essential");
    assertThatThrownBy(() -> PackagePruner.removing("nothing").plan(image))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no package nothing in the image");
  }

  @Test
  void forcingDependencies_removesAndSaysSo() throws Exception {
    ImageSnapshot image = debian().build();

    EditPlan plan = PackagePruner.removing("nginx-common").forcingDependencies().plan(image);

    assertThat(plan.findings())
        .extracting(Object::toString)
        .containsExactly(
            "packages/forced: removed although the package nginx-common is needed: nginx (installed"
                + " for itself) -> Depends: nginx-common -> nginx-common");
    assertThat(image.with(plan).files().contains(ImagePath.of("/etc/nginx/nginx.conf"))).isFalse();
  }

  @Test
  void keepingOnly_keepsTheClosureAndEssentialPackages() throws Exception {
    assertThat(staying(PackagePruner.keepingOnly("nginx"), debian().build()))
        .containsExactly("base", "coreutils", "dash", "libc", "nginx", "nginx-common");
    assertThat(staying(PackagePruner.keepingOnly("nginx").keeping("vim"), debian().build()))
        .contains("vim")
        .doesNotContain("ca-certificates");
  }

  @Test
  void minimal_keepsEssentialPackagesOnlyWhereUsed() throws Exception {
    assertThat(staying(PackagePruner.keepingOnly("nginx").minimal(), debian().build()))
        .containsExactly("base", "libc", "nginx", "nginx-common");
    TinyDebian withScript =
        debian()
            .file("/usr/bin/tool", "#!/usr/bin/sh\nexec ls -l\n")
            .add("tool", "", "/usr/bin/tool");
    assertThat(staying(PackagePruner.keepingOnly("tool").minimal(), withScript.build()))
        .containsExactly("base", "coreutils", "dash", "libc", "tool");
  }

  @Test
  void minimal_programsThatRunOthers_keepWhatTheirTextNames() throws Exception {
    String header = "\u007fELF\u0002\u0001\u0001" + "\0".repeat(57);
    for (Map.Entry<String, List<String>> each :
        Map.of(
                "execve\0/usr/bin/sh\0", List.of("dash"),
                "execve\0ls\0", List.<String>of(), // no function that looks for names
                "execlp\0ls -l\0", List.of("coreutils"),
                "strlen\0/usr/bin/ls\0", List.<String>of(),
                "popen\0ls\0", List.of("dash"))
            .entrySet()) {
      TinyDebian debian =
          debian().file("/usr/bin/tool", header + each.getKey()).add("tool", "", "/usr/bin/tool");
      assertThat(staying(PackagePruner.keepingOnly("tool").minimal(), debian.build()))
          .as(each.getKey())
          .containsAll(each.getValue())
          .hasSize(2 + each.getValue().size() + (each.getValue().contains("coreutils") ? 1 : 0));
    }
    TinyDebian perl =
        debian()
            .file(
                "/usr/bin/tool",
                "#!/usr/bin/perl\n# system: sh\n$sh = '/usr/bin';\nsystem('ls -l');\n")
            .add("tool", "", "/usr/bin/tool");
    assertThat(staying(PackagePruner.keepingOnly("tool").minimal(), perl.build()))
        .containsExactly("base", "coreutils", "libc", "tool");
  }

  @Test
  void keepingWhatServicesNeed_keepsTheEntrypointsPackages() throws Exception {
    TinyDebian debian =
        debian()
            .file("/entry.sh", "#!/usr/bin/sh\nexec nginx -c /etc/nginx/nginx.conf\n")
            .entrypoint("/entry.sh");

    assertThat(staying(PackagePruner.keepingWhatServicesNeed(), debian.build()))
        .containsExactly(
            "base", "ca-certificates", "coreutils", "dash", "libc", "nginx", "nginx-common");
    EditPlan nothing = PackagePruner.keepingWhatServicesNeed().plan(debian().build());
    assertThat(nothing.edits()).isEmpty();
    assertThat(nothing.findings())
        .extracting(finding -> finding.reason().rule())
        .containsExactly("no-service");
  }

  @Test
  void minimal_ofServices_doesNotCountPackagesThatStayForTheirData() throws Exception {
    TinyDebian debian =
        debian()
            .file("/usr/bin/tz", "#!/usr/bin/sh\nexec ls\n")
            .add("tzdata", "", "/usr/bin/tz")
            .entrypoint("/usr/bin/nginx");

    assertThat(staying(PackagePruner.keepingWhatServicesNeed().minimal(), debian.build()))
        .containsExactly("base", "ca-certificates", "libc", "nginx", "nginx-common", "tzdata");
    assertThat(
            staying(
                PackagePruner.keepingWhatServicesNeed().keeping("tzdata").minimal(),
                debian.build()))
        .contains("coreutils", "dash");
  }

  @Test
  void artifacts_sayWhatStaysAndWhatWent() throws Exception {
    ImageSnapshot image = debian().build();

    EditPlan plan = PackagePruner.removing("vim").plan(image);

    JsonNode spdx = artifact(plan, "sbom.spdx.json");
    assertThat(spdx.path("spdxVersion").asText()).isEqualTo("SPDX-2.3");
    assertThat(spdx.path("packages")).hasSize(8);
    assertThat(spdx.findValuesAsText("referenceLocator"))
        .contains("pkg:deb/debian/libc@1.0?arch=amd64&distro=debian-12&upstream=glibc");
    JsonNode cyclone = artifact(plan, "sbom.cyclonedx.json");
    assertThat(cyclone.path("specVersion").asText()).isEqualTo("1.6");
    assertThat(cyclone.path("serialNumber").asText())
        .matches("urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    assertThat(cyclone.path("components").findValuesAsText("name")).doesNotContain("vim");
    JsonNode removed = artifact(plan, "removed.json");
    assertThat(removed.path("packages").get(0).path("id").asText()).isEqualTo("vim");
    assertThat(removed.path("paths").findValuesAsText("path"))
        .containsExactly("/usr/bin/vim", "/var/lib/dpkg/info/vim.list");
    JsonNode vex = artifact(plan, "vex.openvex.json");
    assertThat(vex.path("statements").get(0).path("justification").asText())
        .isEqualTo("component_not_present");
    assertThat(PackagePruner.removing("vim").plan(image).artifacts())
        .extracting(PackagePrunerTest::text)
        .isEqualTo(plan.artifacts().stream().map(PackagePrunerTest::text).toList());
  }

  private static String text(Artifact artifact) {
    try {
      return artifact.name() + new String(artifact.content().readAll(1 << 20));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void plan_imageWithoutPackages_findsSo() throws Exception {
    ImageSnapshot image = TinyDebian.create().file("/a", "").build();

    assertThat(PackagePruner.keepingWhatServicesNeed().plan(image).findings())
        .extracting(Object::toString)
        .isEqualTo(List.of("packages/no-database: the image has no packages"));
    assertThat(PackagePruner.removing("a", "b").forcingDependencies().minimal())
        .hasToString("PackagePruner removing [a, b], forcing dependencies, minimal");
  }
}
