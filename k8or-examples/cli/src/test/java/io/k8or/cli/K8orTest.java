package io.k8or.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class K8orTest {
  @TempDir Path directory = Path.of("");

  @Test
  void run_noCommand_namesTheCommands() {
    Run.of()
        .failed(
            2,
            "k8or: usage: k8or: expected a command: demo, inspect, plan, apply, profile, why,"
                + " verify, diff, extract");
  }

  @Test
  void run_unknownOption_isWrongUsage() {
    Run.of("inspect", "--fast", "oci:x")
        .failed(2, "k8or: usage: k8or inspect: Unknown option: '--fast'");
  }

  @Test
  void run_missingArgument_isWrongUsage() {
    Run.of("diff", "oci:a")
        .failed(2, "k8or: usage: k8or diff: Missing required parameter: 'IMAGE'");
  }

  @Test
  void run_help_isOnStdout() {
    assertThat(Run.of("--help").done().text())
        .contains("Usage: k8or", "demo", "inspect", "profile", "Exit status: 0 done");
    for (String command :
        List.of(
            "demo", "inspect", "plan", "apply", "profile", "why", "verify", "diff", "extract")) {
      assertThat(Run.of(command, "--help").done().text()).contains("Usage: k8or " + command);
    }
  }

  @Test
  void run_version_isOneLine() {
    assertThat(Run.of("--version").done().text()).startsWith("k8or ").hasLineCount(1);
  }

  @Test
  void run_imageOfNoKnownForm_isWrongUsage() {
    Run.of("inspect", "nginx:latest")
        .failed(
            2,
            "k8or: usage: nginx:latest: expected oci:PATH[:REF], docker-archive:FILE[:REF],"
                + " rootfs:FILE or dir:PATH");
  }

  @Test
  void run_imageThatIsNotThere_isWrongUsage() {
    Run.of("inspect", "rootfs:" + directory.resolve("none"))
        .failed(
            2,
            "k8or: usage: rootfs:"
                + directory.resolve("none")
                + ": there is no such file or directory");
  }

  @Test
  void run_malformedInput_isStatus3AndOneLine() throws IOException {
    Path file = Files.writeString(directory.resolve("x.tar"), "x".repeat(512));
    Run run = Run.of("inspect", "rootfs:" + file);
    assertThat(run.status()).isEqualTo(3);
    assertThat(run.stderr()).startsWith("k8or: tar header: byte 0 of ").hasLineCount(1);
    assertThat(run.stdout()).isEmpty();
  }

  @Test
  void run_directoryInPlaceOfAFile_isStatus4() {
    Run run = Run.of("inspect", "rootfs:" + directory);
    assertThat(run.status()).isEqualTo(4);
    assertThat(run.stderr()).startsWith("k8or: input/output: ").hasLineCount(1);
  }

  @Test
  void run_debug_addsTheStackTrace() {
    Run run = Run.of("inspect", "--debug", "nothing");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.stderr()).contains("\tat io.k8or.cli.ImageArgument.parse");
    assertThat(Run.of("inspect", "nothing").stderr()).doesNotContain("\tat ");
  }

  @Test
  void run_stdoutThatCannotBeWritten_isStatus4() throws IOException {
    PrintStream broken =
        new PrintStream(
            new OutputStream() {
              @Override
              public void write(int value) throws IOException {
                throw new IOException("broken pipe");
              }
            });
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        K8or.run(
            List.of("extract", "oci:" + Run.sample(directory), "/etc/hostname"),
            broken,
            new PrintStream(err, true, StandardCharsets.UTF_8));
    assertThat(status).isEqualTo(4);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            "k8or: input/output: standard output: it cannot be written" + System.lineSeparator());
  }

  @Test
  void failure_unknownException_isAnInternalFault() {
    Failure failure = Failure.of(new IllegalStateException("two\nlines"));
    assertThat(failure.status()).isEqualTo(70);
    assertThat(failure.line())
        .isEqualTo(
            "internal fault: java.lang.IllegalStateException: two lines (--debug shows where)");
    assertThat(Failure.of(new OutOfMemoryError()).status()).isEqualTo(70);
  }
}
