package io.k8or.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

/** Walks as this machine's kernel walks, with relative links in a directory of its own. */
class LinkWalkProperties {
  /** A file, or a link where there is a target. */
  record Made(String path, Optional<String> target) {}

  @Property(tries = 300)
  void of_relativeLinks_leadsWhereTheKernelGoes(
      @ForAll("made") @Size(min = 1, max = 12) List<Made> all, @ForAll("path") String asked)
      throws IOException {
    Path folder = Files.createTempDirectory("links");
    try {
      FileTree.Editor tree = FileTree.builder();
      for (Made made : all) {
        make(folder, tree, made);
      }
      LinkWalk walk = LinkWalk.of(tree.build()::get, ImagePath.of("/" + asked));

      // The kernel's root is not this directory.
      Assume.that(walk.climbing().isEmpty());
      assertThat(walk.place().map(ImagePath::toString)).isEqualTo(real(folder, asked));
    } finally {
      delete(folder);
    }
  }

  private static Optional<String> real(Path folder, String asked) throws IOException {
    try {
      Path real = folder.resolve(asked).toRealPath();
      return Optional.of("/" + folder.toRealPath().relativize(real));
    } catch (FileSystemException e) {
      return Optional.empty();
    }
  }

  // What is below a file, or is there, is not made.
  private static void make(Path folder, FileTree.Editor tree, Made made) throws IOException {
    Path path = folder.resolve(made.path());
    for (Path at = path.getParent(); !at.equals(folder); at = at.getParent()) {
      if (Files.exists(at, LinkOption.NOFOLLOW_LINKS)
          && !Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)) {
        return;
      }
    }
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.createDirectories(path.getParent());
    ImagePath where = ImagePath.of("/" + made.path());
    if (made.target().isPresent()) {
      Files.createSymbolicLink(path, Path.of(made.target().get()));
      ByteString target = ByteString.utf8(made.target().get());
      tree.put(where, FileNode.symlink(FileAttributes.ofMode(0777), target));
    } else {
      Files.createFile(path);
      tree.put(where, FileNode.regular(FileAttributes.ofMode(0644), Content.of(new byte[0])));
    }
  }

  private static void delete(Path folder) throws IOException {
    Deque<Path> found = new ArrayDeque<>();
    try (var walk = Files.walk(folder)) {
      walk.forEach(found::push);
    }
    for (Path path : found) {
      Files.delete(path);
    }
  }

  @Provide
  Arbitrary<List<Made>> made() {
    Arbitrary<Optional<String>> target =
        Arbitraries.of("a", "b", "c", "..")
            .list()
            .ofMinSize(1)
            .ofMaxSize(4)
            .map(parts -> String.join("/", parts))
            .optional(0.7);
    return Combinators.combine(path(), target).as(Made::new).list();
  }

  @Provide
  Arbitrary<String> path() {
    return Arbitraries.of("a", "b", "c")
        .list()
        .ofMinSize(1)
        .ofMaxSize(3)
        .map(parts -> String.join("/", parts));
  }
}
