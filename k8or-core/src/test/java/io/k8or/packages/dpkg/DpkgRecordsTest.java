package io.k8or.packages.dpkg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import io.k8or.filesystem.ImagePath;
import java.util.List;
import org.junit.jupiter.api.Test;

class DpkgRecordsTest {
  private static final String ALTERNATIVE =
      "auto\n/usr/bin/pager\npager.1.gz\n/usr/share/man/man1/pager.1.gz\n\n"
          + "/bin/more\n50\n/usr/share/man/man1/more.1.gz\n/usr/bin/less\n77\n\n\n";

  @Test
  void relations_alternativesVersionsAndQualifiers_areParsed() {
    assertThat(DpkgRelation.parse("libc6 (>= 2.34), a:any | b (<<1) [amd64],"))
        .containsExactly(
            List.of(new DpkgRelation("libc6", "", ">=", "2.34")),
            List.of(new DpkgRelation("a", "any", "", ""), new DpkgRelation("b", "", "<<", "1")));
    assertThat(new DpkgRelation("a", "", ">>", "1").accepts("1")).isFalse();
    assertThat(new DpkgRelation("a", "", "<=", "1").accepts("1~x")).isTrue();
    assertThatThrownBy(() -> DpkgRelation.parse("a (!! 1)"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"a (!! 1)\"");
  }

  @Test
  void diversions_printOfParse_isTheFile() throws Exception {
    ByteString file = ByteString.utf8("/bin/sh\n/bin/sh.distrib\ndash\n/a\n/b\n:\n");

    List<Diversion> diversions = Diversion.parse(file, "/diversions");

    assertThat(diversions)
        .contains(new Diversion(ImagePath.of("/bin/sh"), ImagePath.of("/bin/sh.distrib"), "dash"));
    assertThat(Diversion.print(diversions)).isEqualTo(file);
    assertThatThrownBy(() -> Diversion.parse(ByteString.utf8("/a\n/b\n"), "/diversions"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith("diversions: /diversions, line 2: ");
    assertThatThrownBy(() -> Diversion.parse(ByteString.utf8("/a\nb\nx\n"), "/diversions"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageStartingWith("path: /diversions, line 2: ");
  }

  @Test
  void alternative_printOfParse_isTheFile() throws Exception {
    Alternative pager = Alternative.parse(ByteString.utf8(ALTERNATIVE), "/alternatives/pager");

    assertThat(pager.choices()).hasSize(2);
    assertThat(pager.best().orElseThrow().path()).isEqualTo("/usr/bin/less");
    assertThat(pager.print().toUtf8()).isEqualTo(ALTERNATIVE);
  }

  @Test
  void alternative_cutOff_throwsWithTheLine() {
    assertThatThrownBy(
            () ->
                Alternative.parse(
                    ByteString.utf8("auto\n/usr/bin/pager\n\n/bin/more\nx\n\n"), "/a"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessage("alternative: /a, line 5: expected a priority, found \"x\"");
    assertThatThrownBy(() -> Alternative.parse(ByteString.utf8("auto\n"), "/a"))
        .isInstanceOf(MalformedContentException.class)
        .hasMessageContaining("found the end of the file");
  }
}
