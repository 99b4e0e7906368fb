package io.k8or.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContentTest {
  private static final byte[] BYTES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  @TempDir Path temp;

  /** Content as a caller may write it: with what the interface gives alone. */
  private record Plain(byte[] bytes, long size) implements Content {
    @Override
    public InputStream open() {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public String toString() {
      return "plain";
    }
  }

  private List<Content> all() throws IOException {
    Path file = Files.write(temp.resolve("file"), BYTES);
    return List.of(Content.of(BYTES), Content.of(file), new Plain(BYTES, BYTES.length));
  }

  @Test
  void open_twice_givesTheSameBytes() throws IOException {
    for (Content content : all()) {
      assertThat(content.size()).isEqualTo(10);
      try (InputStream one = content.open();
          InputStream other = content.open()) {
        assertThat(one.read()).isZero();
        assertThat(other.readAllBytes()).isEqualTo(BYTES);
        assertThat(one.readAllBytes()).hasSize(9);
      }
    }
  }

  @Test
  void slice_ofASlice_isThePart() throws IOException {
    for (Content content : all()) {
      Content slice = content.slice(2, 6).slice(1, 3);
      assertThat(slice.size()).isEqualTo(3);
      assertThat(slice.readAll(3)).containsExactly(3, 4, 5);
      assertThat(content.slice(10, 0).readAll(0)).isEmpty();
      try (InputStream in = slice.open()) {
        assertThat(in.skip(2)).isEqualTo(2);
        assertThat(in.read()).isEqualTo(5);
        assertThat(in.read()).isEqualTo(-1);
        assertThat(in.read(new byte[2], 0, 2)).isEqualTo(-1);
        assertThat(in.skip(1)).isZero();
      }
    }
  }

  @Test
  void slice_outside_isRefused() throws IOException {
    for (Content content : all()) {
      for (Content whole : List.of(content, content.slice(0, 10))) {
        assertOutside(whole, 0, 11);
        assertOutside(whole, 11, 0);
        assertOutside(whole, -1, 2);
        assertOutside(whole, 1, -1);
        assertOutside(whole, Long.MAX_VALUE, Long.MAX_VALUE);
      }
    }
  }

  private static void assertOutside(Content whole, long offset, long length) {
    assertThatThrownBy(() -> whole.slice(offset, length))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no slice of " + length + " bytes at " + offset + " in 10 bytes");
  }

  @Test
  void readAll_beyondTheLimit_isMalformed() throws IOException {
    for (Content content : all()) {
      assertThat(content.readAll(10)).isEqualTo(BYTES);
      assertThatThrownBy(() -> content.readAll(9))
          .isInstanceOf(MalformedContentException.class)
          .hasMessage("content: " + content + ": expected at most 9 bytes, found 10");
    }
  }

  @Test
  void readAll_anotherSizeThanSaid_isMalformed() {
    assertThatThrownBy(() -> new Plain(BYTES, 9).readAll(100))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("content: plain: expected 9 bytes, found more");
    assertThatThrownBy(() -> new Plain(BYTES, 11).readAll(100))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("content: plain: expected 11 bytes, found 10");
  }

  @Test
  void open_sliceOfShorterContent_fails() {
    Content slice = new Plain(BYTES, 100).slice(50, 10);
    assertThatThrownBy(slice::open).isInstanceOf(IOException.class);
  }

  @Test
  void of_changedArray_keepsItsBytes() throws IOException {
    byte[] bytes = BYTES.clone();
    Content content = Content.of(bytes);
    bytes[0] = 99;
    content.readAll(10)[1] = 99;
    assertThat(content.readAll(10)).isEqualTo(BYTES);
  }

  @Test
  void of_fileOfAnotherFileSystem_isRead() throws IOException {
    URI zip = URI.create("jar:" + temp.resolve("a.zip").toUri());
    try (FileSystem fileSystem = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
      Path file = Files.write(fileSystem.getPath("/a"), BYTES);
      assertThat(Content.of(file).slice(3, 2).readAll(2)).containsExactly(3, 4);
    }
  }

  @Test
  void of_missingFile_fails() {
    assertThatThrownBy(() -> Content.of(temp.resolve("nowhere")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void toString_anyContent_saysWhatItIs() throws IOException {
    Path file = Files.write(temp.resolve("file"), BYTES);
    assertThat(Content.of(BYTES)).hasToString("10 bytes in memory");
    assertThat(Content.of(file)).hasToString(file.toString());
    assertThat(Content.of(file).slice(3, 2)).hasToString(file + " from byte 3");
    assertThat(new Plain(BYTES, 10).slice(3, 2)).hasToString("bytes 3 to 5 of plain");
    assertThat(Content.empty().size()).isZero();
  }
}
