package io.k8or.packages.dpkg;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.ImagePath;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A path at which all packages but one find another one: a record of three lines in {@code
 * var/lib/dpkg/diversions} (dpkg-divert(1)).
 *
 * @param from the path that packages list
 * @param to the path that their file has instead
 * @param owner the package that diverts, whose own file stays at {@code from}; {@code :} for an
 *     administrator's, which exempts none
 */
public record Diversion(ImagePath from, ImagePath to, String owner) {
  /** Checks that nothing is missing. */
  public Diversion {
    Objects.requireNonNull(from);
    Objects.requireNonNull(to);
    Objects.requireNonNull(owner);
  }

  /**
   * Parses the file.
   *
   * @param where its path, for the error; the line is added
   * @throws MalformedContentException if the lines do not come in threes, or are no paths
   */
  public static List<Diversion> parse(ByteString file, String where)
      throws MalformedContentException {
    List<String> lines = file.toLatin1().lines().toList();
    if (lines.size() % 3 != 0) {
      throw new MalformedContentException(
          "diversions",
          where + ", line " + lines.size(),
          "expected three lines a diversion, found " + lines.size() + " lines");
    }
    List<Diversion> diversions = new ArrayList<>();
    for (int i = 0; i < lines.size(); i += 3) {
      diversions.add(
          new Diversion(
              path(lines.get(i), where, i + 1),
              path(lines.get(i + 1), where, i + 2),
              lines.get(i + 2)));
    }
    return List.copyOf(diversions);
  }

  /** Returns the file of these diversions. */
  public static ByteString print(List<Diversion> diversions) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Diversion diversion : diversions) {
      for (ByteString line :
          List.of(
              ByteString.utf8("/").concat(diversion.from.toRelativeBytes()),
              ByteString.utf8("/").concat(diversion.to.toRelativeBytes()),
              ByteString.copyOf(diversion.owner.getBytes(StandardCharsets.ISO_8859_1)))) {
        out.writeBytes(line.toByteArray());
        out.write('\n');
      }
    }
    return ByteString.copyOf(out.toByteArray());
  }

  /**
   * Returns the path of a line of one of dpkg's files.
   *
   * @throws MalformedContentException if it is not absolute or has a {@code ..}
   */
  public static ImagePath path(String latin1, String where, int line)
      throws MalformedContentException {
    if (latin1.startsWith("/")) {
      try {
        return ImagePath.of(ByteString.copyOf(latin1.getBytes(StandardCharsets.ISO_8859_1)));
      } catch (IllegalArgumentException e) {
        throw new MalformedContentException(
            "path", where + ", line " + line, String.valueOf(e.getMessage()), e);
      }
    }
    throw new MalformedContentException(
        "path", where + ", line " + line, "expected an absolute path, found \"" + latin1 + "\"");
  }
}
