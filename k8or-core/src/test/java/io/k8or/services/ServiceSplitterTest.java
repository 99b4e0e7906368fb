package io.k8or.services;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.ImageConfig;
import io.k8or.image.Platform;
import io.k8or.transform.EditPlan;
import io.k8or.transform.ImageSnapshot;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServiceSplitterTest {
  private final FileTree.Editor tree = FileTree.builder();
  private ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64"));

  private ServiceSplitterTest file(String path, String text) {
    tree.put(
        ImagePath.of(path),
        FileNode.regular(FileAttributes.ofMode(0755), Content.of(ByteString.utf8(text))));
    return this;
  }

  /** supervisord with two services of which each has a program and a file of its own. */
  private ImageSnapshot supervised() {
    file("/usr/bin/supervisord", "#!/bin/true")
        .file("/usr/bin/web", "#!/bin/sh\ncat /usr/share/web /usr/share/both\n")
        .file("/usr/bin/store", "#!/bin/sh\ncat /usr/share/store /usr/share/both\n")
        .file("/usr/share/web", "x")
        .file("/usr/share/store", "x")
        .file("/usr/share/both", "x")
        .file("/usr/share/none", "x")
        .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\nstore:x:101:102::/nonexistent:/bin/sh\n")
        .file("/etc/group", "root:x:0:\nstore:x:102:\n")
        .file("/etc/web.conf", "port = 8080\n")
        .file(
            "/usr/lib/systemd/system/store.service",
            "[Service]\nExecStart=/usr/bin/store\nUser=store\nGroup=store\n"
                + "KillSignal=SIGINT\nRuntimeDirectory=store\n")
        .file(
            "/etc/supervisord.conf",
            """
            [program:web]
            command=/usr/bin/web --port 8080
            directory=/usr/share
            environment=MODE="fast",LANG="C"
            [program:store]
            command=/usr/bin/store
            """);
    config =
        config
            .with("/config/Entrypoint", "[\"supervisord\"]")
            .with("/config/Cmd", "[\"-n\"]")
            .with("/config/Env", "[\"PATH=/usr/bin\",\"LANG=de\"]")
            .with("/config/StopSignal", "\"SIGHUP\"")
            .with("/config/ExposedPorts", "{\"8080/tcp\":{},\"9999/tcp\":{}}")
            .with("/config/Healthcheck", "{\"Test\":[\"CMD\",\"web\",\"http://localhost:8080/\"]}");
    return ImageSnapshot.of(config, tree.build());
  }

  private static List<String> paths(ImageSnapshot image, String below) {
    return image.files().subtree(ImagePath.of(below)).keySet().stream()
        .map(ImagePath::toString)
        .toList();
  }

  @Test
  void split_ofSupervisord_givesAnImageForEachProgram() throws Exception {
    ImageSnapshot image = supervised();

    List<ServiceImage> images = ServiceSplitter.split(image, ServiceOptimizer.forEntrypoint());

    assertThat(images).extracting(each -> each.service().name()).containsExactly("web", "store");
    ImageSnapshot web = image.with(images.get(0).plan());
    assertThat(paths(web, "/usr/bin")).containsExactly("/usr/bin", "/usr/bin/web");
    assertThat(web.config().entrypoint()).containsExactly("/usr/bin/web", "--port", "8080");
    assertThat(web.config().cmd()).isEmpty();
    assertThat(web.config().env()).containsExactly("PATH=/usr/bin", "LANG=C", "MODE=fast");
    assertThat(web.config().workingDir()).contains("/usr/share");
    assertThat(web.config().exposedPorts()).containsExactly("8080/tcp");
    assertThat(web.config().get("/config/StopSignal")).isEmpty();
    assertThat(web.config().get("/config/Healthcheck/Test/0")).contains("\"CMD\"");
    assertThat(images.get(0).plan().findings())
        .extracting(finding -> finding.reason().evidence())
        .contains("web: the image exposes 9999/tcp, and no service is known to listen there");
  }

  @Test
  void split_ofUnit_givesUserSignalAndDirectory() throws Exception {
    ImageSnapshot image = supervised();

    ServiceImage part = ServiceSplitter.split(image, ServiceOptimizer.forEntrypoint()).get(1);

    ImageSnapshot store = image.with(part.plan());
    assertThat(paths(store, "/usr/bin")).containsExactly("/usr/bin", "/usr/bin/store");
    assertThat(store.config().user()).contains("store:store");
    assertThat(store.config().get("/config/StopSignal")).contains("\"SIGINT\"");
    assertThat(store.config().get("/config/Healthcheck")).isEmpty();
    assertThat(store.config().exposedPorts()).isEmpty();
    FileNode run = store.files().get(ImagePath.of("/run/store")).orElseThrow();
    assertThat(run.isDirectory()).isTrue();
    assertThat(run.attributes().uid()).isEqualTo(101);
    assertThat(run.attributes().gid()).isEqualTo(102);
  }

  @Test
  void split_ofScriptThatStartsAll_leavesItToNone() throws Exception {
    file("/usr/bin/web", "#!/bin/sh\ncat /etc/web.conf\n")
        .file("/usr/bin/store", "#!/bin/sh\ncat /srv/store/table\n")
        .file("/etc/web.conf", "root = /srv/pages\n")
        .file("/srv/pages/index.html", "page")
        .file("/srv/pages/start", "#!/bin/sh\nstore &\nexec web\n")
        .file("/srv/store/table", "x")
        .file("/opt/unknown", "x");
    config = config.with("/config/Entrypoint", "[\"/srv/pages/start\"]");
    ImageSnapshot image = ImageSnapshot.of(config, tree.build());

    List<ServiceImage> images =
        ServiceSplitter.split(
            image,
            ServiceOptimizer.forEntrypoint()
                .withService("web", List.of("/usr/bin/web"))
                .withService("store", List.of("/usr/bin/store")));

    ImageSnapshot web = image.with(images.get(0).plan());
    assertThat(paths(web, "/srv"))
        .contains("/srv/pages/index.html")
        .doesNotContain("/srv/pages/start", "/srv/store/table");
    assertThat(paths(web, "/opt")).contains("/opt/unknown");
    ImageSnapshot store = image.with(images.get(1).plan());
    assertThat(paths(store, "/usr/bin")).containsExactly("/usr/bin", "/usr/bin/store");
    assertThat(paths(store, "/srv"))
        .contains("/srv/store/table")
        .doesNotContain("/srv/pages/start");
  }

  @Test
  void plan_ofHiddenFile_takesItFromLowerLayers() throws Exception {
    file("/usr/bin/web", "#!/bin/sh\n");
    FileNode node = FileNode.regular(FileAttributes.ofMode(0644), Content.of(ByteString.utf8("x")));
    tree.shadowed(
        List.of(
            new FileTree.Shadowed(0, ImagePath.of("/var/lists/a"), node),
            new FileTree.Shadowed(0, ImagePath.of("/usr/bin/web"), node)));
    ImageSnapshot image = ImageSnapshot.of(config, tree.build());

    EditPlan plan =
        ServiceOptimizer.forEntrypoint().withService("web", List.of("/usr/bin/web")).plan(image);

    assertThat(plan.edits())
        .extracting(Object::toString)
        .hasSize(1)
        .first()
        .asString()
        .contains("/var/lists/a", "hidden");
    assertThat(SharedFiles.of(image, List.of(plan)).shared().edits()).hasSize(1);
    assertThat(image.with(plan).files().shadowed())
        .extracting(FileTree.Shadowed::path)
        .containsExactly(ImagePath.of("/usr/bin/web"));
  }

  @Test
  void split_ofToldServices_takesThem() throws Exception {
    ServiceOptimizer told =
        ServiceOptimizer.forEntrypoint().withService("store", List.of("/usr/bin/store"));

    List<ServiceImage> images = ServiceSplitter.split(supervised(), told);

    assertThat(images).extracting(each -> each.service().name()).containsExactly("store");
  }

  @Test
  void split_ofImageWithoutCommand_givesNone() throws Exception {
    ImageSnapshot image = ImageSnapshot.of(config, tree.build());
    assertThat(ServiceSplitter.split(image, ServiceOptimizer.forEntrypoint())).isEmpty();
  }

  @Test
  void shared_thenRest_isThePlan() throws Exception {
    ImageSnapshot image = supervised();
    List<EditPlan> plans =
        ServiceSplitter.split(image, ServiceOptimizer.forEntrypoint()).stream()
            .map(ServiceImage::plan)
            .toList();

    SharedFiles files = SharedFiles.of(image, plans);

    ImageSnapshot shared = image.with(files.shared());
    assertThat(paths(shared, "/usr/share")).containsExactly("/usr/share", "/usr/share/both");
    for (int i = 0; i < plans.size(); i++) {
      ImageSnapshot expected = image.with(plans.get(i));
      ImageSnapshot found = shared.with(files.rests().get(i));
      assertThat(found.files().nodes()).isEqualTo(expected.files().nodes());
      assertThat(found.config()).isEqualTo(expected.config());
    }
  }

  @Test
  void shared_ofNoPlan_throws() {
    assertThatThrownBy(() -> SharedFiles.of(supervised(), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no plans");
  }
}
