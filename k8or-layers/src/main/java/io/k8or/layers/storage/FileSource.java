package io.k8or.layers.storage;

import io.k8or.content.Content;
import io.k8or.content.MalformedContentException;
import io.k8or.layers.limits.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** The named files of an image on disk: of a directory, or of a tar of one. */
interface FileSource {
  /**
   * Returns the regular file of a name with slashes, links followed; empty if there is none.
   *
   * @throws MalformedContentException if the name is there twice, or is a link that leads nowhere
   */
  Optional<Content> file(String name) throws IOException;

  /** Returns where the files are, for errors. */
  Path path();

  /** Opens a directory or a tar. */
  static FileSource open(Path path, Limits limits) throws IOException {
    if (Files.isDirectory(path)) {
      return new FileDirectory(path);
    }
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString(), null, "no such file or directory");
    }
    return TarFiles.index(path, limits);
  }
}
