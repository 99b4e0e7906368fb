package io.k8or.content;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A part of a file of any file system, opened by position. */
record FileContent(Path file, long offset, long size) implements Content {
  static FileContent of(Path file) throws IOException {
    return new FileContent(file, 0, Files.size(file));
  }

  @Override
  public InputStream open() throws IOException {
    SeekableByteChannel channel = Files.newByteChannel(file);
    try {
      channel.position(offset);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    return new BoundedInputStream(Channels.newInputStream(channel), size);
  }

  @Override
  public Content slice(long from, long length) {
    if (from < 0 || length < 0 || from > size - length) {
      throw new IllegalArgumentException(
          "no slice of " + length + " bytes at " + from + " in " + size + " bytes of " + file);
    }
    return new FileContent(file, offset + from, length);
  }

  @Override
  public String toString() {
    return offset == 0 ? file.toString() : file + " from byte " + offset;
  }
}
