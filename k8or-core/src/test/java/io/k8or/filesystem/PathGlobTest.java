package io.k8or.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathGlobTest {
  @ParameterizedTest
  @CsvSource({
    "/a/b, /a/b, true",
    "/a/b, /a/b/c, false",
    "/a/b, /a, false",
    "//a/./b/, /a/b, true",
    "/a/*, /a/b, true",
    "/a/*, /a, false",
    "/a/*, /a/b/c, false",
    "/a/*.so*, /a/lib.so.1, true",
    "/a/*.so*, /a/lib.a, false",
    "/a/*, /a/.hidden, true",
    "/a/?, /a/b, true",
    "/a/?, /a/bc, false",
    "/a/**, /a, false",
    "/a/**, /a/b, true",
    "/a/**, /a/b/c/d, true",
    "/a/**, /ab, false",
    "/a/**/z, /a/z, true",
    "/a/**/z, /a/b/c/z, true",
    "/a/**/z, /a/bz, false",
    "/a/**/z, /a/z/b, false",
    "/**, /x/y, true",
    "/**, /, false",
    "/**/x, /x, true",
    "/**/**/x, /x, true",
    "/**/a*/**, /q/ab/c, true",
    "/**/a*/**, /q/ab, false",
    "/a\\*, /a*, true",
    "/a\\*, /ab, false",
    "/[ab], /[ab], true",
    "/[ab], /a, false",
    "/, /, true",
    "/*, /, false",
  })
  void matches_glob_asDocumented(String glob, String path, boolean expected) {
    assertThat(PathGlob.of(glob).matches(ImagePath.of(path)))
        .as("%s matches %s", glob, path)
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "*/a", "/a**", "/**b", "/a/../b", "/a\\", "/a\\/b", "/a\0"})
  void of_malformed_throwsWithTheText(String text) {
    assertThatThrownBy(() -> PathGlob.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(ByteString.utf8(text).toString());
  }

  @ParameterizedTest
  @CsvSource({"/a/b/c, /a/b/c", "/a/b*/c, /a", "/**, /", "/a/**/b, /a", "/a\\*/?, /a*"})
  void base_isTheLongestPathWithoutWildcard(String glob, String base) {
    assertThat(PathGlob.of(glob).base()).isEqualTo(ImagePath.of(base));
  }

  @Test
  void matches_manyWildcards_takesNoLongTime() {
    PathGlob glob = PathGlob.of("/" + "*a".repeat(200) + "b/**/" + "**/".repeat(100) + "c");
    ImagePath path = ImagePath.of("/" + "a".repeat(2000) + "/d".repeat(500));
    assertThat(glob.matches(path)).isFalse();
  }

  @Test
  void matches_letterBeyondAscii_hasSeveralBytes() {
    assertThat(PathGlob.of("/?").matches(ImagePath.of("/\u00e9"))).isFalse();
    assertThat(PathGlob.of("/??").matches(ImagePath.of("/\u00e9"))).isTrue();
    assertThat(PathGlob.of("/\u00e9").matches(ImagePath.of("/\u00e9"))).isTrue();
  }
}
