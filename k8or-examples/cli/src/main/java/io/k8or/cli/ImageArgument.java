package io.k8or.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Where an image is: {@code oci:PATH[:REF]}, {@code docker-archive:FILE[:REF]}, {@code rootfs:FILE}
 * or {@code dir:PATH}.
 *
 * <p>With {@code oci} and {@code docker-archive} the first colon after the path begins the
 * reference, which may have colons of its own; such a path can have none.
 *
 * @param kind which of the forms
 * @param path the file or directory
 * @param reference which image in it, where one is named
 */
record ImageArgument(Kind kind, Path path, Optional<String> reference) {
  /** The forms. */
  enum Kind {
    /** An OCI layout: a directory, or a tar of one. */
    OCI("oci"),
    /** What {@code docker save} writes. */
    DOCKER_ARCHIVE("docker-archive"),
    /** A tar of a root file system, perhaps compressed. */
    ROOTFS("rootfs"),
    /** An unpacked root file system. */
    DIR("dir");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }
  }

  static ImageArgument parse(String text) {
    int colon = text.indexOf(':');
    String prefix = colon < 0 ? "" : text.substring(0, colon);
    Kind kind =
        Arrays.stream(Kind.values())
            .filter(k -> k.prefix.equals(prefix))
            .findFirst()
            .orElseThrow(
                () ->
                    new UsageException(
                        text,
                        "expected oci:PATH[:REF], docker-archive:FILE[:REF], rootfs:FILE or"
                            + " dir:PATH"));
    String rest = text.substring(colon + 1);
    Optional<String> reference = Optional.empty();
    if (kind == Kind.OCI || kind == Kind.DOCKER_ARCHIVE) {
      int second = rest.indexOf(':', hasDrive(rest) ? 2 : 0);
      if (second >= 0) {
        reference = Optional.of(rest.substring(second + 1));
        rest = rest.substring(0, second);
        if (reference.get().isEmpty()) {
          throw new UsageException(text, "an empty reference after the last colon");
        }
      }
    }
    if (rest.isEmpty()) {
      throw new UsageException(text, "no path after " + prefix + ":");
    }
    try {
      return new ImageArgument(kind, Path.of(rest), reference);
    } catch (InvalidPathException e) {
      throw new UsageException(text, "not a path: " + e.getReason());
    }
  }

  // C:\images on Windows.
  private static boolean hasDrive(String path) {
    return path.length() > 2
        && Character.isLetter(path.charAt(0))
        && path.charAt(1) == ':'
        && (path.charAt(2) == '\\' || path.charAt(2) == '/');
  }

  /** Returns the last part of the path and the reference: the same wherever the image is. */
  String name() {
    Path last = path.toAbsolutePath().normalize().getFileName();
    return (last == null ? "/" : last.toString()) + reference.map(ref -> ":" + ref).orElse("");
  }

  @Override
  public String toString() {
    return kind.prefix + ":" + path + reference.map(ref -> ":" + ref).orElse("");
  }
}
