package io.k8or.users;

import static org.assertj.core.api.Assertions.assertThat;

import io.k8or.content.ByteString;
import io.k8or.content.MalformedContentException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class AccountFileProperties {
  @Property
  void parseThenPrint_isTheIdentity(@ForAll AccountFormat format, @ForAll("texts") String text) {
    ByteString bytes = latin1(text);
    try {
      assertThat(AccountFile.parse(format, "f", bytes).print()).isEqualTo(bytes);
    } catch (MalformedContentException e) {
      assertThat(e.where()).startsWith("f line ");
    }
  }

  @Property
  void parse_anyBytes_neverAnotherException(@ForAll AccountFormat format, @ForAll byte[] bytes) {
    ByteString given = ByteString.copyOf(bytes);
    try {
      assertThat(AccountFile.parse(format, "f", given).print()).isEqualTo(given);
    } catch (MalformedContentException e) {
      assertThat(e).hasMessageContaining("f line ");
    }
  }

  @Property
  void parse_mutatedPasswd_neverAnotherException(
      @ForAll int at, @ForAll byte value, @ForAll boolean cut) {
    byte[] bytes = TestImages.PASSWD.getBytes(StandardCharsets.ISO_8859_1);
    int index = Math.floorMod(at, bytes.length);
    bytes[index] = value;
    ByteString given = ByteString.copyOf(bytes, 0, cut ? index + 1 : bytes.length);
    try {
      assertThat(AccountFile.parse(AccountFormat.PASSWD, "f", given).print()).isEqualTo(given);
    } catch (MalformedContentException e) {
      assertThat(e).hasMessageStartingWith("passwd file: f line ");
    }
  }

  @Property
  void map_leavingOut_keepsAllOtherLinesByteEqual(@ForAll("groups") String text) throws Exception {
    AccountFile file = AccountFile.parse(AccountFormat.GROUP, "f", latin1(text));
    AccountFile lean =
        file.map(line -> line.number(2) % 2 == 0 ? Optional.of(line) : Optional.empty());
    StringBuilder expected = new StringBuilder();
    for (AccountFile.Line line : file.lines()) {
      if (!line.isAccount() || line.number(2) % 2 == 0) {
        expected.append(line.raw());
      }
    }
    assertThat(lean.print()).isEqualTo(latin1(expected.toString()));
  }

  private static ByteString latin1(String text) {
    return ByteString.copyOf(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of("a", "b:", ":", "x:1:2", "\n", "\r\n", "#", "+", " ", "\u00e9", "::::::")
        .list()
        .ofMaxSize(40)
        .map(parts -> String.join("", parts));
  }

  @Provide
  Arbitrary<String> groups() {
    Arbitrary<String> line =
        Arbitraries.integers()
            .between(0, 20)
            .map(n -> n == 20 ? "# comment\r" : "g" + n + ":x:" + n + ":m,\u00ff");
    return line.list().ofMaxSize(12).map(lines -> String.join("\n", lines));
  }
}
