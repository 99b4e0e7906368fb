package io.k8or.cli.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.k8or.content.ByteString;
import io.k8or.filesystem.FileNode;
import io.k8or.filesystem.FileTree;
import io.k8or.filesystem.ImagePath;
import io.k8or.image.Image;
import io.k8or.layers.LayeredImage;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SampleImageTest {
  /** Changes with the sample, its services, or the gzip encoder. */
  private static final String DIGEST =
      "sha256:404286b884cc5b621334cba9c42c4f43ac23e2e6b4820adb0a3ef9bc97592977";

  @TempDir Path directory = Path.of("");

  @Test
  void build_eachTime_givesTheSameImage() throws IOException {
    Image image = SampleImage.build();
    assertThat(image.digest()).hasToString(DIGEST);
    assertThat(SampleImage.build()).isEqualTo(image);
  }

  @Test
  void build_layers_haveWhatRealOnesHave() throws IOException {
    LayeredImage image = LayeredImage.open(SampleImage.build());
    FileTree files = image.files();
    assertThat(image.indexes()).hasSize(3);
    // A whiteout, and an opaque directory.
    assertThat(files.contains(path("/etc/motd"))).isFalse();
    assertThat(files.children(path("/var/cache/demo")))
        .containsExactly(path("/var/cache/demo/fresh"));
    // Hard links, one of a file that a lower layer holds too.
    assertThat(files.links(path("/usr/bin/demo-server")))
        .containsExactly(path("/usr/bin/demo-server"), path("/usr/lib/demo/server"));
    assertThat(files.links(path("/usr/bin/demo-worker")))
        .containsExactly(path("/usr/bin/demo-beat"), path("/usr/bin/demo-worker"));
    assertThat(files.shadowed().stream().map(FileTree.Shadowed::path))
        .contains(path("/usr/bin/demo-worker"), path("/etc/motd"), path("/var/cache/demo/old-1"));
    // Extended attributes that are no text.
    FileNode server = files.get(path("/usr/bin/demo-server")).orElseThrow();
    assertThat(server.attributes().xattrs().get(ByteString.utf8("user.note")).toHex())
        .isEqualTo("6eff00");
    assertThat(server.attributes().xattrs()).containsKey(ByteString.utf8("security.capability"));
    // What the dpkg database lists is there, but for what a higher layer takes away.
    ImagePath list = path("/var/lib/dpkg/info/demo-server.list");
    for (String line : text(files.get(list).orElseThrow()).split("\n")) {
      assertThat(files.resolve(path(line))).as(line).isPresent();
    }
  }

  @Test
  void services_onLinux_run() throws Exception {
    assumeTrue(
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64"),
        "the services are programs for Linux on x86-64");
    FileTree files = LayeredImage.open(SampleImage.build()).files();
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Process server = start(files, "/usr/bin/demo-server", Integer.toString(port));
    try (BufferedReader lines = server.inputReader(StandardCharsets.UTF_8)) {
      assertThat(lines.readLine()).isEqualTo("serving");
      HttpResponse<String> response =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/")).build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).contains("Served from an image that k8or made lean.");
      server.toHandle().destroy(); // SIGTERM
      assertThat(lines.readLine()).isEqualTo("stopped");
      assertThat(server.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(server.exitValue()).isZero();
    } finally {
      server.destroyForcibly();
    }
    Process worker = start(files, "/usr/bin/demo-worker");
    try (BufferedReader lines = worker.inputReader(StandardCharsets.UTF_8)) {
      assertThat(lines.readLine()).isEqualTo("beat 1");
    } finally {
      worker.destroyForcibly();
    }
  }

  private Process start(FileTree files, String path, String... args) throws IOException {
    Path program = directory.resolve(path.substring(path.lastIndexOf('/') + 1));
    Files.write(program, files.get(path(path)).orElseThrow().content().readAll(1 << 20));
    assertThat(program.toFile().setExecutable(true)).isTrue();
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(List.of(args));
    return new ProcessBuilder(command).start();
  }

  private static String text(FileNode node) throws IOException {
    return new String(node.content().readAll(1 << 20), StandardCharsets.UTF_8);
  }

  private static ImagePath path(String text) {
    return ImagePath.of(text);
  }
}
