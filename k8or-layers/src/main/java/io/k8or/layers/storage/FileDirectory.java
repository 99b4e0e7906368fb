package io.k8or.layers.storage;

import io.k8or.content.Content;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The files of a directory. */
record FileDirectory(Path path) implements FileSource {
  @Override
  public Optional<Content> file(String name) throws IOException {
    Path file = path;
    for (String segment : name.split("/", -1)) {
      file = file.resolve(segment);
    }
    // A pipe or a device in the place of a blob would block for ever.
    return Files.isRegularFile(file) ? Optional.of(Content.of(file)) : Optional.empty();
  }
}
