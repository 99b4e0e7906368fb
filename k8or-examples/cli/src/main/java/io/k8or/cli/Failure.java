package io.k8or.cli;

import io.k8or.content.MalformedContentException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ParameterException;

/**
 * An exception as people and scripts see it: one line, {@code WHAT: WHERE: WHY}, and a status. The
 * only place where the one becomes the other.
 *
 * @param status the status of {@link ExitStatus}
 * @param line the line, without a line break
 */
record Failure(int status, String line) {
  static Failure of(Throwable thrown) {
    Throwable cause = thrown;
    while (cause instanceof UncheckedIOException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof ParameterException wrong) {
      String command = wrong.getCommandLine().getCommandSpec().qualifiedName();
      return new Failure(
          ExitStatus.USAGE, oneLine("usage: " + command + ": " + message(wrong.getMessage())));
    }
    if (cause instanceof MalformedContentException malformed) {
      return new Failure(ExitStatus.MALFORMED, oneLine(message(malformed.getMessage())));
    }
    if (cause instanceof FileSystemException file) {
      String where = file.getFile() == null ? "a file" : file.getFile();
      return new Failure(ExitStatus.IO, oneLine("input/output: " + where + ": " + why(file)));
    }
    if (cause instanceof IOException) {
      return new Failure(ExitStatus.IO, oneLine("input/output: " + message(cause.getMessage())));
    }
    if (cause instanceof IllegalArgumentException) {
      return new Failure(ExitStatus.USAGE, oneLine("usage: " + message(cause.getMessage())));
    }
    if (cause instanceof OutOfMemoryError) {
      return new Failure(
          ExitStatus.INTERNAL, "memory: the Java heap: too small; give more with java -Xmx");
    }
    return new Failure(
        ExitStatus.INTERNAL,
        oneLine(
            "internal fault: "
                + cause.getClass().getName()
                + ": "
                + message(cause.getMessage())
                + " (--debug shows where)"));
  }

  private static String why(FileSystemException file) {
    if (file instanceof NoSuchFileException) {
      return "there is no such file";
    } else if (file instanceof AccessDeniedException) {
      return "access is denied";
    } else if (file instanceof FileAlreadyExistsException) {
      return "it exists already";
    } else if (file instanceof NotDirectoryException) {
      return "it is not a directory";
    }
    return file.getReason() == null ? file.getClass().getSimpleName() : file.getReason();
  }

  private static String message(@Nullable String message) {
    return message == null ? "no more is known" : message;
  }

  private static String oneLine(String text) {
    StringBuilder line = new StringBuilder(text.length());
    text.chars()
        .forEach(
            c -> {
              if (c == '\n' || c == '\r' || c == '\t') {
                line.append(' ');
              } else if (Character.isISOControl(c)) {
                line.append(String.format("\\x%02x", c));
              } else {
                line.append((char) c);
              }
            });
    return line.toString().strip();
  }
}
