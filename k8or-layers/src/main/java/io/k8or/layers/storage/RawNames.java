package io.k8or.layers.storage;

import io.k8or.content.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The bytes of names. A {@code String} of a path loses what the locale's character set does not
 * have; the path's URI keeps each byte.
 */
final class RawNames {
  private RawNames() {}

  /** Returns the bytes of the last segment. */
  static ByteString name(Path file) {
    String text = file.getFileName().toString();
    return isAscii(text) ? ByteString.utf8(text) : lastSegment(decoded(file));
  }

  /** Returns the bytes of a symbolic link's target. */
  static ByteString linkTarget(Path link) throws IOException {
    Path target = Files.readSymbolicLink(link);
    String text = target.toString();
    if (isAscii(text)) {
      return ByteString.utf8(text);
    }
    ByteString absolute = decoded(target);
    if (target.isAbsolute()) {
      return absolute;
    }
    // A relative path's URI begins with the working directory, and then a slash.
    ByteString working = decoded(target.getFileSystem().getPath("").toAbsolutePath());
    int skip = working.length() == 1 ? 1 : working.length() + 1;
    return absolute.substring(skip, absolute.length());
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 0x80);
  }

  // Without the slash that the URI of a directory ends with.
  private static ByteString decoded(Path path) {
    String raw = path.toUri().getRawPath();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        bytes.write(Integer.parseInt(raw.substring(i + 1, i + 3), 16));
        i += 2;
      } else {
        bytes.write(c);
      }
    }
    ByteString all = ByteString.copyOf(bytes.toByteArray());
    return all.length() > 1 && all.at(all.length() - 1) == '/'
        ? all.substring(0, all.length() - 1)
        : all;
  }

  private static ByteString lastSegment(ByteString path) {
    return path.substring(path.lastIndexOf('/') + 1, path.length());
  }
}
