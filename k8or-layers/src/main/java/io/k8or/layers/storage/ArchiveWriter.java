package io.k8or.layers.storage;

import io.k8or.content.ByteString;
import io.k8or.content.Content;
import io.k8or.filesystem.FileAttributes;
import io.k8or.filesystem.FileNode;
import io.k8or.layers.tar.TarWriter;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Writes the tar around an image: root's directories and files, times 0. */
final class ArchiveWriter implements Closeable {
  private final TarWriter tar;

  private ArchiveWriter(TarWriter tar) {
    this.tar = tar;
  }

  static ArchiveWriter create(Path file) throws IOException {
    return new ArchiveWriter(
        new TarWriter(
            new BufferedOutputStream(
                Files.newOutputStream(file, StandardOpenOption.CREATE_NEW), 1 << 16)));
  }

  void directory(String name) throws IOException {
    tar.put(ByteString.utf8(name), FileNode.directory(FileAttributes.ofMode(0755)));
  }

  void file(String name, Content content) throws IOException {
    tar.put(ByteString.utf8(name), FileNode.regular(FileAttributes.ofMode(0644), content));
  }

  void finish() throws IOException {
    tar.finish();
  }

  @Override
  public void close() throws IOException {
    tar.close();
  }
}
