package io.k8or.layers.storage;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.FileType;
import io.k8or.layers.compression.Compression;
import io.k8or.layers.limits.Limits;
import io.k8or.layers.tar.TarEntry;
import io.k8or.layers.tar.TarReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The files of a tar, found by their offsets: nothing is unpacked. Costs one pass over the headers.
 */
final class TarFiles implements FileSource {
  private static final int MAX_LINKS = 8;

  private final Path path;
  private final Content tar;
  private final Map<String, TarEntry> members;
  private final Set<String> twice;

  private TarFiles(Path path, Content tar, Map<String, TarEntry> members, Set<String> twice) {
    this.path = path;
    this.tar = tar;
    this.members = members;
    this.twice = twice;
  }

  static TarFiles index(Path path, Limits limits) throws IOException {
    Content tar = Content.of(path);
    Compression compression = Compression.detect(tar);
    if (compression != Compression.NONE) {
      throw new MalformedContentException(
          "archive",
          path.toString(),
          "expected a plain tar, found "
              + compression
              + "; an archive is read by offsets, so decompress it first (for example with "
              + (compression == Compression.GZIP ? "gunzip" : "un" + compression)
              + ")");
    }
    Map<String, TarEntry> members = new HashMap<>();
    Set<String> twice = new HashSet<>();
    try (TarReader reader = new TarReader(tar.open(), "archive " + path, limits)) {
      for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
        TarEntry entry = next.get();
        Optional<String> name = normal("", entry.name().toUtf8());
        if (name.isPresent() && !entry.isDirectory() && members.put(name.get(), entry) != null) {
          twice.add(name.get());
        }
      }
    }
    return new TarFiles(path, tar, members, twice);
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public Optional<Content> file(String name) throws IOException {
    Optional<String> at = normal("", name);
    for (int links = 0; at.isPresent() && links <= MAX_LINKS; links++) {
      @Nullable TarEntry member = members.get(at.get());
      if (member == null) {
        if (links == 0) {
          return Optional.empty();
        }
        break;
      }
      if (twice.contains(at.get())) {
        // Some readers take the first, some the last: then they see different images.
        throw new MalformedContentException(
            "archive", path.toString(), "two entries of the name " + at.get());
      }
      if (member.isRegular()) {
        return Optional.of(member.contentIn(tar));
      }
      if (member.isHardLink()) {
        at = normal("", member.linkName().toUtf8());
      } else if (member.type().filter(type -> type == FileType.SYMLINK).isPresent()) {
        int slash = at.get().lastIndexOf('/');
        at = normal(slash < 0 ? "" : at.get().substring(0, slash), member.linkName().toUtf8());
      } else {
        return Optional.empty();
      }
    }
    throw new MalformedContentException(
        "archive", path.toString(), "the link " + name + " leads to no file in the archive");
  }

  /**
   * Resolves a name against a directory; empty if it leaves the archive or is the archive's top.
   */
  static Optional<String> normal(String directory, String name) {
    Deque<String> segments = new ArrayDeque<>();
    String whole = name.startsWith("/") || directory.isEmpty() ? name : directory + "/" + name;
    for (String segment : whole.split("/", -1)) {
      if (segment.equals("..")) {
        if (segments.pollLast() == null) {
          return Optional.empty();
        }
      } else if (!segment.isEmpty() && !segment.equals(".")) {
        segments.addLast(segment);
      }
    }
    return segments.isEmpty() ? Optional.empty() : Optional.of(String.join("/", segments));
  }
}
