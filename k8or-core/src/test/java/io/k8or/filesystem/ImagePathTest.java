package io.k8or.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImagePathTest {
  @ParameterizedTest
  @CsvSource({"/, /", "//a///b/, /a/b", "/./a/./b/., /a/b", "/a/..b/..., /a/..b/..."})
  void of_text_isNormal(String text, String expected) {
    assertThat(ImagePath.of(text)).hasToString(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"./a", "a", "/a", "a/"})
  void of_archiveName_isAbsolute(String name) {
    assertThat(ImagePath.of(ByteString.utf8(name))).isEqualTo(ImagePath.of("/a"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "", "/..", "/a/../b", "/a\0b"})
  void of_wrongText_throws(String text) {
    assertThatThrownBy(() -> ImagePath.of(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void compareTo_directory_comesDirectlyBeforeWhatIsBelow() {
    List<String> ordered = List.of("/", "/a", "/a/b", "/a/b/c", "/a/c", "/a-b", "/a.d", "/b");
    Stream<String> sorted = ordered.stream().map(ImagePath::of).sorted().map(ImagePath::toString);
    assertThat(sorted).containsExactlyElementsOf(ordered);
  }

  @Test
  void parentAndName_ofARootChild_areRootAndSegment() {
    assertThat(ImagePath.of("/a").parent()).contains(ImagePath.root());
    assertThat(ImagePath.of("/a").name()).isEqualTo(ByteString.utf8("a"));
    assertThat(ImagePath.root().parent()).isEmpty();
    assertThat(ImagePath.root().name().isEmpty()).isTrue();
  }

  @Test
  void isWithin_siblingWithTheSamePrefix_isNot() {
    assertThat(ImagePath.of("/ab").isWithin(ImagePath.of("/a"))).isFalse();
    assertThat(ImagePath.of("/a/b").isWithin(ImagePath.of("/a"))).isTrue();
    assertThat(ImagePath.of("/a").isWithin(ImagePath.root())).isTrue();
  }

  @Test
  void rebase_pathOutside_throws() {
    assertThatThrownBy(() -> ImagePath.of("/a").rebase(ImagePath.of("/b"), ImagePath.root()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("/a is not within /b");
  }

  @Test
  void toString_nonUtf8_isHexadecimal() {
    ByteString name = ByteString.copyOf(new byte[] {'a', (byte) 0xe9});
    assertThat(ImagePath.of(name)).hasToString("/a\\xe9");
    assertThat(ImagePath.of(name).toRelativeBytes()).isEqualTo(name);
  }
}
