package io.k8or.content;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MalformedContentExceptionTest {
  @Test
  void getMessage_lineBreaksInNames_isOneLine() {
    MalformedContentException e =
        new MalformedContentException("tar header", "a\nb\u0007", "no\r\nnumber");
    assertThat(e).hasMessage("tar header: a\\x0ab\\x07: no\\x0d\\x0anumber");
    assertThat(e.where()).isEqualTo("a\nb\u0007");
  }

  @Test
  void within_largerThing_putsItsPlaceBefore() {
    MalformedContentException inner = new MalformedContentException("manifest", "byte 3", "bad");
    MalformedContentException outer = inner.within("layer 1");
    assertThat(outer).hasMessage("manifest: layer 1, byte 3: bad").hasCause(inner);
    assertThat(outer.what()).isEqualTo("manifest");
    assertThat(outer.why()).isEqualTo("bad");
  }
}
