package io.k8or.services;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.filesystem.PathGlob;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.services.Service.Kind;
import io.k8or.transform.Edit;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServicesTest {
  private final FileTree.Editor tree = FileTree.builder();
  private ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64"));

  private ServicesTest file(String path, String text) {
    tree.put(
        ImagePath.of(path),
        FileNode.regular(FileAttributes.ofMode(0755), Content.of(ByteString.utf8(text))));
    return this;
  }

  private void link(String path, String target) {
    tree.put(
        ImagePath.of(path), FileNode.symlink(FileAttributes.ofMode(0777), ByteString.utf8(target)));
  }

  private ImageSnapshot image() {
    return ImageSnapshot.of(config, tree.build());
  }

  private static List<String> removed(EditPlan plan) {
    return plan.edits().stream()
        .filter(Edit.RemovePath.class::isInstance)
        .map(edit -> ((Edit.RemovePath) edit).path().toString())
        .toList();
  }

  @Test
  void find_configuration_givesFacts() throws Exception {
    file("/usr/sbin/nginx", "#!/bin/true")
        .file("/etc/nginx/nginx.conf", "listen 8080;\nlisten [::]:8081;\nlisten unix:/x;\n");
    config =
        config
            .with("/config/Entrypoint", "[\"nginx\",\"-g\",\"daemon off;\"]")
            .with("/config/User", "\"33:33\"")
            .with("/config/ExposedPorts", "{\"80/tcp\":{}}")
            .with("/config/StopSignal", "\"SIGQUIT\"");

    List<Service> services = ServiceFinder.find(image());

    assertThat(services).hasSize(1);
    Service nginx = services.get(0);
    assertThat(nginx.name()).isEqualTo("nginx");
    assertThat(nginx.values(Kind.PORT)).containsExactly("80/tcp", "8080/tcp", "8081/tcp");
    assertThat(nginx.values(Kind.USER)).containsExactly("33:33");
    assertThat(nginx.values(Kind.STOP_SIGNAL)).containsExactly("SIGQUIT");
    assertThat(nginx.values(Kind.CONFIGURATION)).containsExactly("/etc/nginx");
  }

  @Test
  void find_supervisord_givesItsPrograms() throws Exception {
    file("/usr/bin/supervisord", "#!/bin/true")
        .file("/usr/bin/a", "x")
        .file("/etc/supervisord.conf", "[include]\nfiles = conf.d/*.conf\n")
        .file("/etc/conf.d/a.conf", "[program:a]\ncommand=/usr/bin/a -x ; why\nuser=web\n");
    config = config.with("/config/Cmd", "[\"supervisord\",\"-n\"]");

    List<Service> services = ServiceFinder.find(image());

    assertThat(services).extracting(Service::name).containsExactly("supervisord", "a");
    assertThat(services.get(1).command()).containsExactly("/usr/bin/a", "-x");
    assertThat(services.get(1).values(Kind.USER)).containsExactly("web");
  }

  @Test
  void find_scriptThatStartsAnotherSupervisor_isFollowed() throws Exception {
    file("/entry.sh", "#!/bin/sh\nexec runsvdir -P /etc/service\n")
        .file("/usr/bin/runsvdir", "x")
        .file("/etc/sv/web/run", "#!/bin/sh\nexec web\n");
    link("/etc/service/web", "/etc/sv/web");
    config = config.with("/config/Entrypoint", "[\"/entry.sh\"]");

    assertThat(ServiceFinder.find(image()))
        .extracting(Service::toString)
        .containsExactly(
            "entry: /entry.sh (the image's configuration)",
            "web: /etc/sv/web/run (runsvdir finds /etc/sv/web/run)");
  }

  @Test
  void find_systemdUnits_areThoseThatAreWanted() throws Exception {
    file("/usr/lib/systemd/systemd", "x")
        .file(
            "/usr/lib/systemd/system/web.service",
            "[Service]\nExecStart=-/usr/bin/web --port 80\nUser=www\nStateDirectory=web\n")
        .file("/usr/lib/systemd/system/other.service", "[Service]\nExecStart=/usr/bin/other\n");
    link("/sbin/init", "/usr/lib/systemd/systemd");
    link(
        "/etc/systemd/system/multi-user.target.wants/web.service",
        "/usr/lib/systemd/system/web.service");
    config = config.with("/config/Entrypoint", "[\"/sbin/init\"]");

    List<Service> services = ServiceFinder.find(image());

    assertThat(services).extracting(Service::name).containsExactly("init", "web");
    assertThat(services.get(1).command()).containsExactly("/usr/bin/web", "--port", "80");
    assertThat(services.get(1).values(Kind.WRITABLE)).contains("/var/lib/web");
  }

  @Test
  void plan_ofScript_keepsWhatItReachesWithReasons() throws Exception {
    file("/usr/bin/dash", "shell").file("/usr/bin/cat", "cat").file("/usr/bin/unused", "x");
    link("/bin", "usr/bin");
    link("/usr/bin/sh", "dash");
    file("/etc/app.conf", "# /etc/not-this\ninclude /etc/app.d/*.inc\n")
        .file("/etc/app.d/a.inc", "x")
        .file("/etc/not-this", "x")
        .file("/etc/app.d/b.other", "x")
        .file("/usr/share/data/table", "x")
        .file("/opt/own", "mine")
        .file("/start", "#!/bin/sh\ncat /usr/share/data/table /etc/app.conf >/run/x\n");
    config = config.with("/config/Entrypoint", "[\"/start\"]");
    ImageSnapshot image = image();

    EditPlan plan = ServiceOptimizer.forEntrypoint().plan(image);

    assertThat(removed(plan))
        .containsExactly("/etc/app.d/b.other", "/etc/not-this", "/usr/bin/unused");
    ReachableFiles reached = ServiceOptimizer.forEntrypoint().reachable(image);
    assertThat(reached.why(ImagePath.of("/etc/app.d/a.inc")))
        .containsExactly(
            "/etc/app.d/a.inc: named-in: /etc/app.conf names /etc/app.d/a.inc",
            "/etc/app.conf: script-names: /start names /etc/app.conf",
            "/start: command: service start runs it");
    assertThat(removed(ServiceOptimizer.forEntrypoint().at(Level.MINIMAL).plan(image)))
        .contains("/opt/own");
  }

  @Test
  void plan_withoutService_removesNothing() throws IOException {
    file("/usr/bin/a", "x");
    assertThat(ServiceOptimizer.forEntrypoint().plan(image()).edits()).isEmpty();
    EditPlan plan =
        ServiceOptimizer.forEntrypoint().withService("b", List.of("/usr/bin/b")).plan(image());
    assertThat(plan.edits()).isEmpty();
    assertThat(plan.findings())
        .extracting(finding -> finding.reason().rule())
        .contains("no-service");
  }

  @Test
  void plan_checkedAgainstTrace_saysWhatWasUsedAndGoes() throws Exception {
    file("/usr/bin/a", "x").file("/usr/bin/b", "x").file("/etc/c", "x");
    Trace trace =
        Trace.parse(
            """
            12 execve("/usr/bin/a", ["a"], 0x7ff /* 1 var */) = 0
            12 openat(AT_FDCWD, "/etc/c", O_RDONLY) = -1 EACCES (Permission denied)
            [pid 13] access("/usr/bin/b", F_OK <unfinished ...>
            """);
    EditPlan plan =
        ServiceOptimizer.forEntrypoint()
            .withService("a", List.of("a"))
            .checkedAgainst(trace)
            .plan(image());
    assertThat(plan.findings().stream().filter(f -> f.path().isPresent()))
        .extracting(Object::toString)
        .containsExactly("/usr/bin/b: services/used-but-removed: the run that was traced used it");
    assertThat(plan.findings())
        .extracting(finding -> finding.reason().evidence())
        .contains("0 files of 0 bytes stay that the run did not use; it used 2 paths");
  }

  @Test
  void rules_ofSetlocale_keepWhatALocaleOpens() {
    // Seen with redis under LC_ALL=C.UTF-8.
    List<String> opened =
        List.of(
            "/usr/lib/locale/C.utf8/LC_COLLATE",
            "/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache");
    for (String function : List.of("setlocale", "newlocale")) {
      for (String path : opened) {
        assertThat(
                ReachRules.INSTANCE.withImport.stream()
                    .filter(rule -> rule.when().contains(function))
                    .flatMap(rule -> rule.paths().stream())
                    .anyMatch(glob -> PathGlob.of(glob).matches(ImagePath.of(path))))
            .as("%s %s", function, path)
            .isTrue();
      }
    }
  }
}
