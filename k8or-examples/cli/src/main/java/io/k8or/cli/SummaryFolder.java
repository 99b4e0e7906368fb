package io.k8or.cli;

import io.k8or.content.Content;
import io.k8or.seccomp.SummaryStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** Summaries of programs and libraries in a folder, a file each; a file appears whole. */
record SummaryFolder(Path folder) implements SummaryStore {
  @Override
  public Optional<Content> find(String key) throws IOException {
    Path file = file(key);
    return Files.isRegularFile(file) ? Optional.of(Content.of(file)) : Optional.empty();
  }

  @Override
  public void keep(String key, Content summary) throws IOException {
    Files.createDirectories(folder);
    Path beside = Files.createTempFile(folder, ".summary", ".incomplete");
    try {
      try (InputStream in = summary.open()) {
        Files.copy(in, beside, StandardCopyOption.REPLACE_EXISTING);
      }
      Files.move(
          beside, file(key), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  private Path file(String key) {
    return folder.resolve(key + ".summary");
  }
}
