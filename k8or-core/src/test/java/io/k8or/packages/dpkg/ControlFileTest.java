package io.k8or.packages.dpkg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ControlFileTest {
  private static ControlFile parse(String text) throws MalformedContentException {
    return ControlFile.parse(ByteString.utf8(text), "dpkg status", "/status", true);
  }

  @Test
  void parse_fieldsAndContinuations_areByNameWithoutCase() throws Exception {
    ControlFile file =
        parse("Package: a\nConffiles:\n /etc/a 12\n /etc/b 34\nDescription: x\n y\n\nPackage: b\n");

    assertThat(file.stanzas()).hasSize(2);
    Stanza first = file.stanzas().get(0);
    assertThat(first.text("PACKAGE")).isEqualTo("a");
    assertThat(first.continuation("Conffiles")).containsExactly("/etc/a 12", "/etc/b 34");
    assertThat(first.field("description")).contains("x\ny");
    assertThat(file.stanzas().get(1).line()).isEqualTo(8);
  }

  @Test
  void without_aStanza_leavesTheBytesOfTheOthers() throws Exception {
    ControlFile file = parse("Package: a\nX:  odd  \n\nPackage: b\n\n\nPackage: c\n y\n\n");

    assertThat(file.without(stanza -> stanza.text("Package").equals("b")).toUtf8())
        .isEqualTo("Package: a\nX:  odd  \n\nPackage: c\n y\n\n");
    assertThat(file.without(stanza -> false)).isEqualTo(file.bytes());
    assertThat(file.without(stanza -> true)).isEqualTo(ByteString.empty());
  }

  @Test
  void parse_brokenLines_throwWithFileAndLine() {
    record Case(String text, String where, String why) {}
    for (Case each :
        List.of(
            new Case("Package: a\nnonsense\n", "/status, line 2", "expected a field"),
            new Case(" x\n", "/status, line 1", "found a continuation line"),
            new Case("Package: a\nA: 1\na: 2\nB: 3\n", "/status, line 3", "there twice"),
            new Case("Package: a\nVersion: 1", "/status, line 2", "found the end of the file"))) {
      assertThatThrownBy(() -> parse(each.text()))
          .isInstanceOfSatisfying(
              MalformedContentException.class,
              e -> {
                assertThat(e.what()).isEqualTo("dpkg status");
                assertThat(e.where()).isEqualTo(each.where());
                assertThat(e.why()).contains(each.why());
              });
    }
  }
}
