package io.k8or.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The command {@code k8or}.
 *
 * <p>Exit status: 0 done, 1 a check found a difference or a fault, 2 wrong usage, 3 malformed
 * input, 4 an I/O failure, 70 a fault of k8or itself. An error is one line on stderr.
 */
@Command(
    name = "k8or",
    description = "Makes container images lean and safe, and says why.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "IMAGE is oci:PATH[:REF] (a layout directory, or a tar of one),",
      "docker-archive:FILE[:REF], rootfs:FILE (tar, .gz, .xz, .zst),",
      "or dir:PATH (an unpacked root, read only).",
      "",
      "Exit status: 0 done, 1 a check found a difference or a fault, 2 wrong usage,",
      "3 malformed input, 4 an I/O failure, 70 a fault of k8or itself."
    })
public final class K8or implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init")
  private CommandSpec spec;

  private K8or() {}

  /** Runs the command and ends the process with its status. */
  public static void main(String[] args) {
    PrintStream out =
        new PrintStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16),
            false,
            StandardCharsets.UTF_8);
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    Progress progress = Progress.on(err);
    CountDownLatch ended = new CountDownLatch(1);
    // After Ctrl-C the command gives up at its next read, and takes back what it has written.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  progress.cancel();
                  await(ended);
                }));
    int status = run(List.of(args), out, err, progress);
    ended.countDown();
    System.exit(status);
  }

  /**
   * Runs the command inside a process, without progress bars.
   *
   * @return the exit status
   */
  public static int run(List<String> args, PrintStream out, PrintStream err) {
    return run(args, out, err, Progress.silent());
  }

  private static int run(List<String> args, PrintStream out, PrintStream err, Progress progress) {
    try (Workers workers = new Workers()) {
      return run(args, new Session(out, err, progress, workers));
    }
  }

  private static void await(CountDownLatch ended) {
    try {
      if (!ended.await(10, TimeUnit.SECONDS)) {
        return; // it hangs in something that is no reading; nothing more can be done
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static int run(List<String> args, Session session) {
    boolean debug = args.contains("--debug");
    CommandLine command = commandLine(session);
    command.setParameterExceptionHandler((exception, unused) -> fail(exception, session, debug));
    command.setExecutionExceptionHandler(
        (exception, unused, parsed) -> fail(exception, session, debug));
    int status;
    try {
      status = command.execute(args.toArray(String[]::new));
    } catch (Error e) { // picocli hands on exceptions alone
      status = fail(e, session, debug);
    }
    session.out().flush();
    if (session.out().checkError() && status == ExitStatus.DONE) {
      session.err().println("k8or: input/output: standard output: it cannot be written");
      status = ExitStatus.IO;
    }
    return status;
  }

  private static CommandLine commandLine(Session session) {
    CommandLine command = new CommandLine(new K8or());
    List<Object> commands =
        List.of(
            new DemoCommand(session),
            new InspectCommand(session),
            new PlanCommand(session),
            new ApplyCommand(session),
            new ProfileCommand(session),
            new WhyCommand(session),
            new VerifyCommand(session),
            new DiffCommand(session),
            new ExtractCommand(session));
    commands.forEach(command::addSubcommand);
    command.setOut(new PrintWriter(session.out(), true, StandardCharsets.UTF_8));
    command.setErr(new PrintWriter(session.err(), true, StandardCharsets.UTF_8));
    command.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    command.setUsageHelpWidth(100);
    command.setExpandAtFiles(false);
    return command;
  }

  private static int fail(Throwable thrown, Session session, boolean debug) {
    session.progress().end();
    Failure failure = Failure.of(thrown);
    session.err().println("k8or: " + failure.line());
    if (debug) {
      thrown.printStackTrace(session.err());
    }
    return failure.status();
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "expected a command: " + String.join(", ", spec.subcommands().keySet()));
  }
}
