package io.k8or.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class PatchedContentTest {
  private static final Content WHOLE = Content.of(ByteString.utf8("0123456789"));

  private static PatchedContent.Part part(String before, long offset, long length) {
    return new PatchedContent.Part(ByteString.utf8(before), offset, length);
  }

  private static final PatchedContent PATCHED =
      new PatchedContent(
          WHOLE,
          List.of(
              part("a", 1, 2),
              part("", 5, 1),
              part("bcd", 6, 0),
              part("", 8, 2),
              part("e", 10, 0)));

  @Test
  void readAll_ofParts_givesThemWithWhatIsBetween() throws IOException {
    assertThat(new String(PATCHED.readAll(100))).isEqualTo("a125bcd89e");
    assertThat(PATCHED.size()).isEqualTo(10);
    assertThat(PATCHED).hasToString("5 parts of 10 bytes in memory");
    assertThat(new PatchedContent(WHOLE, List.of()).readAll(1)).isEmpty();
  }

  @Test
  void slice_ofEachRange_isThatRangeOfTheBytes() throws IOException {
    String all = "a125bcd89e";
    for (int from = 0; from <= 10; from++) {
      for (int to = from; to <= 10; to++) {
        Content slice = PATCHED.slice(from, to - from);
        assertThat(new String(slice.readAll(100))).isEqualTo(all.substring(from, to));
        assertThat(slice.size()).isEqualTo(to - from);
      }
    }
    assertThatThrownBy(() -> PATCHED.slice(5, 6))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no slice of 6 bytes at 5 in 10 bytes");
  }

  @Test
  void new_ofPartsThatOverlapOrLieOutside_throws() {
    assertThatThrownBy(() -> new PatchedContent(WHOLE, List.of(part("", 3, 3), part("", 5, 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no part of 1 bytes at 5 behind 6");
    assertThatThrownBy(() -> new PatchedContent(WHOLE, List.of(part("", 3, 8))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no part of 8 bytes at 3 behind 0");
  }
}
