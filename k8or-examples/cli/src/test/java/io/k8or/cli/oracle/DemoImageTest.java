package io.k8or.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What {@code demo} writes runs in a real engine. */
@Tag("oracle")
final class DemoImageTest {
  @Test
  void demo_loadedIntoDocker_servesAndStops() throws Exception {
    try (Scratch work = Scratch.create("demo-docker")) {
      Path demo = work.resolve("demo");
      K8or.run("demo", "--out", demo);
      try (DockerDaemon docker = DockerDaemon.start(work)) {
        assertThat(docker.docker("load", "--input", demo.resolve("after.tar").toString()))
            .contains("k8or-demo:lean");
        assertThat(docker.docker("image", "inspect", "-f", "{{.Config.User}}", "k8or-demo:lean"))
            .isEqualTo("55236:55236");
        String server =
            docker.docker("run", "--detach", "--read-only", "--network", "none", "k8or-demo:lean");
        String worker =
            docker.docker(
                "run",
                "--detach",
                "--network",
                "none",
                "--entrypoint",
                "/usr/bin/demo-beat",
                "k8or-demo:lean");
        // SIGTERM, and SIGKILL after a time that the services do not need.
        docker.docker("stop", "--time", "30", server, worker);
        assertThat(docker.docker("logs", server)).isEqualTo("serving\nstopped");
        assertThat(docker.docker("logs", worker)).startsWith("beat 1\n").endsWith("stopped");
        assertThat(docker.docker("inspect", "-f", "{{.State.ExitCode}}", server, worker))
            .isEqualTo("0\n0");
      }
    }
  }
}
